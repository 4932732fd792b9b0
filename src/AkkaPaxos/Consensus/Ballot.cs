namespace AkkaPaxos.Consensus;

/// <summary>The number of a node: positive, unique among the members of a cluster, stable over restarts. 0 stands for no node.</summary>
/// <param name="Value">The number itself.</param>
public readonly record struct NodeId(int Value) : IComparable<NodeId>
{
    /// <summary>No node: the leader of <see cref="Ballot.Bottom"/>.</summary>
    public static readonly NodeId None = default;

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <summary>The bare number, as logs and paths show it.</summary>
    public override string ToString() => Value.ToString();
}

/// <summary>
/// A ballot number: ordered by round first, then by the node that leads it, so that no two leaders ever share one
/// (PMMC 2.2; the first seed calls it round number and server id).
/// </summary>
/// <param name="Round">The round, from 1; 0 only in <see cref="Bottom"/>.</param>
/// <param name="Leader">The node whose leader uses this ballot.</param>
public readonly record struct Ballot(long Round, NodeId Leader) : IComparable<Ballot>
{
    /// <summary>Lower than every ballot that a leader uses: what an acceptor has promised before it promised anything (⊥ in PMMC).</summary>
    public static readonly Ballot Bottom = default;

    /// <inheritdoc/>
    public int CompareTo(Ballot other)
    {
        var byRound = Round.CompareTo(other.Round);
        return byRound != 0 ? byRound : Leader.CompareTo(other.Leader);
    }

    /// <summary>Whether <paramref name="a"/> is the lower ballot.</summary>
    public static bool operator <(Ballot a, Ballot b) => a.CompareTo(b) < 0;

    /// <summary>Whether <paramref name="a"/> is the higher ballot.</summary>
    public static bool operator >(Ballot a, Ballot b) => a.CompareTo(b) > 0;

    /// <summary>Whether <paramref name="a"/> is not higher than <paramref name="b"/>.</summary>
    public static bool operator <=(Ballot a, Ballot b) => a.CompareTo(b) <= 0;

    /// <summary>Whether <paramref name="a"/> is not lower than <paramref name="b"/>.</summary>
    public static bool operator >=(Ballot a, Ballot b) => a.CompareTo(b) >= 0;

    /// <summary>Round and leader with a dot between, as the seeds write it: <c>4.5</c>.</summary>
    public override string ToString() => $"{Round}.{Leader}";
}

namespace AkkaPaxos.Consensus;

/// <summary>
/// Which sets of nodes are enough. What Paxos asks of it: every quorum of phase 1 and every quorum of phase 2 have a node in common.
/// </summary>
public sealed class Quorum
{
    private readonly Func<IReadOnlySet<NodeId>, bool> _suffices;

    private Quorum(string name, Func<IReadOnlySet<NodeId>, bool> suffices) => (Name, _suffices) = (name, suffices);

    /// <summary>What status and logs call it, for example <c>majority of 1,2,3</c>.</summary>
    public string Name { get; }

    /// <summary>More than half of <paramref name="nodes"/>.</summary>
    public static Quorum Majority(IReadOnlyCollection<NodeId> nodes)
    {
        var voters = nodes.ToHashSet();
        return new Quorum($"majority of {string.Join(',', voters.Order())}", who => who.Count(voters.Contains) > voters.Count / 2);
    }

    /// <summary>Whether the nodes in <paramref name="who"/> make up a quorum; nodes without a vote do not count.</summary>
    public bool IsMetBy(IReadOnlySet<NodeId> who) => _suffices(who);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>Who leads, as the leader beside a replica says.</summary>
/// <param name="self">The replica's node.</param>
internal sealed class Leadership(NodeId self)
{
    /// <summary>The highest ballot that the leader beside the replica knows of.</summary>
    public Ballot Ballot { get; private set; } = Ballot.Bottom;

    /// <summary>Whether that ballot's leader is active.</summary>
    public bool IsLed { get; private set; }

    /// <summary>That ballot's node.</summary>
    public NodeId Leader => Ballot.Leader;

    /// <summary>Whether the replica's own node leads.</summary>
    public bool IsHere => IsLed && Leader == self;

    /// <summary>
    /// The highest round that is known to have led: such a ballot had a quorum's promises before anybody was told of it.
    /// </summary>
    public long Round { get; private set; }

    /// <summary>The leader beside the replica says so. True where a node leads now that did not before.</summary>
    public bool Is(LeaderChanged changed)
    {
        var elsewhere = changed.Ballot.Leader != Leader || !IsLed;
        (Ballot, IsLed) = (changed.Ballot, changed.IsActive);
        if (IsLed) Led(Ballot.Round);
        return IsLed && elsewhere;
    }

    /// <summary>A leader has led in this round.</summary>
    public void Led(long round) => Round = Math.Max(Round, round);
}

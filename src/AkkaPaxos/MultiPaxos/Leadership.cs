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

    /// <summary>Who passes on what that node is to get; <see cref="NodeId.None"/>: this replica reaches it itself.</summary>
    public NodeId Via { get; private set; }

    /// <summary>Whether a node leads that this replica does not reach itself.</summary>
    public bool IsRelayed => IsLed && Via != NodeId.None;

    /// <summary>Whom to tell what is for the leader's node.</summary>
    public NodeId NextHop => Via == NodeId.None ? Leader : Via;

    /// <summary>Whether the replica's own node leads.</summary>
    public bool IsHere => IsLed && Leader == self;

    /// <summary>
    /// The highest round that is known to have led: such a ballot had a quorum's promises before anybody was told of it.
    /// </summary>
    public long Round { get; private set; }

    /// <summary>The leader beside the replica says so. True where a node leads now that did not before, or is reached another way.</summary>
    public bool Is(LeaderChanged changed)
    {
        var elsewhere = changed.Ballot.Leader != Leader || changed.Via != Via || !IsLed;
        (Ballot, IsLed, Via) = (changed.Ballot, changed.IsActive, changed.Via);
        if (IsLed) Led(Ballot.Round);
        return IsLed && elsewhere;
    }

    /// <summary>A leader has led in this round.</summary>
    public void Led(long round) => Round = Math.Max(Round, round);
}

using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>To a replica on the same node: where are you? Answered with <see cref="ReplicaStatus"/>.</summary>
public sealed record GetReplicaStatus : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly GetReplicaStatus Instance = new();
}

/// <summary>To a replica on the same node: your whole state, as it is now, to be kept elsewhere. Answered with a <see cref="CapturedState"/>.</summary>
public sealed record GetSnapshot : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly GetSnapshot Instance = new();
}

/// <summary>Where a replica is.</summary>
/// <param name="SlotIn">The next slot for which it would propose.</param>
/// <param name="SlotOut">The lowest slot it has not executed.</param>
/// <param name="Ballot">The highest ballot that the leader beside it knows of.</param>
/// <param name="IsLed">Whether that ballot's leader is known to be active.</param>
/// <param name="Decided">The highest slot that it knows to be decided.</param>
/// <param name="DecidedBy">The leader that last told it of a decision; <see cref="NodeId.None"/> where none has.</param>
/// <param name="Checksum">The state's checksum at <paramref name="SlotOut"/>.</param>
/// <param name="SnapshotSlot">Every slot below is in the snapshot on disk; 1 where there is none.</param>
/// <param name="Uncaptured">Bytes of values that it has executed since its state was last captured.</param>
/// <param name="Queued">Commands that wait to be proposed or passed on.</param>
/// <param name="Proposals">Slots it has proposed for that are not decided.</param>
/// <param name="Via">Who passes on what the active leader is to get, where this node does not reach it; <see cref="NodeId.None"/> where it does.</param>
public sealed record ReplicaStatus(
    long SlotIn,
    long SlotOut,
    long Decided,
    NodeId DecidedBy,
    Ballot Ballot,
    bool IsLed,
    ulong Checksum,
    long SnapshotSlot,
    long Uncaptured,
    int Queued,
    int Proposals,
    NodeId Via = default) : INodeMessage;

/// <summary>To a fetcher on the same node: how far are the others? Answered with <see cref="OthersProgress"/>.</summary>
public sealed record GetOthersProgress : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly GetOthersProgress Instance = new();
}

/// <summary>How far the other nodes' replicas are.</summary>
/// <param name="Peers">What each last said, by node.</param>
public sealed record OthersProgress(IReadOnlyList<Progress> Peers) : INodeMessage;

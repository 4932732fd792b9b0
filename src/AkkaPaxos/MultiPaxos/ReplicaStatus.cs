using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>To a replica on the same node: where are you? Answered with <see cref="ReplicaStatus"/>.</summary>
public sealed record GetReplicaStatus : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly GetReplicaStatus Instance = new();
}

/// <summary>To a replica on the same node: your whole state, as it is now. Answered with a <see cref="ReplicaSnapshot"/>.</summary>
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
/// <param name="Checksum">The state's checksum at <paramref name="SlotOut"/>.</param>
/// <param name="SnapshotSlot">Every slot below is in its snapshot on disk; 1 where it has none.</param>
/// <param name="Queued">Commands that wait to be proposed or passed on.</param>
/// <param name="Proposals">Slots it has proposed for that are not decided.</param>
/// <param name="Peers">What the other replicas last said of themselves, by node.</param>
public sealed record ReplicaStatus(
    long SlotIn,
    long SlotOut,
    Ballot Ballot,
    bool IsLed,
    ulong Checksum,
    long SnapshotSlot,
    int Queued,
    int Proposals,
    IReadOnlyList<Progress> Peers) : INodeMessage;

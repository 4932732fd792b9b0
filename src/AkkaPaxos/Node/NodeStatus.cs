using AkkaPaxos.Consensus;

namespace AkkaPaxos.Node;

/// <summary>What a node says of itself.</summary>
/// <param name="NodeId">Its number.</param>
/// <param name="Group">The log's name.</param>
/// <param name="Roles">Its roles and how they are, in the order of the configuration.</param>
/// <param name="Ballot">The highest ballot that its leader knows of; <see cref="Consensus.Ballot.Bottom"/> before it knows one.</param>
/// <param name="Leader">The node that leads, as far as this node knows; <see cref="NodeId.None"/> where nobody is known to.</param>
/// <param name="SlotIn">The next slot for which its replica would propose.</param>
/// <param name="SlotOut">The lowest slot its replica has not executed.</param>
/// <param name="Checksum">Of the replica's state at <paramref name="SlotOut"/>.</param>
/// <param name="SnapshotSlot">Every slot below is in its snapshot on disk; 1 where it has none.</param>
/// <param name="Peers">All members, this node among them, by id.</param>
/// <param name="Problem">Why the node cannot serve: what of it does not run, that no leader is known, or that too few members are heard of; null where
/// it can.</param>
/// <param name="Durability">What an acknowledged write survives here.</param>
/// <param name="Disk">The disk that it is on; <see cref="DiskId.None"/> before that is known.</param>
/// <param name="ConfigurationVersion">How many changes have led to the members that <paramref name="Peers"/> lists.</param>
public sealed record NodeStatus(
    NodeId NodeId,
    string Group,
    IReadOnlyList<RoleStatus> Roles,
    Ballot Ballot,
    NodeId Leader,
    long SlotIn,
    long SlotOut,
    ulong Checksum,
    long SnapshotSlot,
    IReadOnlyList<PeerStatus> Peers,
    string? Problem,
    Durability Durability,
    DiskId Disk = default,
    long ConfigurationVersion = 0)
{
    /// <summary>Who is best to lead in the place of the node that does, under <paramref name="next"/>: of the voters that are heard of, the one that has executed most.</summary>
    /// <returns><see cref="NodeId.None"/> where there is no such node.</returns>
    internal NodeId Successor(Configuration next) => Peers
        .Where(p => p.NodeId != Leader && p.Votes && p.IsReachable && next.HasVoter(p.NodeId))
        .OrderByDescending(p => p.SlotOut).Select(p => p.NodeId).FirstOrDefault();
}

/// <summary>A role of a node.</summary>
/// <param name="Name">Its name in the registry.</param>
/// <param name="IsRunning">Whether it runs now.</param>
/// <param name="Problem">What keeps it from its work, or what it waits for; where nothing does, why it last failed; null where it never failed.</param>
public sealed record RoleStatus(string Name, bool IsRunning, string? Problem);

/// <summary>A member as another sees it.</summary>
/// <param name="NodeId">Its number.</param>
/// <param name="Address">Its address, as Akka writes it.</param>
/// <param name="IsReachable">Whether it greeted this node, or answered its greeting, within the last two seconds. Feeds this report and nothing
/// else.</param>
/// <param name="IsInCluster">Whether the gossip of the node's Akka cluster has it as a member that can be reached. Feeds this report and nothing
/// else.</param>
/// <param name="SlotOut">How far its replica last said it was; 0 where it has not said.</param>
/// <param name="Problem">What keeps it from its work, as it last said itself; null where it said nothing, and for this node itself.</param>
/// <param name="IsLinked">Whether messages go to it by direct links now; false where they go by Akka's remoting, and for this node itself.</param>
/// <param name="Votes">Whether it votes and may lead; false: it is a learner.</param>
/// <param name="Disk">The disk that the log knows it by; <see cref="DiskId.None"/> where it knows none.</param>
public sealed record PeerStatus(
    NodeId NodeId, string Address, bool IsReachable, bool IsInCluster, long SlotOut, string? Problem = null, bool IsLinked = false, bool Votes = true,
    DiskId Disk = default);

/// <summary>Why a node can no longer take part.</summary>
/// <param name="message">One line.</param>
/// <param name="startAgain">Whether all is well with the node once it is started again, in a new actor system.</param>
/// <param name="isRemoved">Whether nothing is wrong: the node has been removed from the members.</param>
public sealed class NodeFailedException(string message, bool startAgain = false, bool isRemoved = false) : Exception(message)
{
    /// <summary>Whether nothing is wrong: the node has been removed from the members.</summary>
    public bool IsRemoved { get; } = isRemoved;

    /// <summary>Whether all is well with the node once it is started again, in a new actor system.</summary>
    public bool StartAgain { get; } = startAgain;
}

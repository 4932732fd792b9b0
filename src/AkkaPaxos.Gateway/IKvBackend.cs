using AkkaPaxos.Consensus;

namespace AkkaPaxos.Gateway;

/// <summary>What the gateway needs of the node behind it; a test puts its own in the place of <see cref="PaxosBackend"/>.</summary>
public interface IKvBackend
{
    /// <summary>Identifies the cluster: the same on every node.</summary>
    ulong ClusterId { get; }

    /// <summary>This node's number.</summary>
    int Node { get; }

    /// <summary>
    /// The highest round of a ballot that is known to have led, etcd's raft_term. Behind an answer it is not lower than any node has shown before the request,
    /// unless the request was serializable.
    /// </summary>
    long Round { get; }

    /// <summary>Executes an operation on the replicated store, exactly once if it returns.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before an answer came: the operation may still be executed later.</exception>
    Task<ReadOnlyMemory<byte>> Submit(ReadOnlyMemory<byte> operation, CancellationToken cancel);

    /// <summary>Asks the store.</summary>
    /// <param name="query">The question.</param>
    /// <param name="serializable">Whether this node's state as it is will do.</param>
    /// <param name="cancel">Gives up.</param>
    Task<ReadOnlyMemory<byte>> Query(ReadOnlyMemory<byte> query, bool serializable, CancellationToken cancel);

    /// <summary>This node's whole state as it is now: every slot below <c>Slot</c> is executed in it.</summary>
    /// <exception cref="AkkaPaxos.Node.OverloadedException">Another is being made.</exception>
    Task<(string Group, long Slot, ReadOnlyMemory<byte> State)> Snapshot(CancellationToken cancel);

    /// <summary>How this node is.</summary>
    Task<NodeReport> Status(CancellationToken cancel);

    /// <summary>Makes a node lead; returns when this node knows that it does.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancel">Gives up; it may lead all the same.</param>
    /// <exception cref="ArgumentException">It is none of the members, or a learner.</exception>
    Task MoveLeader(int node, CancellationToken cancel);

    /// <summary>The members, as far as this node knows.</summary>
    Configuration Members { get; }

    /// <summary>Changes the members, in one step.</summary>
    /// <param name="changes">What to change, in this order.</param>
    /// <param name="force">Also where that leaves no majority that is heard of, or promotes who is behind.</param>
    /// <param name="cancel">Gives up; they may change all the same.</param>
    /// <returns>The members then.</returns>
    /// <exception cref="AkkaPaxos.Node.ReconfigurationRefusedException">It was refused; one line that says why.</exception>
    /// <exception cref="ArgumentException">An address is not one that a node of this cluster can have.</exception>
    Task<Configuration> Reconfigure(IReadOnlyList<MemberChange> changes, bool force, CancellationToken cancel);

    /// <summary>What the node's process has used.</summary>
    ResourceReport Resources();

    /// <summary>What keeps members from their work, as far as this node knows, in one line that names them; null where it knows of nothing.</summary>
    Task<string?> Problems();

    /// <summary>What this node's roles sent about some slots, by time; empty where tracing is off.</summary>
    Task<IReadOnlyList<TraceEntry>> Trace(long fromSlot, long toSlot, CancellationToken cancel);
}

/// <summary>The answer of <c>GET /status</c>.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="Address">Its actor system's address.</param>
/// <param name="Group">The log's name.</param>
/// <param name="Roles">What it runs.</param>
/// <param name="Ballot">The highest ballot that it knows, as <c>round.leader</c>.</param>
/// <param name="Leader">The node whose leader is known to be active; 0 where none is.</param>
/// <param name="SlotIn">The next slot for which its replica would propose.</param>
/// <param name="SlotOut">The lowest slot that it has not executed.</param>
/// <param name="Checksum">The state's checksum at <paramref name="SlotOut"/>, 16 hexadecimal digits.</param>
/// <param name="SnapshotSlot">Every slot below is in its snapshot on disk.</param>
/// <param name="Peers">All members, this node among them.</param>
/// <param name="Problem">Why it cannot serve; null where it can.</param>
/// <param name="Durability">What an acknowledged write survives there; null from a node that does not say.</param>
/// <param name="Links">How its messages travel: <c>akka</c> or <c>direct</c>; null from a node that does not say.</param>
/// <param name="Disk">The id of the disk that it is on, 16 hexadecimal digits; null before that is known, and from a node that does not say.</param>
/// <param name="Configuration">How many changes have led to the members that <paramref name="Peers"/> lists.</param>
public sealed record NodeReport(
    int Node,
    string Address,
    string Group,
    IReadOnlyList<RoleReport> Roles,
    string Ballot,
    int Leader,
    long SlotIn,
    long SlotOut,
    string Checksum,
    long SnapshotSlot,
    IReadOnlyList<PeerReport> Peers,
    string? Problem,
    DurabilityReport? Durability = null,
    string? Links = null,
    string? Disk = null,
    long Configuration = 0);

/// <summary>What an acknowledged write survives on a node.</summary>
/// <param name="Level"><c>full</c>, <c>relaxed</c>, <c>unverified</c> or <c>in memory</c>.</param>
/// <param name="Detail">In one line: which stores, and what makes it so.</param>
public sealed record DurabilityReport(string Level, string Detail);

/// <summary>A role of a node.</summary>
/// <param name="Name">Its name in the role registry.</param>
/// <param name="Running">Whether it runs.</param>
/// <param name="Problem">Why it last failed; null where it did not.</param>
public sealed record RoleReport(string Name, bool Running, string? Problem);

/// <summary>A member, as a node sees it.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Address">Its actor system's address.</param>
/// <param name="Reachable">Whether it was heard of within the last two seconds.</param>
/// <param name="InCluster">Whether the gossip of the node's Akka cluster has it as a member that can be reached.</param>
/// <param name="SlotOut">How far its replica last said it was; 0 where it has not said.</param>
/// <param name="Problem">What keeps it from its work, as it last said itself; null where it said nothing, and for the node that is asked.</param>
/// <param name="Linked">Whether messages go to it by direct links now.</param>
/// <param name="Votes">Whether it votes and may lead; false: it is a learner.</param>
/// <param name="Disk">The disk that the log knows it by, 16 hexadecimal digits; null where it knows none.</param>
public sealed record PeerReport(
    int Node, string Address, bool Reachable, bool InCluster, long SlotOut, string? Problem = null, bool Linked = false, bool Votes = true, string? Disk = null);

/// <summary>A message that a role of the node sent.</summary>
/// <param name="At">When, by the sender's clock.</param>
/// <param name="From">The sender's node; 0 for a client.</param>
/// <param name="FromRole">The sender's role.</param>
/// <param name="To">The receiver's node; 0 for a client.</param>
/// <param name="ToRole">The receiver's role.</param>
/// <param name="Slot">The slot that it is about.</param>
/// <param name="Message">The message's name and numbers: <c>Accept(1.2, 17)</c>.</param>
public sealed record TraceEntry(DateTimeOffset At, int From, string FromRole, int To, string ToRole, long Slot, string Message);

/// <summary>The answer of <c>GET /trace</c>.</summary>
/// <param name="Node">The node that was asked.</param>
/// <param name="Events">What its roles sent.</param>
public sealed record TraceReport(int Node, IReadOnlyList<TraceEntry> Events);

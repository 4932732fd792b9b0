using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

// One exchange, between lifelines (the active leader is node 1's; node 2 received the request):
//
//   Client     Replica2    Replica1    Leader1   Commander1   Acceptor1 2 3     Replica1 2 3
//     |--Request-->|           |          |           |           |  |  |         |  |  |
//     |            |--Forward->|          |           |           |  |  |         |  |  |
//     |            |           |-Propose->|           |           |  |  |         |  |  |
//     |            |           |          |--spawns-->|           |  |  |         |  |  |
//     |            |           |          |           |--Accept-->|->|->|         |  |  |   journal, fsync
//     |            |           |          |           |           |--|--|-Learned>|->|->|   value, to the replica beside it
//     |            |           |          |           |<-Accepted-|--|--|         |  |  |
//     |            |           |          |           |------------Decision------>|->|->|   slot and ballot only, where it is known
//     |<-Response--|           |          |           |           |  |  |         |  |  |   apply, in the order of slots
//
//   Leader1    Scout1      Acceptor1 2 3
//     |--spawns-->|            |  |  |
//     |           |--Prepare-->|->|->|   journal, fsync
//     |           |<--Promise--|--|--|   in pages
//     |<-Adopted--|            |  |  |   or Preempted, by the scout or by a commander
//
//   A leader that hears none any more asks the others first; here 3 does, whose link to the leader 1 is cut. Its clients' commands go by way of 2.
//
//   Leader3    Leader2       Replica3   Replica2   Replica1
//     |--Poll---->|             |--Relay-->|          |
//     |<PollResult|             |          |-Forward->|
//     |           |             |--CatchUp>|          |   answered as soon as there is something new
//     |           |             |<Decisions|          |
//
// What the wire can carry is marked IPaxosMessage. Answers of acceptors are IDeadLetterSuppression: a quorum's answers end the actor
// that asked, so the last ones regularly find nobody, which is nothing to log.

/// <summary>Client to a replica: execute these. The sender gets one <see cref="Reply"/> for each, in one or more <see cref="Response"/>s.</summary>
public sealed record Request(IReadOnlyList<Command> Commands) : IPaxosMessage;

/// <summary>Replica to client: answers to commands of its requests, in the order in which they were executed.</summary>
/// <param name="Replies">The answers.</param>
/// <param name="Round">The highest round that the replica knows to have led: never lower than in an answer, of whichever replica, that had come when one of
/// these commands was sent.</param>
public sealed record Response(IReadOnlyList<Reply> Replies, long Round = 0) : IPaxosMessage;

/// <summary>What became of a command.</summary>
public enum ReplyStatus
{
    /// <summary>It was executed, now or by an earlier try; the result is the state machine's. For a command with client 0: the new session's number, 8 bytes big-endian.</summary>
    Ok,

    /// <summary>It will not be executed: no such session is known. It may have been executed by an earlier try, before the session was forgotten.</summary>
    SessionUnknown,

    /// <summary>The client had said that it no longer waits for this command's answer. It may have been executed.</summary>
    Stale,

    /// <summary>It is larger than <c>akkapaxos.max-request-bytes</c> of the node that was asked, and was not executed. The result says so, as text.</summary>
    TooLarge,

    /// <summary>It was not executed, by no try, and never will be: its session was forgotten before it came.</summary>
    NotExecuted,
}

/// <summary>The answer to one command.</summary>
/// <param name="Client">The command's client.</param>
/// <param name="Sequence">The command's sequence.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Result">The state machine's answer; empty where the status is neither <see cref="ReplyStatus.Ok"/> nor <see cref="ReplyStatus.TooLarge"/>.</param>
public sealed record Reply(long Client, long Sequence, ReplyStatus Status, ReadOnlyMemory<byte> Result);

/// <summary>A question to the state machine.</summary>
/// <param name="Id">Pairs the answer with the question; the client's choice.</param>
/// <param name="Serializable">True: answer from this replica's state as it is. False: linearizable, the answer reflects every write acknowledged before the question was asked.</param>
/// <param name="Operation">The question, opaque to Paxos.</param>
public sealed record Query(long Id, bool Serializable, ReadOnlyMemory<byte> Operation);

/// <summary>Client to a replica: answer these. The sender gets one <see cref="QueryResult"/> for each, in one or more <see cref="QueryResponse"/>s.</summary>
public sealed record QueryRequest(IReadOnlyList<Query> Queries) : IPaxosMessage;

/// <summary>What became of a question.</summary>
public enum QueryStatus
{
    /// <summary>It is answered.</summary>
    Ok,

    /// <summary>Too much waits at this replica already: the question was dropped. The result says what, as text.</summary>
    Overloaded,

    /// <summary>It is larger than <c>akkapaxos.max-request-bytes</c> of this node. The result says so, as text.</summary>
    TooLarge,
}

/// <summary>The answer to one question.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Result">The state machine's answer, or the first part of it.</param>
/// <param name="Status">What became of the question.</param>
/// <param name="Size">Bytes of the whole answer; where the result has fewer, the rest is to be fetched (<see cref="FetchAnswer"/>).</param>
public sealed record QueryResult(long Id, ReadOnlyMemory<byte> Result, QueryStatus Status, long Size)
{
    /// <summary>A whole answer.</summary>
    public QueryResult(long id, ReadOnlyMemory<byte> result) : this(id, result, QueryStatus.Ok, result.Length)
    {
    }
}

/// <summary>Client to the replica that answered in part: send me the answer from this offset on. Answered with an <see cref="AnswerPart"/>, or not at all: then ask anew.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Offset">Bytes received.</param>
public sealed record FetchAnswer(long Id, long Offset) : IPaxosMessage;

/// <summary>A further part of an answer.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Bytes">The part.</param>
public sealed record AnswerPart(long Id, long Offset, ReadOnlyMemory<byte> Bytes) : IPaxosMessage;

/// <summary>Client to a replica: nobody waits for the answers to these questions any more.</summary>
/// <param name="Ids">The questions.</param>
public sealed record Withdraw(IReadOnlyList<long> Ids) : IPaxosMessage;

/// <summary>Replica to client: answers to questions.</summary>
/// <param name="Results">The answers.</param>
/// <param name="Round">As in <see cref="Response"/>, unless all of the questions are serializable.</param>
public sealed record QueryResponse(IReadOnlyList<QueryResult> Results, long Round = 0) : IPaxosMessage;

/// <summary>Replica to the active leader's replica: propose these, they are my clients'. The asking replica answers its clients itself once it learns the decisions.</summary>
public sealed record Forward(IReadOnlyList<Command> Commands) : IPaxosMessage;

/// <summary>
/// Replica to one that reaches the active leader's where this one does not: pass these on to it (OmniPaxos; DESIGN 8). As with <see cref="Forward"/> the
/// asking replica sees them through and answers its clients.
/// </summary>
/// <param name="Commands">The commands.</param>
/// <param name="Hops">How many replicas on the way may pass them on once more: so they never circle.</param>
public sealed record Relay(IReadOnlyList<Command> Commands, int Hops) : IPaxosMessage;

/// <summary>To a replica, which passes it on to the active leader's: change who takes part. Answered with <see cref="Reconfigured"/> once the log has decided.</summary>
/// <param name="Changes">What to change, as one step.</param>
/// <param name="Force">Also where that leaves no majority that is heard of, or promotes who has not caught up.</param>
/// <param name="Hops">How many replicas that do not lead may pass it on.</param>
public sealed record Reconfigure(IReadOnlyList<MemberChange> Changes, bool Force = false, int Hops = Reconfigure.MostHops) : IPaxosMessage
{
    /// <summary>No way to the leader that a partition leaves is longer in a cluster of a reasonable size.</summary>
    public const int MostHops = 8;
}

/// <summary>To who asked for a change of the members.</summary>
/// <param name="Refusal">Why nothing was changed, or is not known to be, in one line; empty where it was.</param>
/// <param name="Configuration">The latest configuration, in which the change is made; null where it is not.</param>
public sealed record Reconfigured(string Refusal, Configuration? Configuration) : IPaxosMessage, IDeadLetterSuppression
{
    /// <summary>The refusal where it did not get to a leader's replica: nothing was changed, and it may be asked again.</summary>
    public const string Unled = "no leader is known";

    /// <summary>The refusal where its leader was replaced meanwhile: it may have been changed, or may still.</summary>
    public const string LeadsNoMore = "another node leads now: see who is a member, and ask once more where the change has not been made";
}

/// <summary>Replica to leader: ⟨propose, s, c⟩ (PMMC figure 1).</summary>
public sealed record Propose(long Slot, Value Value) : IPaxosMessage;

/// <summary>Scout to acceptor: ⟨p1a, λ, b⟩ (PMMC figure 6). Asks for the pvalues accepted in slots from <paramref name="FromSlot"/> on, a page at a time.</summary>
/// <param name="Ballot">The ballot to adopt.</param>
/// <param name="FromSlot">Lower slots are decided and known to the leader's node.</param>
public sealed record Prepare(Ballot Ballot, long FromSlot) : IPaxosMessage;

/// <summary>Acceptor to scout: ⟨p1b, α, b, accepted⟩ (PMMC figure 4), one page of it.</summary>
/// <param name="From">The acceptor's node.</param>
/// <param name="Promised">The acceptor's ballot, on disk: equal to the scout's where it was adopted, higher where the scout is preempted.</param>
/// <param name="FromSlot">The first slot of this page: what the answered <see cref="Prepare"/> asked for.</param>
/// <param name="NextSlot">Where the next page starts; 0 where this page is the last.</param>
/// <param name="TruncatedBelow">The acceptor's truncation point: every lower slot is decided, and in a majority's snapshots. 1 where nothing was truncated.</param>
/// <param name="Accepted">For each slot of the page the pvalue with the highest ballot, by slot.</param>
/// <param name="Disk">The disk that it is on (M2).</param>
public sealed record Promise(
    NodeId From, Ballot Promised, long FromSlot, long NextSlot, long TruncatedBelow, IReadOnlyList<PValue> Accepted, DiskId Disk = default)
    : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Commander to acceptor: ⟨p2a, λ, ⟨b, s, c⟩⟩ (PMMC figure 6).</summary>
public sealed record Accept(PValue PValue) : IPaxosMessage;

/// <summary>Acceptor to commander: ⟨p2b, α, b⟩ (PMMC figure 4).</summary>
/// <param name="From">The acceptor's node.</param>
/// <param name="Promised">The acceptor's ballot, on disk: equal to the commander's where it accepted, higher where it refused.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Disk">The disk that it is on (M2).</param>
public sealed record Accepted(NodeId From, Ballot Promised, long Slot, DiskId Disk = default) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Acceptor to the replica beside it: I accepted this, it is on disk; so a decision that names slot and ballot needs no value.</summary>
public sealed record Learned(PValue PValue) : INodeMessage;

/// <summary>Commander to replica: ⟨decision, s, c⟩ (PMMC figure 6).</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Ballot">The ballot under which the value was chosen.</param>
/// <param name="Value">The value; null where the acceptor beside the replica said that it accepted it under this very ballot, or soon may: a large value
/// is not sent a second time, and a replica that never gets it asks for it.</param>
public sealed record Decision(long Slot, Ballot Ballot, Value? Value) : IPaxosMessage;

/// <summary>Scout to its leader: a quorum has adopted the ballot (PMMC figure 6).</summary>
/// <param name="Ballot">The ballot.</param>
/// <param name="TruncatedBelow">The highest truncation point among the promises: lower slots are decided and closed.</param>
/// <param name="PValues">For each slot the pvalue with the highest ballot among the promises: pmax of PMMC 2.3, by slot.</param>
public sealed record Adopted(Ballot Ballot, long TruncatedBelow, IReadOnlyList<PValue> PValues) : INodeMessage;

/// <summary>Scout or commander to its leader: an acceptor has promised a higher ballot (PMMC figure 6).</summary>
/// <param name="Ballot">The higher ballot.</param>
public sealed record Preempted(Ballot Ballot) : INodeMessage;

/// <summary>Commander to its leader: the slot is decided; the commander ends. The leader has room for one more slot in flight.</summary>
public sealed record SlotChosen(Ballot Ballot, long Slot) : INodeMessage;

/// <summary>
/// Active leader to the other leaders, again and again: I am here (PMMC 3). Where values come in bulk it would stand in line behind them; so an acceptor tells the
/// leader beside it, too, of whose values it gets.
/// </summary>
/// <param name="Ballot">The ballot it leads.</param>
/// <param name="IsScouting">It does not lead yet, but its scout has come forward since the last time: phase 1 over many accepted slots may take longer than
/// others' patience, and who starts a ballot of his own then makes it start over.</param>
public sealed record Heartbeat(Ballot Ballot, bool IsScouting = false) : IPaxosMessage;

/// <summary>
/// A leader that hears none, to the others, before it tries to lead: whom do you hear? (Raft's PreVote; OmniPaxos' ballot leader election.) On the wire it is a
/// heartbeat below every ballot, which a node of an earlier release passes over.
/// </summary>
/// <param name="From">Its node.</param>
/// <param name="Id">Pairs the answers with the question.</param>
public sealed record Poll(NodeId From, long Id) : IPaxosMessage;

/// <summary>Leader to one that polls.</summary>
/// <param name="From">Its node.</param>
/// <param name="Id">The poll's.</param>
/// <param name="Ballot">The ballot whose leader it knows to lead; the highest that it has seen, where it knows of none.</param>
/// <param name="IsHeard">It hears that leader itself, or is it, or one of the two is about to lead: the one that polls had better not try.</param>
/// <param name="Age">How long ago somebody heard that leader; null where it knows of none that leads.</param>
public sealed record PollResult(NodeId From, long Id, Ballot Ballot, bool IsHeard, TimeSpan? Age) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>To a leader, from an operator or from the one that leads and is about to stop: lead, without asking the others whom they hear.</summary>
/// <param name="Instead">The ballot to be overtaken: a leader that knows of a higher one does nothing.</param>
public sealed record Lead(Ballot Instead) : IPaxosMessage
{
    /// <summary>Whoever leads.</summary>
    public static readonly Lead InsteadOfAnybody = new(new Ballot(long.MaxValue, NodeId.None));
}

/// <summary>Scout to its leader: a page of a promise has come, and more is to come.</summary>
/// <param name="Ballot">The scout's.</param>
public sealed record ScoutAdvanced(Ballot Ballot) : INodeMessage;

/// <summary>Leader to the replica beside it: who leads now, as far as this leader knows. Sent at each change.</summary>
/// <param name="Ballot">The highest ballot known to be led, or to have preempted this leader.</param>
/// <param name="IsActive">Whether that ballot's leader is known to be active: it sent a heartbeat, or is this leader and was adopted. False: nobody is known to lead.</param>
/// <param name="Via">The node that passes on what this one cannot tell that leader itself; <see cref="NodeId.None"/> where it can.</param>
public sealed record LeaderChanged(Ballot Ballot, bool IsActive, NodeId Via = default) : INodeMessage;

/// <summary>Replica to the leader beside it: every slot below is decided and executed here, so nothing need be proposed there any more.</summary>
public sealed record Executed(long SlotOut) : INodeMessage;

/// <summary>Replica to the active leader: which slot must I have executed to answer a linearizable question that I hold now? (PMMC 4.4, read-only commands; etcd's ReadIndex)</summary>
/// <param name="Id">Pairs the answer with the question.</param>
/// <param name="Hops">How many leaders that do not lead may pass it on: above 0 where the asking node cannot reach the one that does.</param>
public sealed record ReadIndex(long Id, int Hops = 0) : IPaxosMessage;

/// <summary>Leader to the asking replica.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Slot">The highest slot that anyone can have had an answer from when the question arrived, 0 in an empty log; -1 where this leader does not lead: ask another.</param>
/// <param name="Round">The round in which this leader leads; 0 where it does not.</param>
public sealed record ReadIndexResult(long Id, long Slot, long Round = 0) : IPaxosMessage;

/// <summary>Confirmer to acceptor: is this still your ballot? And would you promise no other leader anything for a while?</summary>
/// <param name="Ballot">The leader's ballot.</param>
/// <param name="Id">The question's.</param>
/// <param name="Lease">For how long; zero where no lease is wished for.</param>
public sealed record Confirm(Ballot Ballot, long Id, TimeSpan Lease = default) : IPaxosMessage;

/// <summary>Acceptor to confirmer.</summary>
/// <param name="From">The acceptor's node.</param>
/// <param name="Promised">The acceptor's ballot.</param>
/// <param name="Id">The question's.</param>
/// <param name="Lease">How long, from this answer on and by its own clock, it will promise no other leader anything; zero where it has not bound itself.</param>
/// <param name="Disk">The disk that its ballot is on (M2).</param>
public sealed record Confirmed(NodeId From, Ballot Promised, long Id, TimeSpan Lease = default, DiskId Disk = default) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Confirmer to its leader: when the question was asked no higher ballot had a quorum. The confirmer ends.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Lease">How long from its answer on each acceptor of the quorum will at least promise no other leader anything.</param>
public sealed record BallotConfirmed(long Id, TimeSpan Lease = default) : INodeMessage;

// ---- a replica that is behind; snapshots ----
//
// All three are on each node. What goes to another node is addressed to its replica, which knows most of the answers; its fetcher and its snapshotter answer to
// whoever asked.
//
//   Fetcher1     Replica2    Fetcher2, Snapshotter2
//     |-Progress--->|-Progress->|                    again and again; the replica compares the checksums (R3), the fetcher looks who is ahead,
//     |             |           |                    the snapshotter what the acceptor beside it may forget (Truncate)
//     |-CatchUp---->|           |
//     |<-Decisions--|           |
//     |             |           |                    or, where the replica no longer keeps them,
//     |-CatchUp---->|-CatchUp-->|
//     |<------SnapshotOffer-----|
//     |------FetchSnapshot----->|
//     |<------SnapshotChunk-----|                    and so on
//
//   Fetcher1     Replica1    Snapshotter1
//     |             |-GetState->|                    when the replica starts
//     |             |<-RestoreFrom                   from the disk
//     |-Decisions-->|           |                    those that it asked others for
//     |<-CaughtUp---|           |
//     |-InstallSnapshot->|      |                    the one that it fetched
//     |<-CaughtUp---|-SaveInstalled->|               it goes to the disk here too
//     |             |<-CaptureState                  one is due
//     |             |-CapturedState->|               encode, write, fsync
//     |             |<-SnapshotSaved                 the replica forgets decisions

/// <summary>Fetcher to the other replicas, again and again: how far the replica beside me is.</summary>
/// <param name="From">The replica's node.</param>
/// <param name="SlotOut">The lowest slot it has not executed.</param>
/// <param name="SnapshotSlot">Every slot below is in its snapshot on disk; 1 where it has none.</param>
/// <param name="Checksum">The state machine's checksum at <paramref name="SlotOut"/> (invariant R3).</param>
/// <param name="Disk">The disk that the node has.</param>
public sealed record Progress(NodeId From, long SlotOut, long SnapshotSlot, ulong Checksum, DiskId Disk = default) : IPaxosMessage;

/// <summary>Fetcher to a replica that is ahead, or a replica to the one that it follows: send me the decisions from this slot on.</summary>
/// <param name="FromSlot">The lowest slot that it has not executed.</param>
/// <param name="Waits">Whether the answer is to wait until there is something to send: so a replica that the active leader does not reach follows another.</param>
public sealed record CatchUp(long FromSlot, bool Waits = false) : IPaxosMessage;

/// <summary>Replica to a fetcher: what it asked for, as much as fits in a message. Where the decisions are no longer kept, a <see cref="SnapshotOffer"/> comes
/// instead. Also the fetcher to the replica beside it, answered with <see cref="CaughtUp"/>.</summary>
/// <param name="Entries">Consecutive slots from the asked one on.</param>
public sealed record Decisions(IReadOnlyList<Decision> Entries) : IPaxosMessage;

/// <summary>Snapshotter to a fetcher: these decisions are no longer kept here, fetch my snapshot.</summary>
/// <param name="Slot">The snapshot holds every slot below.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record SnapshotOffer(long Slot, long Size) : IPaxosMessage;

/// <summary>Fetcher to the snapshotter that offered: send me the bytes of your snapshot from this offset on.</summary>
public sealed record FetchSnapshot(long Slot, long Offset) : IPaxosMessage;

/// <summary>A part of a snapshot.</summary>
public sealed record SnapshotChunk(long Slot, long Offset, long Size, ReadOnlyMemory<byte> Bytes) : IPaxosMessage;

/// <summary>Fetcher to the replica beside it: go on from this snapshot, which another node sent, where it is ahead. Answered with <see cref="CaughtUp"/>.</summary>
public sealed record InstallSnapshot(ReplicaSnapshot Snapshot) : INodeMessage;

/// <summary>Replica to the fetcher beside it: what it brought is executed, as far as it goes.</summary>
/// <param name="SlotOut">The lowest slot that is not executed.</param>
public sealed record CaughtUp(long SlotOut) : INodeMessage;

/// <summary>Replica to the snapshotter beside it, when it starts: what is on disk? Answered with <see cref="RestoreFrom"/>.</summary>
public sealed record GetState : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly GetState Instance = new();
}

/// <summary>Snapshotter to the replica beside it: start from this.</summary>
/// <param name="Snapshot">The latest on disk; null where there is none.</param>
public sealed record RestoreFrom(ReplicaSnapshot? Snapshot) : INodeMessage;

/// <summary>Snapshotter to the replica beside it: a snapshot is due. Answered with <see cref="CapturedState"/>.</summary>
public sealed record CaptureState : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly CaptureState Instance = new();
}

/// <summary>Replica to the snapshotter beside it: my state as it is now.</summary>
/// <param name="SlotOut">Every slot below is executed in it.</param>
/// <param name="Encode">Makes bytes of it; once, on any thread.</param>
public sealed record CapturedState(long SlotOut, Func<byte[]> Encode) : INodeMessage;

/// <summary>Replica to the snapshotter beside it: I go on from this snapshot, which another node sent; it is not on disk here.</summary>
public sealed record SaveInstalled(ReplicaSnapshot Snapshot) : INodeMessage;

/// <summary>Snapshotter to the replica beside it: a snapshot is on disk.</summary>
/// <param name="SlotOut">Every slot below is in it.</param>
public sealed record SnapshotSaved(long SlotOut) : INodeMessage;

/// <summary>Snapshotter to the acceptor beside it: a majority has snapshots of every slot below, so forget the pvalues there.</summary>
public sealed record Truncate(long BelowSlot) : INodeMessage;

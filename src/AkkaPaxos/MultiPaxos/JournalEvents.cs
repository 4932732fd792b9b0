using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>In an acceptor's journal: it adopted a ballot by a <see cref="Prepare"/>.</summary>
/// <param name="Ballot">The ballot.</param>
public sealed record AcceptorPromised(Ballot Ballot) : IPaxosRecord;

/// <summary>In an acceptor's journal: it accepted a pvalue, and with it adopted its ballot.</summary>
/// <param name="PValue">The pvalue.</param>
public sealed record AcceptorAccepted(PValue PValue) : IPaxosRecord;

/// <summary>
/// In an acceptor's journal: it forgot the pvalues of the slots below one that a majority's snapshots cover. Carries what else is not in pvalues, so that
/// the entries before it can be deleted once no pvalue needs them.
/// </summary>
/// <param name="BelowSlot">The truncation point.</param>
/// <param name="Promised">The acceptor's ballot.</param>
/// <param name="LongestLease">The longest lease that it has granted or is about to; zero where it never has.</param>
public sealed record AcceptorTruncated(long BelowSlot, Ballot Promised, TimeSpan LongestLease = default) : IPaxosRecord;

/// <summary>In a leader's journal: the leader is about to use this round (invariant S2: never again).</summary>
/// <param name="Round">The round.</param>
public sealed record LeaderRound(long Round) : IPaxosRecord;

/// <summary>
/// In a replica's journal of version 1.0: a snapshot is due. The entry numbered the snapshot; now its slot does, and the journal stays empty.
/// </summary>
/// <param name="SlotOut">How far the replica was.</param>
public sealed record ReplicaSnapshotDue(long SlotOut) : IPaxosRecord;

/// <summary>In the snapshot store: a replica's whole state.</summary>
/// <param name="SlotOut">Every slot below is executed in it.</param>
/// <param name="State">Application and sessions (snapshot.proto).</param>
public sealed record ReplicaSnapshot(long SlotOut, ReadOnlyMemory<byte> State) : IPaxosRecord;

using AkkaPaxos.Consensus;
using IPaxosRecord = AkkaPaxos.MultiPaxos.IPaxosRecord;

namespace AkkaPaxos.Synod;

/// <summary>In a proposer's journal: it is about to use this round (the first seed's <c>maxRound</c>), and will never again (invariant S2).</summary>
/// <param name="Round">The round.</param>
public sealed record ProposerRound(long Round) : IPaxosRecord;

/// <summary>In an acceptor's journal: it promised to accept nothing under a lower number.</summary>
/// <param name="Ballot">The number.</param>
public sealed record AcceptorPromised(Ballot Ballot) : IPaxosRecord;

/// <summary>In an acceptor's journal: it accepted a proposal, and with it promised its number.</summary>
/// <param name="Proposal">The proposal.</param>
public sealed record AcceptorAccepted(Proposal Proposal) : IPaxosRecord;

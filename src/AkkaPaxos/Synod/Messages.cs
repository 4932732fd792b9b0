using Akka.Event;
using AkkaPaxos.Consensus;
using INodeMessage = AkkaPaxos.MultiPaxos.INodeMessage;
using IPaxosMessage = AkkaPaxos.MultiPaxos.IPaxosMessage;

namespace AkkaPaxos.Synod;

// Single-decree Paxos: one value is chosen, once. The exchange where nothing fails, as the second seed draws it:
//
//   Client   Proposer      Acceptor     Learner
//      |         |          |  |  |       |  |
//      |-------->|          |  |  |       |  |  Request(V)
//      |         |          |  |  |       |  |             journal: the round
//      |         |--------->|->|->|       |  |  Prepare(1.1)          phase 1
//      |         |          |  |  |       |  |             journal: the promise
//      |         |<---------|--|--|       |  |  Promise(1.1, null), with what the acceptor has accepted
//      |         |          |  |  |       |  |             a majority promised: the value of the highest number among
//      |         |          |  |  |       |  |             theirs, or where there is none the client's
//      |         |--------->|->|->|       |  |  Accept(1.1, V)         phase 2
//      |         |          |  |  |       |  |             journal: the proposal
//      |         |<---------|--|--|------>|->|  Accepted(1.1, V)
//      |         |          |  |  |       |  |             a majority accepted under one number: V is chosen
//      |<---------------------------------|--|  Response(V)
//
// An acceptor that has promised a higher number answers Nack with it, to Prepare and to Accept alike; the proposer rests for a random time,
// which grows, and begins again with a higher number.
//
//   With a distinguished learner the acceptors tell only this one, and it tells the rest:
//
//   Acceptor     Learner1   Learner2
//    |  |  |        |          |
//    |--|--|------->|          |   Accepted(1.1, V)
//    |  |  |        |--------->|   Chosen(1.1, V)
//
//   Messages may be lost. A proposer asks again those acceptors that have not answered. A learner that knows nothing asks too:
//
//   Learner      Acceptor
//      |--------->|->|->|    Inquire
//      |<---------|--|--|    Accepted(1.1, V), from those that have accepted
//
// What the wire can carry is marked IPaxosMessage; the rest goes between the actors of one node.

/// <summary>A value under a proposal number: what a proposer asks to accept, and an acceptor accepts.</summary>
/// <param name="Ballot">The proposal number: round and server id.</param>
/// <param name="Value">The value.</param>
public sealed record Proposal(Ballot Ballot, string Value)
{
    /// <summary>Number and value: <c>4.5:X</c>.</summary>
    public override string ToString() => $"{Ballot}:{Value}";
}

/// <summary>Client to a proposer: have this value chosen.</summary>
/// <param name="Value">The value; another may be chosen, if it was proposed before.</param>
public sealed record Request(string Value) : IPaxosMessage;

/// <summary>Learner to the clients: this value is chosen, whether or not it is the one that was asked for.</summary>
/// <param name="From">The learner.</param>
/// <param name="Value">The value.</param>
public sealed record Response(NodeId From, string Value) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Proposer to the acceptors, phase 1: promise to accept nothing under a lower number, and tell me what you have accepted.</summary>
/// <param name="Ballot">The number of the proposal to come.</param>
public sealed record Prepare(Ballot Ballot) : IPaxosMessage;

/// <summary>Acceptor to proposer, phase 1: promised, it is on disk.</summary>
/// <param name="From">The acceptor.</param>
/// <param name="Ballot">The number that it was asked to promise.</param>
/// <param name="Accepted">The proposal with the highest number that it has accepted; null where it has accepted none.</param>
public sealed record Promise(NodeId From, Ballot Ballot, Proposal? Accepted) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Proposer to the acceptors, phase 2: accept this proposal.</summary>
/// <param name="Ballot">Its number.</param>
/// <param name="Value">Its value.</param>
public sealed record Accept(Ballot Ballot, string Value) : IPaxosMessage;

/// <summary>Acceptor to the proposer and to learners: I accepted this proposal, it is on disk.</summary>
/// <param name="From">The acceptor.</param>
/// <param name="Ballot">The proposal's number.</param>
/// <param name="Value">The proposal's value.</param>
public sealed record Accepted(NodeId From, Ballot Ballot, string Value) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Acceptor to proposer: refused, I have promised a higher number; the promise is on disk.</summary>
/// <param name="From">The acceptor.</param>
/// <param name="Ballot">The number of the Prepare or Accept that it refuses.</param>
/// <param name="Promised">The higher number.</param>
public sealed record Nack(NodeId From, Ballot Ballot, Ballot Promised) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>The distinguished learner to the other learners: this proposal was accepted by a majority.</summary>
/// <param name="Ballot">The proposal's number.</param>
/// <param name="Value">The proposal's value.</param>
public sealed record Chosen(Ballot Ballot, string Value) : IPaxosMessage, IDeadLetterSuppression;

/// <summary>Learner to the acceptors: what have you accepted? (Paxos Made Simple 2.3: messages may be lost, so the learner may ask.)</summary>
/// <param name="From">The learner.</param>
public sealed record Inquire(NodeId From) : IPaxosMessage;

/// <summary>To a client: have a value chosen. The sender gets the <see cref="Response"/>.</summary>
/// <param name="Value">The value to ask for.</param>
/// <param name="Proposer">Which proposer to ask first; <see cref="NodeId.None"/>: the first one of all.</param>
public sealed record Submit(string Value, NodeId Proposer = default) : INodeMessage;

/// <summary>
/// To a proposer, from an election or a scenario: you are the distinguished proposer now. It runs phase 1 at once, so that it takes over
/// what a proposer before it left half done; where that is nothing, it has phase 1 behind it when the first request comes.
/// </summary>
public sealed record Lead : INodeMessage
{
    /// <summary>The only one.</summary>
    public static readonly Lead Instance = new();

    private Lead()
    {
    }
}

/// <summary>
/// To any role: describe your state. The sender gets a <see cref="ProposerState"/>, <see cref="AcceptorState"/>, <see cref="LearnerState"/> or
/// <see cref="ClientState"/>.
/// </summary>
public sealed record AskState : INodeMessage
{
    /// <summary>The only one.</summary>
    public static readonly AskState Instance = new();

    private AskState()
    {
    }
}

using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>A leader that is right, but for its commanders.</summary>
internal sealed class LeaderWithCommander<TCommander>(RoleContext context) : Leader(context)
    where TCommander : Commander
{
    private readonly RoleContext _context = context;

    protected override Props NewCommander(PValue pvalue) => Props.Create(typeof(TCommander), _context, Self, pvalue);
}

/// <summary>A leader that is right, but for its confirmers.</summary>
internal sealed class LeaderWithConfirmer<TConfirmer>(RoleContext context) : Leader(context)
    where TConfirmer : Confirmer
{
    private readonly RoleContext _context = context;

    protected override Props NewConfirmer(Ballot ballot, long id, long slot) =>
        Props.Create(typeof(TConfirmer), _context, Self, ballot, id, slot);
}

/// <summary>Takes n/2 of n acceptors for a majority (R2).</summary>
internal sealed class DecidesOnMinority(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context, leader, pvalue)
{
    private readonly int _half = context.Membership.Acceptors(pvalue.Slot).Count / 2;

    protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
}

/// <summary>Counts Accepted messages, not who sent them: a repeated one counts again (R2).</summary>
internal sealed class CountsRepeatedAccepted(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context, leader, pvalue)
{
    private readonly int _half = context.Membership.Acceptors(pvalue.Slot).Count / 2;
    private int _accepted;

    protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => ++_accepted > _half;
}

/// <summary>Takes an acceptor's refusal for its acceptance (R2).</summary>
internal sealed class CountsRefusalsAsAccepted(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context, leader, pvalue)
{
    private readonly Ballot _ballot = pvalue.Ballot;

    protected override void OnReceive(object message) =>
        base.OnReceive(message is Accepted answer && answer.Promised > _ballot ? answer with { Promised = _ballot } : message);
}

/// <summary>Asks each acceptor once, and not again when no answer comes (liveness).</summary>
internal sealed class AsksAcceptorsOnce(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context, leader, pvalue)
{
    protected override void OnReceive(object message)
    {
        if (message is Accepted) base.OnReceive(message);
    }
}

/// <summary>Confirms its leader's ballot without asking anybody (linearizability).</summary>
internal sealed class ConfirmsUnasked(RoleContext context, IActorRef leader, Ballot ballot, long id, long slot)
    : Confirmer(context, leader, ballot, id, slot)
{
    private readonly IActorRef _leader = leader;
    private readonly long _id = id;

    protected override void PreStart()
    {
        _leader.Tell(new BallotConfirmed(_id), Self);
        Context.Stop(Self);
    }
}

/// <summary>Takes n/2 of n acceptors for enough (linearizability).</summary>
internal sealed class ConfirmsOnMinority(RoleContext context, IActorRef leader, Ballot ballot, long id, long slot)
    : Confirmer(context, leader, ballot, id, slot)
{
    private readonly int _half = context.Membership.Acceptors(slot).Count / 2;

    protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
}

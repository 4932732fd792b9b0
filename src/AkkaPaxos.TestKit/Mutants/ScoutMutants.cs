using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>A leader that is right, but for its scouts.</summary>
internal sealed class LeaderWithScout<TScout>(RoleContext context) : Leader(context)
    where TScout : Scout
{
    private readonly RoleContext _context = context;

    protected override Props NewScout(Ballot ballot, long fromSlot) => Props.Create(typeof(TScout), _context, Self, ballot, fromSlot);
}

/// <summary>Hands on the pvalue of a slot's lowest ballot, where the highest may be chosen (C2).</summary>
internal sealed class AdoptsLowestBallot(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context, leader, ballot, fromSlot)
{
    protected override bool Supersedes(PValue found, PValue known) => found.Ballot < known.Ballot;
}

/// <summary>Takes n/2 of n promises for a majority (C2).</summary>
internal sealed class AdoptsOnMinority(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context, leader, ballot, fromSlot)
{
    private readonly int _half = context.Membership.Acceptors(fromSlot).Count / 2;

    protected override bool IsQuorum(Configuration configuration, IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
}

/// <summary>Takes the first page of a promise for all of it (C2).</summary>
internal sealed class AdoptsFirstPage(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context, leader, ballot, fromSlot)
{
    protected override void OnReceive(object message) => base.OnReceive(message is Promise promise ? promise with { NextSlot = 0 } : message);
}

/// <summary>Counts promises, not who made them: a repeated one counts for an acceptor that has not answered (C2).</summary>
internal sealed class CountsRepeatedPromises(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context, leader, ballot, fromSlot)
{
    private readonly HashSet<NodeId> _missing = [.. context.Membership.Acceptors(fromSlot)];
    private readonly Ballot _ballot = ballot;
    private readonly long _fromSlot = fromSlot;

    protected override void OnReceive(object message)
    {
        if (message is Promise { NextSlot: 0 } promise && promise.Promised == _ballot && !_missing.Remove(promise.From) && _missing.Count > 0)
        {
            message = promise with { From = _missing.Min(), FromSlot = _fromSlot };
            _missing.Remove(_missing.Min());
        }

        base.OnReceive(message);
    }
}

/// <summary>Takes an acceptor's refusal for its promise (C2).</summary>
internal sealed class CountsRefusalsAsPromises(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context, leader, ballot, fromSlot)
{
    private readonly Ballot _ballot = ballot;

    protected override void OnReceive(object message) =>
        base.OnReceive(message is Promise promise && promise.Promised > _ballot ? promise with { Promised = _ballot } : message);
}

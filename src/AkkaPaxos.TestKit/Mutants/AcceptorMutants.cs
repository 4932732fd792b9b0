using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Acts on one kind of event while that is on its way to the journal (S1).</summary>
internal abstract class ActsBeforePersist<TRecord>(RoleContext context) : Acceptor(context)
{
    protected override void PersistThen<TEvent>(TEvent @event, Action<TEvent> then)
    {
        if (@event is not TRecord)
        {
            base.PersistThen(@event, then);
            return;
        }

        then(@event);
        base.PersistThen(@event, _ => { });
    }
}

/// <summary>Says Promise while the promise is on its way to the journal (S1).</summary>
internal sealed class PromisesBeforePersist(RoleContext context) : ActsBeforePersist<AcceptorPromised>(context);

/// <summary>Says Accepted while the pvalue is on its way to the journal (S1).</summary>
internal sealed class AcceptsBeforePersist(RoleContext context) : ActsBeforePersist<AcceptorAccepted>(context);

/// <summary>Accepts whatever it is asked to, also under a ballot below its promise (A2).</summary>
internal sealed class AcceptsLowerBallot(RoleContext context) : Acceptor(context)
{
    protected override bool MayAccept(Ballot asked, Ballot promised) => true;
}

/// <summary>Does not read its promises back at a restart; the ballots under which it accepted it knows (A1).</summary>
internal sealed class ForgetsPromise(RoleContext context) : Acceptor(context)
{
    protected override void OnRecover(object message)
    {
        if (message is not AcceptorPromised) base.OnRecover(message);
    }
}

/// <summary>Reads back at a restart which ballots it promised, and not what it accepted (A3).</summary>
internal sealed class ForgetsAccepted(RoleContext context) : Acceptor(context)
{
    protected override void OnRecover(object message) =>
        base.OnRecover(message is AcceptorAccepted accepted ? new AcceptorPromised(accepted.PValue.Ballot) : message);
}

/// <summary>Reads back at a restart the first pvalue that it accepted in a slot, where the last one counts (A3).</summary>
internal sealed class KeepsFirstAccepted(RoleContext context) : Acceptor(context)
{
    private readonly HashSet<long> _slots = [];

    protected override void OnRecover(object message)
    {
        if (message is AcceptorAccepted accepted && !_slots.Add(accepted.PValue.Slot)) message = new AcceptorPromised(accepted.PValue.Ballot);
        base.OnRecover(message);
    }
}

/// <summary>Does not read its truncation point back at a restart: what it forgot looks as if it had never been accepted (A3).</summary>
internal sealed class ForgetsTruncation(RoleContext context) : Acceptor(context)
{
    protected override void OnRecover(object message) =>
        base.OnRecover(message is AcceptorTruncated truncated ? new AcceptorPromised(truncated.Promised) : message);
}

/// <summary>Promises, and keeps to itself what it has accepted (A3).</summary>
internal sealed class PromisesWithoutAccepted(RoleContext context) : Acceptor(context)
{
    protected override Promise PromiseFor(Prepare prepare) => base.PromiseFor(prepare) with { NextSlot = 0, Accepted = [] };
}

/// <summary>Truncates a few slots more than its replica said (A3).</summary>
internal sealed class TruncatesTooFar(RoleContext context) : Acceptor(context)
{
    protected override void OnCommand(object message) =>
        base.OnCommand(message is Truncate truncate ? new Truncate(truncate.BelowSlot + 5) : message);
}

/// <summary>Confirms a leader's ballot though it has promised a higher one (linearizability).</summary>
internal sealed class ConfirmsAnyBallot(RoleContext context) : Acceptor(context)
{
    private readonly NodeId _self = context.Self;

    protected override void OnCommand(object message)
    {
        if (message is Confirm confirm) Sender.Tell(new Confirmed(_self, confirm.Ballot, confirm.Id), Self);
        else base.OnCommand(message);
    }
}

/// <summary>Promises another leader's ballot while it is bound by a lease (linearizability).</summary>
internal sealed class BreaksItsLease(RoleContext context) : Acceptor(context)
{
    protected override bool IsBound(Ballot asked) => false;
}

/// <summary>Does not read back at a restart that it may be bound by a lease (linearizability).</summary>
internal sealed class ForgetsItsLease(RoleContext context) : Acceptor(context)
{
    protected override void OnRecover(object message) =>
        base.OnRecover(message is AcceptorTruncated truncated ? truncated with { LongestLease = TimeSpan.Zero } : message);
}

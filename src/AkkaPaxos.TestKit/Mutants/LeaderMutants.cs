using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Proposes what replicas asked for, whatever its scout found (C2).</summary>
internal sealed class IgnoresFoundPValues(RoleContext context) : Leader(context)
{
    protected override void OnCommand(object message) => base.OnCommand(message is Adopted adopted ? adopted with { PValues = [] } : message);
}

/// <summary>Lets what a replica proposed win over what its scout found: proposals ◁ pmax of PMMC figure 7, the wrong way round (C2).</summary>
internal sealed class PrefersOwnProposals(RoleContext context) : Leader(context)
{
    private readonly HashSet<long> _proposed = [];

    protected override void OnCommand(object message)
    {
        if (message is Propose propose) _proposed.Add(propose.Slot);
        if (message is Adopted adopted) message = adopted with { PValues = [.. adopted.PValues.Where(p => !_proposed.Contains(p.Slot))] };
        base.OnCommand(message);
    }
}

/// <summary>Closes every slot below the highest found one with a no-op, not just those in which nothing was found (C2).</summary>
internal sealed class FillsFoundSlots(RoleContext context) : Leader(context)
{
    protected override void OnCommand(object message)
    {
        if (message is Adopted adopted)
            message = adopted with
            {
                PValues = [.. adopted.PValues.Select((p, i) => i < adopted.PValues.Count - 1 ? p with { Value = Value.NoOp } : p)],
            };
        base.OnCommand(message);
    }
}

/// <summary>Ignores that acceptors have truncated: proposes for slots whose pvalues they have forgotten (C2).</summary>
internal sealed class IgnoresTruncation(RoleContext context) : Leader(context)
{
    protected override void OnCommand(object message) => base.OnCommand(message is Adopted adopted ? adopted with { TruncatedBelow = 1 } : message);
}

/// <summary>Asks acceptors for what they accepted from a later slot on than it proposes from (C2).</summary>
internal sealed class ScoutsFromLaterSlot(RoleContext context) : Leader(context)
{
    protected override Props NewScout(Ballot ballot, long fromSlot) => base.NewScout(ballot, fromSlot + 1);
}

/// <summary>Does not read its round back at a restart (S2).</summary>
internal sealed class ReusesRound(RoleContext context) : Leader(context)
{
    protected override void OnRecover(object message)
    {
        if (message is not LeaderRound) base.OnRecover(message);
    }
}

/// <summary>Answers a preemption by a higher round for its commanders, without a scout: phase 2 without phase 1 (C2).</summary>
internal sealed class SkipsPhaseOne(RoleContext context) : Leader(context)
{
    private readonly NodeId _self = context.Self;
    private Ballot _adopted;
    private Ballot _preempted;

    protected override Props NewCommander(PValue pvalue)
    {
        _adopted = pvalue.Ballot;
        return base.NewCommander(pvalue with { Ballot = _preempted > _adopted ? new Ballot(_preempted.Round + 1, _self) : _adopted });
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Preempted preempted when preempted.Ballot > _preempted: _preempted = preempted.Ballot; break;
            case SlotChosen chosen: base.OnCommand(chosen with { Ballot = _adopted }); break;
            default: base.OnCommand(message); break;
        }
    }
}

/// <summary>Gives each proposal a commander, also where the slot has one: PMMC's figure 7 without its ∄c' (C1).</summary>
internal sealed class CommandsEveryProposal(RoleContext context) : Leader(context)
{
    private Ballot _ballot;
    private readonly HashSet<long> _commanded = []; // under that ballot

    protected override Props NewScout(Ballot ballot, long fromSlot)
    {
        _ballot = ballot;
        _commanded.Clear();
        return base.NewScout(ballot, fromSlot);
    }

    protected override Props NewCommander(PValue pvalue)
    {
        _commanded.Add(pvalue.Slot);
        return base.NewCommander(pvalue);
    }

    protected override void OnCommand(object message)
    {
        if (message is Propose propose && _commanded.Contains(propose.Slot))
            Context.ActorOf(base.NewCommander(new PValue(_ballot, propose.Slot, propose.Value)));
        base.OnCommand(message);
    }
}

/// <summary>Makes nothing of the drift of clocks in its lease (linearizability).</summary>
internal sealed class TrustsItsClock(RoleContext context) : Leader(context with { Settings = context.Settings with { ClockDrift = 0 } });

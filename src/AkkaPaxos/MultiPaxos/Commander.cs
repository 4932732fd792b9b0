using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The commander of PMMC 2.3 (figure 6): makes a majority of acceptors accept one pvalue, and then tells all replicas that it is decided. One a
/// slot in flight; it ends with <see cref="SlotChosen"/> or <see cref="Preempted"/>.
/// </summary>
/// <remarks>It has no timer of its own, as one is made for every slot: the leader's <see cref="Resend"/> paces the repeats.</remarks>
public class Commander : UntypedActor
{
    // A larger value is not sent again with the decision: a replica whose acceptor has not accepted it yet most likely gets it from there in a moment, and
    // one that missed it asks for it.
    private const int SentAgainBytes = 16 << 10;

    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly IActorRef _leader;
    private readonly PValue _pvalue;
    private readonly Configuration _configuration; // governs the slot: the leader waits until it is known
    private readonly HashSet<NodeId> _accepted = []; // PMMC's waitfor, turned round

    /// <summary>A commander for <paramref name="pvalue"/>.</summary>
    public Commander(RoleContext context, IActorRef leader, PValue pvalue)
    {
        (_context, _leader, _pvalue) = (context, leader, pvalue);
        _configuration = context.Membership.At(pvalue.Slot);
        _link = new RoleLink(Context, context, "commander");
    }

    /// <inheritdoc/>
    protected override void PreStart() => AskAll();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Accepted m: OnAccepted(m); break;
            case Resend: AskAll(); break;
            default: Unhandled(message); break;
        }
    }

    // p2a, to all that owe an answer.
    private void AskAll()
    {
        var accept = new Accept(_pvalue);
        foreach (var node in _configuration.Voters)
            if (!_accepted.Contains(node))
                _link.Tell(node, "acceptor", _context.Peers.Acceptor(node), accept, _pvalue.Slot);
    }

    // p2b
    private void OnAccepted(Accepted answer)
    {
        if (answer.Slot != _pvalue.Slot) return;
        if (answer.Promised > _pvalue.Ballot)
        {
            _link.Tell(_context.Self, "leader", _leader, new Preempted(answer.Promised), _pvalue.Slot);
            Context.Stop(Self);
        }
        else if (answer.Promised == _pvalue.Ballot && _configuration.Counts(answer.From, answer.Disk))
        {
            _accepted.Add(answer.From);
            if (IsQuorum(_accepted)) Decide();
        }
    }

    /// <summary>Whether it is enough that these acceptors have accepted: a quorum of phase 2. Asked at each Accepted, a repeated one too.</summary>
    protected virtual bool IsQuorum(IReadOnlySet<NodeId> acceptors) => _configuration.Phase2.IsMetBy(acceptors);

    // The replica beside an acceptor that said Accepted was told the value by it before.
    private void Decide()
    {
        // The leader first: by the time that anyone can have an answer from this slot it is in the leader's mailbox, before any question that reflects it.
        _link.Tell(_context.Self, "leader", _leader, new SlotChosen(_pvalue.Ballot, _pvalue.Slot), _pvalue.Slot);
        var known = new Decision(_pvalue.Slot, _pvalue.Ballot, null);
        var whole = known with { Value = _pvalue.Value };
        foreach (var node in _context.Membership.Replicas(_pvalue.Slot))
            _link.Tell(node, "replica", _context.Peers.Replica(node), MayKnow(node) ? known : whole, _pvalue.Slot);
        Context.Stop(Self);
    }

    private bool MayKnow(NodeId node) =>
        _accepted.Contains(node) || (_pvalue.Value.Encoded.Length > SentAgainBytes && _configuration.HasVoter(node));
}

using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Makes sure, for a linearizable question, that its leader still leads: asks acceptors whether they have promised a higher ballot. One a
/// question; it ends with <see cref="BallotConfirmed"/> or <see cref="Preempted"/>.
/// </summary>
/// <remarks>
/// Enough acceptors are those that make up a quorum of phase 2, for it has a node in common with every quorum of phase 1. Each of them had,
/// after the question was asked, told nobody of a higher promise. So no higher ballot had a quorum of phase 1 when the question was asked, and
/// nothing can have been chosen under one.
/// </remarks>
public class Confirmer : UntypedActor
{
    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly IActorRef _leader;
    private readonly Ballot _ballot;
    private readonly long _id;
    private readonly Configuration _configuration;
    private readonly HashSet<NodeId> _confirmed = [];
    private readonly TimeSpan _wished; // a leader that only wants to know who answers binds nobody to another one
    private TimeSpan _lease; // what each of them has granted at least

    /// <summary>A confirmer of <paramref name="ballot"/>.</summary>
    /// <param name="context">The node's.</param>
    /// <param name="leader">Who is told.</param>
    /// <param name="ballot">The leader's ballot.</param>
    /// <param name="id">Pairs the answer with the question.</param>
    /// <param name="slot">The slot whose acceptors are asked: the first that another leader might have had decided.</param>
    public Confirmer(RoleContext context, IActorRef leader, Ballot ballot, long id, long slot)
    {
        (_context, _leader, _ballot, _id) = (context, leader, ballot, id);
        _configuration = context.Membership.At(slot);
        _lease = _wished = ballot.Leader == context.Self ? context.Settings.ReadLease : TimeSpan.Zero;
        _link = new RoleLink(Context, context, "confirmer");
    }

    /// <inheritdoc/>
    protected override void PreStart() => AskAll();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Confirmed m: OnConfirmed(m); break;
            case Resend: AskAll(); break;
            default: Unhandled(message); break;
        }
    }

    private void AskAll()
    {
        var confirm = new Confirm(_ballot, _id, _wished);
        foreach (var node in _configuration.Voters)
            if (!_confirmed.Contains(node))
                _link.Tell(node, "acceptor", _context.Peers.Acceptor(node), confirm);
    }

    private void OnConfirmed(Confirmed answer)
    {
        if (answer.Id != _id) return;
        if (answer.Promised > _ballot)
        {
            Finish(new Preempted(answer.Promised));
        }
        else if (_configuration.Counts(answer.From, answer.Disk))
        {
            // A lower one is as good: that acceptor missed the scout's and the commanders' messages, and has promised nothing higher either.
            _confirmed.Add(answer.From);
            if (answer.Lease < _lease) _lease = answer.Lease;
            if (IsQuorum(_confirmed)) Finish(new BallotConfirmed(_id, _lease));
        }
    }

    /// <summary>Whether the answers of these acceptors are enough: they meet every quorum of phase 1.</summary>
    protected virtual bool IsQuorum(IReadOnlySet<NodeId> acceptors) => _configuration.Phase2.IsMetBy(acceptors);

    private void Finish(object outcome)
    {
        _link.Tell(_context.Self, "leader", _leader, outcome);
        Context.Stop(Self);
    }
}

using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns;

/// <summary>
/// What the acceptors of two wrong designs share. They promise nothing; what they accept is on disk before they say so, so that what goes
/// wrong with them is not the disk's fault. They differ in <see cref="Accepts"/>.
/// </summary>
public abstract class OnePhaseAcceptor : UntypedPersistentActor
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;
    private Proposal? _accepted;

    /// <summary>The acceptor that <paramref name="context"/> describes.</summary>
    protected OnePhaseAcceptor(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Acceptor);
        PersistenceId = context.PersistenceId("acceptor");
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <summary>The design's rule: whether it accepts another proposal.</summary>
    /// <param name="accepted">What it has accepted last; null: nothing.</param>
    protected abstract bool Accepts(Proposal? accepted);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        if (message is AcceptorAccepted e) _accepted = e.Proposal;
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Accept m: OnAccept(m); break;
            case Inquire m:
                if (_accepted is not null) _link.Tell(SynodRole.Learner, m.From, Accepted(_accepted));
                break;
            case AskState: Sender.Tell(new AcceptorState(_context.Self, Ballot.Bottom, _accepted, Ballot.Bottom, _accepted), Self); break;
            default: Unhandled(message); break;
        }
    }

    private void OnAccept(Accept accept)
    {
        if (_accepted?.Ballot == accept.Ballot)
        {
            TellAccepted(_accepted);
        }
        else if (Accepts(_accepted))
        {
            Persist(new AcceptorAccepted(new Proposal(accept.Ballot, accept.Value)), e =>
            {
                _accepted = e.Proposal;
                TellAccepted(_accepted);
            });
        }
        else
        {
            _link.Tell(SynodRole.Proposer, accept.Ballot.Leader, new Nack(_context.Self, accept.Ballot, _accepted!.Ballot));
        }
    }

    private Accepted Accepted(Proposal proposal) => new(_context.Self, proposal.Ballot, proposal.Value);

    private void TellAccepted(Proposal proposal)
    {
        _link.Tell(SynodRole.Proposer, proposal.Ballot.Leader, Accepted(proposal));
        if (_context.Settings.DistinguishedLearner == NodeId.None) _link.TellAll(SynodRole.Learner, Accepted(proposal));
        else _link.Tell(SynodRole.Learner, _context.Settings.DistinguishedLearner, Accepted(proposal));
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => // Akka.Persistence then stops the actor
        Log.Error("acceptor {0}: the journal cannot be written: {1}", _context.Self, cause.Message);
}

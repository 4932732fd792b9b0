using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>
/// The acceptor: the memory of Paxos, and the only role whose journal decides. It keeps two things, the highest number that it has promised
/// and the proposal with the highest number that it has accepted, and has three rules:
/// <list type="number">
/// <item>Prepare(n): where n is not below the promised number, promise n and tell what was accepted; otherwise refuse.</item>
/// <item>Accept(n, v): where n is not below the promised number, promise n and accept (n, v), in the place of what it accepted before; otherwise
/// refuse.</item>
/// <item>Say nothing that is not in the journal (invariant S1).</item>
/// </list>
/// </summary>
/// <remarks>
/// There are two views of its state. What is <i>issued</i> decides how the next message is answered; what is <i>on disk</i> is what
/// answers say. A message that changes something issues an event by PersistAsync, so that everything that waits is journaled in one write, and
/// is answered in the event's handler. A message that changes nothing is answered by DeferAsync: after all that was issued before it. So answers
/// leave in the order of the messages, and each reflects exactly the events before it. What the disk alone decides is answered at once, as if it had
/// overtaken what is being written: a journal that hangs keeps nobody from what is in it.
/// </remarks>
public class Acceptor : UntypedPersistentActor
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;

    // Issued.
    private Ballot _promised = Ballot.Bottom;
    private Proposal? _accepted;

    // On disk.
    private Ballot _promisedOnDisk = Ballot.Bottom;
    private Proposal? _acceptedOnDisk;

    /// <summary>The acceptor that <paramref name="context"/> describes.</summary>
    public Acceptor(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Acceptor);
        PersistenceId = context.PersistenceId("acceptor");
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Prepare m: OnPrepare(m); break;
            case Accept m: OnAccept(m); break;
            case Inquire m: OnInquire(m); break;
            case AskState: OnAskState(); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Whether the promise it has given allows it to accept under a number.</summary>
    /// <param name="asked">The number of the proposal.</param>
    /// <param name="promised">The highest number that it has promised.</param>
    protected virtual bool MayAccept(Ballot asked, Ballot promised) => asked >= promised;

    // ---- phase 1 ----

    private void OnPrepare(Prepare prepare)
    {
        if (prepare.Ballot <= _promisedOnDisk)
        {
            AnswerPrepare(prepare); // asked again, or too late
        }
        else if (prepare.Ballot > _promised)
        {
            _promised = prepare.Ballot;
            PersistAsync(new AcceptorPromised(prepare.Ballot), e =>
            {
                Apply(e);
                AnswerPrepare(prepare);
            });
        }
        else
        {
            DeferAsync(prepare, AnswerPrepare); // the same, of a promise that is being written
        }
    }

    private void AnswerPrepare(Prepare prepare)
    {
        object answer = prepare.Ballot == _promisedOnDisk
            ? new Promise(_context.Self, prepare.Ballot, _acceptedOnDisk)
            : new Nack(_context.Self, prepare.Ballot, _promisedOnDisk);
        _link.Tell(SynodRole.Proposer, prepare.Ballot.Leader, answer);
    }

    // ---- phase 2 ----

    private void OnAccept(Accept accept)
    {
        if (!MayAccept(accept.Ballot, _promisedOnDisk))
        {
            Refuse(accept);
        }
        else if (_acceptedOnDisk is { } proposal && proposal == new Proposal(accept.Ballot, accept.Value))
        {
            TellAccepted(proposal); // asked again: an answer was lost, or is late
        }
        else if (!MayAccept(accept.Ballot, _promised))
        {
            DeferAsync(accept, Refuse);
        }
        else if (_accepted?.Ballot == accept.Ballot)
        {
            if (_accepted.Value != accept.Value)
                throw new InvariantViolationException("A4", $"acceptor {_context.Self} was asked to accept two values under number "
                    + $"{accept.Ballot}: {_accepted.Value} and {accept.Value}");
            DeferAsync(accept, a => TellAccepted(new Proposal(a.Ballot, a.Value))); // the same, of one that is being written
        }
        else
        {
            // It promises the number too: a proposer has a majority's promises, and this acceptor's Prepare may have been lost.
            if (accept.Ballot > _promised) _promised = accept.Ballot;
            _accepted = new Proposal(accept.Ballot, accept.Value);
            PersistAsync(new AcceptorAccepted(_accepted), e =>
            {
                Apply(e);
                TellAccepted(e.Proposal);
            });
        }
    }

    private void Refuse(Accept accept) =>
        _link.Tell(SynodRole.Proposer, accept.Ballot.Leader, new Nack(_context.Self, accept.Ballot, _promisedOnDisk));

    /// <summary>To the proposer, and to all learners or the distinguished one.</summary>
    private void TellAccepted(Proposal proposal)
    {
        var accepted = new Accepted(_context.Self, proposal.Ballot, proposal.Value);
        _link.Tell(SynodRole.Proposer, proposal.Ballot.Leader, accepted);
        if (_context.Settings.DistinguishedLearner == NodeId.None) _link.TellAll(SynodRole.Learner, accepted);
        else _link.Tell(SynodRole.Learner, _context.Settings.DistinguishedLearner, accepted);
    }

    private void OnInquire(Inquire inquire)
    {
        if (_acceptedOnDisk is { } proposal)
            _link.Tell(SynodRole.Learner, inquire.From, new Accepted(_context.Self, proposal.Ballot, proposal.Value));
    }

    private void OnAskState() => Sender.Tell(
        new AcceptorState(_context.Self, _promisedOnDisk, _acceptedOnDisk, _promised, _accepted), Self);

    // ---- after a crash ----

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case AcceptorPromised e: Apply(e); break;
            case AcceptorAccepted e: Apply(e); break;
            case RecoveryCompleted:
                (_promised, _accepted) = (_promisedOnDisk, _acceptedOnDisk);
                break;
        }
    }

    // What events do to the state on disk, alike when they are written and when they are read again.

    private void Apply(AcceptorPromised e)
    {
        if (e.Ballot < _promisedOnDisk)
            throw new InvariantViolationException("A1", $"acceptor {_context.Self} journaled a promise of {e.Ballot} after {_promisedOnDisk}");
        _promisedOnDisk = e.Ballot;
    }

    private void Apply(AcceptorAccepted e)
    {
        if (e.Proposal.Ballot > _promisedOnDisk) _promisedOnDisk = e.Proposal.Ballot;
        _acceptedOnDisk = e.Proposal;
    }

    // ---- a journal that fails: never an answer about what may not be on disk ----

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Fail(cause); // Akka.Persistence then stops the actor

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Fail(cause);
        Context.Stop(Self); // after a rejection Akka.Persistence would go on, and later answers would tell of an event that is not there
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        Log.Error("acceptor {0}: the journal cannot be read: {1}; it answers nothing until it is started again with success",
            _context.Self, reason.Message);

    private void Fail(Exception cause) =>
        Log.Error("acceptor {0}: the journal cannot be written: {1}; it answers nothing until it is started again with success",
            _context.Self, cause.Message);
}

using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>
/// The proposer: drives the two phases. It takes a number that nobody has used, has a majority of acceptors promise it, and then asks them to accept
/// a value under it: the one with the highest number among those that they had accepted, and only where there is none the client's own.
/// So a value that may be chosen already is proposed again, never replaced.
/// </summary>
/// <remarks>
/// Idle, then Preparing (phase 1), Accepting (phase 2), Done. A refusal in either phase sends it to Resting, and from there after a delay to
/// Preparing with a higher number. Its rounds are on disk before anyone hears of them (<c>maxRound</c> in the first seed): a proposal number
/// belongs to one value, and a proposer that used a number again after a restart could give it two.
/// <para>The value that a client asked for is not on disk: a client whose proposer crashed asks again.</para>
/// </remarks>
public class Proposer : UntypedPersistentActor, IWithTimers
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;
    private readonly RetryDelay _delay;

    private ProposerPhase _phase = ProposerPhase.Idle;
    private long _maxRound; // the highest seen; on disk as far as it was used here
    private Ballot _ballot = Ballot.Bottom; // of this attempt
    private readonly HashSet<NodeId> _answered = []; // acceptors that did as they were asked, in this phase of this attempt
    private Proposal? _highest; // among the promises of this attempt
    private string? _requested; // the value that a client asked for
    private string? _proposed; // the value under _ballot
    private bool _told; // it was told to lead

    /// <summary>The proposer that <paramref name="context"/> describes.</summary>
    public Proposer(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Proposer);
        _delay = new RetryDelay(context.Settings, new Random(context.Seed));
        PersistenceId = context.PersistenceId("proposer");
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none. Its rounds are few, as the delay grows: none is ever deleted.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        if (message is ProposerRound e) _maxRound = e.Round;
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Request m: OnRequest(m); break;
            case Lead: OnLead(); break;
            case Promise m: OnPromise(m); break;
            case Accepted m: OnAccepted(m); break;
            case Nack m: OnNack(m); break;
            case Retry: OnRetry(); break;
            case Resend: OnResend(); break;
            case AskState: OnAskState(); break;
            default: Unhandled(message); break;
        }
    }

    // ---- what makes it begin ----

    private bool Leads => _told || _context.Settings.DistinguishedProposer == NodeId.None || _context.Settings.DistinguishedProposer == _context.Self;

    private void OnRequest(Request request)
    {
        if (!Leads)
        {
            _link.Tell(SynodRole.Proposer, _context.Settings.DistinguishedProposer, request);
            return;
        }

        _requested ??= request.Value; // one value can be chosen, so the first request is as good as any
        switch (_phase)
        {
            case ProposerPhase.Idle: Prepare(); break;
            case ProposerPhase.Prepared: Propose(_requested); break;
            case ProposerPhase.Done: Propose(_proposed!); break; // someone has not heard: have the acceptors say it again
        }
    }

    private void OnLead()
    {
        _told = true;
        if (_phase is ProposerPhase.Idle or ProposerPhase.Resting) Prepare();
    }

    // ---- phase 1 ----

    // What comes meanwhile waits (Persist stashes it).
    private void Prepare() => Persist(new ProposerRound(_maxRound + 1), e =>
    {
        _maxRound = e.Round;
        _ballot = new Ballot(e.Round, _context.Self);
        (_phase, _highest, _proposed) = (ProposerPhase.Preparing, null, null);
        _answered.Clear();
        Timers.Cancel(Retry.Instance);
        AskAll();
    });

    private void OnPromise(Promise promise)
    {
        if (_phase != ProposerPhase.Preparing || promise.Ballot != _ballot) return; // of an attempt that was given up, or beyond the majority
        _answered.Add(promise.From);
        if (promise.Accepted is { } accepted && (_highest is null || accepted.Ballot > _highest.Ballot)) _highest = accepted;
        if (!IsQuorum(_answered)) return;

        if (ChooseValue(_highest, _requested) is { } value)
        {
            Propose(value);
        }
        else
        {
            _phase = ProposerPhase.Prepared;
            Timers.Cancel(Resend.Instance);
        }
    }

    /// <summary>Which value to propose, once a quorum has promised: the heart of Paxos.</summary>
    /// <param name="highest">The proposal with the highest number among the promises: it may be chosen.</param>
    /// <param name="requested">What a client asked for.</param>
    /// <returns>The value; null where there is none to propose.</returns>
    protected virtual string? ChooseValue(Proposal? highest, string? requested) => highest?.Value ?? requested;

    /// <summary>Whether these acceptors are enough, in either phase.</summary>
    protected virtual bool IsQuorum(IReadOnlySet<NodeId> acceptors) => _context.Quorum.IsMetBy(acceptors);

    // ---- phase 2 ----

    // To all acceptors, also those that have not promised: those may accept all the same.
    private void Propose(string value)
    {
        (_phase, _proposed) = (ProposerPhase.Accepting, value);
        _answered.Clear();
        AskAll();
    }

    private void OnAccepted(Accepted accepted)
    {
        if (_phase != ProposerPhase.Accepting || accepted.Ballot != _ballot) return;
        _answered.Add(accepted.From);
        if (!IsQuorum(_answered)) return;
        _phase = ProposerPhase.Done;
        Timers.Cancel(Resend.Instance);
        _delay.Reset();
    }

    // ---- refused, in either phase ----

    private void OnNack(Nack nack)
    {
        _maxRound = Math.Max(_maxRound, nack.Promised.Round);
        if (nack.Ballot != _ballot || _phase is not (ProposerPhase.Preparing or ProposerPhase.Prepared or ProposerPhase.Accepting)) return;
        _phase = ProposerPhase.Resting;
        Timers.Cancel(Resend.Instance);
        Timers.StartSingleTimer(Retry.Instance, Retry.Instance, _delay.Next());
    }

    private void OnRetry()
    {
        if (_phase == ProposerPhase.Resting) Prepare();
    }

    // ---- lost messages ----

    private void AskAll()
    {
        OnResend();
        Timers.StartPeriodicTimer(Resend.Instance, Resend.Instance, _context.Settings.ResendInterval);
    }

    private void OnResend()
    {
        object? question = _phase switch
        {
            ProposerPhase.Preparing => new Prepare(_ballot),
            ProposerPhase.Accepting => new Accept(_ballot, _proposed!),
            _ => null, // the timer was cancelled, and its last message was on its way
        };
        if (question is null) return;
        foreach (var acceptor in _context.Peers.Acceptors)
            if (!_answered.Contains(acceptor))
                _link.Tell(SynodRole.Acceptor, acceptor, question);
    }

    private void OnAskState()
    {
        IReadOnlyList<NodeId> answered = [.. _answered.Order()];
        Sender.Tell(
            new ProposerState(_context.Self, _phase, _maxRound, _ballot, _requested, _proposed, answered, _highest, _delay.Refusals, Leads), Self);
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => // Akka.Persistence then stops the actor
        Log.Error("proposer {0}: the journal cannot be written: {1}; it proposes nothing until it is started again with success",
            _context.Self, cause.Message);

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        Log.Error("proposer {0}: the journal cannot be read: {1}; it proposes nothing until it is started again with success",
            _context.Self, reason.Message);

    private sealed record Retry
    {
        public static readonly Retry Instance = new();
    }

    private sealed record Resend
    {
        public static readonly Resend Instance = new();
    }
}

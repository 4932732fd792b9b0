using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The leader of PMMC 2.3 (figure 7): gets a ballot adopted by a <see cref="Scout"/>, and from then on has each slot that replicas propose
/// decided by a <see cref="Commander"/>. One a node; while all is well one of them is active, and the others watch it.
/// </summary>
/// <remarks>
/// Watching: silence for a time-out makes it poll the others. Polling: when a quorum hears no leader either (<see cref="Election"/>) it scouts, with a round
/// above all it has seen. Scouting: adoption makes it active, a higher ballot sends it back to watching. Active: it beats, proposes, and goes back to watching
/// at the first sign of a higher ballot, and to polling when no quorum answers it. A preempted leader does not try again before the one that preempted it falls
/// silent (PMMC 3).
/// </remarks>
public class Leader : UntypedPersistentActor, IWithTimers
{
    // Without a quorum's answer it asks for one after one leader time-out, and leads no more after so many: where values come in bulk, answers stand in line.
    private const int TimeoutsWithoutQuorum = 3;

    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly RoleStore _store;
    private readonly Election _election;
    private readonly LeaderSlots _slots;
    private readonly LeaderReads _reads;
    private readonly HandOver _handOver;
    private readonly long _askAgainTicks; // the resend-interval in ticks
    private readonly long _timeoutTicks; // the leader time-out in ticks

    private long _round; // in the journal: the highest this leader has used
    private Ballot _ballot; // its own, for as long as it scouts or is active
    private ConfigurationHistory _scouted; // the configurations that its scout asked
    private long _settled = -1; // the version of the configuration that governs all slots that are left, and is nothing new
    private LeaderChild? _scout;
    private bool _hasAsked; // acceptors, whether they know a higher ballot than it does
    private bool _succeeded; // since the last tick
    private long _quorumAt; // the tick at which a quorum last answered
    private long _toldFrom; // the slotOut from which decisions were last told again to its replica
    private long _tellAgainAt; // the tick from which they may be told once more

    /// <summary>The leader of the node that <paramref name="context"/> describes.</summary>
    public Leader(RoleContext context)
    {
        var settings = context.Settings;
        _context = context;
        _link = new RoleLink(Context, context, "leader");
        _store = new RoleStore(Context, context);
        _scouted = context.Membership.History;
        _handOver = new HandOver(context, _link, Log);
        _slots = new LeaderSlots(context.Window, settings.WindowBytes);
        _election = new Election(context, _link, this, () => _slots.Floor, TryToLead, End, _handOver);
        _reads = new LeaderReads(context, _link, Context.System.Scheduler);
        PersistenceId = context.PersistenceId("leader");
        _askAgainTicks = 1 + (long)Math.Ceiling(settings.ResendInterval / settings.HeartbeatInterval);
        _timeoutTicks = (long)Math.Ceiling(settings.LeaderTimeout / settings.HeartbeatInterval);
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

    private bool IsActive => _election.Phase == LeaderPhase.Active;

    /// <summary>A child that fails is a bug, and its slot must not hang: the leader fails with it, and starts over in a new round.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case LeaderRound e:
                _round = e.Round;
                break;
            case RecoveryCompleted:
                _store.Recovered();
                _election.Watch(); // it asks nobody at once: a leader that lives is about to be heard
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Propose m: OnPropose(m); break;
            case SlotChosen m: OnSlotChosen(m); break;
            case Executed m: OnExecuted(m); break;
            case Election.Tick: OnTick(); break;
            case Preempted when !_election.IsRunning: // it is not so high as others know: the next time it asks under that
                _reads.End();
                _election.Command(message);
                break;
            case ScoutAdvanced m: _election.ComesForward(m.Ballot); break;
            case Adopted m: OnAdopted(m); break;
            case ReadIndex m: OnReadIndex(m); break;
            case ReadIndexResult m: _reads.Answered(m); break;
            case BallotConfirmed m: OnBallotConfirmed(m); break;
            case TryStore: TryJournal(); break;
            case DeleteMessagesSuccess: break;
            case DeleteMessagesFailure m:
                Log.Warning("leader of node {0}: journal entries up to {1} cannot be deleted: {2}", _context.Self, m.ToSequenceNr, m.Cause.Message);
                break;
            default:
                if (!_election.Command(message)) Unhandled(message);
                break;
        }
    }

    // ---- scouting: phase 1 for all slots at once ----

    private bool TryToLead()
    {
        if (!_store.MayWrite || !_context.Membership.Latest.Counts(_context.Self, _context.Disk)) return false;
        if (IsAnew && !_hasAsked)
        {
            Confirm(null, 0, _election.Known);
            return false;
        }
        StartRound();
        return true;
    }

    // Its node had another disk before, with rounds that are not in this journal. A ballot that was adopted under one of them a quorum has heard of, and so has one of any that answers now.
    private bool IsAnew => _round == 0 && _context.Membership.Founding.Latest.Find(_context.Self)?.Disk != _context.Disk;

    // S2: the round is in the journal before anyone hears of it. What comes meanwhile waits (Persist stashes it).
    private void StartRound()
    {
        _election.Begins();
        _reads.End();
        _store.Writes();
        Persist(new LeaderRound(Math.Max(_round, _election.HighestRound) + 1), e =>
        {
            _store.Wrote();
            _round = e.Round;
            _ballot = new Ballot(e.Round, _context.Self);
            if (LastSequenceNr > 1) DeleteMessages(LastSequenceNr - 1);
            var fromSlot = _slots.Scout();
            Log.Debug("leader of node {0} tries ballot {1} from slot {2} on", _context.Self, _ballot, fromSlot);
            _election.Tries(_ballot);
            _scouted = _context.Membership.History;
            _scout = Spawn($"scout-{_ballot.Round}", NewScout(_ballot, fromSlot));
        });
    }

    // The round that it has there already.
    private void TryJournal()
    {
        _store.Writes();
        PersistAsync(new LeaderRound(_round), _ => _store.Wrote());
    }

    private void OnAdopted(Adopted adopted)
    {
        if (_election.Phase != LeaderPhase.Scouting || adopted.Ballot != _ballot) return;
        _scout = null;
        _quorumAt = _election.Ticks;
        _slots.Adopt(adopted);
        Log.Info("leader of node {0} is active with ballot {1}; slots up to {2} are in use", _context.Self, _ballot, _slots.Highest);
        _election.Leads();
        Command();
    }

    /// <summary>Ends what is under way under its own ballot. Proposals are kept, as in PMMC; those that were in flight too.</summary>
    private void End()
    {
        Log.Debug("leader of node {0} gives up ballot {1}", _context.Self, _ballot);
        _scout?.Stop();
        _scout = null;
        foreach (var commander in _slots.StepDown()) commander.Stop();
        _reads.End();
    }

    // ---- active: phase 2, slot by slot ----

    private void OnPropose(Propose propose)
    {
        if (_slots.Propose(propose.Slot, propose.Value, IsActive)) Command();
    }

    /// <summary>Spawns commanders while the window has room (C1: never a second one for a ballot and slot).</summary>
    private void Command()
    {
        while (IsActive && _slots.TryNext(out var slot, out var value))
        {
            var pvalue = new PValue(_ballot, slot, value);
            _slots.Started(slot, Spawn($"commander-{_ballot.Round}-{slot}", NewCommander(pvalue)));
        }
    }

    private void OnSlotChosen(SlotChosen chosen)
    {
        if (!IsActive || chosen.Ballot != _ballot) return;
        (_succeeded, _quorumAt) = (true, _election.Ticks);
        _slots.Chosen(chosen.Slot);
        Command();
    }

    // From the replica beside it.
    private void OnExecuted(Executed executed)
    {
        var before = _slots.Executed;
        foreach (var commander in _slots.Execute(executed.SlotOut)) commander.Stop(); // decided by way of another leader or a peer's snapshot
        if (_election.IsRunning && _settled != _context.Membership.Latest.Version && IsOver()) return;
        if (executed.SlotOut > before)
        {
            _succeeded = true;
            Command();
            if (IsActive) foreach (var (asker, id) in _reads.TakeHeld()) Confirm(asker, id, _ballot);
        }
        else
        {
            // The replica was started again: it knows no leader yet. It may have lost slots that only acceptors remember (a cluster of one node
            // has no peer to ask): a leader learns them anew, with a new round.
            _election.AnnounceAgain();
            if (executed.SlotOut < before && _election.IsRunning)
            {
                End();
                StartRound();
            }
            else if (IsActive && (executed.SlotOut != _toldFrom || _election.Ticks >= _tellAgainAt))
            {
                // Paced, as the replica may answer what it is told with where it is.
                (_toldFrom, _tellAgainAt) = (executed.SlotOut, _election.Ticks + _askAgainTicks);

                // The decision was lost on its way to every replica, or came when the one beside was too far behind to keep it.
                foreach (var (slot, value) in _slots.ChosenUnexecuted())
                    _link.Tell(_context.Self, "replica", _context.Peers.Replica(_context.Self), new Decision(slot, _ballot, value), slot);
            }
        }
    }

    // Others vote on later slots than those whose promises it has: it gets theirs with a new ballot, before it proposes anything there (M1). One that is to vote
    // no more leaves that to one that is.
    private bool IsOver()
    {
        var (now, from) = (_context.Membership.History, _slots.Floor);
        if (!now.Latest.Counts(_context.Self, _context.Disk))
        {
            if (IsActive) _handOver.TellNext(_ballot, now.Latest.Voters);
            End();
            _election.Watch();
            return true;
        }
        if (now.From(from).Any(c => !_scouted.From(from).Any(c.HasQuorumsOf)))
        {
            End();
            StartRound();
            return true;
        }
        if (now.LatestFrom <= _slots.Executed) _settled = now.Latest.Version;
        return false;
    }

    // ---- linearizable questions, and whether a quorum answers ----

    private void OnReadIndex(ReadIndex question)
    {
        if (IsActive) Confirm(Sender, question.Id, _ballot);
        else _reads.PassOn(Sender, question, _election.NextHop);
    }

    private void Confirm(IActorRef? asker, long id, Ballot ballot)
    {
        var slot = _slots.Answerable;
        if (asker is not null && slot + 1 >= _slots.Executed + _context.Window) _reads.Hold(asker, id);
        else _reads.Ask(asker, id, ballot, slot, number => Spawn($"confirmer-{ballot.Round}-{number}", NewConfirmer(ballot, number, slot + 1)));
    }

    private void OnBallotConfirmed(BallotConfirmed confirmed)
    {
        _quorumAt = _election.Ticks;
        _hasAsked = true;
        _reads.Confirmed(confirmed);
        _election.AcceptorsAnswer();
    }

    private void LookForQuorum()
    {
        var without = _election.Ticks - _quorumAt;
        if (without >= _timeoutTicks) Confirm(null, 0, _ballot);
        if (without <= TimeoutsWithoutQuorum * _timeoutTicks) return;
        Log.Info("leader of node {0} leads no more with ballot {1}: no majority answers it", _context.Self, _ballot);
        End();
        _election.StartPolling();
    }

    // Under the highest ballot known; where acceptors know a higher one, the next time under that.
    private void AskAcceptors()
    {
        _reads.End();
        Confirm(null, 0, _election.Known);
    }

    // ---- at every heartbeat interval, while it does not just watch ----

    private void OnTick()
    {
        if (_election.Phase == LeaderPhase.Watching) return;
        if (IsActive && _succeeded) _election.Succeeded();
        _succeeded = false;
        _election.OnTick();
        if (IsActive) LookForQuorum();
        else if (_election.IsStuck && _election.Ticks % _timeoutTicks == 0) AskAcceptors();
        _scout?.AskAgain(_election.Ticks, _askAgainTicks);
        foreach (var commander in _slots.Commanders) commander.AskAgain(_election.Ticks, _askAgainTicks);
        foreach (var confirmer in _reads.Confirmers) confirmer.AskAgain(_election.Ticks, _askAgainTicks);
    }

    private LeaderChild Spawn(string name, Props role) => new(Context, Context.ActorOf(role, name), _election.Ticks + _askAgainTicks);

    /// <summary>What its scout for a ballot is made of; it tells this leader <see cref="Adopted"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewScout(Ballot ballot, long fromSlot) => Props.Create(typeof(Scout), _context, Self, ballot, fromSlot);

    /// <summary>What the commander of a pvalue is made of; it tells this leader <see cref="SlotChosen"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewCommander(PValue pvalue) => Props.Create(typeof(Commander), _context, Self, pvalue);

    /// <summary>What a confirmer of its ballot is made of; it tells this leader <see cref="BallotConfirmed"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewConfirmer(Ballot ballot, long id, long slot) => Props.Create(typeof(Confirmer), _context, Self, ballot, id, slot);

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => // Akka.Persistence then stops the actor
        _store.WriteFailed(cause);

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _link.TellRecoveryFailed(Log, reason);
}

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
/// Watching: silence for a time-out makes it scout with a round above all it has seen. Scouting: adoption makes it active, a higher ballot sends
/// it back to watching. Active: it beats, proposes, and goes back to watching at the first sign of a higher ballot. A preempted leader does not try
/// again before the one that preempted it falls silent (PMMC 3).
/// </remarks>
public class Leader : UntypedPersistentActor, IWithTimers
{
    private const long NotLeading = -1; // as the slot of a ReadIndexResult

    private enum Phase
    {
        Watching,
        Scouting,
        Active,
    }

    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly RoleStore _store;
    private readonly LeaderTimeout _timeout;

    private Phase _phase = Phase.Watching;
    private long _round; // in the journal: the highest this leader has used
    private Ballot _ballot; // its own, for as long as it scouts or is active
    private Ballot _known; // the highest seen, its own among them
    private LeaderChanged? _announced;
    private readonly LeaderSlots _slots;
    private readonly Dictionary<long, Read> _reads = []; // by the number of the confirmer
    private readonly LeaderLease _lease;
    private long _confirmers;
    private Child? _scout;
    private bool _succeeded; // since the last tick
    private bool _hasAdvanced; // its scout, since the last tick
    private long _tick;
    private readonly long _askAgainTicks; // the resend-interval in ticks
    private long _toldFrom; // the slotOut from which decisions were last told again to its replica
    private long _tellAgainAt; // the tick from which they may be told once more

    /// <summary>A linearizable question under way: who asked, and the highest slot that anyone can have had an answer from when it came.</summary>
    private sealed record Read(long Id, IActorRef Replica, long Slot, TimeSpan AskedAt, Child Confirmer);

    /// <summary>The leader of the node that <paramref name="context"/> describes.</summary>
    public Leader(RoleContext context)
    {
        _context = context;
        _link = new RoleLink(Context, context, "leader");
        _store = new RoleStore(Context, context);
        _timeout = new LeaderTimeout(context.Settings, new Random(context.Seed));
        _slots = new LeaderSlots(context.Settings.Window, context.Settings.WindowBytes);
        _lease = new LeaderLease(context.Settings);
        PersistenceId = context.PersistenceId("leader");
        _askAgainTicks = 1 + (long)Math.Ceiling(context.Settings.ResendInterval / context.Settings.HeartbeatInterval);
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

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
                // Not at once: a node that comes back must not preempt a leader that lives and is about to be heard.
                Watch();
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
            case Heartbeat { IsScouting: true } m: OnScouting(m); break;
            case Heartbeat m: OnHeartbeat(m); break;
            case ScoutAdvanced m: _hasAdvanced |= m.Ballot == _ballot; break;
            case Tick: OnTick(); break;
            case Silence: OnSilence(); break;
            case Adopted m: OnAdopted(m); break;
            case Preempted m: OnPreempted(m); break;
            case ReadIndex m: OnReadIndex(m); break;
            case BallotConfirmed m: OnBallotConfirmed(m); break;
            case TryStore: TryJournal(); break;
            case DeleteMessagesSuccess: break;
            case DeleteMessagesFailure m:
                Log.Warning("leader of node {0}: journal entries up to {1} cannot be deleted: {2}", _context.Self, m.ToSequenceNr, m.Cause.Message);
                break;
            default: Unhandled(message); break;
        }
    }

    // ---- watching ----

    private void Watch()
    {
        _phase = Phase.Watching;
        Timers.Cancel(Tick.Instance);
        Timers.StartSingleTimer(Silence.Instance, Silence.Instance, _timeout.Next());
    }

    private void OnHeartbeat(Heartbeat heartbeat)
    {
        if (heartbeat.Ballot < _known || heartbeat.Ballot.Leader == _context.Self) return; // a leader that was preempted and is about to learn it
        if (_phase == Phase.Watching) _known = heartbeat.Ballot;
        else StepDown(heartbeat.Ballot);
        _timeout.Shrink();
        Watch();
        Announce(heartbeat.Ballot, true);
    }

    // Another leader, which does not lead yet but comes forward: it is given the time that it needs. Whether it may, the acceptors decide.
    private void OnScouting(Heartbeat heartbeat)
    {
        if (_phase != Phase.Watching || heartbeat.Ballot < _known) return;
        _known = heartbeat.Ballot;
        Watch();
    }

    private void OnSilence()
    {
        if (_phase == Phase.Watching) StartRound();
    }

    // ---- scouting: phase 1 for all slots at once ----

    // S2: the round is in the journal before anyone hears of it. What comes meanwhile waits (Persist stashes it).
    private void StartRound()
    {
        if (!_store.MayWrite)
        {
            Watch();
            return;
        }

        _phase = Phase.Scouting;
        _store.Writes();
        Persist(new LeaderRound(Math.Max(_round, _known.Round) + 1), e =>
        {
            _store.Wrote();
            _round = e.Round;
            _known = _ballot = new Ballot(e.Round, _context.Self);
            if (LastSequenceNr > 1) DeleteMessages(LastSequenceNr - 1);
            var fromSlot = _slots.Scout();
            Log.Debug("leader of node {0} tries ballot {1} from slot {2} on", _context.Self, _ballot, fromSlot);
            Announce(_ballot, false);
            _scout = Spawn($"scout-{_ballot.Round}", NewScout(_ballot, fromSlot));
            Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _context.Settings.HeartbeatInterval);
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
        if (_phase != Phase.Scouting || adopted.Ballot != _ballot) return;
        _phase = Phase.Active;
        _scout = null;
        _slots.Adopt(adopted);
        _timeout.Shrink();
        Log.Info("leader of node {0} is active with ballot {1}; slots up to {2} are in use", _context.Self, _ballot, _slots.Highest);
        Announce(_ballot, true);
        Beat();
        Command();
    }

    // From its own scout, commanders and confirmers; one that was stopped may have sent its last word before.
    private void OnPreempted(Preempted preempted)
    {
        if (preempted.Ballot <= _known) return;
        if (_phase == Phase.Watching)
        {
            _known = preempted.Ballot;
            return;
        }

        StepDown(preempted.Ballot);
        Watch();
        Announce(preempted.Ballot, false);
    }

    /// <summary>Ends what is under way under its own ballot. Proposals are kept, as in PMMC; those that were in flight too.</summary>
    private void StepDown(Ballot higher)
    {
        Log.Debug("leader of node {0} gives up ballot {1}: {2} is higher", _context.Self, _ballot, higher);
        _known = higher;
        _timeout.Grow();
        End();
    }

    private void End()
    {
        Stop(_scout);
        _scout = null;
        foreach (var commander in _slots.StepDown()) Stop(commander);
        foreach (var (_, read) in _reads.OrderBy(r => r.Key))
        {
            Stop(read.Confirmer);
            Answer(read.Replica, read.Id, NotLeading);
        }

        _reads.Clear();
        _lease.End();
    }

    // ---- active: phase 2, slot by slot ----

    private void OnPropose(Propose propose)
    {
        if (_slots.Propose(propose.Slot, propose.Value, _phase == Phase.Active)) Command();
    }

    /// <summary>Spawns commanders while the window has room (C1: never a second one for a ballot and slot).</summary>
    private void Command()
    {
        while (_phase == Phase.Active && _slots.TryNext(out var slot, out var value))
        {
            var pvalue = new PValue(_ballot, slot, value);
            _slots.Started(slot, Spawn($"commander-{_ballot.Round}-{slot}", NewCommander(pvalue)));
        }
    }

    private void OnSlotChosen(SlotChosen chosen)
    {
        if (_phase != Phase.Active || chosen.Ballot != _ballot) return;
        _succeeded = true;
        _slots.Chosen(chosen.Slot);
        Command();
    }

    // From the replica beside it.
    private void OnExecuted(Executed executed)
    {
        var before = _slots.Executed;
        foreach (var commander in _slots.Execute(executed.SlotOut)) Stop(commander); // decided by way of another leader or a peer's snapshot
        if (executed.SlotOut > before)
        {
            _succeeded = true;
            Command();
        }
        else
        {
            // The replica was started again: it knows no leader yet. It may have lost slots that only acceptors remember (a cluster of one node
            // has no peer to ask): a leader learns them anew, with a new round.
            if (_announced is not null) _link.Tell(_context.Self, "replica", _context.Peers.Replica(_context.Self), _announced);
            if (executed.SlotOut < before && _phase != Phase.Watching)
            {
                End();
                StartRound();
            }
            else if (_phase == Phase.Active && (executed.SlotOut != _toldFrom || _tick >= _tellAgainAt))
            {
                // Paced, as the replica may answer what it is told with where it is.
                (_toldFrom, _tellAgainAt) = (executed.SlotOut, _tick + _askAgainTicks);

                // The decision was lost on its way to every replica, or came when the one beside was too far behind to keep it.
                foreach (var (slot, value) in _slots.ChosenUnexecuted())
                    _link.Tell(_context.Self, "replica", _context.Peers.Replica(_context.Self), new Decision(slot, _ballot, value), slot);
            }
        }
    }

    // ---- linearizable questions ----

    // The answer is the highest slot that anyone can have had an answer from when the question came. A write acknowledged before that was chosen, and
    // so was all below it: what was chosen under a lower ballot the scout found, or it is below the floor; of what was chosen under this one a
    // commander told this leader before it told any replica; and under a higher one it cannot be, as the confirmer makes sure. So also a leader
    // that was adopted just now can answer, and one whose acceptors can promise but not write: what they cannot write, nobody waits for. While it
    // has a lease no other can have been adopted, and nobody is asked.
    private void OnReadIndex(ReadIndex question)
    {
        if (_phase != Phase.Active)
        {
            Answer(Sender, question.Id, NotLeading);
            return;
        }

        if (_lease.Holds(Now))
        {
            Answer(Sender, question.Id, _slots.Answerable);
            return;
        }

        var (number, slot) = (++_confirmers, _slots.Answerable);
        var askedAt = Now;
        var confirmer = Spawn($"confirmer-{_ballot.Round}-{number}", NewConfirmer(_ballot, number, slot));
        _reads.Add(number, new Read(question.Id, Sender, slot, askedAt, confirmer));
    }

    private void OnBallotConfirmed(BallotConfirmed confirmed)
    {
        if (!_reads.Remove(confirmed.Id, out var read)) return;
        _lease.Granted(read.AskedAt, confirmed.Lease); // from then on acceptors may have counted
        Answer(read.Replica, read.Id, read.Slot);
    }

    private TimeSpan Now => Context.System.Scheduler.HighResMonotonicClock;

    private void Answer(IActorRef replica, long question, long slot) =>
        _link.Tell(NodeId.None, "replica", replica, new ReadIndexResult(question, slot, slot == NotLeading ? 0 : _ballot.Round));

    // ---- at every heartbeat interval, while scouting or active ----

    private void OnTick()
    {
        if (_phase == Phase.Watching) return;
        _tick++;
        if (_phase == Phase.Active)
        {
            Beat();
            if (_succeeded) _timeout.Shrink();
            _succeeded = false;
        }
        else if (_hasAdvanced) Beat(isScouting: true); // one that cannot come forward does not keep others from trying

        _hasAdvanced = false;

        AskAgain(_scout);
        foreach (var commander in _slots.Commanders) AskAgain(commander);
        foreach (var (_, read) in _reads.OrderBy(r => r.Key)) AskAgain(read.Confirmer);
    }

    private void Beat(bool isScouting = false)
    {
        var heartbeat = new Heartbeat(_ballot, isScouting);
        foreach (var node in _context.Membership.Leaders(_slots.Highest))
            if (node != _context.Self)
                _link.Tell(node, "leader", _context.Peers.Leader(node), heartbeat);
    }

    private void AskAgain(Child? child)
    {
        if (child is null || _tick < child.AskAgainAt) return;
        child.AskAgainAt = _tick + _askAgainTicks;
        child.Ref.Tell(Resend.Instance, Self);
    }

    private Child Spawn(string name, Props role) => new(Context.ActorOf(role, name)) { AskAgainAt = _tick + _askAgainTicks };

    /// <summary>What its scout for a ballot is made of; it tells this leader <see cref="Adopted"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewScout(Ballot ballot, long fromSlot) => Props.Create(typeof(Scout), _context, Self, ballot, fromSlot);

    /// <summary>What the commander of a pvalue is made of; it tells this leader <see cref="SlotChosen"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewCommander(PValue pvalue) => Props.Create(typeof(Commander), _context, Self, pvalue);

    /// <summary>What a confirmer of its ballot is made of; it tells this leader <see cref="BallotConfirmed"/> or <see cref="Preempted"/>.</summary>
    protected virtual Props NewConfirmer(Ballot ballot, long id, long slot) => Props.Create(typeof(Confirmer), _context, Self, ballot, id, slot);

    private static void Stop(Child? child)
    {
        if (child is not null) Context.Stop(child.Ref);
    }

    private void Announce(Ballot ballot, bool active)
    {
        var change = new LeaderChanged(ballot, active);
        if (change == _announced) return;
        _announced = change;
        _link.Tell(_context.Self, "replica", _context.Peers.Replica(_context.Self), change);
    }

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

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record Silence
    {
        public static readonly Silence Instance = new();
    }

    /// <summary>A scout, commander or confirmer, and when to have it ask again those that have not answered: one timer paces them all.</summary>
    internal sealed class Child(IActorRef child)
    {
        public IActorRef Ref { get; } = child;

        /// <summary>The tick.</summary>
        public long AskAgainAt { get; set; }
    }
}

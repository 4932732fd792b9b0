using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Keeps the snapshots that make it possible to forget the past (Paxos Made Live 5.5): has one taken of the replica beside it when it is due, saves it, hands
/// it to that replica at its start and to those of other nodes that are far behind, and has the acceptor forget what the snapshots of a majority cover.
/// </summary>
/// <remarks>
/// It and the replica start again without each other. It serves what is on disk, and only while a replica runs that has gone on from it or been the origin of
/// it: one that found an invariant violated hands its state to nobody.
/// </remarks>
public class Snapshotter : UntypedPersistentActor, IWithTimers
{
    // After one that could not be saved; a disk that is full does not become empty by trying.
    private static readonly TimeSpan SaveAgainAfter = TimeSpan.FromSeconds(10);
    private const string Replica = "replica"; // whose snapshots they are, and were in release 1.0, where it saved them itself

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private readonly RoleContext _context;
    private readonly ProtocolSettings _settings;
    private readonly RoleLink _link;
    private readonly RoleStore _store;
    private readonly IActorRef _encoder;
    private readonly SortedDictionary<NodeId, long> _peers = []; // every slot below is in that node's snapshot
    private ReplicaSnapshot? _snapshot;      // the latest on disk
    private ReplicaSnapshot? _saving;        // on its way there
    private ReplicaSnapshot? _next;          // came meanwhile
    private IActorRef? _replica;             // that runs
    private bool _isTaking;                  // the replica is asked for its state, or that is being encoded
    private DateTimeOffset? _saveAgainAt;    // the last one could not be saved
    private long _lastAt;                    // slotOut when the last one was tried
    private long _headStart;                 // bytes; see Stagger
    private long _executed = 1;              // the highest slotOut of the replica beside it
    private long _truncatedBelow = 1;

    /// <summary>The snapshotter of a node.</summary>
    public Snapshotter(RoleContext context)
    {
        (_context, _settings) = (context, context.Settings);
        _link = new RoleLink(Context, context, "snapshotter");
        _store = new RoleStore(Context, context);
        _encoder = Context.ActorOf(Props.Create(typeof(SnapshotEncoder)), "encoder");
        PersistenceId = context.PersistenceId(Replica);
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private long SavedSlot => _snapshot?.SlotOut ?? 1;

    private DateTimeOffset Now => Context.System.Scheduler.Now;

    /// <summary>An application that cannot encode its state is broken: no snapshot of it is to be had.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case Akka.Persistence.SnapshotOffer { Snapshot: ReplicaSnapshot saved }: _snapshot = saved; break;
            case ReplicaSnapshotDue: break; // only there to number the snapshots, once
            case RecoveryCompleted: Started(); break;
            default: Unhandled(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) => _link.TellRecoveryFailed(Log, reason, Replica);

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Tick: _context.Peers.Replica(_context.Self).Tell(GetReplicaStatus.Instance, Self); break;
            case GetState: OnGetState(); break;
            case ReplicaStatus m: OnReplicaStatus(m); break;
            case CapturedState m: _encoder.Tell(m, Self); break;
            case ReplicaSnapshot m: OnEncoded(m); break;
            case SaveInstalled m: Save(m.Snapshot); break;
            case SaveSnapshotSuccess m: OnSaved(m.Metadata.SequenceNr); break;
            case SaveSnapshotFailure m: OnNotSaved(m.Metadata.SequenceNr, m.Cause); break;
            case CatchUp m: OnCatchUp(m); break;
            case FetchSnapshot m: OnFetchSnapshot(m); break;
            case Progress m: OnProgress(m); break;
            case Terminated m: OnTerminated(m); break;
            case DeleteSnapshotsSuccess: break;
            case DeleteSnapshotsFailure m:
                Log.Warning("node {0} could not delete older snapshots: {1}; the next one tries again", _context.Self, m.Cause.OneLine());
                break;
            default: Unhandled(message); break;
        }
    }

    private void Started()
    {
        _store.Recovered();
        Stagger();
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _settings.ProgressInterval);
    }

    // A replica stands still while its state is captured, and its processor and disk are busy with it afterwards. So nodes take turns: each begins as if its
    // last snapshot were a different part of the interval ago.
    private void Stagger()
    {
        var replicas = _context.Membership.Replicas(SavedSlot);
        var share = replicas.Count(n => n.CompareTo(_context.Self) < 0) / (double)replicas.Count;
        _lastAt = SavedSlot - (long)(_settings.SnapshotSlots * share);
        _headStart = (long)(_settings.SnapshotBytes * share);
    }

    // ---- the replica beside it starts, and ends ----

    private void OnGetState()
    {
        Attend(Sender);
        Sender.Tell(new RestoreFrom(_snapshot), Self);
    }

    private void Attend(IActorRef replica)
    {
        if (replica.Equals(_replica)) return;
        _replica = Context.Watch(replica);
        _isTaking = false; // the one before was asked
    }

    private void OnTerminated(Terminated ended)
    {
        if (ended.ActorRef.Equals(_replica)) _replica = null;
    }

    // ---- a snapshot is due ----

    private void OnReplicaStatus(ReplicaStatus replica)
    {
        Attend(Sender);
        _executed = Math.Max(_executed, replica.SlotOut);
        // The snapshot store keys a snapshot by a number and drops what has that key when saving fails, maybe late. So each try has a number of its own,
        // its slot: a failure can never cost the one that was good. Nothing is written to the journal for it, where a failure would end this actor.
        if (_isTaking || _saving is not null || replica.SlotOut <= _lastAt) return;
        if (!IsDue(replica) && !IsDueAsOthersVote(replica) && !(Now >= _saveAgainAt)) return;
        _isTaking = true;
        Sender.Tell(CaptureState.Instance, Self);
    }

    private bool IsDue(ReplicaStatus replica)
    {
        var bytes = replica.Uncaptured + _headStart;
        return (replica.SlotOut - _lastAt >= _settings.SnapshotSlots || bytes >= _settings.SnapshotBytes)
            // However large the state is, snapshots cost no more than what is written does.
            && bytes >= (_snapshot?.State.Length ?? 0) / 2;
    }

    // What was decided by those that voted before may be on no disk of those that vote now.
    private bool IsDueAsOthersVote(ReplicaStatus replica) =>
        _context.Membership.History.QuorumsFrom is var from && from > SavedSlot && replica.SlotOut >= from;

    private void OnEncoded(ReplicaSnapshot snapshot)
    {
        _isTaking = false;
        Save(snapshot);
    }

    private void Save(ReplicaSnapshot snapshot)
    {
        if (snapshot.SlotOut <= Math.Max(SavedSlot, _saving?.SlotOut ?? 0)) return;
        if (_saving is not null)
        {
            _next = snapshot;
            return;
        }
        (_saving, _lastAt, _headStart, _saveAgainAt) = (snapshot, snapshot.SlotOut, 0, null);
        _store.Saves();
        SnapshotStore.Tell(new SaveSnapshot(new SnapshotMetadata(SnapshotterId, snapshot.SlotOut, Now.UtcDateTime), snapshot), Self);
    }

    private void OnSaved(long number)
    {
        if (_saving is not { } saved || saved.SlotOut != number) return;
        _store.Wrote();
        (_snapshot, _saving) = (saved, null);
        _context.Peers.Replica(_context.Self).Tell(new SnapshotSaved(saved.SlotOut), Self);
        // Never with a bound of 0, which MemorySnapshotStore takes for no bound: nothing is executed before slot 1, so a snapshot has a higher number.
        DeleteSnapshots(new SnapshotSelectionCriteria(number - 1));
        if (_next is not { } next) return;
        _next = null;
        Save(next);
    }

    private void OnNotSaved(long number, Exception cause)
    {
        if (_saving?.SlotOut != number) return;
        (_saving, _next, _saveAgainAt) = (null, null, Now + SaveAgainAfter);
        _store.Failed($"the snapshot of slot {number} could not be saved", cause);
    }

    // ---- replicas of other nodes that are far behind ----

    // The replica has passed it on, as it does not keep these decisions any more.
    private void OnCatchUp(CatchUp wanted)
    {
        if (_snapshot is { } snapshot && snapshot.SlotOut > wanted.FromSlot) Offer(snapshot);
        else Sender.Tell(new Decisions([]), Self);
    }

    private void OnFetchSnapshot(FetchSnapshot fetch)
    {
        if (_snapshot is not { } snapshot || _replica is null) return;
        if (snapshot.SlotOut != fetch.Slot || fetch.Offset < 0 || fetch.Offset >= snapshot.State.Length)
        {
            Offer(snapshot); // a newer one has taken its place: start anew
            return;
        }
        var length = Math.Min(_settings.PageBytes, snapshot.State.Length - fetch.Offset);
        Sender.Tell(new SnapshotChunk(fetch.Slot, fetch.Offset, snapshot.State.Length, snapshot.State.Slice((int)fetch.Offset, (int)length)), Self);
    }

    private void Offer(ReplicaSnapshot snapshot) => Sender.Tell(new SnapshotOffer(snapshot.SlotOut, snapshot.State.Length), Self);

    // ---- what the acceptor may forget (A3) ----

    private void OnProgress(Progress peer)
    {
        if (peer.From == _context.Self) return;
        _peers[peer.From] = peer.SnapshotSlot;
        var covered = Covered();
        if (covered <= _truncatedBelow) return;
        _truncatedBelow = covered;
        _link.Tell(_context.Self, "acceptor", _context.Peers.Acceptor(_context.Self), new Truncate(covered));
    }

    // The highest slot such that the members with a snapshot on disk of every slot below make up a quorum of both phases, in each configuration from there on. None that the replica
    // beside has not reached: who votes there may not be known here.
    private long Covered()
    {
        var covering = new HashSet<NodeId>();
        foreach (var (node, slot) in _peers.Append(new(_context.Self, SavedSlot)).OrderByDescending(s => s.Value))
        {
            covering.Add(node);
            if (slot <= _executed && _context.Membership.History.From(slot).All(c => c.Phase1.IsMetBy(covering) && c.Phase2.IsMetBy(covering))) return slot;
        }
        return 1;
    }
}

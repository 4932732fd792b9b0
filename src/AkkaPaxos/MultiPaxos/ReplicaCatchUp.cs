using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// In a replica's journal of version 1.0: a snapshot is due. The entry numbered the snapshot; now its slot does, and the journal stays empty.
/// </summary>
/// <param name="SlotOut">How far the replica was.</param>
public sealed record ReplicaSnapshotDue(long SlotOut) : IPaxosRecord;

/// <summary>In the snapshot store: a replica's whole state.</summary>
/// <param name="SlotOut">Every slot below is executed in it.</param>
/// <param name="State">Application and sessions (snapshot.proto).</param>
public sealed record ReplicaSnapshot(long SlotOut, ReadOnlyMemory<byte> State) : IPaxosRecord;

/// <summary>The replica among its like: how far each is, what one lacks, and snapshots, which make it possible to forget the past.</summary>
public partial class Replica
{
    // Looks, one a progress interval, until another replica is asked.
    private const long CatchUpPatience = 3;
    // After one that could not be saved; a disk that is full does not become empty by trying.
    private static readonly TimeSpan SaveAgainAfter = TimeSpan.FromSeconds(10);

    private sealed class ProgressTick
    {
        public static readonly ProgressTick Instance = new();
    }

    private readonly ReplicaLag _lag;
    private readonly IActorRef _encoder;
    private ReplicaSnapshot? _snapshot;      // the latest: what a replica is offered whose missing decisions are no longer kept
    private ReplicaSnapshot? _saving;        // on its way to the snapshot store
    private bool _isDue;                     // it is being encoded
    private DateTimeOffset? _saveAgainAt;    // the last one could not be saved
    private long _snapshotSlot = 1;          // every slot below is in a snapshot on disk
    private long _lastSnapshotAt = 1;        // slotOut when the last one was taken or tried
    private long _triedAt;                   // slotOut when one was last tried
    private long _bytesSinceSnapshot;
    private long _truncatedBelow = 1;
    private NodeId _decidedBy;
    private long _progressTick;
    private long _catchingUpFrom;            // what was last asked for
    private SnapshotTransfer? _transfer;

    private bool CatchUpCommand(object message)
    {
        switch (message)
        {
            case ProgressTick: TellProgress(); return true;
            case Progress progress: Progressed(progress); return true;
            case CatchUp wanted: HelpCatchUp(wanted); return true;
            case Decisions decisions: CaughtUp(decisions); return true;
            case SnapshotOffer offer: Offered(offer); return true;
            case FetchSnapshot fetch: SendChunk(fetch); return true;
            case SnapshotChunk chunk: Received(chunk); return true;
            case ReplicaSnapshot encoded: Save(encoded); return true;
            case SaveSnapshotSuccess saved: Saved(saved.Metadata.SequenceNr); return true;
            case SaveSnapshotFailure failed:
                _saving = null;
                _saveAgainAt = Context.System.Scheduler.Now + SaveAgainAfter;
                _store.Failed($"the snapshot of slot {failed.Metadata.SequenceNr} could not be saved", failed.Cause);
                return true;
            case DeleteSnapshotsSuccess: return true;
            case DeleteSnapshotsFailure failed:
                Log.Warning("node {0} could not delete older snapshots: {1}; the next one tries again", _context.Self, failed.Cause.OneLine());
                return true;
            default: return false;
        }
    }

    // --- how far each is ----------------------------------------------------------------------------------------------------------------

    private void TellProgress()
    {
        _progressTick++;
        var progress = new Progress(_context.Self, SlotOut, _snapshotSlot, _state.Checksum);
        foreach (var peer in _context.Membership.Replicas(SlotOut).Where(n => n != _context.Self))
            _link.Tell(peer, "replica", _context.Peers.Replica(peer), progress);
        TellLeaderExecuted(); // a leader that was started again learns it so
        if (Context.System.Scheduler.Now >= _saveAgainAt) TakeSnapshot();
        var asked = _lag.Asked;
        if (_lag.Look(SlotOut, _log.Highest, _decidedBy, _progressTick, CatchUpPatience) is { } next) AskForDecisions(next);
        if (_lag.Asked != asked) _transfer = null;
    }

    private void Progressed(Progress progress)
    {
        _checksums.Compare(_context.Self, progress);
        _lag.Heard(progress);
        var covered = _lag.Covered(_context.Membership, _snapshotSlot);
        if (covered <= _truncatedBelow) return;
        _truncatedBelow = covered;
        _link.Tell(_context.Self, "acceptor", _context.Peers.Acceptor(_context.Self), new Truncate(covered));
    }

    // --- what one lacks -----------------------------------------------------------------------------------------------------------------

    private void AskForDecisions(NodeId peer)
    {
        _catchingUpFrom = SlotOut;
        _link.Tell(peer, "replica", _context.Peers.Replica(peer), new CatchUp(SlotOut), SlotOut);
    }

    private void HelpCatchUp(CatchUp wanted)
    {
        var from = wanted.FromSlot;
        if (wanted.Waits && from >= SlotOut)
        {
            _followers[Sender] = from;
            return;
        }
        object help = from < _log.Lowest && _snapshot is { } snapshot && snapshot.SlotOut > from
            ? new SnapshotOffer(snapshot.SlotOut, snapshot.State.Length)
            : new Decisions(_log.Page(from, _settings.PageBytes));
        Sender.Tell(help, Self);
    }

    private void CaughtUp(Decisions decisions)
    {
        var before = SlotOut;
        foreach (var decision in decisions.Entries.Where(d => d.Value is not null))
        {
            Decide(decision);
            ExecuteDecided();
        }
        if (SlotOut > before) AfterExecuting();
        // The decisions may have come another way meanwhile, from the leader: that is no reason not to ask for those behind them at once.
        var isOvertaken = SlotOut > _catchingUpFrom && decisions.Entries is [var first, ..] && first.Slot == _catchingUpFrom;
        if (_lag.Answered(SlotOut, SlotOut > before || isOvertaken, _progressTick) is { } peer) AskForDecisions(peer);
        if (decisions.Entries.Count > 0) Follow();
    }

    private void Offered(SnapshotOffer offer)
    {
        if (_lag.Asked == NodeId.None) return; // nothing was asked for, or the one that was asked answered too late
        if (offer.Slot <= SlotOut)
        {
            _lag.Answered(SlotOut, false, _progressTick);
            return;
        }
        Log.Info("node {0} is at slot {1} and fetches a snapshot of slot {2}, {3} bytes", _context.Self, SlotOut, offer.Slot, offer.Size);
        _transfer = new SnapshotTransfer(offer.Slot, offer.Size);
        _lag.StillAnswering(_progressTick);
        Sender.Tell(new FetchSnapshot(offer.Slot, 0), Self);
    }

    private void SendChunk(FetchSnapshot fetch)
    {
        if (_snapshot is not { } snapshot) return;
        if (snapshot.SlotOut != fetch.Slot || fetch.Offset < 0 || fetch.Offset >= snapshot.State.Length)
        {
            Sender.Tell(new SnapshotOffer(snapshot.SlotOut, snapshot.State.Length), Self); // a newer one has taken its place: start anew
            return;
        }
        var length = Math.Min(_settings.PageBytes, snapshot.State.Length - fetch.Offset);
        Sender.Tell(new SnapshotChunk(fetch.Slot, fetch.Offset, snapshot.State.Length, snapshot.State.Slice((int)fetch.Offset, (int)length)), Self);
    }

    private void Received(SnapshotChunk chunk)
    {
        if (_transfer is not { } transfer || !transfer.Add(chunk)) return; // a repeated one, or of a transfer that was given up
        _lag.StillAnswering(_progressTick);
        if (!transfer.IsComplete)
        {
            Sender.Tell(new FetchSnapshot(transfer.Slot, transfer.Offset), Self);
            return;
        }
        _transfer = null;
        var helped = Install(transfer);
        if (_lag.Answered(SlotOut, helped, _progressTick) is { } peer) AskForDecisions(peer);
    }

    private bool Install(SnapshotTransfer transfer)
    {
        if (transfer.Slot <= SlotOut) return false; // decisions came meanwhile
        var received = new ReplicaSnapshot(transfer.Slot, transfer.Bytes);
        var state = NewState();
        try
        {
            state.Restore(received.State);
            if (state.SlotOut != received.SlotOut) throw new FormatException($"it says slot {received.SlotOut}, and holds slot {state.SlotOut}");
        }
        catch (FormatException e)
        {
            Log.Error("node {0} received a snapshot that it cannot use: {1}", _context.Self, e.Message);
            return false;
        }
        _state = state;
        _slotIn = Math.Max(_slotIn, SlotOut);
        _log.StartAt(SlotOut);
        _checksums.Add(SlotOut, _state.Checksum);
        foreach (var slot in _proposals.Keys.Where(s => s < SlotOut).ToList()) TakeBackProposal(slot);
        foreach (var pending in _pending.InOrder())
        {
            if (!_state.TryAnswer(pending.Command, out var answer)) continue;
            _pending.Remove(pending.Command.Id, out _);
            Over(pending);
            if (pending.Client is not null) _replies.Add(pending.Client, ReplyTo(pending.Command, answer));
        }
        SendReplies(0);
        TellLeaderExecuted();
        AnswerReady();
        _snapshot = received;
        TakeSnapshot(); // of the state that was received, so that it is on disk here too
        Perform();
        ScheduleFlush();
        return true;
    }

    // --- snapshots ----------------------------------------------------------------------------------------------------------------------

    private void Recovered(ReplicaSnapshot saved)
    {
        _state.Restore(saved.State);
        _snapshot = saved;
        (_snapshotSlot, _lastSnapshotAt) = (saved.SlotOut, saved.SlotOut);
        _log.StartAt(saved.SlotOut);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _link.TellRecoveryFailed(Log, reason);

    private void SnapshotIfDue()
    {
        // Half of the last one's size at least: however large the state is, snapshots cost no more than what is written does.
        if ((SlotOut - _lastSnapshotAt >= _settings.SnapshotSlots || _bytesSinceSnapshot >= _settings.SnapshotBytes)
            && _bytesSinceSnapshot >= (_snapshot?.State.Length ?? 0) / 2)
            TakeSnapshot();
    }

    // A replica stands still while it makes a snapshot. So they take turns: each begins as if its last one were a different part of the
    // interval ago.
    private void StaggerSnapshots()
    {
        var replicas = _context.Membership.Replicas(SlotOut);
        var share = replicas.Count(n => n.CompareTo(_context.Self) < 0) / (double)replicas.Count;
        _lastSnapshotAt -= (long)(_settings.SnapshotSlots * share);
        _bytesSinceSnapshot += (long)(_settings.SnapshotBytes * share);
    }

    // The snapshot store keys a snapshot by a number and drops what has that key when saving fails, maybe late. So each try has a number of its own,
    // its slot: a failure can never cost the one that was good, and two with the same number would hold the same. Nothing is written to the journal
    // for it, where a failure would end the replica, and with it what it knows.
    private void TakeSnapshot()
    {
        if (_isDue || _saving is not null || SlotOut == _triedAt) return;
        (_isDue, _lastSnapshotAt, _bytesSinceSnapshot, _triedAt, _saveAgainAt) = (true, SlotOut, 0, SlotOut, null);
        if (_snapshot?.SlotOut == SlotOut) Save(_snapshot); // it was received
        else _encoder.Tell(new EncodeSnapshot(SlotOut, _state.Snapshot()), Self);
    }

    private void Save(ReplicaSnapshot snapshot)
    {
        (_isDue, _saving) = (false, snapshot);
        _store.Saves();
        SnapshotStore.Tell(
            new SaveSnapshot(new SnapshotMetadata(SnapshotterId, snapshot.SlotOut, Context.System.Scheduler.Now.UtcDateTime), snapshot), Self);
    }

    private void Saved(long sequenceNr)
    {
        if (_saving is not { } saved) return;
        _store.Wrote();
        (_saving, _snapshotSlot) = (null, saved.SlotOut);
        if (_snapshot is null || _snapshot.SlotOut <= saved.SlotOut) _snapshot = saved;
        else TakeSnapshot(); // a newer one was received meanwhile
        SnapshotIfDue(); // so may one have become that could not be taken while this one was saved
        _log.Trim(_snapshotSlot, _settings.SnapshotKeepSlots, _settings.SnapshotBytes);
        // Never with a bound of 0, which MemorySnapshotStore takes for no bound: nothing is executed before slot 1, so a snapshot has a higher number.
        DeleteSnapshots(new SnapshotSelectionCriteria(sequenceNr - 1));
    }
}

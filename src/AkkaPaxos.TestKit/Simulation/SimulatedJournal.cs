using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A journal on a simulated disk. Every answer waits for the sync of what was written before it; writes that come while the disk syncs share the
/// next sync.
/// </summary>
internal sealed class SimulatedJournal : WriteJournalBase
{
    private readonly DiskQueue _queue;
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;

    public SimulatedJournal() => _queue = new DiskQueue(Context, Self, disk => disk.JournalTail);

    protected override bool Receive(object message)
    {
        if (!_queue.HasWork()) return true;
        switch (message)
        {
            case WriteMessages m: Write(m); return true;
            case ReplayMessages m: _queue.Add([], () => Replay(m)); return true;
            case DeleteMessagesTo m:
                _queue.Add([new DeleteEvents(m.PersistenceId, m.ToSequenceNr)],
                    () => m.PersistentActor.Tell(new DeleteMessagesSuccess(m.ToSequenceNr), Self));
                return true;
            case DiskQueue.Synced: _queue.OnSynced(); return true;
            default: return false;
        }
    }

    private void Write(WriteMessages message)
    {
        var operations = new List<IDiskOperation>();
        foreach (var write in PreparePersistentBatch(message.Messages))
        {
            var events = ((IEnumerable<IPersistentRepresentation>)write.Payload)
                .Select(e => (StoredEvent.Of(_system, e), e.Payload));
            operations.Add(new AppendEvents(write.PersistenceId, [.. events]));
        }
        if (_queue.Fails(out var stored))
        {
            _queue.Add(stored ? operations : [], () => Failed(message));
            return;
        }
        _queue.Add(operations, () =>
        {
            var actor = message.PersistentActor;
            actor.Tell(WriteMessagesSuccessful.Instance, ActorRefs.NoSender);
            foreach (var envelope in message.Messages)
            {
                if (envelope is AtomicWrite write)
                    foreach (var e in (IEnumerable<IPersistentRepresentation>)write.Payload)
                        actor.Tell(new WriteMessageSuccess(e, message.ActorInstanceId), e.Sender);
                else
                    actor.Tell(new LoopMessageSuccess(envelope.Payload, message.ActorInstanceId), envelope.Sender);
            }
        });
    }

    private static void Failed(WriteMessages message)
    {
        var (actor, cause) = (message.PersistentActor, new IOException("the simulated disk failed"));
        actor.Tell(new WriteMessagesFailed(cause, message.Messages.Count(e => e is AtomicWrite)), ActorRefs.NoSender);
        foreach (var envelope in message.Messages)
        {
            if (envelope is AtomicWrite write)
                foreach (var e in (IEnumerable<IPersistentRepresentation>)write.Payload)
                    actor.Tell(new WriteMessageFailure(e, cause, message.ActorInstanceId), e.Sender);
            else
                actor.Tell(new LoopMessageSuccess(envelope.Payload, message.ActorInstanceId), envelope.Sender);
        }
    }

    private void Replay(ReplayMessages message)
    {
        var journal = _queue.Disk.Journal(message.PersistenceId);
        var left = message.Max;
        foreach (var (number, stored) in journal.Events)
        {
            if (number < message.FromSequenceNr) continue;
            if (number > message.ToSequenceNr || left-- <= 0) break;
            if (!_queue.TryLoad(stored.Object, _system, out var payload, out var cause))
            {
                message.PersistentActor.Tell(new ReplayMessagesFailure(cause), Self);
                return;
            }
            message.PersistentActor.Tell(new ReplayedMessage(stored.Envelope.WithPayload(payload)), ActorRefs.NoSender);
        }
        message.PersistentActor.Tell(new RecoverySuccess(journal.Highest), Self);
    }
}

/// <summary>A snapshot store on a simulated disk.</summary>
internal sealed class SimulatedSnapshotStore : ActorBase
{
    private readonly DiskQueue _queue;
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;

    public SimulatedSnapshotStore() => _queue = new DiskQueue(Context, Self, disk => disk.SnapshotTail);

    protected override bool Receive(object message)
    {
        if (!_queue.HasWork()) return true;
        var actor = Sender;
        switch (message)
        {
            case LoadSnapshot m:
                _queue.Add([], () => actor.Tell(Load(m), Self));
                return true;
            case SaveSnapshot m:
                var metadata = new SnapshotMetadata(m.Metadata.PersistenceId, m.Metadata.SequenceNr, _system.Scheduler.Now.UtcDateTime);
                if (_queue.Fails(out _))
                {
                    _queue.Add([], () => actor.Tell(new SaveSnapshotFailure(metadata, new IOException("the simulated disk failed")), Self));
                    return true;
                }
                _queue.Add([new PutSnapshot(new StoredSnapshot(metadata, StoredObject.Of(_system, m.Snapshot)), m.Snapshot)],
                    () => actor.Tell(new SaveSnapshotSuccess(metadata), Self));
                return true;
            case DeleteSnapshot m:
                _queue.Add([new RemoveSnapshots(m.Metadata.PersistenceId, s => s.SequenceNr == m.Metadata.SequenceNr)],
                    () => actor.Tell(new DeleteSnapshotSuccess(m.Metadata), Self));
                return true;
            case DeleteSnapshots m:
                _queue.Add([new RemoveSnapshots(m.PersistenceId, s => Matches(m.Criteria, s))],
                    () => actor.Tell(new DeleteSnapshotsSuccess(m.Criteria), Self));
                return true;
            case DiskQueue.Synced: _queue.OnSynced(); return true;
            default: return false;
        }
    }

    private object Load(LoadSnapshot m)
    {
        var found = _queue.Disk.Snapshots(m.PersistenceId).Values
            .LastOrDefault(s => s.Metadata.SequenceNr <= m.ToSequenceNr && Matches(m.Criteria, s.Metadata));
        if (found is null) return new LoadSnapshotResult(null, m.ToSequenceNr);
        return _queue.TryLoad(found.Object, _system, out var snapshot, out var cause)
            ? new LoadSnapshotResult(new SelectedSnapshot(found.Metadata, snapshot), m.ToSequenceNr)
            : new LoadSnapshotFailed(cause);
    }

    private static bool Matches(SnapshotSelectionCriteria criteria, SnapshotMetadata snapshot) =>
        snapshot.SequenceNr <= criteria.MaxSequenceNr && snapshot.SequenceNr >= criteria.MinSequenceNr
        && snapshot.Timestamp <= criteria.MaxTimeStamp && (criteria.MinTimestamp is not { } from || snapshot.Timestamp >= from);
}

/// <summary>Runs what waits for the disk, in order, each thing after the sync of all that was written before it.</summary>
internal sealed class DiskQueue
{
    private readonly SimulatedSystem _system;
    private readonly IActorRef _owner;
    private readonly Func<SimulatedDisk, DiskTail> _tailOf;
    private readonly Queue<(int Writes, Action Done)> _waiting = new();
    private Incarnation _life = null!;
    private DiskTail _tail = null!;
    private int _covered; // entries of the queue that the sync under way is for

    public DiskQueue(IActorContext context, IActorRef owner, Func<SimulatedDisk, DiskTail> tail)
    {
        _system = ((SimulatedActorRefProvider)((ExtendedActorSystem)context.System).Provider).System;
        (_owner, _tailOf) = (owner, tail);
    }

    /// <summary>Told to the owner when a sync is done.</summary>
    internal sealed record Synced
    {
        public static readonly Synced Instance = new();
    }

    public SimulatedDisk Disk => _life.Node.Disk;

    /// <summary>Whether there is a life to work for; what one before it left undone is forgotten.</summary>
    public bool HasWork()
    {
        if (_system.Life is not { IsAlive: true } life) return false;
        if (life == _life) return true;
        (_life, _tail, _covered) = (life, _tailOf(life.Node.Disk), 0);
        _waiting.Clear();
        return true;
    }

    /// <summary>Whether a write that comes now fails.</summary>
    /// <param name="stored">Whether it reaches the disk all the same: a failure says nothing about that.</param>
    public bool Fails(out bool stored) => _life.Node.World.DiskFails(_life.Node, out stored);

    public void Add(IReadOnlyList<IDiskOperation> operations, Action done)
    {
        _tail.Write(operations);
        _waiting.Enqueue((operations.Count, done));
        if (_covered == 0) Start();
    }

    /// <summary>Reads a record; false where its serializer finds that it is not one.</summary>
    public bool TryLoad(
        StoredObject stored, ExtendedActorSystem system, [NotNullWhen(true)] out object? payload, [NotNullWhen(false)] out Exception? cause)
    {
        (payload, cause) = (null, null);
        try
        {
            payload = stored.Load(system);
        }
        catch (SerializationException e)
        {
            cause = e;
        }
        if (stored.IsCorrupt) _life.Node.World.OnCorruptRead(_life.Node, payload);
        return payload is not null;
    }

    private void Start()
    {
        while (_waiting.Count > 0)
        {
            _covered = _waiting.Count;
            var delay = _waiting.Any(w => w.Writes > 0) ? _life.Node.World.SyncDelay(_life.Node) : TimeSpan.Zero;
            if (delay > TimeSpan.Zero)
            {
                _life.System.Scheduler.ScheduleTellOnce(delay, _owner, Synced.Instance, ActorRefs.NoSender);
                return;
            }
            Finish();
        }
    }

    public void OnSynced()
    {
        Finish();
        Start();
    }

    private void Finish()
    {
        for (; _covered > 0; _covered--)
        {
            var (writes, done) = _waiting.Dequeue();
            if (writes > 0) _life.Node.Synced(_tail.Sync(writes));
            done();
        }
    }
}

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
            case ReplayMessages m: _queue.Add([], _ => Replay(m)); return true;
            case DeleteMessagesTo m:
                _queue.Add([new DeleteEvents(m.PersistenceId, m.ToSequenceNr)],
                    failure => m.PersistentActor.Tell(
                        failure is null ? new DeleteMessagesSuccess(m.ToSequenceNr) : new DeleteMessagesFailure(failure, m.ToSequenceNr), Self));
                return true;
            case DiskQueue.Synced: _queue.OnSynced(); return true;
            case DiskQueue.Idle: _queue.OnIdle(); return true;
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
        // A log's disk fails when it is written.
        if (_queue.Disk.Log is null && _queue.Fails(out var stored))
        {
            _queue.Add(stored ? operations : [], _ => Failed(message, new IOException("the simulated disk failed")));
            return;
        }
        _queue.Add(operations, failure =>
        {
            if (failure is not null)
            {
                Failed(message, failure);
                return;
            }
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

    private static void Failed(WriteMessages message, Exception cause)
    {
        var actor = message.PersistentActor;
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
        try
        {
            var (events, highest) = _queue.Disk.Read(message.PersistenceId, message.FromSequenceNr, message.ToSequenceNr, message.Max);
            foreach (var stored in events)
            {
                if (!_queue.TryLoad(stored.Object, _system, out var payload, out var cause))
                {
                    message.PersistentActor.Tell(new ReplayMessagesFailure(cause), Self);
                    return;
                }
                message.PersistentActor.Tell(new ReplayedMessage(stored.Envelope.WithPayload(payload)), ActorRefs.NoSender);
            }
            message.PersistentActor.Tell(new RecoverySuccess(highest), Self);
        }
        catch (Exception e) when (DiskQueue.IsOfDisk(e))
        {
            message.PersistentActor.Tell(new ReplayMessagesFailure(e), Self);
        }
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
                _queue.Add([], _ => actor.Tell(Load(m), Self));
                return true;
            case SaveSnapshot m:
                var metadata = new SnapshotMetadata(m.Metadata.PersistenceId, m.Metadata.SequenceNr, _system.Scheduler.Now.UtcDateTime);
                if (_queue.Fails(out _))
                {
                    _queue.Add([], _ => actor.Tell(new SaveSnapshotFailure(metadata, new IOException("the simulated disk failed")), Self));
                    return true;
                }
                _queue.Add([new PutSnapshot(new StoredSnapshot(metadata, StoredObject.Of(_system, m.Snapshot)), m.Snapshot)],
                    _ => actor.Tell(new SaveSnapshotSuccess(metadata), Self));
                return true;
            case DeleteSnapshot m:
                _queue.Add([new RemoveSnapshots(m.Metadata.PersistenceId, s => s.SequenceNr == m.Metadata.SequenceNr)],
                    _ => actor.Tell(new DeleteSnapshotSuccess(m.Metadata), Self));
                return true;
            case DeleteSnapshots m:
                _queue.Add([new RemoveSnapshots(m.PersistenceId, s => Matches(m.Criteria, s))],
                    _ => actor.Tell(new DeleteSnapshotsSuccess(m.Criteria), Self));
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

using Akka.Actor;
using Akka.Persistence.Journal;

namespace Akka.Persistence.Snapshot;

/// <summary>Base of every snapshot store: an actor whose plugin answers by tasks.</summary>
public abstract class SnapshotStore : ActorBase
{
    private readonly PluginBreaker _breaker;

    protected SnapshotStore()
    {
        var config = Persistence.Instance.Apply(Context.System).ConfigFor(Self);
        _breaker = new PluginBreaker(Context.System.Scheduler, Self.Path.Name, config);
    }

    /// <summary>The youngest snapshot that the criteria allow, or null.</summary>
#nullable disable annotations // As in Akka.NET, so that a plugin compiles without a warning against either.
    protected abstract Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria);
#nullable restore annotations

    protected abstract Task SaveAsync(SnapshotMetadata metadata, object snapshot);
    protected abstract Task DeleteAsync(SnapshotMetadata metadata);
    protected abstract Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria);
    protected virtual bool ReceivePluginInternal(object message) => false;

    protected sealed override bool Receive(object message)
    {
        var actor = Sender;
        switch (message)
        {
            case LoadSnapshot { Criteria: var criteria } m when criteria.Equals(SnapshotSelectionCriteria.None):
                actor.Tell(new LoadSnapshotResult(null, m.ToSequenceNr), Self);
                return true;
            case LoadSnapshot m:
                Reply(actor, actor, _breaker.Run(() => LoadAsync(m.PersistenceId, m.Criteria.Limit(m.ToSequenceNr))),
                    snapshot => new LoadSnapshotResult(snapshot, m.ToSequenceNr), cause => new LoadSnapshotFailed(cause));
                return true;
            case SaveSnapshot m:
                var metadata = m.Metadata.Timestamp == SnapshotMetadata.TimestampNotSpecified
                    ? new SnapshotMetadata(m.Metadata.PersistenceId, m.Metadata.SequenceNr, Context.System.Scheduler.Now.UtcDateTime)
                    : m.Metadata;
                Reply(Self, actor, _breaker.Run(() => Completed(SaveAsync(metadata, m.Snapshot))),
                    _ => new SaveSnapshotSuccess(metadata), cause => new SaveSnapshotFailure(metadata, cause));
                return true;
            case DeleteSnapshot m:
                Reply(Self, actor, _breaker.Run(() => Completed(DeleteAsync(m.Metadata))),
                    _ => new DeleteSnapshotSuccess(m.Metadata), cause => new DeleteSnapshotFailure(m.Metadata, cause));
                return true;
            case DeleteSnapshots m:
                Reply(Self, actor, _breaker.Run(() => Completed(DeleteAsync(m.PersistenceId, m.Criteria))),
                    _ => new DeleteSnapshotsSuccess(m.Criteria), cause => new DeleteSnapshotsFailure(m.Criteria, cause));
                return true;
            case SaveSnapshotSuccess or SaveSnapshotFailure or DeleteSnapshotSuccess or DeleteSnapshotFailure
                or DeleteSnapshotsSuccess or DeleteSnapshotsFailure:
                try
                {
                    ReceivePluginInternal(message);
                }
                finally
                {
                    actor.Tell(message, Self);
                }
                return true;
            default:
                return ReceivePluginInternal(message);
        }
    }

    private static async Task<bool> Completed(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    private static void Reply<T>(IActorRef to, IActorRef sender, Task<T> task, Func<T, object> success, Func<Exception, object> failure)
    {
        if (task.IsCompleted)
            Ended(task);
        else
            task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        void Ended(Task<T> t) => to.Tell(t.IsCompletedSuccessfully ? success(t.Result) : failure(PluginTasks.Failure(t)), sender);
    }
}

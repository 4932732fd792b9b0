using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>
/// A journal whose plugin answers by tasks. The answers go to the persistent actors directly from the thread that ends the
/// task, in the order of the writes; a task that is complete at once keeps everything on the journal's own thread.
/// </summary>
public abstract class AsyncWriteJournal : WriteJournalBase
{
    private readonly PluginBreaker _breaker;
    private readonly Resequencer _resequencer = new();

    protected AsyncWriteJournal()
    {
        var config = Persistence.Instance.Apply(Context.System).ConfigFor(Self);
        _breaker = new PluginBreaker(Context.System.Scheduler, Self.Path.Name, config);
    }

    /// <summary>Hands the events of a range to the callback in the order of their sequence numbers, at most <paramref name="max"/>.</summary>
    public abstract Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback);

    /// <summary>The highest sequence number ever stored, also when its event was deleted; at the earliest after all writes under way.</summary>
    public abstract Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr);

    /// <summary>
    /// Stores the events; the task ends when they are safe. It fails when it is unknown whether they are stored. Null or a null
    /// in the list says that the write was stored, an exception that it was refused and is not stored.
    /// </summary>
#nullable disable annotations // As in Akka.NET, so that a plugin compiles without a warning against either.
    protected abstract Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages);
#nullable restore annotations

    protected abstract Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr);

    protected virtual bool ReceivePluginInternal(object message) => false;

    protected sealed override bool Receive(object message) => ReceiveWriteJournal(message) || ReceivePluginInternal(message);

    protected bool ReceiveWriteJournal(object message)
    {
        switch (message)
        {
            case WriteMessages m:
                Write(m);
                return true;
            case ReplayMessages m:
                Replay(m);
                return true;
            case DeleteMessagesTo m:
                Delete(m);
                return true;
            default:
                return false;
        }
    }

    private void Write(WriteMessages message)
    {
        var number = _resequencer.Next();
        AtomicWrite[] writes;
        try
        {
            writes = PreparePersistentBatch(message.Messages).ToArray();
        }
        catch (Exception e)
        {
            _resequencer.Complete(number, () => Answer(message, _ => e));
            return;
        }
        if (writes.Length == 0)
        {
            // Only deferred events, which wait for the writes before them.
            _resequencer.Complete(number, () => Answer(message, null));
            return;
        }
        var task = _breaker.Run(() => WriteMessagesAsync(writes));
        if (task.IsCompleted)
            Ended(task);
        else
            task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        void Ended(Task<IImmutableList<Exception?>?> t)
        {
            if (!t.IsCompletedSuccessfully)
                _resequencer.Complete(number, () => AnswerFailed(message, writes.Length, Failure(t)));
            else if (t.Result is not { } results)
                _resequencer.Complete(number, () => Answer(message, null));
            else if (results.Count == writes.Length)
                _resequencer.Complete(number, () => Answer(message, i => results[i]));
            else
                _resequencer.Complete(number, () => AnswerFailed(message, writes.Length, new InvalidOperationException(
                    $"The journal answered {results.Count} results for {writes.Length} atomic writes.")));
        }
    }

    private void Answer(WriteMessages message, Func<int, Exception?>? rejection)
    {
        var actor = message.PersistentActor;
        actor.Tell(WriteMessagesSuccessful.Instance, ActorRefs.NoSender);
        var i = 0;
        foreach (var envelope in message.Messages)
        {
            if (envelope is not AtomicWrite write)
            {
                actor.Tell(new LoopMessageSuccess(envelope.Payload, message.ActorInstanceId), envelope.Sender);
                continue;
            }
            var refused = rejection?.Invoke(i++);
            // The command's sender is the handler's sender too.
            foreach (var e in write.Events)
                actor.Tell(refused == null
                    ? new WriteMessageSuccess(e, message.ActorInstanceId)
                    : new WriteMessageRejected(e, refused, message.ActorInstanceId), e.Sender);
        }
    }

    private static void AnswerFailed(WriteMessages message, int writes, Exception cause)
    {
        var actor = message.PersistentActor;
        actor.Tell(new WriteMessagesFailed(cause, writes), ActorRefs.NoSender);
        foreach (var envelope in message.Messages)
        {
            if (envelope is AtomicWrite write)
                foreach (var e in write.Events)
                    actor.Tell(new WriteMessageFailure(e, cause, message.ActorInstanceId), e.Sender);
            else
                actor.Tell(new LoopMessageSuccess(envelope.Payload, message.ActorInstanceId), envelope.Sender);
        }
    }

    private void Replay(ReplayMessages message)
    {
        var context = Context;
        var actor = message.PersistentActor;
        Reply(actor, ReplayAsync(), highest => new RecoverySuccess(highest), cause => new ReplayMessagesFailure(cause));

        async Task<long> ReplayAsync()
        {
            var highest = await _breaker.Run(() =>
                ReadHighestSequenceNrAsync(message.PersistenceId, Math.Max(0L, message.FromSequenceNr - 1))).ConfigureAwait(false);
            var to = Math.Min(message.ToSequenceNr, highest);
            // Outside the breaker: a long replay is no failure. The actor's recovery-event-timeout guards it.
            if (message.FromSequenceNr <= to)
                await ReplayMessagesAsync(context, message.PersistenceId, message.FromSequenceNr, to, message.Max, e =>
                {
                    if (!e.IsDeleted) actor.Tell(new ReplayedMessage(e), ActorRefs.NoSender);
                }).ConfigureAwait(false);
            return highest;
        }
    }

    private void Delete(DeleteMessagesTo message) => Reply(message.PersistentActor,
        _breaker.Run(async () =>
        {
            await DeleteMessagesToAsync(message.PersistenceId, message.ToSequenceNr).ConfigureAwait(false);
            return message.ToSequenceNr;
        }),
        to => new DeleteMessagesSuccess(to), cause => new DeleteMessagesFailure(cause, message.ToSequenceNr));

    private void Reply<T>(IActorRef actor, Task<T> task, Func<T, object> success, Func<Exception, object> failure)
    {
        var self = Self;
        if (task.IsCompleted)
            Ended(task);
        else
            task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        void Ended(Task<T> t) => actor.Tell(t.IsCompletedSuccessfully ? success(t.Result) : failure(Failure(t)), self);
    }

    private static Exception Failure(Task task) => PluginTasks.Failure(task);
}

internal static class PluginTasks
{
    /// <summary>Why a task did not succeed, without the wrapping of a single cause.</summary>
    public static Exception Failure(Task task)
    {
        if (task.Exception?.Flatten() is not { } all) return new OperationCanceledException("The plugin's call was canceled.");
        return all.InnerExceptions.Count == 1 ? all.InnerExceptions[0] : all;
    }
}

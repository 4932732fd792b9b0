#nullable disable
namespace Akka.Actor;

public static class PipeToSupport
{
    /// <summary>Sends a task's result to an actor; a failure as <see cref="Status.Failure"/>.</summary>
    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef sender = null, Func<T, object> success = null, Func<Exception, object> failure = null) =>
        PipeTo(taskToPipe, recipient, false, sender, success, failure);

    public static async Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null, Func<T, object> success = null,
        Func<Exception, object> failure = null)
    {
        sender ??= ActorRefs.NoSender;
        try
        {
            var result = await taskToPipe.ConfigureAwait(useConfigureAwait);
            recipient.Tell(success is null ? result : success(result), sender);
        }
        catch (Exception e)
        {
            recipient.Tell(failure is null ? new Status.Failure(e) : failure(e), sender);
        }
    }

    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef sender = null, Func<object> success = null, Func<Exception, object> failure = null) =>
        PipeTo(taskToPipe, recipient, false, sender, success, failure);

    public static async Task PipeTo(
        this Task taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null, Func<object> success = null,
        Func<Exception, object> failure = null)
    {
        sender ??= ActorRefs.NoSender;
        try
        {
            await taskToPipe.ConfigureAwait(useConfigureAwait);
            if (success is not null) recipient.Tell(success(), sender);
        }
        catch (Exception e)
        {
            recipient.Tell(failure is null ? new Status.Failure(e) : failure(e), sender);
        }
    }
}

public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => GracefulStop(target, timeout, PoisonPill.Instance);

    /// <summary>Sends a message that stops the actor, and completes when it is gone; fails with a cancellation after the timeout.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var watchee = (IInternalActorRef)target;
        var stopped = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        var provider = watchee.Provider;
        var path = provider.TempPath();
        var watcher = new DeathWatcher(stopped, path, provider);
        provider.RegisterTempActor(watcher, path);
        try
        {
            watchee.SendSystemMessage(new Dispatch.SysMsg.Watch(watchee, watcher));
            target.Tell(stopMessage, ActorRefs.NoSender);
            await stopped.Task.WaitAsync(timeout).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            watchee.SendSystemMessage(new Dispatch.SysMsg.Unwatch(watchee, watcher));
            throw new TaskCanceledException($"GracefulStop of {target} did not finish within {timeout}.");
        }
        finally
        {
            provider.UnregisterTempActor(path);
        }
    }

    private sealed class DeathWatcher(TaskCompletionSource<object> stopped, ActorPath path, IActorRefProvider provider)
        : FutureActorRef<object>(stopped, path, provider)
    {
        private readonly TaskCompletionSource<object> _stopped = stopped;

        public override void SendSystemMessage(Dispatch.SysMsg.ISystemMessage message)
        {
            if (message is Dispatch.SysMsg.DeathWatchNotification) _stopped.TrySetResult(null);
            else base.SendSystemMessage(message);
        }
    }
}

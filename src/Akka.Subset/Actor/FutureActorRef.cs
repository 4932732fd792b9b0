#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The sender of an Ask: the first message it gets completes the task.</summary>
public class FutureActorRef<T> : MinimalActorRef
{
    private readonly TaskCompletionSource<T> _result;

    public FutureActorRef(TaskCompletionSource<T> result, ActorPath path, IActorRefProvider provider)
    {
        _result = result;
        Path = path;
        Provider = provider;
    }

    public override ActorPath Path { get; }
    public override IActorRefProvider Provider { get; }
    public override IInternalActorRef Parent => Provider.TempContainer;

    protected override void TellInternal(object message, IActorRef sender)
    {
        var handled = message switch
        {
            T answer => _result.TrySetResult(answer),
            null => _result.TrySetResult(default),
            Status.Failure failure => _result.TrySetException(
                failure.Cause ?? new TaskCanceledException("Task cancelled by actor via Failure message.")),
            _ => _result.TrySetException(
                new ArgumentException($"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
        if (!handled && message is not null && !_result.Task.IsCanceled) Provider.DeadLetters.Tell(message, this);
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        if (message is Watch watch && !watch.Watcher.Equals(this))
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, true, false));
    }

    public virtual void DeliverAsk(object message, ICanTell destination) => destination.Tell(message, this);
}

/// <summary>Request and answer as a task.</summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        AskInternal<T>(self, message, null, timeout, cancellationToken);

    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken) =>
        AskInternal<T>(self, null, messageFactory, timeout, cancellationToken);

    private static async Task<T> AskInternal<T>(
        ICanTell self, object message, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var provider = ResolveProvider(self) ?? throw new ArgumentException("Unable to resolve the target Provider", nameof(self));
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var limit = timeout ?? provider.Settings.AskTimeout;
        CancellationTokenSource timer = null;
        CancellationTokenRegistration onTimeout = default;
        if (limit > TimeSpan.Zero)
        {
            timer = new CancellationTokenSource(limit);
            onTimeout = timer.Token.UnsafeRegister(_ => result.TrySetException(new AskTimeoutException($"Timeout after {limit} seconds")), null);
        }
        var onCancel = cancellationToken.CanBeCanceled
            ? cancellationToken.UnsafeRegister(_ => result.TrySetCanceled(cancellationToken), null)
            : default;
        var future = provider.CreateFutureRef(result);
        provider.RegisterTempActor(future, future.Path);
        try
        {
            future.DeliverAsk(messageFactory is null ? message : messageFactory(future), self);
            // The clean-up touches no actor state, so it needs no actor's context.
            return await result.Task.ConfigureAwait(false);
        }
        finally
        {
            provider.UnregisterTempActor(future.Path);
            onCancel.Dispose();
            onTimeout.Dispose();
            timer?.Dispose();
        }
    }

    private static IActorRefProvider ResolveProvider(ICanTell self) => self switch
    {
        IInternalActorRef actor => actor.Provider,
        ActorSelection selection => ResolveProvider(selection.Anchor),
        _ => InternalCurrentActorCellKeeper.Current?.SystemImpl.Provider,
    };
}

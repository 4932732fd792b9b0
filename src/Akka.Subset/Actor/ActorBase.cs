#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal interface IInternalActor
{
    IActorContext ActorContext { get; }
}

public abstract class ActorBase : IInternalActor
{
    private ActorCell _context;
    private IActorRef _clearedSelf;
    private SupervisorStrategy _supervisorStrategy;

    protected ActorBase()
    {
        _context = ActorCell.Current ?? throw new ActorInitializationException(
            $"You cannot create an instance of [{GetType().FullName}] explicitly using the constructor (new). You have to use one of the 'factory' methods to create a new actor: ActorOf(Props).");
        // The cell takes this back when it has adopted the instance; a second actor made in the same constructor call is a mistake.
        if (!_context.ExpectsNewActor) throw new ActorInitializationException(
            $"You cannot create an instance of [{GetType().FullName}] inside another actor's handler with new; use Context.ActorOf(Props).");
        _context.ExpectsNewActor = false;
        _context.SetInitialBehavior(BaseBehavior());
    }

    protected static Receive EmptyReceive { get; } = _ => false;
    protected IActorRef Sender => Current.Sender;
    protected IActorRef Self => _context is null ? _clearedSelf : _context.Self;
    IActorContext IInternalActor.ActorContext => Context;
    internal ActorCell Cell => _context;

    protected static IActorContext Context => ActorCell.Current
        ?? throw new NotSupportedException("There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    private protected ActorCell Current => _context ?? throw new NotSupportedException(
        "There is no active ActorContext: this instance of the actor has been stopped or restarted.");

    internal SupervisorStrategy SupervisorStrategyInternal
    {
        get => _supervisorStrategy ??= SupervisorStrategy() ?? Akka.Actor.SupervisorStrategy.DefaultStrategy;
        set => _supervisorStrategy = value;
    }

    protected abstract bool Receive(object message);

    protected internal virtual bool AroundReceive(Receive receive, object message)
    {
        if (message is Scheduler.TimerScheduler.ITimerMsg timerMessage)
        {
            if (this is not IWithTimers { Timers: Scheduler.TimerScheduler timers } || !timers.Intercept(timerMessage, out message)) return true;
            if (message is IAutoReceivedMessage)
            {
                _context.AutoReceiveMessage(new Envelope(message, Self));
                return true;
            }
            // A stash looks at the current message.
            _context.CurrentMessage = message;
        }
        var wasHandled = receive(message);
        if (!wasHandled) Unhandled(message);
        return wasHandled;
    }

    /// <summary>Called for a message that no handler took: publishes it, or throws <see cref="DeathPactException"/> for <see cref="Terminated"/>.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        var cell = Current;
        cell.System.EventStream.Publish(new UnhandledMessage(message, cell.Sender, Self));
    }

    protected void Become(Receive receive) => Current.Become(receive);
    protected void BecomeStacked(Receive receive) => Current.BecomeStacked(receive);
    protected void UnbecomeStacked() => Current.UnbecomeStacked();
    protected void SetReceiveTimeout(TimeSpan? timeout) => Current.SetReceiveTimeout(timeout);

    protected virtual void PreStart() { }
    protected virtual void PostStop() { }
    protected virtual void PostRestart(Exception reason) => PreStart();

    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in _context.GetChildren().ToList())
        {
            _context.Unwatch(child);
            _context.Stop(child);
        }
        PostStop();
    }

    protected virtual SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.DefaultStrategy;

    protected internal virtual void AroundPreStart() => PreStart();
    protected internal virtual void AroundPostStop() => PostStop();
    protected internal virtual void AroundPreRestart(Exception cause, object message) => PreRestart(cause, message);

    protected internal virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);

    internal void Clear(IActorRef self)
    {
        _context = null;
        _clearedSelf = self;
    }

    internal virtual Receive BaseBehavior() => Receive;
}

public abstract class UntypedActor : ActorBase
{
    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    protected abstract void OnReceive(object message);

    protected void RunTask(Action action) => ActorTaskScheduler.RunTask(action);
    protected void RunTask(Func<Task> action) => ActorTaskScheduler.RunTask(action);

    protected void Become(UntypedReceive receive) => ((IUntypedActorContext)Current).Become(receive);
    protected void BecomeStacked(UntypedReceive receive) => ((IUntypedActorContext)Current).BecomeStacked(receive);

    protected static new IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;
}

#nullable disable
using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>Marks what the cells tell each other about life and death; not for actors.</summary>
public interface ISystemMessage : INoSerializationVerificationNeeded { }

/// <summary>A system message is its own queue node, so one instance can wait in one mailbox only.</summary>
public abstract class SystemMessage : ISystemMessage
{
    private protected SystemMessage() { }
    internal SystemMessage Next;
}

/// <summary>Ends the system queue of a mailbox that is closed for good.</summary>
public sealed class NoMessage : SystemMessage
{
    internal static readonly NoMessage Instance = new();
    internal NoMessage() { }
    public override string ToString() => "<NoMessage>";
}

public sealed class Create : SystemMessage
{
    public Create(ActorInitializationException failure) => Failure = failure;
    public ActorInitializationException Failure { get; }
}

public sealed class Recreate : SystemMessage
{
    public Recreate(Exception cause) => Cause = cause;
    public Exception Cause { get; }
}

public sealed class Suspend : SystemMessage { }

public sealed class Resume : SystemMessage
{
    public Resume(Exception causedByFailure) => CausedByFailure = causedByFailure;
    public Exception CausedByFailure { get; set; }
}

/// <summary>Stops an actor at once, before what waits in its mailbox.</summary>
public sealed class Terminate : SystemMessage, IPossiblyHarmful, Event.IDeadLetterSuppression
{
    public override string ToString() => "<Terminate>";
}

public sealed class Supervise : SystemMessage
{
    public Supervise(IActorRef child, bool async)
    {
        Child = child;
        Async = async;
    }

    public IActorRef Child { get; }
    public bool Async { get; }
}

public sealed class Failed : SystemMessage
{
    public Failed(IActorRef child, Exception cause, long uid)
    {
        Child = child;
        Cause = cause;
        Uid = uid;
    }

    public IActorRef Child { get; }
    public Exception Cause { get; }
    public long Uid { get; }
    public override string ToString() => $"<Failed>: {Child} ({Uid}) - {Cause}";
}

public class Watch : SystemMessage
{
    public Watch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        Watchee = watchee;
        Watcher = watcher;
    }

    public IInternalActorRef Watchee { get; }
    public IInternalActorRef Watcher { get; }
    public override string ToString() => $"<Watch>: {Watcher} wants to watch {Watchee}";
}

public sealed class Unwatch : SystemMessage
{
    public Unwatch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        Watchee = watchee;
        Watcher = watcher;
    }

    public IInternalActorRef Watchee { get; }
    public IInternalActorRef Watcher { get; }
    public override string ToString() => $"<Unwatch>: {Watcher} wants to unwatch {Watchee}";
}

public sealed class DeathWatchNotification : SystemMessage, Event.IDeadLetterSuppression
{
    public DeathWatchNotification(IActorRef actor, bool existenceConfirmed, bool addressTerminated)
    {
        Actor = actor;
        ExistenceConfirmed = existenceConfirmed;
        AddressTerminated = addressTerminated;
    }

    public IActorRef Actor { get; }
    public bool ExistenceConfirmed { get; }
    public bool AddressTerminated { get; }
    public override string ToString() => $"<DeathWatchNotification>: {Actor}";
}

/// <summary>A step of a task that runs in its actor's turn, or the failure that ended it.</summary>
internal sealed class ActorTaskSchedulerMessage : SystemMessage, Event.IDeadLetterSuppression
{
    private readonly ActorTaskScheduler _scheduler;
    private readonly Task _task;

    public ActorTaskSchedulerMessage(ActorTaskScheduler scheduler, Task task, object message)
    {
        _scheduler = scheduler;
        _task = task;
        Message = message;
    }

    public ActorTaskSchedulerMessage(Exception exception, object message)
    {
        Exception = exception;
        Message = message;
    }

    public Exception Exception { get; }
    public object Message { get; }
    public void ExecuteTask() => _scheduler.ExecuteTask(_task);
}

/// <summary>Asks the system guardian to hear of the users' end before it stops itself.</summary>
internal sealed class RegisterTerminationHook
{
    public static RegisterTerminationHook Instance { get; } = new();
}

internal sealed class TerminationHook
{
    public static TerminationHook Instance { get; } = new();
}

internal sealed class TerminationHookDone
{
    public static TerminationHookDone Instance { get; } = new();
}

/// <summary>Tells a guardian to stop one of its children.</summary>
internal sealed class StopChild(IActorRef child)
{
    public IActorRef Child { get; } = child;
}

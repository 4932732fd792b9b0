#nullable disable
namespace Akka.Actor;

public abstract class AkkaException : Exception
{
    protected AkkaException() { }
    protected AkkaException(string message, Exception cause = null) : base(message, cause) { }
    protected Exception Cause => InnerException;
}

public class InvalidActorNameException : AkkaException
{
    public InvalidActorNameException(string message) : base(message) { }
    public InvalidActorNameException(string message, Exception innerException) : base(message, innerException) { }
}

public class ActorInitializationException : AkkaException
{
    public ActorInitializationException() { }
    public ActorInitializationException(string message) : base(message) { }
    public ActorInitializationException(string message, Exception cause) : base(message, cause) { }
    public ActorInitializationException(IActorRef actor, string message, Exception cause = null) : base(message, cause) => Actor = actor;
    public IActorRef Actor { get; set; }
    public override string ToString() => Actor is null ? base.ToString() : $"{Actor}: {base.ToString()}";
}

public class PreRestartException : ActorInitializationException
{
    public PreRestartException(IActorRef actor, Exception restartException, Exception cause, object optionalMessage)
        : base(actor, $"Exception in PreRestart({cause?.GetType().Name ?? "null"}, {optionalMessage?.GetType().Name ?? "null"})", restartException)
    {
        RestartException = restartException;
        OptionalMessage = optionalMessage;
    }

    public Exception RestartException { get; }
    public object OptionalMessage { get; }
}

public class PostRestartException : ActorInitializationException
{
    public PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
        : base(actor, $"Exception post restart ({originalCause?.GetType().Name ?? "null"})", cause) => OriginalCause = originalCause;

    public Exception OriginalCause { get; }
}

public class ActorKilledException : AkkaException
{
    public ActorKilledException() { }
    public ActorKilledException(string message) : base(message) { }
}

public class ActorNotFoundException : AkkaException
{
    public ActorNotFoundException() { }
    public ActorNotFoundException(string message, Exception innerException = null) : base(message, innerException) { }
}

/// <summary>A watched actor died and the watcher did not handle <see cref="Terminated"/>.</summary>
public class DeathPactException : AkkaException
{
    public DeathPactException(IActorRef deadActor) : base($"Monitored actor [{deadActor}] terminated") => DeadActor = deadActor;
    public IActorRef DeadActor { get; }
}

public class AskTimeoutException : AkkaException
{
    public AskTimeoutException(string message) : base(message) { }
}

public class IllegalActorStateException : AkkaException
{
    public IllegalActorStateException(string message) : base(message) { }
}

public class InvalidMessageException : AkkaException
{
    public InvalidMessageException() { }
    public InvalidMessageException(string message) : base(message) { }
}

public class StashOverflowException : AkkaException
{
    public StashOverflowException(string message, Exception cause = null) : base(message, cause) { }
}

public sealed class SchedulerException : AkkaException
{
    public SchedulerException(string message) : base(message) { }
}

public class LoggerInitializationException : AkkaException
{
    public LoggerInitializationException() { }
    public LoggerInitializationException(string message) : base(message) { }
    public LoggerInitializationException(string message, Exception cause = null) : base(message, cause) { }
}

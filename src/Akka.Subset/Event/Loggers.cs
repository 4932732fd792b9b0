#nullable disable
using Akka.Actor;

namespace Akka.Event;

/// <summary>A logger that is no actor: it gets log events on the thread that logs.</summary>
public abstract class MinimalLogger : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "all-systems"), "/StandardOutLogger");
    public sealed override IActorRefProvider Provider => throw new NotSupportedException("This logger does not provide.");

    protected sealed override void TellInternal(object message, IActorRef sender) =>
        Log(message ?? throw new ArgumentNullException(nameof(message), "The message to log must not be null."));

    protected abstract void Log(object message);
}

public class StandardOutLogger : MinimalLogger
{
    protected override void Log(object message)
    {
        if (message is LogEvent logEvent) PrintLogEvent(logEvent);
        else Console.Out.WriteLine(message.ToString());
    }

    internal static void PrintLogEvent(LogEvent logEvent)
    {
        string text;
        try
        {
            text = logEvent.ToString();
        }
        catch (FormatException e)
        {
            // A wrong format string is the caller's mistake; it must not cost the log line.
            text = $"[{logEvent.LogLevel().StringFor()}][{logEvent.LogSource}] bad format in {(logEvent.Message as LogMessage)?.Unformatted()}: {e.Message}";
        }
        Console.Out.WriteLine(text);
    }
}

/// <summary>The default logger, an actor that writes to standard output.</summary>
public class DefaultLogger : ActorBase
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent logEvent:
                Print(logEvent);
                return true;
            default:
                return false;
        }
    }

    protected virtual void Print(LogEvent logEvent) => StandardOutLogger.PrintLogEvent(logEvent);
}

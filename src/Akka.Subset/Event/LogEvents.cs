#nullable disable
using Akka.Actor;

namespace Akka.Event;

public enum LogLevel
{
    DebugLevel,
    InfoLevel,
    WarningLevel,
    ErrorLevel,
}

/// <summary>Something to be logged, as it goes over the event stream.</summary>
public abstract class LogEvent : INoSerializationVerificationNeeded
{
    protected LogEvent()
    {
        Timestamp = DateTime.UtcNow;
        Thread = Thread.CurrentThread;
    }

    public Exception Cause { get; protected set; }
    public DateTime Timestamp { get; }
    public Thread Thread { get; }
    public string LogSource { get; protected set; }
    public Type LogClass { get; protected set; }
    public object Message { get; protected set; }
    public abstract LogLevel LogLevel();

    public override string ToString() =>
        $"[{LogLevel().ToString().Replace("Level", "").ToUpperInvariant()}][{Timestamp:MM/dd/yyyy HH:mm:ss.fff}Z][Thread {Thread.ManagedThreadId:0000}][{LogSource}] {Message}"
        + (Cause is null ? "" : Environment.NewLine + "Cause: " + Cause);
}

public class Debug : LogEvent
{
    public Debug(string logSource, Type logClass, object message) => (LogSource, LogClass, Message) = (logSource, logClass, message);
    public Debug(Exception cause, string logSource, Type logClass, object message) : this(logSource, logClass, message) => Cause = cause;
    public override LogLevel LogLevel() => Event.LogLevel.DebugLevel;
}

public class Info : LogEvent
{
    public Info(string logSource, Type logClass, object message) => (LogSource, LogClass, Message) = (logSource, logClass, message);
    public Info(Exception cause, string logSource, Type logClass, object message) : this(logSource, logClass, message) => Cause = cause;
    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;
}

public class Warning : LogEvent
{
    public Warning(string logSource, Type logClass, object message) => (LogSource, LogClass, Message) = (logSource, logClass, message);
    public Warning(Exception cause, string logSource, Type logClass, object message) : this(logSource, logClass, message) => Cause = cause;
    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;
}

public class Error : LogEvent
{
    public Error(Exception cause, string logSource, Type logClass, object message) =>
        (Cause, LogSource, LogClass, Message) = (cause, logSource, logClass, message);

    public override LogLevel LogLevel() => Event.LogLevel.ErrorLevel;
}

/// <summary>Formats what is logged with arguments.</summary>
public interface ILogMessageFormatter
{
    string Format(string format, params object[] args);
    string Format(string format, IEnumerable<object> args);
}

public class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();
    private DefaultLogMessageFormatter() { }
    public string Format(string format, params object[] args) => args is { Length: > 0 } ? string.Format(format, args) : format;
    public string Format(string format, IEnumerable<object> args) => Format(format, args.ToArray());
}

/// <summary>A text with arguments, formatted only where it is written.</summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;

    private protected LogMessage(ILogMessageFormatter formatter, string format)
    {
        Formatter = formatter;
        Format = format;
    }

    public string Format { get; }
    public abstract string Unformatted();
    public abstract IEnumerable<object> Parameters();
}

internal sealed class DefaultLogMessage(ILogMessageFormatter formatter, string format, params object[] args) : LogMessage(formatter, format)
{
    private readonly object[] _args = args;
    public override string ToString() => Formatter.Format(Format, _args);
    public override string Unformatted() => "Format: " + Format + " - Args: " + string.Join(",", _args);
    public override IEnumerable<object> Parameters() => _args;
}

/// <summary>Asks a logger to subscribe to its events; it answers <see cref="LoggerInitialized"/>.</summary>
public class InitializeLogger : INoSerializationVerificationNeeded
{
    public InitializeLogger(LoggingBus loggingBus) => LoggingBus = loggingBus;
    public LoggingBus LoggingBus { get; }
}

public class LoggerInitialized : INoSerializationVerificationNeeded { }

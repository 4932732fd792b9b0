using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Cli;

/// <summary>Where the <see cref="NodeLogger"/> of an actor system writes.</summary>
internal sealed class NodeLogSetup(TextWriter output) : Setup
{
    public TextWriter Output { get; } = output;
}

/// <summary>
/// The node's log: a line an entry, with time, level and what. A warning or error that repeats is written once a minute, with how often it was there
/// meanwhile; an exception is its message, and for a fault in the program the place. With <c>akka.loglevel = DEBUG</c> nothing is left out, and
/// exceptions come with their stack traces.
/// </summary>
internal sealed partial class NodeLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    internal static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    // A log that invents ever new texts must not fill the memory.
    private const int MostKinds = 1000;

    private readonly TextWriter _output = Context.System.Settings.Setup.Get<NodeLogSetup>() is { HasValue: true } set ? set.Value.Output : Console.Out;
    private readonly LogFilterEvaluator _filter = Context.System.Settings.LogFilter;
    private readonly bool _all = Logging.LogLevelFor(Context.System.Settings.LogLevel) == LogLevel.DebugLevel;
    private readonly Dictionary<string, (DateTime At, int Hidden)> _kinds = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger: Sender.Tell(new LoggerInitialized(), Self); break;
            case LogEvent e: Log(e); break;
            default: Unhandled(message); break;
        }
    }

    private void Log(LogEvent e)
    {
        if (!_filter.ShouldTryKeepMessage(e, out _)) return;
        var text = Text(e);
        if (!_all && e.LogLevel() >= LogLevel.WarningLevel)
        {
            var kind = Kind(e, text);
            var known = _kinds.TryGetValue(kind, out var last);
            if (known && e.Timestamp - last.At < Pause)
            {
                _kinds[kind] = (last.At, last.Hidden + 1);
                return;
            }
            if (last.Hidden > 0) text += $" ({last.Hidden} more like it since {last.At:HH:mm:ss})";
            if (!known && _kinds.Count >= MostKinds) _kinds.Clear();
            _kinds[kind] = (e.Timestamp, 0);
        }
        _output.WriteLine($"{Line(e.Timestamp, e.LogLevel(), text)}{(_all && e.Cause is not null ? $"\n{e.Cause}" : "")}");
        _output.Flush();
    }

    /// <summary>One line of the log.</summary>
    internal static string Line(DateTime at, LogLevel level, string text)
    {
        var name = level switch { LogLevel.DebugLevel => "DEBUG", LogLevel.InfoLevel => "INFO ", LogLevel.WarningLevel => "WARN ", _ => "ERROR" };
        return string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd HH:mm:ss.fff}Z {name} {Program.OneLine(text)}");
    }

    private static string Text(LogEvent e)
    {
        string text;
        try
        {
            text = $"{e.Message}";
        }
        catch (FormatException)
        {
            text = e.Message is LogMessage wrong ? wrong.Format : "a message that cannot be formatted";
        }
        // Ours say who speaks; for others the class does.
        if (!IsOurs(e)) text = $"{e.LogClass.Name}: {text}";
        if (e.Cause is not { } cause) return text;
        var innermost = cause.GetBaseException();
        if (!text.Contains(innermost.Message, StringComparison.Ordinal)) text += $": {innermost.Message}";
        return IsFault(innermost) ? $"{text} ({innermost.GetType().Name}{Place(innermost)})" : text;
    }

    private static bool IsOurs(LogEvent e) => e.LogClass.Namespace?.StartsWith("AkkaPaxos", StringComparison.Ordinal) == true;

    // Of Akka's entries the words alone; ours name a role or node among what is put in, and numbers are what differs from time to time.
    private static string Kind(LogEvent e, string text) =>
        !IsOurs(e) && e.Message is LogMessage { Format: { } format } ? $"{e.LogClass.FullName} {format}" : $"{e.LogClass.FullName} {Decimal().Replace(text, "#")}";

    // Numbers with three digits and more: how long and how many. A node's number is shorter.
    [GeneratedRegex(@"\d{3,}(\.\d+)?|\d+\.\d+")]
    private static partial Regex Decimal();

    /// <summary>Whether an exception says that the program is wrong, not that something around it is.</summary>
    private static bool IsFault(Exception e) =>
        e is NullReferenceException or InvalidCastException or IndexOutOfRangeException or KeyNotFoundException or ArgumentException
            or NotImplementedException or InvariantViolationException
        || e.GetType() == typeof(InvalidOperationException);

    private static string Place(Exception e) =>
        new StackTrace(e, fNeedFileInfo: true).GetFrames()
            .Where(f => f.GetMethod()?.DeclaringType is not null)
            .OrderBy(f => f.GetMethod()!.DeclaringType!.FullName!.StartsWith("AkkaPaxos", StringComparison.Ordinal) ? 0 : 1)
            .Select(f => $" in {f.GetMethod()!.DeclaringType!.FullName}.{f.GetMethod()!.Name}{(f.GetFileName() is { } file ? $", {Path.GetFileName(file)}:{f.GetFileLineNumber()}" : "")}")
            .FirstOrDefault("");
}

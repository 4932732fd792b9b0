using System.Text.RegularExpressions;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// The lines in which Jepsen writes an event: in its log, behind its logger's name, and in its history.txt. Process, type, function, value and maybe an
/// error, with tabs between; or with blanks, as they come out of a terminal.
/// </summary>
internal static partial class JepsenLine
{
    /// <summary>Whether a line is one of a log, by its level.</summary>
    public static bool IsOfLog(string line) => LogLine().IsMatch(line);

    /// <summary>Whether a line is an event: of the logger jepsen.util, or of history.txt.</summary>
    public static bool IsEvent(string line, out string fields)
    {
        var logger = Logger().Match(line);
        fields = logger.Success ? line[(logger.Index + logger.Length)..] : line.TrimStart();
        return logger.Success || Event().IsMatch(fields);
    }

    /// <summary>The event of a line's fields; null: it is of no client, or none at all.</summary>
    /// <exception cref="HistoryFormatException">It begins as one, and is none.</exception>
    public static HistoryEvent? Event(string fields, int number)
    {
        if (!char.IsAsciiDigit(fields.FirstOrDefault())) return null; // a text, or of Jepsen's nemesis
        var match = Parts().Match(fields);
        if (!match.Success)
        {
            // A line of that logger that begins with a number may be a text.
            if (!fields.Contains('\t') && !fields.Contains(" :", StringComparison.Ordinal)) return null;
            throw new HistoryFormatException(number, "not a process, :type, :function and value");
        }
        var type = HistoryEvent.TypeOf(match.Groups["type"].Value, number);
        var (text, error) = Split(match.Groups["rest"].Value, number);
        // In the place of a value there may be an error, :timed-out or a text of any kind: it is not looked at but to see that there is one.
        var mayBeError = type is HistoryEventType.Fail or HistoryEventType.Info;
        var isError = mayBeError && (error || text is not ("nil" or ['[', ..]));
        var value = mayBeError ? null : EdnGrammar.Value(text, number);
        return new HistoryEvent(number, match.Groups["process"].Value, type, match.Groups["f"].Value, null, value, isError);
    }

    // Value and error have a tab between, or the value is the first form of EDN.
    private static (string Value, bool HasError) Split(string rest, int number)
    {
        if (rest.Length == 0) return ("nil", false);
        var tab = rest.IndexOf('\t', StringComparison.Ordinal);
        if (tab >= 0) return (rest[..tab].Trim(), rest[tab..].Trim().Length > 0);
        if (rest[0] == '[')
        {
            var end = new HistoryNesting().ReadOn(rest, 0, number);
            return end < 0 ? (rest, false) : (rest[..end], rest[end..].Trim().Length > 0);
        }
        return rest.StartsWith("nil ", StringComparison.Ordinal) ? ("nil", true) : (rest, false);
    }

    [GeneratedRegex(@"\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b", RegexOptions.CultureInvariant)]
    private static partial Regex LogLine();

    [GeneratedRegex(@"\bjepsen\.util\b[\s:-]+(?=[0-9:])", RegexOptions.CultureInvariant)]
    private static partial Regex Logger();

    [GeneratedRegex(@"\A:?\w+\s+:(?:invoke|ok|fail|info)\s+:", RegexOptions.CultureInvariant)]
    private static partial Regex Event();

    [GeneratedRegex(@"\A(?<process>[0-9]+)\s+:(?<type>\S+)\s+:(?<f>\S+)\s*(?<rest>.*?)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}

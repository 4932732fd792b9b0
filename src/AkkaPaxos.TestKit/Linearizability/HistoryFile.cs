using System.Text.Json;
using System.Text.RegularExpressions;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Reads the events of a history file. Each line is told by its looks: JSON, an EDN map, or a line of a log, of which those of the logger jepsen.util
/// with tabs are events, and all others are skipped.
/// </summary>
internal static partial class HistoryFile
{
    /// <summary>The events of a text, in its order.</summary>
    /// <exception cref="HistoryFormatException">A line is of none of the forms, or there is no event at all.</exception>
    public static IReadOnlyList<HistoryEvent> Read(TextReader text)
    {
        List<HistoryEvent> events = [];
        var (number, isLog) = (0, false);
        while (text.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            var first = line.AsSpan().TrimStart()[0];
            HistoryEvent? read;
            if (first is '{' or '#')
            {
                read = HistoryEvent.Of(Map(line.Trim(), number), number);
            }
            else
            {
                // A log may have lines of exceptions and the like; a file of another form has no line that is none of it.
                isLog |= LogLine().IsMatch(line);
                if (!isLog) throw new HistoryFormatException(number, "neither JSON nor an EDN map nor a line of a log");
                read = OfLog(line, number);
            }
            if (read is not null) events.Add(read);
        }
        return events.Count > 0 ? events : throw new HistoryFormatException(Math.Max(1, number), "the file ends, and has no operation");
    }

    private static HistoryMap Map(string line, int number)
    {
        if (EdnGrammar.UsualMap(line) is { } map) return map;
        var value = IsJson().IsMatch(line) ? Json(line, number) : EdnGrammar.Value(line, number);
        return value as HistoryMap ?? throw new HistoryFormatException(number, "not a map");
    }

    private static HistoryValue? Json(string line, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Value(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new HistoryFormatException(number, $"not JSON: {e.Message}");
        }
    }

    private static HistoryValue? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new HistoryMap([.. element.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Value(p.Value)))]),
        JsonValueKind.Array => new HistoryList([.. element.EnumerateArray().Select(Value)]),
        JsonValueKind.String => new HistoryText(element.GetString()!),
        JsonValueKind.Null => null,
        _ => new HistoryAtom(element.GetRawText()),
    };

    // INFO  jepsen.util - 3	:invoke	:cas	[1 4]
    private static HistoryEvent? OfLog(string line, int number)
    {
        var logger = Logger().Match(line);
        if (!logger.Success) return null;
        var fields = line[(logger.Index + logger.Length)..].Split('\t', StringSplitOptions.TrimEntries);
        if (fields.Length < 3 || !fields[0].All(char.IsAsciiDigit)) return null; // a text, or of Jepsen's nemesis
        if (fields[1] is not [':', ..] || fields[2] is not [':', ..])
            throw new HistoryFormatException(number, "not a process, :type, :function and value");
        var type = HistoryEvent.TypeOf(fields[1][1..], number);
        var text = fields.Length > 3 ? fields[3] : "nil";
        // In the place of a value there may be an error, :timed-out or a text of any kind: it is not looked at but to see that there is one.
        var mayBeError = type is HistoryEventType.Fail or HistoryEventType.Info;
        var isError = mayBeError && (fields.Length > 4 || text is not ("nil" or ['[', ..]));
        return new HistoryEvent(number, fields[0], type, fields[2][1..], null, mayBeError ? null : EdnGrammar.Value(text, number), isError);
    }

    [GeneratedRegex(@"\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b", RegexOptions.CultureInvariant)]
    private static partial Regex LogLine();

    [GeneratedRegex(@"\bjepsen\.util\b[\s:-]+(?=[0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Logger();

    [GeneratedRegex("""\A\{\s*(?:"[^"\\]*"\s*:|\})""", RegexOptions.CultureInvariant)]
    private static partial Regex IsJson();
}

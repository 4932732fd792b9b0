using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Reads the events of a history file. Each event is told by its looks, so that forms may be mixed: an EDN map or tuple, a JSON object or array, each in
/// one line or in many, alone or in a vector or array of all; or a line of Jepsen's log or of its history.txt. docs/linearizability.md has an
/// example of each.
/// </summary>
internal static partial class HistoryFile
{
    /// <summary>The forms, for an error.</summary>
    public const string Forms = """
        {:process 0, :type :invoke, :f :write, :value 4}, [0 :invoke :write 4], {"process": 0, "type": "invoke", "f": "write", "value": 4}, 0<tab>:invoke<tab>:write<tab>4 of history.txt, or the same in Jepsen's log
        """;

    /// <summary>The events of a text, in its order.</summary>
    /// <exception cref="HistoryFormatException">A line is of none of the forms, or there is no event at all.</exception>
    public static IReadOnlyList<HistoryEvent> Read(TextReader text)
    {
        var events = new List<HistoryEvent>();
        var forms = new Reader(text, events);
        forms.ReadAll();
        return events.Count > 0 ? events : throw new HistoryFormatException(Math.Max(1, forms.Line), "the file ends, and has no operation");
    }

    private sealed class Reader(TextReader text, List<HistoryEvent> events)
    {
        private bool _isLog;
        private bool _inAll;   // in the vector or array around all events
        private int _allFrom;

        public int Line { get; private set; }

        public void ReadAll()
        {
            while (Next() is { } line)
            {
                if (!_inAll && EdnGrammar.UsualMap(line.Trim()) is { } map) Add(HistoryEvent.Of(map, Line));
                else Read(line);
            }
            if (_inAll) throw new HistoryFormatException(_allFrom, "the vector or array that begins here does not end");
        }

        private string? Next()
        {
            Line++;
            if (text.ReadLine() is { } line) return line;
            Line--;
            return null;
        }

        private void Add(HistoryEvent? e)
        {
            if (e is not null) events.Add(e);
        }

        private void Read(string line)
        {
            for (var at = 0; at < line.Length;)
            {
                var c = line[at];
                if (c is ',' && _inAll || char.IsWhiteSpace(c)) at++;
                else if (c == ';') return;
                else if (_inAll && c is ']' or ')')
                {
                    _inAll = false;
                    at++;
                }
                else if (IsOfLog(line, at))
                {
                    ReadLogLine(line);
                    return;
                }
                else if (!_inAll && c is '[' or '(' && IsAroundAll(line, at))
                {
                    (_inAll, _allFrom) = (true, Line);
                    at++;
                }
                else at = ReadValue(ref line, at);
            }
        }

        // A line of a log may begin with a bracket too: [main] INFO ...
        private bool IsOfLog(string line, int at) =>
            !_inAll && (line[at] is not ('{' or '[' or '(' or '#')
                || line[at] == '[' && (JepsenLine.IsOfLog(line) || _isLog));

        // A tuple begins with its process; what is around all events begins with one of them, or ends its line.
        private static bool IsAroundAll(string line, int at)
        {
            var next = line.AsSpan(at + 1).TrimStart();
            return next.IsEmpty || next[0] is '{' or '[' or '(' or '#' or ';' or ']';
        }

        private void ReadLogLine(string line)
        {
            // A log may have lines of exceptions and the like; a file of another form has no line that is none of it.
            _isLog |= JepsenLine.IsOfLog(line);
            if (JepsenLine.IsEvent(line, out var fields)) Add(JepsenLine.Event(fields, Line));
            else if (!_isLog) throw new HistoryFormatException(Line, $"none of the forms that are known: {Forms}");
        }

        // The value that begins at a place, which may go on in the next lines.
        private int ReadValue(ref string line, int from)
        {
            var (begins, value) = (Line, new StringBuilder());
            var nesting = new HistoryNesting();
            for (var at = from; ; at = 0)
            {
                var end = nesting.ReadOn(line, at, Line);
                if (end < 0 && nesting.Depth == 0) throw new HistoryFormatException(Line, $"none of the forms that are known: {Forms}");
                value.Append(line, at, (end < 0 ? line.Length : end) - at);
                if (end >= 0)
                {
                    AddValue(value.ToString(), begins);
                    return end;
                }
                value.Append('\n');
                line = Next() ?? throw new HistoryFormatException(begins, $"the file ends, and what begins here does not: expected {Closing(value[0])}");
            }
        }

        private static string Closing(char open) => open is '[' ? "]" : open is '(' ? ")" : "}";

        private void AddValue(string value, int line)
        {
            Add((EdnGrammar.UsualMap(value) ?? (IsJson().IsMatch(value) ? Json(value, line) : EdnGrammar.Value(value, line))) switch
            {
                HistoryMap map => HistoryEvent.Of(map, line),
                HistoryList { Items.Count: >= 3 and <= 5 } tuple => HistoryEvent.Of(tuple, line),
                _ => throw new HistoryFormatException(line, $"neither a map nor a tuple of process, type, function, value: {Forms}"),
            });
        }
    }

    private static HistoryValue? Json(string text, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
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

    // An object whose first key is followed by a colon, or an array whose first item is followed by a comma and a string.
    [GeneratedRegex("""\A(?:\{\s*(?:"[^"\\]*"\s*:|\})|\[\s*(?:[0-9]+|"[^"\\]*")\s*,\s*")""", RegexOptions.CultureInvariant)]
    private static partial Regex IsJson();
}

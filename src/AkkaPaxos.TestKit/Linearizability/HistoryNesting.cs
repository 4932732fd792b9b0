namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Where values of EDN and JSON begin and end, by their brackets: strings, EDN's comments and characters (<c>\(</c>) are skipped.
/// </summary>
internal sealed class HistoryNesting
{
    // No history is nested like that; what reads values calls itself for each level.
    private const int Deepest = 100;

    private bool _inString;

    /// <summary>How many brackets are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether a string is open: it goes on in the next line.</summary>
    public bool IsInString => _inString;

    /// <summary>Reads on in a line of text, until a bracket closes the value that is open, or the line ends.</summary>
    /// <param name="text">The line, without its end.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="line">The line's number, for an error.</param>
    /// <returns>The place behind the last character of the value; -1 where it goes on in the next line.</returns>
    /// <exception cref="HistoryFormatException">It is nested too deep.</exception>
    public int ReadOn(ReadOnlySpan<char> text, int from, int line)
    {
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
            if (_inString)
            {
                if (c == '\\') i++;
                else if (c == '"') _inString = false;
                continue;
            }
            switch (c)
            {
                case '"': _inString = true; break;
                case '\\': i++; break;
                case ';': return -1; // a comment, to the end of the line
                case '{' or '[' or '(':
                    if (++Depth > Deepest) throw new HistoryFormatException(line, $"brackets are nested more than {Deepest} deep");
                    break;
                case '}' or ']' or ')':
                    if (--Depth <= 0) return i + 1;
                    break;
            }
        }
        return -1;
    }

    /// <summary>Makes sure that a text is not nested too deep to be read.</summary>
    /// <exception cref="HistoryFormatException">It is.</exception>
    public static void Check(string text, int line)
    {
        var nesting = new HistoryNesting();
        foreach (var part in text.AsSpan().EnumerateLines())
            for (var at = 0; at >= 0 && at < part.Length; at = nesting.ReadOn(part, at, line)) { }
    }
}

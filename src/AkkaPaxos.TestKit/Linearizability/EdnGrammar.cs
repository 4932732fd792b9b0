using System.Text.RegularExpressions;
using Sprache;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>EDN, as far as histories have it: comments, but no discarded values; what a tag says is not looked at.</summary>
internal static partial class EdnGrammar
{
    // A regex matches nothing at the end of the input, not even nothing.
    private static readonly Parser<string> Space = Parse.Regex(@"(?:[\s,]|;[^\n]*)+", "a space").Or(Parse.Return(""));

    private static readonly Parser<HistoryValue?> Atom = Token(Parse.Regex(@"[^\s,;""#()\[\]{}][^\s,;""()\[\]{}]*", "a value")
        .Select(text => text == "nil" ? null : (HistoryValue?)new HistoryAtom(text)));

    private static readonly Parser<HistoryValue?> String = Token(Parse.Regex(@"""(?:[^""\\]|\\.)*""", "a string")
        .Select(text => (HistoryValue?)new HistoryText(Unescaped(text[1..^1]))));

    private static readonly Parser<HistoryValue?> Collection =
        (from open in Sign(@"\[|\(|#\{", "[")
         from items in Parse.Ref(() => Any).Many()
         from close in Sign(open == "[" ? @"\]" : open == "(" ? @"\)" : @"\}", open == "[" ? "]" : open == "(" ? ")" : "}")
         select (HistoryValue?)new HistoryList([.. items]))
        .Or(from open in Sign(@"\{", "{")
            from entries in (from key in Parse.Ref(() => Any) from value in Parse.Ref(() => Any) select (key, value)).Many()
            from close in Sign(@"\}", "}")
            select (HistoryValue?)new HistoryMap([.. entries.Select(e => new KeyValuePair<string, HistoryValue?>(KeyOf(e.key), e.value))]));

    private static readonly Parser<HistoryValue?> Any = String.Or(Collection).Or(Atom)
        .Or(from tag in Sign(@"#[A-Za-z][^\s,;""()\[\]{}]*", "a tag") from value in Parse.Ref(() => Any) select value);

    private static readonly Parser<HistoryValue?> Whole = from space in Space from value in Any select value;

    /// <summary>The value that a text is.</summary>
    /// <exception cref="HistoryFormatException">It is none.</exception>
    public static HistoryValue? Value(string text, int line)
    {
        if (SimpleValue().IsMatch(text)) return Simple(text);
        HistoryNesting.Check(text, line);
        var result = Whole.End().TryParse(text);
        if (result.WasSuccessful) return result.Value;
        var expected = string.Join(" or ", result.Expectations.Select(e => e == "end of input" ? "the end" : e).Distinct());
        throw new HistoryFormatException(line, $"not EDN from column {result.Remainder.Position + 1} on: expected {expected}");
    }

    /// <summary>
    /// The event of a line that is a map of the usual form, without a look at the grammar, which is slower by far; null: it is not of that form.
    /// </summary>
    public static HistoryMap? UsualMap(string line)
    {
        if (UsualLine().Match(line) is not { Success: true } match) return null;
        var entries = new List<KeyValuePair<string, HistoryValue?>>(5);
        var (keys, values) = (match.Groups[1].Captures, match.Groups[2].Captures);
        for (var i = 0; i < keys.Count; i++)
        {
            entries.Add(KeyValuePair.Create(keys[i].Value, Simple(values[i].Value)));
        }
        return new HistoryMap(entries);
    }

    [GeneratedRegex("""\A(?:"[^"\\]*"|:?[A-Za-z0-9_.-]+)\z""", RegexOptions.CultureInvariant)]
    private static partial Regex SimpleValue();

    [GeneratedRegex("""\A\{(?::([a-z]+) ("[^"\\]*"|:?[A-Za-z0-9_-]+)(?:, |,| |(?=\})))+\}\z""", RegexOptions.CultureInvariant)]
    private static partial Regex UsualLine();

    private static HistoryValue? Simple(string text) =>
        text == "nil" ? null : text[0] == '"' ? new HistoryText(text[1..^1]) : new HistoryAtom(text);

    private static string KeyOf(HistoryValue? key) => HistoryValue.Name(key) ?? HistoryValue.Text(key);

    private static Parser<T> Token<T>(Parser<T> parser) => from value in parser from space in Space select value;

    private static Parser<string> Sign(string regex, string expected) => Token(Parse.Regex(regex, expected));

    private static string Unescaped(string text) => text.Contains('\\')
        ? Escape().Replace(text, m => m.Value[1] switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'u' when m.Length == 6 => $"{(char)Convert.ToInt32(m.Value[2..], 16)}",
            var other => $"{other}",
        })
        : text;

    [GeneratedRegex(@"\\(?:u[0-9A-Fa-f]{4}|.)", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}

using System.Globalization;
using System.Text;

namespace AkkaPaxos.Hocon;

/// <summary>Characters, white space, quoted strings and keys: what HOCON's grammar is built from.</summary>
internal abstract class HoconScanner(Source source, IReadOnlyList<string> path)
{
    protected const string NotInUnquoted = "$\"{}[]:=,+#`^?!@*&\\";
    private readonly string _text = source.Text;

    protected Source Source => source;

    /// <summary>The keys that lead to where the text is being read, from the root of the whole configuration.</summary>
    protected List<string> KeyPath { get; } = [.. path];

    protected int At { get; set; }
    protected char Current => Next(0);
    protected bool IsEnd => At >= _text.Length;
    protected Place Here => PlaceAt(At);

    protected Place PlaceAt(int index) => new(source, index, HoconText.Join(KeyPath));

    protected char Next(int ahead) => At + ahead < _text.Length ? _text[At + ahead] : '\0';

    protected bool IsNext(string word) => string.CompareOrdinal(_text, At, word, 0, word.Length) == 0;

    protected bool AtComment() => Current == '#' || IsNext("//");

    protected void SkipSpace()
    {
        while (!IsEnd && IsSpace(Current)) At++;
    }

    protected void SkipBlankAndComments()
    {
        while (!IsEnd)
        {
            if (IsSpace(Current) || Current == '\n') At++;
            else if (AtComment())
                while (!IsEnd && Current != '\n') At++;
            else return;
        }
    }

    protected static bool IsSpace(char c) => c != '\n' && (char.IsWhiteSpace(c) || c is '\uFEFF' or >= '\u001C' and <= '\u001F');

    protected string Found() => IsEnd ? "the end of the text" : Current == '\n' ? "the end of the line" : $"'{Current}'";

    protected HoconException Expected(string what) => Here.Error($"expected {what}, found {Found()}");

    /// <summary>A path of keys with dots between them, up to where <paramref name="isEnd"/> holds.</summary>
    protected List<string> ReadKey(Func<bool> isEnd)
    {
        var keys = new List<string>();
        var key = new StringBuilder();
        var written = false;
        var kept = 0;
        while (!IsEnd && Current != '\n' && !isEnd() && !AtComment())
        {
            var c = Current;
            if (c == '"')
            {
                key.Append(ReadQuoted());
                (written, kept) = (true, key.Length);
            }
            else if (c == '.')
            {
                if (!written) throw Expected("a key before '.'");
                Finish();
                At++;
            }
            else if (IsSpace(c))
            {
                if (written) key.Append(c); // inside a key white space counts, around it not
                At++;
            }
            else if (NotInUnquoted.Contains(c)) throw Expected(keys.Count == 0 && !written ? "a key" : "':', '=' or '{' after the key");
            else
            {
                key.Append(c);
                At++;
                (written, kept) = (true, key.Length);
            }
        }
        if (!written) throw keys.Count == 0 ? Expected("a key") : Expected("a key after '.'");
        Finish();
        return keys;

        void Finish()
        {
            key.Length = kept;
            keys.Add(key.ToString());
            key.Clear();
            (written, kept) = (false, 0);
        }
    }

    protected string ReadQuoted()
    {
        var opened = Here;
        if (IsNext("\"\"\"")) return ReadTripleQuoted(opened);
        var to = new StringBuilder();
        for (At++; Current != '"'; At++)
        {
            if (IsEnd || Current == '\n') throw opened.Error("string is not closed: expected '\"', found " + Found());
            if (Current != '\\') { to.Append(Current); continue; }
            At++;
            to.Append(Current switch
            {
                '"' or '\\' or '/' => Current,
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => ReadCodeUnit(),
                _ => throw Expected("one of \" \\ / b f n r t u after '\\'"),
            });
        }
        At++;
        return to.ToString();
    }

    private string ReadTripleQuoted(Place opened)
    {
        var end = _text.IndexOf("\"\"\"", At + 3, StringComparison.Ordinal);
        if (end < 0) throw opened.Error("string is not closed: expected '\"\"\"', found the end of the text");
        while (end + 3 < _text.Length && _text[end + 3] == '"') end++; // further quotes belong to the string
        var raw = _text[(At + 3)..end];
        At = end + 3;
        return raw;
    }

    private char ReadCodeUnit()
    {
        if (At + 4 >= _text.Length
            || !ushort.TryParse(_text.AsSpan(At + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            throw Expected("four hexadecimal digits after '\\u'");
        At += 4;
        return (char)unit;
    }
}

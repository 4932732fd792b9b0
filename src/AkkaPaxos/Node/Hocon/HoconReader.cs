using System.Globalization;
using System.Text;

namespace AkkaPaxos.Node.Hocon;

/// <summary>
/// Reads one text by the grammar of the HOCON specification. Recursive descent over characters, as HOCON's tokens depend on where they stand.
/// </summary>
internal sealed class HoconReader(string text, HoconIncludeCallbackAsync? include, IReadOnlyList<string> prefix, int includes)
{
    // Deeper than any sane file, shallow enough for the stack.
    private const int MaxDepth = 200, MaxIncludes = 50;
    private static readonly string[] IncludeForms = ["\"", "file(", "url(", "classpath(", "required("];
    private const string NotInUnquoted = "$\"{}[]:=,+#`^?!@*&\\";
    private readonly List<string> _path = [.. prefix];
    private int _at;
    private int _depth;

    private char Current => _at < text.Length ? text[_at] : '\0';
    private bool IsEnd => _at >= text.Length;
    private Position Here => new(text, _at);

    public Syntax ReadRoot()
    {
        SkipBlankAndComments();
        Syntax root;
        if (Current == '[') root = ReadArray();
        else if (Current == '{')
        {
            var o = new SyntaxObject();
            ReadBraced(o);
            root = o;
        }
        else
        {
            var o = new SyntaxObject();
            ReadFields(o, '\0');
            root = o;
        }
        SkipBlankAndComments();
        if (!IsEnd) throw Expected("the end of the text");
        return root;
    }

    private void ReadBraced(SyntaxObject into)
    {
        Enter();
        _at++;
        ReadFields(into, '}');
        _at++;
        _depth--;
    }

    /// <summary>Fields up to, but without, the closing brace or the end of the text.</summary>
    private void ReadFields(SyntaxObject into, char end)
    {
        var opened = Here;
        var first = true;
        while (true)
        {
            SkipSeparators(ref first);
            if (IsEnd)
            {
                if (end == '\0') return;
                throw opened.Error("object is not closed: expected '}', found the end of the text");
            }
            if (Current == end) return;
            if (IsInclude()) ReadInclude(into);
            else ReadField(into);
            if (!AtFieldEnd(end)) throw Expected($"a new line, ','{(end == '}' ? " or '}'" : "")} after the value");
            first = false;
        }
    }

    private void SkipSeparators(ref bool first)
    {
        SkipBlankAndComments();
        if (Current != ',') return;
        if (first) throw Expected("a field");
        _at++;
        SkipBlankAndComments();
        if (Current == ',') throw Expected("a field");
    }

    private bool AtFieldEnd(char end)
    {
        SkipSpace();
        return IsEnd || Current == ',' || Current == '\n' || AtComment() || (end != '\0' && Current == end);
    }

    private void ReadField(SyntaxObject into)
    {
        var key = ReadKey(() => Current is ':' or '=' or '{' || (Current == '+' && Next(1) == '='));
        var depth = _path.Count;
        _path.AddRange(key);
        SkipBlankAndComments();
        var at = Here;
        if (Current == '{') into.Add(key, ReadValue(at));
        else if (Current is ':' or '=')
        {
            _at++;
            SkipBlankAndComments();
            into.Add(key, ReadValue(Here));
        }
        else if (Current == '+' && Next(1) == '=')
        {
            _at += 2;
            SkipBlankAndComments();
            var added = new SyntaxArray();
            added.Items.Add(ReadValue(Here));
            // a += b means a = ${?a} [b].
            into.Add(key, new SyntaxConcatenation([new SyntaxSubstitution([.. _path], [], true, at), added], at));
        }
        else throw Expected($"':', '=', '+=' or '{{' after the key '{HoconText.Join(key)}'");
        _path.RemoveRange(depth, _path.Count - depth);
    }

    private List<string> ReadKey(Func<bool> isEnd)
    {
        var keys = new List<string>();
        var key = new StringBuilder();
        bool written = false, quoted = false;
        int kept = 0;
        var start = Here;
        while (!IsEnd && Current != '\n' && !isEnd() && !AtComment())
        {
            var c = Current;
            if (c == '"')
            {
                key.Append(ReadQuoted());
                (written, quoted, kept) = (true, true, key.Length);
            }
            else if (c == '.')
            {
                if (!written) throw Expected("a key before '.'");
                Finish();
                _at++;
            }
            else if (IsSpace(c))
            {
                if (written) key.Append(c); // inside a key white space counts, around it not
                _at++;
            }
            else if (NotInUnquoted.Contains(c)) throw Expected(keys.Count == 0 && !written ? "a key" : "':', '=' or '{' after the key");
            else
            {
                key.Append(c);
                _at++;
                (written, kept) = (true, key.Length);
            }
        }
        if (!written) throw keys.Count == 0 ? Expected("a key") : Expected("a key after '.'");
        Finish();
        return keys;

        void Finish()
        {
            key.Length = kept;
            if (key.Length == 0 && !quoted) throw start.Error("expected a key, found nothing");
            keys.Add(key.ToString());
            key.Clear();
            (written, quoted, kept) = (false, false, 0);
        }
    }

    /// <summary>One value: parts side by side up to the end of the line, ',', '}' or ']'.</summary>
    private Syntax ReadValue(Position at)
    {
        var parts = new List<Syntax>();
        while (!IsEnd && Current != '\n' && !AtComment() && Current is not (',' or '}' or ']'))
        {
            if (IsSpace(Current))
            {
                var start = _at;
                SkipSpace();
                if (parts.Count > 0) parts.Add(new SyntaxScalar(text[start.._at], ScalarKind.Unquoted, blank: true));
            }
            else parts.Add(ReadPart());
        }
        while (parts.Count > 0 && parts[^1] is SyntaxScalar { IsBlank: true }) parts.RemoveAt(parts.Count - 1);
        if (parts.Count == 0) throw Expected("a value");
        return parts.Count == 1 ? parts[0] : new SyntaxConcatenation(parts, at);
    }

    private Syntax ReadPart()
    {
        switch (Current)
        {
            case '{':
                var o = new SyntaxObject();
                ReadBraced(o);
                return o;
            case '[':
                return ReadArray();
            case '"':
                return new SyntaxScalar(ReadQuoted(), ScalarKind.Quoted);
            case '$':
                return ReadSubstitution();
            default:
                var start = _at;
                while (IsUnquoted() || IsExponentSign(start)) _at++;
                if (_at == start) throw Expected("a value (other characters need quotes)");
                var word = text[start.._at];
                return new SyntaxScalar(word, word == "null" ? ScalarKind.Null : ScalarKind.Unquoted);
        }
    }

    private bool IsUnquoted() => !IsEnd && !IsSpace(Current) && Current != '\n' && !AtComment() && !NotInUnquoted.Contains(Current);

    /// <summary>The plus of 1e+5.</summary>
    private bool IsExponentSign(int start) =>
        Current == '+' && _at - start >= 2 && text[_at - 1] is 'e' or 'E' && char.IsAsciiDigit(Next(1))
        && double.TryParse(text.AsSpan(start, _at - start - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private SyntaxArray ReadArray()
    {
        Enter();
        var opened = Here;
        var array = new SyntaxArray();
        var first = true;
        _at++;
        while (true)
        {
            SkipSeparators(ref first);
            if (IsEnd) throw opened.Error("array is not closed: expected ']', found the end of the text");
            if (Current == ']') break;
            array.Items.Add(ReadValue(Here));
            first = false;
            if (!AtFieldEnd(']')) throw Expected("a new line, ',' or ']' after the element");
        }
        _at++;
        _depth--;
        return array;
    }

    private SyntaxSubstitution ReadSubstitution()
    {
        var at = Here;
        if (Next(1) != '{') { _at++; throw Expected("'{' after '$'"); }
        _at += 2;
        var optional = Current == '?';
        if (optional) _at++;
        var path = ReadKey(() => Current == '}');
        if (Current != '}') throw at.Error("substitution is not closed: expected '}', found " + Found());
        _at++;
        return new SyntaxSubstitution(path, prefix, optional, at);
    }

    private string ReadQuoted()
    {
        var opened = Here;
        if (Next(1) == '"' && Next(2) == '"')
        {
            var end = text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
            if (end < 0) throw opened.Error("string is not closed: expected '\"\"\"', found the end of the text");
            while (end + 3 < text.Length && text[end + 3] == '"') end++; // further quotes belong to the string
            var raw = text[(_at + 3)..end];
            _at = end + 3;
            return raw;
        }
        var to = new StringBuilder();
        for (_at++; Current != '"'; _at++)
        {
            if (IsEnd || Current == '\n') throw opened.Error("string is not closed: expected '\"', found " + Found());
            if (Current != '\\') { to.Append(Current); continue; }
            _at++;
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
        _at++;
        return to.ToString();
    }

    private char ReadCodeUnit()
    {
        if (_at + 4 >= text.Length
            || !ushort.TryParse(text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            throw Expected("four hexadecimal digits after '\\u'");
        _at += 4;
        return (char)unit;
    }

    private bool IsInclude()
    {
        if (string.CompareOrdinal(text, _at, "include", 0, 7) != 0) return false;
        var after = _at + 7;
        while (after < text.Length && IsSpace(text[after])) after++;
        if (after == _at + 7 && after < text.Length && text[after] != '"') return false;
        return IncludeForms.Any(form => string.CompareOrdinal(text, after, form, 0, form.Length) == 0);
    }

    private void ReadInclude(SyntaxObject into)
    {
        var at = Here;
        _at += 7;
        SkipSpace();
        var required = TakeOpening("required");
        var kind = HoconCallbackType.File;
        var bracketed = true;
        if (TakeOpening("url")) kind = HoconCallbackType.Url;
        else if (TakeOpening("classpath")) kind = HoconCallbackType.Resource;
        else bracketed = TakeOpening("file");
        if (Current != '"') throw Expected("a quoted name to include");
        var name = ReadQuoted();
        for (var open = (required ? 1 : 0) + (bracketed ? 1 : 0); open > 0; open--)
        {
            SkipSpace();
            if (Current != ')') throw Expected("')' after the name to include");
            _at++;
        }
        if (includes >= MaxIncludes) throw at.Error($"includes nest more than {MaxIncludes} deep, does \"{name}\" include itself?");
        var included = Fetch(kind, name, at);
        if (string.IsNullOrWhiteSpace(included))
        {
            if (required) throw at.Error($"required include \"{name}\" was not found or is empty");
            return;
        }
        var root = new HoconReader(included.ReplaceLineEndings("\n"), include, [.. _path], includes + 1).ReadRoot();
        into.AddAll(root as SyntaxObject ?? throw at.Error($"include \"{name}\" holds an array, expected an object"));
    }

    private string? Fetch(HoconCallbackType kind, string name, Position at)
    {
        if (include is null) return "{}"; // as Hocon 2.0.4 does when it is given no callback
        try { return include(kind, name).GetAwaiter().GetResult(); }
        catch (Exception e) { throw at.Error($"cannot include \"{name}\": {e.Message}", e); }
    }

    private bool TakeOpening(string word)
    {
        if (string.CompareOrdinal(text, _at, word + "(", 0, word.Length + 1) != 0) return false;
        _at += word.Length + 1;
        SkipSpace();
        return true;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth) throw Here.Error($"values nest more than {MaxDepth} deep");
    }

    private char Next(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private bool AtComment() => Current == '#' || (Current == '/' && Next(1) == '/');

    private void SkipSpace()
    {
        while (!IsEnd && IsSpace(Current)) _at++;
    }

    private void SkipBlankAndComments()
    {
        while (!IsEnd)
        {
            if (IsSpace(Current) || Current == '\n') _at++;
            else if (AtComment())
                while (!IsEnd && Current != '\n') _at++;
            else return;
        }
    }

    private static bool IsSpace(char c) => c != '\n' && (char.IsWhiteSpace(c) || c == '\uFEFF' || c is >= '\u001C' and <= '\u001F');

    private string Found() => IsEnd ? "the end of the text" : Current == '\n' ? "the end of the line" : $"'{Current}'";

    private HoconParserException Expected(string what) => Here.Error($"expected {what}, found {Found()}");
}

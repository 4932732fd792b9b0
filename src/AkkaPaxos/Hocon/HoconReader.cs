using System.Globalization;

namespace AkkaPaxos.Hocon;

/// <summary>
/// Reads one text by the grammar of the HOCON specification. Recursive descent over characters, as HOCON's tokens depend on where they stand.
/// </summary>
internal sealed class HoconReader : HoconScanner
{
    // Deeper than any sane file, shallow enough for the stack. Files that include each other twice would be read without end.
    private const int MaxDepth = 200, MaxIncludes = 1000;
    private static readonly string[] IncludeForms = ["\"", "file(", "url(", "classpath(", "required("];
    private readonly IReadOnlyList<string> _prefix;
    private readonly Counter _includes;
    private int _depth;

    private HoconReader(Source source, IReadOnlyList<string> prefix, int depth, Counter includes) : base(source, prefix) =>
        (_prefix, _depth, _includes) = (prefix, depth, includes);

    /// <summary>Reads a whole text, which is to be an object, with or without its braces.</summary>
    public static SyntaxObject Read(Source source) => new HoconReader(source, [], 0, new Counter()).ReadRoot();

    /// <summary>Reads one field that is the whole text: <c>a.b = 1</c>.</summary>
    public static SyntaxObject ReadField(Source source)
    {
        var reader = new HoconReader(source, [], 0, new Counter());
        var o = new SyntaxObject();
        reader.ReadField(o);
        reader.SkipBlankAndComments();
        return reader.IsEnd ? o : throw reader.Expected("the end of the value");
    }

    private SyntaxObject ReadRoot()
    {
        var o = new SyntaxObject();
        SkipBlankAndComments();
        if (Current == '[') throw Here.Error("the file holds an array, expected an object");
        if (Current == '{') ReadBraced(o);
        else ReadFields(o, '\0');
        SkipBlankAndComments();
        if (IsEnd) return o;
        throw Current == '}' ? Stray() : Expected("the end of the text");
    }

    private HoconException Stray() => Here.Error("this '}' closes nothing: no '{' before it is open");

    private void ReadBraced(SyntaxObject into)
    {
        Enter();
        At++;
        ReadFields(into, '}');
        At++;
        _depth--;
    }

    /// <summary>Fields up to, but without, the closing brace or the end of the text.</summary>
    private void ReadFields(SyntaxObject into, char end)
    {
        var opened = PlaceAt(At - 1);
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
            if (Current == '}') throw Stray();
            if (IsInclude()) ReadInclude(into);
            else ReadField(into);
            if (!AtFieldEnd(end)) throw Current == '}' ? Stray() : Expected($"a new line, ','{(end == '}' ? " or '}'" : "")} after the value");
            first = false;
        }
    }

    private void SkipSeparators(ref bool first)
    {
        SkipBlankAndComments();
        if (Current != ',') return;
        if (first) throw Expected("a field or a value");
        At++;
        SkipBlankAndComments();
        if (Current == ',') throw Expected("a field or a value");
    }

    private bool AtFieldEnd(char end)
    {
        SkipSpace();
        return IsEnd || Current is ',' or '\n' || AtComment() || (end != '\0' && Current == end);
    }

    private void ReadField(SyntaxObject into)
    {
        var start = At;
        var key = ReadKey(() => Current is ':' or '=' or '{' || IsNext("+="));
        var depth = KeyPath.Count;
        KeyPath.AddRange(key);
        var place = PlaceAt(start);
        SkipBlankAndComments();
        if (Current == '{') into.Add(key, ReadValue(), place);
        else if (Current is ':' or '=')
        {
            SkipSeparator(1);
            into.Add(key, ReadValue(), place);
        }
        else if (IsNext("+="))
        {
            SkipSeparator(2);
            var added = new SyntaxArray();
            added.Items.Add(ReadValue());
            // a += b means a = ${?a} [b].
            into.Add(key, new SyntaxConcatenation([new SyntaxSubstitution([.. KeyPath], [], true, place), added], place), place);
        }
        else throw Expected("':', '=', '+=' or '{' after the key");
        KeyPath.RemoveRange(depth, KeyPath.Count - depth);
    }

    /// <summary>
    /// A value may stand on a later line than its '='. But where a field or nothing follows there, the value has been forgotten, and the field
    /// must not be taken for it.
    /// </summary>
    private void SkipSeparator(int length)
    {
        var place = Here;
        var separator = Source.Text.Substring(At, length);
        At += length;
        SkipSpace();
        if (!IsEnd && Current != '\n' && !AtComment()) return;
        SkipBlankAndComments();
        if (IsEnd || Current is ',' or '}' or ']' || StartsField()) throw place.Error($"expected a value after '{separator}', found none");
    }

    private bool StartsField()
    {
        if (IsInclude()) return true;
        if (Current is '{' or '[' or '$') return false;
        var start = At;
        try
        {
            while (!IsEnd && !AtComment() && Current is not ('\n' or ',' or '}' or ']' or '[' or '$'))
            {
                if (Current is '=' or ':' or '{') return true;
                if (Current == '"') ReadQuoted();
                else At++;
            }
            return false;
        }
        finally { At = start; }
    }

    /// <summary>One value: parts side by side up to the end of the line, ',', '}' or ']'.</summary>
    private Syntax ReadValue()
    {
        var place = Here;
        var parts = new List<Syntax>();
        while (!IsEnd && Current != '\n' && !AtComment() && Current is not (',' or '}' or ']'))
        {
            if (IsSpace(Current))
            {
                var start = At;
                SkipSpace();
                if (parts.Count > 0) parts.Add(new SyntaxScalar(Source.Text[start..At], ScalarKind.Unquoted, blank: true));
            }
            else parts.Add(ReadPart());
        }
        while (parts.Count > 0 && parts[^1] is SyntaxScalar { IsBlank: true }) parts.RemoveAt(parts.Count - 1);
        if (parts.Count == 0) throw Expected("a value");
        return parts.Count == 1 ? parts[0] : new SyntaxConcatenation(parts, place);
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
                var start = At;
                while (IsUnquoted() || IsExponentSign(start)) At++;
                if (At == start) throw Expected("a value (other characters need quotes)");
                var word = Source.Text[start..At];
                return new SyntaxScalar(word, word == "null" ? ScalarKind.Null : ScalarKind.Unquoted);
        }
    }

    private bool IsUnquoted() => !IsEnd && !IsSpace(Current) && Current != '\n' && !AtComment() && !NotInUnquoted.Contains(Current);

    /// <summary>The plus of 1e+5.</summary>
    private bool IsExponentSign(int start) =>
        Current == '+' && At - start >= 2 && Source.Text[At - 1] is 'e' or 'E' && char.IsAsciiDigit(Next(1))
        && double.TryParse(Source.Text.AsSpan(start, At - start - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private SyntaxArray ReadArray()
    {
        Enter();
        var opened = Here;
        var array = new SyntaxArray();
        var first = true;
        At++;
        while (true)
        {
            SkipSeparators(ref first);
            if (IsEnd) throw opened.Error("array is not closed: expected ']', found the end of the text");
            if (Current == ']') break;
            array.Items.Add(ReadValue());
            first = false;
            if (!AtFieldEnd(']')) throw Expected("a new line, ',' or ']' after the element");
        }
        At++;
        _depth--;
        return array;
    }

    private SyntaxSubstitution ReadSubstitution()
    {
        var place = Here;
        At++;
        if (Current != '{') throw Expected("'{' after '$'");
        At++;
        var optional = Current == '?';
        if (optional) At++;
        var path = ReadKey(() => Current == '}');
        if (Current != '}') throw place.Error("substitution is not closed: expected '}', found " + Found());
        At++;
        return new SyntaxSubstitution(path, _prefix, optional, place);
    }

    private bool IsInclude()
    {
        if (!IsNext("include")) return false;
        var start = At;
        At += 7;
        SkipSpace();
        var parted = At > start + 7 || Current == '"';
        var found = parted && IncludeForms.Any(IsNext);
        At = start;
        return found;
    }

    private void ReadInclude(SyntaxObject into)
    {
        var place = Here;
        At += 7;
        SkipSpace();
        var open = 0;
        var required = TakeOpening("required", ref open);
        foreach (var kind in (string[])["url", "classpath"])
            if (TakeOpening(kind, ref open))
                throw place.Error($"cannot include {kind}({(Current == '"' ? HoconText.Quote(ReadQuoted()) : "")}): only files can be included");
        TakeOpening("file", ref open);
        if (Current != '"') throw Expected("a quoted name to include");
        var name = ReadQuoted();
        for (; open > 0; open--)
        {
            SkipSpace();
            if (Current != ')') throw Expected("')' after the name to include");
            At++;
        }
        if (++_includes.Count > MaxIncludes) throw place.Error($"more than {MaxIncludes} files are included");
        if (Source.Include(name, required, place) is not { } included) return;
        Enter();
        into.AddAll(new HoconReader(included, [.. KeyPath], _depth, _includes).ReadRoot());
        _depth--;
    }

    private bool TakeOpening(string word, ref int open)
    {
        if (!IsNext(word + "(")) return false;
        At += word.Length + 1;
        open++;
        SkipSpace();
        return true;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth) throw Here.Error($"nests more than {MaxDepth} deep");
    }

    private sealed class Counter
    {
        public int Count { get; set; }
    }
}

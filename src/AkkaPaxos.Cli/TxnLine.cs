using System.Globalization;
using Google.Protobuf;

namespace AkkaPaxos.Cli;

/// <summary>A line of a transaction makes no sense.</summary>
/// <param name="message">Why.</param>
/// <param name="column">Where, from 1.</param>
internal sealed class TxnLineException(string message, int column) : Exception(message)
{
    public int Column => column;
}

/// <summary>Reads one line of a transaction from left to right.</summary>
/// <param name="text">The line, as <see cref="RawText"/> has it.</param>
internal sealed class TxnLine(string text)
{
    private int _at;

    public bool IsBlank => string.IsNullOrWhiteSpace(text);

    /// <summary>The column of what comes next.</summary>
    public int Column
    {
        get
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
            return _at + 1;
        }
    }

    /// <summary>The column of the word or quote that was read last.</summary>
    public int LastWord { get; private set; } = 1;

    /// <summary>What is to be thrown.</summary>
    /// <param name="why">Why.</param>
    /// <param name="column">Where; 0: at the line's first word.</param>
    public TxnLineException Wrong(string why, int column) =>
        new(why, column > 0 ? column : text.Length - text.TrimStart().Length + 1);

    private bool IsAtEnd => Column > text.Length;

    // Compares -----------------------------------------------------------------------------------------------------------

    public string Name()
    {
        LastWord = Column;
        var from = _at;
        while (_at < text.Length && char.IsAsciiLetterOrDigit(text[_at])) _at++;
        return _at > from ? text[from.._at] : throw Wrong("not a compare like mod(\"key\") > \"0\"", LastWord);
    }

    public void Expect(string what, string otherwise)
    {
        var column = Column;
        if (!text.AsSpan(_at).StartsWith(what, StringComparison.Ordinal)) throw Wrong(otherwise, column);
        _at += what.Length;
    }

    public string Operator()
    {
        var column = Column;
        foreach (var known in (string[])["!=", "=", "<", ">"])
        {
            if (!text.AsSpan(_at).StartsWith(known, StringComparison.Ordinal)) continue;
            _at += known.Length;
            return known;
        }
        throw Wrong("one of =, !=, < and > is missing", column);
    }

    public ByteString Quoted(string what)
    {
        LastWord = Column;
        if (IsAtEnd || text[_at] != '"') throw Wrong($"{what} must stand in double quotes", LastWord);
        return UnsafeByteOperations.UnsafeWrap(RawText.Encode(DoubleQuoted()));
    }

    public void ExpectEnd()
    {
        if (!IsAtEnd) throw Wrong("the compare ends before this", Column);
    }

    // Operations ---------------------------------------------------------------------------------------------------------

    /// <summary>The words to the line's end, which may be quoted as a whole, each with its column.</summary>
    public List<(string Text, int Column)> Words()
    {
        List<(string, int)> words = [];
        while (!IsAtEnd)
        {
            var column = LastWord = Column;
            words.Add((text[_at] switch { '"' => DoubleQuoted(), '\'' => SingleQuoted(), _ => Bare() }, column));
            if (_at < text.Length && !char.IsWhiteSpace(text[_at])) throw Wrong("a blank is missing behind the quote", _at + 1);
        }
        return words;
    }

    private string Bare()
    {
        var from = _at;
        while (_at < text.Length && !char.IsWhiteSpace(text[_at])) _at++;
        return text[from.._at];
    }

    private string SingleQuoted()
    {
        var end = text.IndexOf('\'', _at + 1);
        if (end < 0) throw NoEnd();
        var quoted = text[(_at + 1)..end];
        _at = end + 1;
        return quoted;
    }

    /// <summary>What stands in double quotes, with the escapes of Go that people use.</summary>
    private string DoubleQuoted()
    {
        List<byte> bytes = [];
        var from = ++_at;
        for (; _at < text.Length && text[_at] != '"'; _at++)
        {
            if (text[_at] != '\\') continue;
            bytes.AddRange(RawText.Encode(text[from.._at]));
            bytes.Add(Escape());
            from = _at + 1;
        }
        if (_at >= text.Length) throw NoEnd();
        bytes.AddRange(RawText.Encode(text[from.._at++]));
        return RawText.Decode([.. bytes]);
    }

    /// <summary>The byte that the escape here stands for; what is read last is its last character.</summary>
    private byte Escape()
    {
        var column = _at + 1;
        if (++_at >= text.Length) throw NoEnd();
        switch (text[_at])
        {
            case 'n': return (byte)'\n';
            case 't': return (byte)'\t';
            case 'r': return (byte)'\r';
            case '"' or '\\' or '\'': return (byte)text[_at];
            case 'x' when _at + 2 < text.Length
                && byte.TryParse(text.AsSpan(_at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value):
                _at += 2;
                return value;
            case 'x': throw Wrong("\\x is followed by two hexadecimal digits", column);
            default: throw Wrong($"\\{text[_at]} is no escape; there are \\n, \\t, \\r, \\xHH, \\\", \\' and \\\\", column);
        }
    }

    private TxnLineException NoEnd() => Wrong("the quote does not end on its line; a line break is written \\n, in double quotes", LastWord);
}

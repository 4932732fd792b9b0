using System.Text;

namespace AkkaPaxos.Journal;

/// <summary>
/// Goes through the records of a frame's body. They are read in place: only who asks for an entry gets a copy.
/// </summary>
internal ref struct FrameReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly TextPool _pool;
    private readonly List<string> _texts;
    private int _at;
    private int _start;

    /// <summary>Reads a body whose checksum is right.</summary>
    public FrameReader(ReadOnlySpan<byte> body, TextPool pool)
    {
        _body = body;
        (_pool, _texts) = (pool, pool.Borrow());
    }

    /// <summary>What the record is: 1, 2 or 3, as <see cref="Frame"/> has it.</summary>
    public int Kind { get; private set; }

    /// <summary>Whose record it is.</summary>
    public string PersistenceId { get; private set; } = "";

    /// <summary>An entry's sequence number; a deletion's last; the first segment.</summary>
    public long Number { get; private set; }

    /// <summary>A deletion's highest number.</summary>
    public long Highest { get; private set; }

    /// <summary>The record's size in bytes.</summary>
    public readonly int Size => _at - _start;

    private long _time;
    private int _serializer;
    private string _manifest = "";
    private string _eventManifest = "";
    private string _writer = "";
    private ReadOnlySpan<byte> _payload;

    /// <summary>Goes on to the next record.</summary>
    /// <exception cref="FormatException">What stands there is none that this version knows.</exception>
    public bool Next()
    {
        if (_at == _body.Length) return false;
        _start = _at;
        switch (Kind = (int)ReadNumber())
        {
            case 1:
                PersistenceId = ReadText();
                (Number, _time, _serializer) = ((long)ReadNumber(), (long)ReadNumber(), (int)ReadNumber());
                (_manifest, _eventManifest, _writer) = (ReadText(), ReadText(), ReadText());
                _payload = ReadBytes();
                break;
            case 2:
                PersistenceId = ReadText();
                (Number, Highest) = ((long)ReadNumber(), (long)ReadNumber());
                break;
            case 3: Number = (long)ReadNumber(); break;
            default: throw new FormatException($"no record is of kind {Kind}: was it written by a newer version? Upgrade this node");
        }
        return true;
    }

    /// <summary>Goes on to an entry.</summary>
    /// <returns>False: it does not come.</returns>
    public bool NextEntry(string persistenceId, long sequenceNr)
    {
        while (Next())
            if (Kind == 1 && Number == sequenceNr && PersistenceId == persistenceId) return true;
        return false;
    }

    /// <summary>The record as an entry, which it is.</summary>
    public readonly LogEntry ToEntry() => new(PersistenceId, Number, _time, _serializer, _manifest, _eventManifest, _writer, _payload.ToArray());

    private string ReadText()
    {
        var number = (int)ReadNumber();
        if (number > 0) return number <= _texts.Count ? _texts[number - 1] : throw Torn();
        var text = _pool.Of(ReadBytes());
        _texts.Add(text);
        return text;
    }

    private ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadNumber();
        if (length > (ulong)(_body.Length - _at)) throw Torn();
        _at += (int)length;
        return _body.Slice(_at - (int)length, (int)length);
    }

    private ulong ReadNumber()
    {
        ulong number = 0;
        for (var shift = 0; shift < 64 && _at < _body.Length; shift += 7)
        {
            var next = _body[_at++];
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return number;
        }
        throw Torn();
    }

    private static FormatException Torn() => new("a record does not end with its frame");
}

/// <summary>One object for each text that is read: ids, manifests and writers occur again and again. For one thread.</summary>
internal sealed class TextPool
{
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly List<string> _borrowed = [];

    /// <summary>The text of these bytes.</summary>
    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 256) return Encoding.UTF8.GetString(bytes);
        Span<char> chars = stackalloc char[256];
        ReadOnlySpan<char> text = chars[..Encoding.UTF8.GetChars(bytes, chars)];
        var known = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(text, out var found)) return found;
        known.Add(text);
        return known.TryGetValue(text, out found) ? found : throw new InvalidOperationException();
    }

    /// <summary>An empty list, for the texts of one frame; one at a time.</summary>
    public List<string> Borrow()
    {
        _borrowed.Clear();
        return _borrowed;
    }
}

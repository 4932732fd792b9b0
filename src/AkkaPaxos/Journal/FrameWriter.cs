using System.Runtime.InteropServices;
using System.Text;

namespace AkkaPaxos.Journal;

/// <summary>Puts records into a frame; its buffer is used again and again.</summary>
internal sealed class FrameWriter
{
    // A buffer that a large record has made larger than this is not kept.
    private const int Kept = 4 << 20;

    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly List<int> _sizes = [];
    private byte[] _bytes = new byte[64 << 10];
    private int _length;

    /// <summary>The size in bytes of each record of the frame, in order.</summary>
    public IReadOnlyList<int> Sizes => _sizes;

    /// <summary>The size of the whole frame.</summary>
    public long Size => Frame.SizeOf(_length - Frame.HeadSize);

    /// <summary>Begins a frame of these records.</summary>
    /// <exception cref="OverflowException">They are larger than 2 GiB together.</exception>
    public void Begin(IReadOnlyList<LogRecord> records)
    {
        _texts.Clear();
        _sizes.Clear();
        if (_bytes.Length > Kept) _bytes = new byte[64 << 10];
        _length = Frame.HeadSize;
        foreach (var record in records)
        {
            var before = _length;
            Write(record);
            _sizes.Add(_length - before);
        }
    }

    /// <summary>The frame, for its place.</summary>
    /// <param name="salt">The segment's salt.</param>
    /// <param name="at">The place.</param>
    /// <returns>Valid until the next frame begins.</returns>
    public ReadOnlySpan<byte> End(ulong salt, long at)
    {
        Frame.Seal(_bytes.AsSpan(0, _length), salt, at);
        var size = (int)Size;
        Room(size - _length).Clear();
        return _bytes.AsSpan(0, size);
    }

    private void Write(LogRecord record)
    {
        switch (record)
        {
            case LogEntry e:
                Number(1);
                Text(e.PersistenceId);
                Number((ulong)e.SequenceNr);
                Number((ulong)e.Timestamp);
                Number((uint)e.SerializerId);
                Text(e.Manifest);
                Text(e.EventManifest);
                Text(e.Writer);
                Number((ulong)e.Payload.Length);
                e.Payload.CopyTo(Room(e.Payload.Length));
                _length += e.Payload.Length;
                break;
            case LogDeletion d:
                Number(2);
                Text(d.PersistenceId);
                Number((ulong)d.To);
                Number((ulong)d.Highest);
                break;
            case LogRetirement r:
                Number(3);
                Number((ulong)r.First);
                break;
            default: throw new ArgumentException($"no record: {record}", nameof(record));
        }
    }

    private void Text(string text)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, text, out var isThere);
        if (isThere)
        {
            Number((ulong)number);
            return;
        }
        number = _texts.Count;
        var size = Encoding.UTF8.GetByteCount(text);
        Number(0);
        Number((ulong)size);
        _length += Encoding.UTF8.GetBytes(text, Room(size));
    }

    private void Number(ulong number)
    {
        var room = Room(10);
        var i = 0;
        for (; number >= 0x80; number >>= 7) room[i++] = (byte)(number | 0x80);
        room[i++] = (byte)number;
        _length += i;
    }

    private Span<byte> Room(int size)
    {
        var needed = checked(_length + size);
        if (needed > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, _bytes.Length * 2L)));
        return _bytes.AsSpan(_length, size);
    }
}

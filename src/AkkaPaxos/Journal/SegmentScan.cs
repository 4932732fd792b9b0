using System.Buffers.Binary;

namespace AkkaPaxos.Journal;

/// <summary>Reads the frames of a segment in order, each with its checks, some of the file at a time.</summary>
internal sealed class SegmentScan(Segment segment)
{
    private const int AtOnce = 1 << 20;

    private byte[] _window = new byte[Math.Min(AtOnce, segment.File.Length)];
    private long _from; // what of the file is in the window
    private int _filled;

    /// <summary>The segment.</summary>
    public Segment Segment { get; } = segment;

    /// <summary>The body of the frame at an offset; its whole size is <see cref="Frame.SizeOf"/>.</summary>
    /// <returns>False: there is none, or not as it was written.</returns>
    public bool TryRead(long at, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (at + Frame.HeadSize > Segment.File.Length) return false;
        if (!Frame.HasHead(Window(at, Frame.HeadSize), Segment.Salt, at, Segment.File.Length, out var length)) return false;
        var frame = Window(at, Frame.HeadSize + length);
        body = frame[Frame.HeadSize..];
        return Frame.HasBody(frame, body, Segment.Salt, at);
    }

    /// <summary>Where behind an offset the next whole frame begins; null: nowhere.</summary>
    public long? NextBehind(long at)
    {
        for (at += Frame.Alignment; at + Frame.HeadSize <= Segment.File.Length; at += Frame.Alignment)
        {
            var window = Window(at, Frame.HeadSize);
            // What was never written is zero.
            if (BinaryPrimitives.ReadUInt64LittleEndian(window) == 0)
            {
                var rest = _window.AsSpan((int)(at - _from), (int)(_from + _filled - at));
                var zeros = rest.IndexOfAnyExcept((byte)0);
                at += (zeros < 0 ? rest.Length : zeros) / Frame.Alignment * Frame.Alignment - Frame.Alignment;
                continue;
            }
            if (Frame.HasHead(window, Segment.Salt, at, Segment.File.Length, out _) && TryRead(at, out _)) return at;
        }
        return null;
    }

    private ReadOnlySpan<byte> Window(long at, int size)
    {
        if (at < _from || at + size > _from + _filled)
        {
            if (size > _window.Length) _window = new byte[size];
            _from = at;
            _filled = (int)Math.Min(_window.Length, Segment.File.Length - at);
            Segment.File.Read(_window.AsSpan(0, _filled), at);
        }
        return _window.AsSpan((int)(at - _from), size);
    }
}

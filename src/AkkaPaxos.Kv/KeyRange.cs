using Google.Protobuf;

namespace AkkaPaxos.Kv;

/// <summary>
/// The keys that a request names by <c>key</c> and <c>range_end</c>, as etcd reads them: no end is the key alone, an end of one zero byte
/// is every key from <c>key</c> on, any other end is exclusive.
/// </summary>
internal readonly struct KeyRange
{
    private readonly ByteString _end;

    public KeyRange(ByteString key, ByteString rangeEnd)
    {
        Start = key;
        _end = rangeEnd;
        IsPoint = rangeEnd.IsEmpty;
        IsOpen = rangeEnd.Length == 1 && rangeEnd[0] == 0;
    }

    /// <summary>The lowest key of the range.</summary>
    public ByteString Start { get; }

    /// <summary>Just the one key.</summary>
    public bool IsPoint { get; }

    /// <summary>No upper bound.</summary>
    public bool IsOpen { get; }

    /// <summary>The lowest key above the range; only where it is neither a point nor open.</summary>
    public ReadOnlySpan<byte> End => _end.Span;

    public bool Contains(ByteString key) => Contains(key.Span);

    public bool Contains(ReadOnlySpan<byte> key)
    {
        var order = key.SequenceCompareTo(Start.Span);
        return IsPoint ? order == 0 : order >= 0 && (IsOpen || key.SequenceCompareTo(End) < 0);
    }

    /// <summary>The end of the range of all keys that start with <paramref name="prefix"/>: the lowest key above them all.</summary>
    public static ByteString PrefixEnd(ReadOnlySpan<byte> prefix)
    {
        var last = prefix.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0) return ByteString.CopyFrom(0);
        var end = prefix[..(last + 1)].ToArray();
        end[last]++;
        return UnsafeByteOperations.UnsafeWrap(end);
    }
}

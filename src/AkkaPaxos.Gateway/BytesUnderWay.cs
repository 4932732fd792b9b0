namespace AkkaPaxos.Gateway;

/// <summary>Bytes of requests and answers that the gateway works on: so that callers, however many, do not cost the node its memory.</summary>
/// <param name="limit">How many may be; a single larger request still goes.</param>
internal sealed class BytesUnderWay(long limit)
{
    private long _bytes;

    /// <summary>Now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Room for a request, until it is disposed of; null where there is none.</summary>
    public Room? Enter(long bytes) => TryAdd(bytes) ? new Room(this, bytes) : null;

    private bool TryAdd(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) is var all && (all <= limit || all == bytes)) return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    /// <summary>What one request takes.</summary>
    public sealed class Room(BytesUnderWay all, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        /// <summary>Adds the answer's bytes; false where there is no room for them beside other requests.</summary>
        public bool Grow(long more)
        {
            if (Interlocked.Add(ref all._bytes, more) is var now && now > all.Limit && now > _bytes + more)
            {
                Interlocked.Add(ref all._bytes, -more);
                return false;
            }
            _bytes += more;
            return true;
        }

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Add(ref all._bytes, -_bytes);
    }

    private long Limit => limit;
}

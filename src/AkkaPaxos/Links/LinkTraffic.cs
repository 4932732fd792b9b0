namespace AkkaPaxos.Links;

/// <summary>What has been sent by direct links, since the process started.</summary>
internal sealed class LinkTraffic
{
    private long _messages;
    private long _bytes;

    /// <summary>Messages.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>Their bytes, without what is around them.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Counts one.</summary>
    public void Sent(int bytes)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _bytes, bytes);
    }
}

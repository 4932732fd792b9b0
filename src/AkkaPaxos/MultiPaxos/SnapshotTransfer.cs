namespace AkkaPaxos.MultiPaxos;

/// <summary>A snapshot on its way from another replica.</summary>
internal sealed class SnapshotTransfer(long slot, long size)
{
    private readonly MemoryStream _bytes = new();

    public long Slot => slot;

    public long Offset => _bytes.Length;

    public bool IsComplete => Offset == size;

    public ReadOnlyMemory<byte> Bytes => _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);

    /// <summary>Adds a part; false where it is not the next one.</summary>
    public bool Add(SnapshotChunk chunk)
    {
        if (chunk.Slot != slot || chunk.Size != size || chunk.Offset != Offset) return false;
        if (chunk.Bytes.IsEmpty || Offset + chunk.Bytes.Length > size) return false;
        _bytes.Write(chunk.Bytes.Span);
        return true;
    }
}

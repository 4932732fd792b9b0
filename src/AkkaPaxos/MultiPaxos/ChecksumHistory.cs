using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>The checksums of the latest slots, to compare with what other replicas report of theirs (invariant R3).</summary>
internal sealed class ChecksumHistory
{
    private const int Kept = 4096;
    private readonly (long Slot, ulong Checksum)[] _latest = new (long, ulong)[Kept];

    public void Add(long slotOut, ulong checksum) => _latest[slotOut % Kept] = (slotOut, checksum);

    /// <exception cref="InvariantViolationException">R3: the other's checksum is not the one this replica had at the same slot.</exception>
    public void Compare(NodeId self, Progress other)
    {
        if (other.SlotOut < 1) return;
        var (slot, checksum) = _latest[other.SlotOut % Kept];
        if (slot == other.SlotOut && checksum != other.Checksum)
            throw new InvariantViolationException(
                "R3", $"at slot {slot} node {self} has checksum {checksum:x16}, node {other.From} has {other.Checksum:x16}: their states differ");
    }
}

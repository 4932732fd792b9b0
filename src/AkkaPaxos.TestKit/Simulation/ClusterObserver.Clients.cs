using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Simulation;

// What replicas execute, and what clients are told.
internal sealed partial class ClusterObserver
{
    private readonly List<(ulong Entry, ulong Checksum)> _log = [];
    private readonly Dictionary<ulong, (long Position, KvResult Result)> _results = []; // by entry
    private long _returned; // the highest position that any client was told of

    /// <summary>A replica executed an entry.</summary>
    public void Applied(string node, long position, ulong entry, ulong checksum, KvResult result)
    {
        if (position <= _log.Count)
        {
            Check("R3", _log[(int)position - 1] == (entry, checksum),
                () => $"{node} executed entry {entry:x} as number {position}, others executed {_log[(int)position - 1].Entry:x}");
            return;
        }
        Check("R5", _results.TryAdd(entry, (position, result)), () => $"{node} executed entry {entry:x} a second time, as number {position}");
        _log.Add((entry, checksum));
    }

    /// <summary>What came of an entry, and as which one it was executed; false where it was not.</summary>
    public bool TryGetResult(ulong entry, out (long Position, KvResult Result) executed) => _results.TryGetValue(entry, out executed);

    /// <summary>A replica took its state from a snapshot.</summary>
    public void Restored(string node, long position, ulong checksum) =>
        Check("R3", position >= 0 && position <= _log.Count && (position == 0 ? 0 : _log[(int)position - 1].Checksum) == checksum,
            () => $"{node} restored a state after {position} entries that never was");

    /// <summary>A client was told that its write stands at a position.</summary>
    /// <param name="client">The client.</param>
    /// <param name="entry">What it wrote.</param>
    /// <param name="position">Where it stands.</param>
    /// <param name="floor"><see cref="Returned"/> when it sent the write first.</param>
    public void Written(string client, ulong entry, long position, long floor)
    {
        Check("linearizability", position >= 1 && position <= _log.Count && _log[(int)position - 1].Entry == entry,
            () => $"{client} was told that entry {entry:x} was executed as number {position}, which it was not");
        Check("linearizability", position > floor,
            () => $"{client}'s entry {entry:x} was executed as number {position}, after somebody had been told of {floor}");
        _returned = Math.Max(_returned, position);
    }

    /// <summary>A client was told how many entries a replica had executed, and their checksum.</summary>
    public void Read(string client, long length, ulong checksum, long floor)
    {
        Check("linearizability", length >= 0 && length <= _log.Count && (length == 0 ? 0 : _log[(int)length - 1].Checksum) == checksum,
            () => $"{client} read a state after {length} entries that never was");
        Check("linearizability", length >= floor,
            () => $"{client} read the state after {length} entries, when somebody had been told of {floor} before");
        _returned = Math.Max(_returned, length);
    }
}

using System.Buffers.Binary;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// The application of seeded simulations: a list to which each operation, a number of 8 bytes, is appended. An operation is answered with its
/// position, a question with the length of the list and its checksum: so that what is lost, repeated or out of order shows.
/// </summary>
internal sealed class AppendLog(string node, ClusterObserver observer) : IStateMachine
{
    private readonly List<ulong> _entries = [];

    public ulong Checksum { get; private set; }

    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
    {
        Append(BinaryPrimitives.ReadUInt64BigEndian(operation.Span));
        return Number(_entries.Count);
    }

    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query)
    {
        var answer = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(answer, _entries.Count);
        BinaryPrimitives.WriteUInt64BigEndian(answer.AsSpan(8), Checksum);
        return answer;
    }

    public Func<byte[]> Snapshot()
    {
        var bytes = new byte[_entries.Count * 8];
        for (var i = 0; i < _entries.Count; i++) BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), _entries[i]);
        return () => bytes;
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        _entries.Clear();
        Checksum = 0;
        for (var i = 0; i < snapshot.Length; i += 8) Append(BinaryPrimitives.ReadUInt64BigEndian(snapshot.Span[i..]));
    }

    public static ReadOnlyMemory<byte> Number(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    private void Append(ulong entry)
    {
        _entries.Add(entry);
        Checksum = unchecked((Checksum ^ entry) * 1099511628211 + 1);
        observer.Applied(node, _entries.Count, entry, Checksum);
    }
}

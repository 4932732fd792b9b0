using System.Buffers.Binary;
using AkkaPaxos.StateMachine;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// The application of seeded simulations: a key-value store that numbers what it executes. An operation is the number of an entry, 8 bytes, from
/// which <see cref="SimulatedCalls"/> makes a call; it is answered with its position among all that were executed and the call's result. A question
/// is a key, answered with the number of executed entries, their checksum and the key's value: so that what is lost, repeated or out of order shows.
/// </summary>
internal sealed class SimulatedStore(string node, ClusterObserver observer) : IStateMachine
{
    private static readonly KvModel Model = new();
    private KvState _values = KvState.Empty;
    private long _executed;

    public ulong Checksum { get; private set; }

    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
    {
        var entry = BinaryPrimitives.ReadUInt64BigEndian(operation.Span);
        (_values, var result) = Model.Step(_values, SimulatedCalls.Of(entry));
        Checksum = unchecked((Checksum ^ entry) * 1099511628211 + 1);
        observer.Applied(node, ++_executed, entry, Checksum, result);
        return Bytes(w =>
        {
            w.Write(_executed);
            Write(w, result);
        });
    }

    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => Bytes(w =>
    {
        w.Write(_executed);
        w.Write(Checksum);
        Write(w, new KvValue(_values[SimulatedCalls.Key(query.Span[0])]));
    });

    public Func<byte[]> Snapshot()
    {
        var (executed, checksum, values) = (_executed, Checksum, _values);
        return () => Bytes(w =>
        {
            w.Write(executed);
            w.Write(checksum);
            foreach (var (key, value) in values.Entries)
            {
                w.Write(key);
                w.Write(value);
            }
        });
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        var reader = Reader(snapshot);
        (_executed, Checksum, _values) = (reader.ReadInt64(), reader.ReadUInt64(), KvState.Empty);
        while (reader.BaseStream.Position < reader.BaseStream.Length) _values = _values.With(reader.ReadString(), reader.ReadString());
        observer.Restored(node, _executed, Checksum);
    }

    /// <summary>Reads what <see cref="Apply"/> answered.</summary>
    public static (long Position, KvResult Result) ReadAnswer(ReadOnlyMemory<byte> answer)
    {
        var reader = Reader(answer);
        return (reader.ReadInt64(), ReadResult(reader));
    }

    /// <summary>Reads what <see cref="Query"/> answered.</summary>
    public static (long Executed, ulong Checksum, KvResult Value) ReadValue(ReadOnlyMemory<byte> answer)
    {
        var reader = Reader(answer);
        return (reader.ReadInt64(), reader.ReadUInt64(), ReadResult(reader));
    }

    private static void Write(BinaryWriter w, KvResult result)
    {
        switch (result)
        {
            case KvValue r:
                w.Write('v');
                w.Write(r.Value is not null);
                w.Write(r.Value ?? "");
                break;
            case KvCompared r:
                w.Write('c');
                w.Write(r.Succeeded);
                break;
            case KvDeleted r:
                w.Write('d');
                w.Write(r.Existed);
                break;
            case KvTransacted r:
                w.Write('t');
                w.Write(r.Succeeded);
                w.Write(r.Results.Count);
                foreach (var one in r.Results) Write(w, one);
                break;
            default:
                w.Write('o');
                break;
        }
    }

    private static KvResult ReadResult(BinaryReader r)
    {
        switch (r.ReadChar())
        {
            case 'v':
                var exists = r.ReadBoolean();
                var value = r.ReadString();
                return new KvValue(exists ? value : null);
            case 'c': return new KvCompared(r.ReadBoolean());
            case 'd': return new KvDeleted(r.ReadBoolean());
            case 't':
                var succeeded = r.ReadBoolean();
                var results = new KvResult[r.ReadInt32()];
                for (var i = 0; i < results.Length; i++) results[i] = ReadResult(r);
                return new KvTransacted(succeeded, results);
            default: return KvDone.Instance;
        }
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        return stream.ToArray();
    }

    private static BinaryReader Reader(ReadOnlyMemory<byte> bytes) => new(new MemoryStream(bytes.ToArray()));
}

/// <summary>What simulated clients ask for: a call for each entry's number, always the same.</summary>
internal static class SimulatedCalls
{
    private const int Keys = 5;
    private const ulong Transaction = 1UL << 63;

    /// <summary>The number of a client's n-th entry.</summary>
    /// <param name="client">The client's number.</param>
    /// <param name="number">n, from 1.</param>
    /// <param name="isTransaction">Whether it is a transaction over two keys.</param>
    public static ulong Entry(int client, long number, bool isTransaction) =>
        ((ulong)client << 48) | (ulong)number | (isTransaction ? Transaction : 0);

    /// <summary>A key's name.</summary>
    public static string Key(int number) => $"k{number % Keys}";

    /// <summary>The call of an entry.</summary>
    public static KvCall Of(ulong entry)
    {
        var chance = new SeededChance(entry, 0);
        var (key, value) = (Key(chance.Next(Keys)), Value(entry));
        if ((entry & Transaction) != 0)
        {
            var other = Key(chance.Next(Keys));
            KvCompare compare = chance.Next(2) == 0 ? new(key, KvComparison.Equal, null) : new(other, KvComparison.Less, value);
            return new KvTransaction([compare], [new KvPut(key, value), new KvAppend(other, value)], [new KvGet(other), new KvDelete(key)]);
        }
        return chance.Next(20) switch
        {
            < 7 => new KvPut(key, value),
            < 14 => new KvAppend(key, value),
            < 16 => new KvCompareAndSet(key, null, value),
            // What the same client may have put there a little earlier.
            < 19 => new KvCompareAndSet(key, Value(entry - (ulong)chance.Next(1, 8)), value),
            _ => new KvDelete(key),
        };
    }

    // Its own, so that a value tells who wrote it.
    private static string Value(ulong entry) => $"{(entry >> 48) & 0x7fff}.{entry & 0xffff_ffff_ffff} ";
}

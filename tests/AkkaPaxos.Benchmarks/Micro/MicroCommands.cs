using AkkaPaxos.Consensus;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>What the benchmarks of parts work on.</summary>
internal static class MicroCommands
{
    private const int Keys = 10_000;
    private static readonly ByteString Content = ByteString.CopyFrom(new byte[256]);
    private static readonly ReadOnlyMemory<byte>[] Puts = [.. Enumerable.Range(0, Keys).Select(i => KvOperations.Encode(new PutRequest { Key = Key(i), Value = Content }))];

    /// <summary>The key of a number.</summary>
    public static ByteString Key(int i) => ByteString.CopyFromUtf8($"bench-{i:00000000}");

    /// <summary>A batch of puts by one client, the first of them with this sequence number.</summary>
    public static Value Batch(int commands, long sequence) =>
        Value.Batch([.. Enumerable.Range(0, commands).Select(i => new Command(1, sequence + i, sequence, Puts[(sequence + i) % Keys]))]);
}

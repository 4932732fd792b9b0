using System.IO.Hashing;
using System.Text.Json;

namespace AkkaPaxos.Gateway;

/// <summary>What stands at the head of a snapshot that is taken out of a cluster, as a line of JSON.</summary>
/// <param name="Format">The form of what follows: 1.</param>
/// <param name="Group">The log's name.</param>
/// <param name="Slot">Every slot below is executed in it.</param>
/// <param name="Bytes">How many bytes of state follow.</param>
/// <param name="Checksum">XXH128 of these, 32 hexadecimal digits.</param>
public sealed record SnapshotHead(int Format, string Group, long Slot, long Bytes, string Checksum);

/// <summary>
/// A cluster's state as bytes to keep: a line of JSON that says what it is, and behind it what a replica's snapshot holds (snapshot.proto). <c>GET /snapshot</c>
/// answers with it, and <c>head -1</c> shows the line of one in a file.
/// </summary>
public static class SnapshotForm
{
    private const int Format = 1;
    private const int MostHeadBytes = 4096;

    /// <summary>The first line, with its end.</summary>
    /// <param name="group">The log's name.</param>
    /// <param name="slot">Every slot below is executed in it.</param>
    /// <param name="state">The state.</param>
    public static byte[] Head(string group, long slot, ReadOnlyMemory<byte> state) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(new SnapshotHead(Format, group, slot, state.Length, Checksum(state)), GatewayJson.Default.SnapshotHead), (byte)'\n'];

    /// <summary>Takes it apart, and compares the state with its checksum.</summary>
    /// <exception cref="FormatException">It is none, not whole, or not as it was written; what is wrong, to be put behind its name.</exception>
    public static (SnapshotHead Head, ReadOnlyMemory<byte> State) Parse(ReadOnlyMemory<byte> bytes)
    {
        var end = bytes.Span[..Math.Min(bytes.Length, MostHeadBytes)].IndexOf((byte)'\n');
        var head = end < 0 ? null : ParseHead(bytes.Span[..end]);
        if (head is null) throw new FormatException("is no snapshot: it does not begin with a line that says so");
        if (head.Format != Format) throw new FormatException($"is a snapshot in form {head.Format}; this program reads form {Format}");
        var state = bytes[(end + 1)..];
        if (state.Length != head.Bytes) throw new FormatException($"is not whole: {head.Bytes} bytes were to follow its first line, and {state.Length} do");
        if (Checksum(state) != head.Checksum) throw new FormatException("is not as it was written: its bytes have another checksum than its first line says");
        return (head, state);
    }

    private static SnapshotHead? ParseHead(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, GatewayJson.Default.SnapshotHead) is { Format: > 0, Group: not null, Checksum: not null } head ? head : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Checksum(ReadOnlyMemory<byte> state) => Convert.ToHexStringLower(XxHash128.Hash(state.Span));
}

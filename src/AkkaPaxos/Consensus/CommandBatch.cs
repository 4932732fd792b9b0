namespace AkkaPaxos.Consensus;

/// <summary>
/// The protobuf encoding of commands one after the other (consensus.proto, Value), which is also that of the messages that carry them. Written and read here
/// byte by byte, as every command passes it several times on each node: generated code would make three objects of each, and copy its operation. A decoded
/// command is a part of the encoding, not a copy.
/// </summary>
internal static class CommandBatch
{
    private const int VarintBits = 7;

    // A field's number and wire type, as it stands before the field: all of one byte.
    private const byte CommandTag = 1 << 3 | Bytes; // of the batch
    private const byte ClientTag = 1 << 3 | Varint; // these of a command
    private const byte SequenceTag = 2 << 3 | Varint;
    private const byte OldestTag = 3 << 3 | Varint;
    private const byte OperationTag = 4 << 3 | Bytes;

    // Wire types.
    private const byte Varint = 0;
    private const byte Fixed64 = 1;
    private const byte Bytes = 2;
    private const byte Fixed32 = 5;

    /// <summary>The encoding of <paramref name="commands"/>, in their order.</summary>
    public static byte[] Encode(IReadOnlyList<Command> commands)
    {
        var size = 0;
        for (var i = 0; i < commands.Count; i++)
        {
            var length = SizeOf(commands[i]);
            size = checked(size + 1 + SizeOf((ulong)length) + length);
        }
        var encoded = new byte[size];
        var rest = encoded.AsSpan();
        for (var i = 0; i < commands.Count; i++) Write(ref rest, commands[i]);
        return encoded;
    }

    private static int SizeOf(Command command) => checked(
        SizeOfNumber(command.Client) + SizeOfNumber(command.Sequence) + SizeOfNumber(command.Oldest)
        + (command.Operation.IsEmpty ? 0 : 1 + SizeOf((ulong)command.Operation.Length) + command.Operation.Length));

    // A field that has its default is left out, as protobuf does.
    private static int SizeOfNumber(long number) => number == 0 ? 0 : 1 + SizeOf((ulong)number);

    private static int SizeOf(ulong number)
    {
        var size = 1;
        while ((number >>= VarintBits) != 0) size++;
        return size;
    }

    private static void Write(ref Span<byte> rest, Command command)
    {
        Write(ref rest, CommandTag, (ulong)SizeOf(command));
        WriteNumber(ref rest, ClientTag, command.Client);
        WriteNumber(ref rest, SequenceTag, command.Sequence);
        WriteNumber(ref rest, OldestTag, command.Oldest);
        if (command.Operation.IsEmpty) return;
        Write(ref rest, OperationTag, (ulong)command.Operation.Length);
        command.Operation.Span.CopyTo(rest);
        rest = rest[command.Operation.Length..];
    }

    private static void WriteNumber(ref Span<byte> rest, byte tag, long number)
    {
        if (number != 0) Write(ref rest, tag, (ulong)number);
    }

    private static void Write(ref Span<byte> rest, byte tag, ulong number)
    {
        rest[0] = tag;
        var at = 1;
        for (; number > 0x7f; number >>= VarintBits) rest[at++] = (byte)(number | 0x80);
        rest[at++] = (byte)number;
        rest = rest[at..];
    }

    /// <summary>The commands that were encoded; fields of later versions are skipped.</summary>
    /// <param name="encoded">What <see cref="Encode"/> made. It must not change: the commands' operations are parts of it.</param>
    /// <exception cref="FormatException">The bytes are no such encoding.</exception>
    public static Command[] Decode(ReadOnlyMemory<byte> encoded)
    {
        var commands = new Command[Count(encoded.Span)];
        var span = encoded.Span;
        var (at, found) = (0, 0);
        while (at < span.Length)
        {
            if (!IsNext(span, ref at, CommandTag)) continue;
            var length = Length(span, ref at);
            commands[found++] = Command(encoded.Slice(at, length));
            at += length;
        }
        return commands;
    }

    private static int Count(ReadOnlySpan<byte> span)
    {
        var (at, count) = (0, 0);
        while (at < span.Length)
        {
            if (!IsNext(span, ref at, CommandTag)) continue;
            count++;
            Skip(span, ref at, CommandTag);
        }
        return count;
    }

    private static Command Command(ReadOnlyMemory<byte> encoded)
    {
        var (client, sequence, oldest, operation) = (0L, 0L, 0L, ReadOnlyMemory<byte>.Empty);
        var span = encoded.Span;
        var at = 0;
        while (at < span.Length)
        {
            switch (Number(span, ref at))
            {
                case ClientTag: client = (long)Number(span, ref at); break;
                case SequenceTag: sequence = (long)Number(span, ref at); break;
                case OldestTag: oldest = (long)Number(span, ref at); break;
                case OperationTag:
                    var length = Length(span, ref at);
                    operation = encoded.Slice(at, length);
                    at += length;
                    break;
                case var tag: Skip(span, ref at, tag); break;
            }
        }
        return new Command(client, sequence, oldest, operation);
    }

    /// <summary>Whether the field that comes is this one; skips it otherwise.</summary>
    private static bool IsNext(ReadOnlySpan<byte> span, ref int at, byte tag)
    {
        var next = Number(span, ref at);
        if (next == tag) return true;
        Skip(span, ref at, next);
        return false;
    }

    private static void Skip(ReadOnlySpan<byte> span, ref int at, ulong tag)
    {
        if (tag >> 3 is 0 or > uint.MaxValue >> 3) throw new FormatException("a field has no number");
        switch ((byte)(tag & 7))
        {
            case Varint: Number(span, ref at); break;
            case Fixed64: at += Within(span, at, sizeof(ulong)); break;
            case Fixed32: at += Within(span, at, sizeof(uint)); break;
            case Bytes:
                var length = Length(span, ref at); // which moves on, too
                at += length;
                break;
            default: throw new FormatException("a field is of a type that no version writes");
        }
    }

    private static int Length(ReadOnlySpan<byte> span, ref int at)
    {
        var length = Number(span, ref at);
        return Within(span, at, length);
    }

    private static int Within(ReadOnlySpan<byte> span, int at, ulong length) =>
        length <= (ulong)(span.Length - at) ? (int)length : throw new FormatException("it ends within a field");

    private static ulong Number(ReadOnlySpan<byte> span, ref int at)
    {
        var number = 0UL;
        for (var shift = 0; shift < 64; shift += VarintBits)
        {
            if (at == span.Length) throw new FormatException("it ends within a number");
            var next = span[at++];
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return number;
        }
        throw new FormatException("a number has more than 64 bits");
    }
}

using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.Tests;

/// <summary>The commands' encoding against the library's, which consensus.proto is compiled for.</summary>
public sealed class CommandBatchTests
{
    private readonly Random _random = new(7);

    [Fact]
    public void It_is_what_the_library_writes_and_it_reads_what_the_library_wrote()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var commands = Commands();
            var encoded = CommandBatch.Encode(commands);
            Assert.Equal(ByLibrary(commands).ToByteArray(), encoded);
            Same(commands, CommandBatch.Decode(encoded));
        }
    }

    [Fact]
    public void Operations_are_parts_of_the_encoding()
    {
        var encoded = CommandBatch.Encode([new Command(1, 2, 3, new byte[] { 4, 5, 6 })]);
        var decoded = Assert.Single(CommandBatch.Decode(encoded));
        encoded[^1] = 9;
        Assert.Equal([4, 5, 9], decoded.Operation.ToArray());
    }

    [Fact]
    public void Fields_of_later_versions_are_skipped()
    {
        // In the batch and in a command, one of each type behind and before what is known; and a number of ours as another type.
        byte[] unknown = [5 << 3 | 0, 0x96, 0x01, 6 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8, 7 << 3 | 2, 2, 8, 9, 8 << 3 | 5, 1, 2, 3, 4, 0x82, 0x01, 1, 7];
        byte[] command = [.. unknown, 1 << 3 | 0, 17, .. unknown, 4 << 3 | 2, 1, 0xff, .. unknown, 2 << 3 | 5, 1, 2, 3, 4];
        byte[] batch = [.. unknown, 1 << 3 | 2, (byte)command.Length, .. command, .. unknown];
        Same([new Command(17, 0, 0, new byte[] { 0xff })], CommandBatch.Decode(batch));
        Assert.Equal(17, Assert.Single(Proto(batch).Commands).Client);
    }

    [Fact]
    public void What_it_reads_of_changed_bytes_the_library_reads_too()
    {
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = CommandBatch.Encode(Commands());
            if (bytes.Length == 0) continue;
            for (var changes = _random.Next(1, 4); changes > 0; changes--) bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
            if (_random.Next(4) == 0) bytes = bytes[.._random.Next(bytes.Length)];
            Command[] commands;
            try
            {
                commands = CommandBatch.Decode(bytes);
            }
            catch (FormatException)
            {
                continue; // it may be stricter: a group, which is of another age, is refused
            }
            Same([.. Proto(bytes).Commands.Select(c => new Command(c.Client, c.Sequence, c.Oldest, c.Operation.Memory))], commands);
            read++;
        }
        Assert.InRange(read, 1_000, 19_000);
    }

    [Theory]
    [InlineData(new byte[] { 0x0a })]
    [InlineData(new byte[] { 0x0a, 2, 8 })]
    [InlineData(new byte[] { 0x0a, 1, 8 })]
    [InlineData(new byte[] { 0x0a, 2, 0x22, 1 })]
    [InlineData(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 })]
    [InlineData(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0x0b })]
    [InlineData(new byte[] { 0x0f })]
    [InlineData(new byte[] { 0x0d, 1, 2, 3 })]
    public void What_is_no_batch_is_refused(byte[] bytes)
    {
        Assert.Throws<FormatException>(() => CommandBatch.Decode(bytes));
        Assert.Throws<FormatException>(() => Value.Decode(bytes).Commands);
    }

    private Command[] Commands() => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => new Command(Number(), Number(), Number(), Operation()))];

    private long Number() => _random.Next(5) switch
    {
        0 => 0,
        1 => _random.Next(300),
        2 => _random.NextInt64(),
        3 => -_random.NextInt64(),
        _ => _random.Next(),
    };

    private byte[] Operation()
    {
        var bytes = new byte[_random.Next(3) switch { 0 => 0, 1 => _random.Next(10), _ => _random.Next(400) }];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static Consensus.Proto.Value ByLibrary(Command[] commands) => new()
    {
        Commands =
        {
            commands.Select(c => new Consensus.Proto.Command
            {
                Client = c.Client, Sequence = c.Sequence, Oldest = c.Oldest, Operation = ByteString.CopyFrom(c.Operation.Span),
            }),
        },
    };

    private static Consensus.Proto.Batch Proto(byte[] bytes) => Consensus.Proto.Batch.Parser.ParseFrom(bytes);

    private static void Same(Command[] expected, Command[] actual)
    {
        Assert.Equal(expected.Select(c => (c.Id, c.Oldest)), actual.Select(c => (c.Id, c.Oldest)));
        foreach (var (one, other) in expected.Zip(actual)) Assert.Equal(one.Operation.ToArray(), other.Operation.ToArray());
    }
}

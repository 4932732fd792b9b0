using Google.Protobuf;

namespace AkkaPaxos.Consensus;

/// <summary>
/// What a slot decides: a batch of commands, or a no-op that fills a gap. Immutable. It carries its encoding, made once where the value
/// was proposed, so that messages and journals copy bytes and never serialize a batch again.
/// </summary>
public sealed class Value : IEquatable<Value>
{
    // The commands of a larger value are not kept beside its encoding, which holds the same bytes once more: they are decoded when they are asked for.
    private const int KeptDecoded = 64 << 10;

    private IReadOnlyList<Command>? _commands;

    private Value(ReadOnlyMemory<byte> encoded, IReadOnlyList<Command>? commands) =>
        (Encoded, _commands) = (encoded, encoded.Length > KeptDecoded ? null : commands);

    /// <summary>The value of a slot in which nothing happens.</summary>
    public static Value NoOp { get; } = new(ReadOnlyMemory<byte>.Empty, []);

    /// <summary>The value's protobuf encoding (consensus.proto, Value); empty for the no-op.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Whether this is the no-op.</summary>
    public bool IsNoOp => Encoded.IsEmpty;

    /// <summary>The commands in the order in which they execute; decoded at first use, of a large value at each. None for the no-op.</summary>
    /// <exception cref="FormatException">The encoding this value was made from is not one.</exception>
    public IReadOnlyList<Command> Commands => _commands ?? (Encoded.Length > KeptDecoded ? Parse(Encoded) : _commands = Parse(Encoded));

    /// <summary>A value that executes <paramref name="commands"/> in their order.</summary>
    /// <exception cref="ArgumentException">There is no command: that would be a no-op.</exception>
    public static Value Batch(IReadOnlyList<Command> commands)
    {
        if (commands.Count == 0) throw new ArgumentException("a batch has at least one command", nameof(commands));
        var proto = new Proto.Value();
        foreach (var c in commands)
            proto.Commands.Add(new Proto.Command
            {
                Client = c.Client, Sequence = c.Sequence, Oldest = c.Oldest, Operation = UnsafeByteOperations.UnsafeWrap(c.Operation),
            });
        return new Value(proto.ToByteArray(), commands);
    }

    /// <summary>The value whose <see cref="Encoded"/> these bytes are. They are not copied and not looked into before <see cref="Commands"/> is asked for.</summary>
    public static Value Decode(ReadOnlyMemory<byte> encoded) => encoded.IsEmpty ? NoOp : new Value(encoded, null);

    /// <summary>Two values are equal when their encodings are.</summary>
    public bool Equals(Value? other) => other is not null && (ReferenceEquals(this, other) || Encoded.Span.SequenceEqual(other.Encoded.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Encoded.Length;

    /// <summary><c>no-op</c>, or the identities of the first commands and how many more there are.</summary>
    public override string ToString() =>
        IsNoOp ? "no-op"
        : Commands.Count <= 3 ? string.Join(' ', Commands.Select(c => c.Id))
        : $"{Commands[0].Id} {Commands[1].Id} +{Commands.Count - 2}";

    private static Command[] Parse(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            return [.. Proto.Value.Parser.ParseFrom(encoded.Span).Commands.Select(c => new Command(c.Client, c.Sequence, c.Oldest, c.Operation.Memory))];
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"the value of a slot ({encoded.Length} bytes) is not an encoded batch: {e.Message}", e);
        }
    }
}

/// <summary>⟨b, s, c⟩ in PMMC 2.2: a value that is proposed or accepted for a slot under a ballot.</summary>
/// <param name="Ballot">The ballot under which it is proposed.</param>
/// <param name="Slot">The position in the log, from 1.</param>
/// <param name="Value">What the slot is to decide.</param>
public sealed record PValue(Ballot Ballot, long Slot, Value Value);

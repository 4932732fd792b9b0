namespace AkkaPaxos.Consensus;

/// <summary>
/// What a slot decides: a batch of commands, or a no-op that fills a gap. Immutable. It carries its encoding, made once where the value
/// was proposed, so that messages and journals copy bytes and never serialize a batch again.
/// </summary>
public sealed class Value : IEquatable<Value>
{
    private Value(ReadOnlyMemory<byte> encoded) => Encoded = encoded;

    /// <summary>The value of a slot in which nothing happens.</summary>
    public static Value NoOp { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The value's protobuf encoding (consensus.proto, Value); empty for the no-op.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Whether this is the no-op.</summary>
    public bool IsNoOp => Encoded.IsEmpty;

    /// <summary>
    /// The commands in the order in which they execute; none for the no-op. Decoded at each use: they are parts of the encoding, and acceptors keep values for
    /// long that nobody looks into again.
    /// </summary>
    /// <exception cref="FormatException">The encoding this value was made from is not one.</exception>
    public IReadOnlyList<Command> Commands
    {
        get
        {
            try
            {
                return CommandBatch.Decode(Encoded);
            }
            catch (FormatException e)
            {
                throw new FormatException($"the value of a slot ({Encoded.Length} bytes) is not an encoded batch: {e.Message}", e);
            }
        }
    }

    /// <summary>A value that executes <paramref name="commands"/> in their order.</summary>
    /// <exception cref="ArgumentException">There is no command: that would be a no-op.</exception>
    public static Value Batch(IReadOnlyList<Command> commands) => commands.Count > 0
        ? new Value(CommandBatch.Encode(commands))
        : throw new ArgumentException("a batch has at least one command", nameof(commands));

    /// <summary>The value whose <see cref="Encoded"/> these bytes are. They are not copied and not looked into before <see cref="Commands"/> is asked for.</summary>
    public static Value Decode(ReadOnlyMemory<byte> encoded) => encoded.IsEmpty ? NoOp : new Value(encoded);

    /// <summary>Two values are equal when their encodings are.</summary>
    public bool Equals(Value? other) => other is not null && (ReferenceEquals(this, other) || Encoded.Span.SequenceEqual(other.Encoded.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Encoded.Length;

    /// <summary><c>no-op</c>, or the identities of the first commands and how many more there are.</summary>
    public override string ToString()
    {
        var commands = Commands;
        return IsNoOp ? "no-op"
            : commands.Count <= 3 ? string.Join(' ', commands.Select(c => c.Id))
            : $"{commands[0].Id} {commands[1].Id} +{commands.Count - 2}";
    }
}

/// <summary>⟨b, s, c⟩ in PMMC 2.2: a value that is proposed or accepted for a slot under a ballot.</summary>
/// <param name="Ballot">The ballot under which it is proposed.</param>
/// <param name="Slot">The position in the log, from 1.</param>
/// <param name="Value">What the slot is to decide.</param>
public sealed record PValue(Ballot Ballot, long Slot, Value Value);

using Google.Protobuf;

namespace AkkaPaxos.Consensus;

/// <summary>
/// What a slot decides: a batch of commands, a configuration, or a no-op that fills a gap. Immutable. It carries its encoding, made once where the value
/// was proposed, so that messages and journals copy bytes and never serialize a batch again.
/// </summary>
public sealed class Value : IEquatable<Value>
{
    private const byte ConfigurationTag = 2 << 3 | 2; // protobuf: field 2, of bytes

    private Value(ReadOnlyMemory<byte> encoded) => Encoded = encoded;

    /// <summary>The value of a slot in which nothing happens.</summary>
    public static Value NoOp { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The value's protobuf encoding (consensus.proto, Value); empty for the no-op.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Whether this is the no-op.</summary>
    public bool IsNoOp => Encoded.IsEmpty;

    /// <summary>
    /// The commands in the order in which they execute; none for a no-op or a configuration. Decoded at each use: they are parts of the encoding, and acceptors keep values for
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

    /// <summary>A value that changes the members.</summary>
    public static Value Reconfiguration(Configuration configuration) =>
        new(new Proto.Value { Configuration = configuration.ToProto() }.ToByteArray());

    /// <summary>Whether it changes the members.</summary>
    public bool IsReconfiguration => !Encoded.IsEmpty && Encoded.Span[0] == ConfigurationTag;

    /// <summary>The configuration that it brings; null where it brings none. Decoded at each use.</summary>
    /// <exception cref="FormatException">The encoding this value was made from is not one.</exception>
    public Configuration? Configuration
    {
        get
        {
            if (!IsReconfiguration) return null;
            try
            {
                return Consensus.Configuration.FromProto(Proto.Value.Parser.ParseFrom(Encoded.Span).Configuration);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new FormatException($"the value of a slot ({Encoded.Length} bytes) is not an encoded configuration: {e.Message}", e);
            }
        }
    }

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
        if (Configuration is { } configuration) return configuration.ToString();
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

using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.Wire;

/// <summary>What is written of something: a protobuf message, or the bytes of one.</summary>
internal readonly struct WireForm
{
    private readonly IMessage? _message;
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>A message.</summary>
    public WireForm(IMessage message) => (_message, Size) = (message, message.CalculateSize());

    /// <summary>A message that is encoded already.</summary>
    public WireForm(ReadOnlyMemory<byte> bytes) => (_bytes, Size) = (bytes, bytes.Length);

    /// <summary>How many bytes it takes.</summary>
    public int Size { get; }

    /// <summary>Writes it.</summary>
    /// <param name="to"><see cref="Size"/> bytes.</param>
    public void WriteTo(Span<byte> to)
    {
        if (_message is null) _bytes.Span.CopyTo(to);
        else _message.WriteTo(to);
    }
}

/// <summary>How one type is written and read under one manifest: as a protobuf message.</summary>
internal record Codec(Type Type, string Manifest, Func<object, WireForm> ToForm, Func<ReadOnlySpan<byte>, object> Parse)
{
    /// <summary>The codec of a message that is commands, and nothing else.</summary>
    public static Codec OfCommands<T>(string manifest, Func<T, IReadOnlyList<Command>> write, Func<IReadOnlyList<Command>, T> read)
        where T : class =>
        new(typeof(T), manifest, message => new WireForm(CommandBatch.Encode(write((T)message))), bytes => read(CommandBatch.Decode(bytes.ToArray())));

    /// <summary>The codec of <typeparamref name="T"/>, whose wire format is the protobuf message <typeparamref name="TProto"/>.</summary>
    public static Codec Of<T, TProto>(string manifest, Func<T, TProto> write, Func<TProto, T> read)
        where T : class
        where TProto : class, IMessage<TProto>, new() => OfEither<T, TProto>(manifest, write, read);

    /// <summary>The same, where what is read may be of another type with the same manifest.</summary>
    public static Codec OfEither<T, TProto>(string manifest, Func<T, TProto> write, Func<TProto, object> read)
        where T : class
        where TProto : class, IMessage<TProto>, new()
    {
        var parser = new MessageParser<TProto>(() => new TProto());
        return new Codec(typeof(T), manifest, message => new WireForm(write((T)message)), bytes => read(parser.ParseFrom(bytes)));
    }

    /// <summary>The bytes of <paramref name="o"/>.</summary>
    public virtual byte[] Write(object o)
    {
        var form = ToForm(o);
        var bytes = new byte[form.Size];
        form.WriteTo(bytes);
        return bytes;
    }

    /// <summary>What <paramref name="bytes"/> were written from.</summary>
    public virtual object Read(ReadOnlySpan<byte> bytes) => Parse(bytes);
}

/// <summary>The protobuf forms of the value types, and back.</summary>
internal static class ProtoForms
{
    public static Proto.Ballot ToProto(this Ballot b) => new() { Round = b.Round, Leader = b.Leader.Value };

    public static Ballot ToBallot(this Proto.Ballot? b) => b is null ? Ballot.Bottom : new Ballot(b.Round, new NodeId(b.Leader));

    public static Proto.PValue ToProto(this PValue p) => new() { Ballot = p.Ballot.ToProto(), Slot = p.Slot, Value = p.Value.ToProto() };

    public static PValue ToPValue(this Proto.PValue? p) =>
        p is null ? throw new FormatException("a pvalue is missing") : new PValue(p.Ballot.ToBallot(), p.Slot, p.Value.ToValue());

    /// <summary>A value is wrapped, not copied: its bytes are never changed.</summary>
    public static ByteString ToProto(this Value v) => v.Encoded.ToProto();

    public static Value ToValue(this ByteString bytes) => Value.Decode(bytes.Memory);

    public static ByteString ToProto(this ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}

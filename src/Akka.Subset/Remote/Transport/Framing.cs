using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Akka.Remote.Transport;

/// <summary>What a frame's body is (Frames.proto).</summary>
internal enum FrameKind : byte
{
    Associate = 1,
    Accepted = 2,
    Refused = 3,
    Envelope = 4,
    Acknowledged = 5,
    KeepAlive = 6,
    Disassociate = 7,
}

/// <summary>The peer broke the protocol: its connection is closed and the reason logged.</summary>
internal sealed class FramingException(string message) : Exception(message);

/// <summary>Frames in and out of pipes (the format stands in Frames.proto).</summary>
internal static class Framing
{
    /// <summary>The first frame is small; until it has come, nothing larger is buffered.</summary>
    public const int MaxHandshakeFrame = 4096;

    private const int LengthBytes = 4;
    private const int HeaderBytes = LengthBytes + 1;

    /// <summary>Cuts the next frame off the buffer; false: more bytes are needed.</summary>
    /// <exception cref="FramingException">The length cannot be right. It is checked before anything is allocated or awaited for it.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out FrameKind kind, out ReadOnlySequence<byte> body)
    {
        kind = default;
        body = default;
        if (buffer.Length < LengthBytes) return false;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        buffer.Slice(0, LengthBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length < 1 || length > maxLength)
            throw new FramingException($"a frame of {length} bytes was announced, allowed are 1 to {maxLength}");
        if (buffer.Length < LengthBytes + length) return false;
        var frame = buffer.Slice(LengthBytes, length);
        kind = (FrameKind)frame.FirstSpan[0];
        if (kind is < FrameKind.Associate or > FrameKind.Disassociate)
            throw new FramingException($"a frame of unknown kind {(byte)kind} came");
        body = frame.Slice(1);
        buffer = buffer.Slice(LengthBytes + length);
        return true;
    }

    public static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> body) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FramingException($"a frame does not parse as {typeof(T).Name}: {e.Message}");
        }
    }

    /// <summary>The bytes that a body of this size becomes, without the length prefix.</summary>
    public static int FrameLength(int bodySize) => bodySize + 1;

    /// <summary>Puts a frame into the pipe; the caller flushes.</summary>
    public static int Write(PipeWriter output, FrameKind kind, IMessage? body, int bodySize)
    {
        var header = output.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, FrameLength(bodySize));
        header[LengthBytes] = (byte)kind;
        output.Advance(HeaderBytes);
        if (bodySize > 0) body!.WriteTo(output);
        return HeaderBytes + bodySize;
    }

    public static int Write(PipeWriter output, FrameKind kind, IMessage? body = null) => Write(output, kind, body, body?.CalculateSize() ?? 0);
}

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using AkkaPaxos.Wire;
using Google.Protobuf;

namespace AkkaPaxos.Links;

/// <summary>Bytes on a direct link that are not what they have to be: the connection is to be closed.</summary>
/// <param name="message">What is wrong, in one line.</param>
internal sealed class LinkProtocolException(string message) : Exception(message);

/// <summary>
/// What travels on a direct link. Each side begins with the preface and a frame with its half of the introduction (links.proto); then come frames, in both
/// directions. Numbers are little-endian.
/// <code>
///   frame:   length of the body (4 bytes) | body      an empty body says only that the sender is there
///   message: length (1) manifest | length (2) receiver | length (2) sender | the message, as its manifest says
/// </code>
/// A receiver or sender that begins with a slash is a path in the actor system at that end; another one is a whole path. An empty sender is nobody.
/// </summary>
internal static class LinkFrame
{
    /// <summary>Bytes in front of a body.</summary>
    public const int LengthBytes = 4;

    /// <summary>The introduction's largest body.</summary>
    public const int MaxIntroduction = 4096;

    /// <summary>What a connection begins with: a name, and the version of what follows.</summary>
    public static ReadOnlySpan<byte> Preface => "AKPXLNK\u0001"u8;

    /// <summary>Bytes that a message takes with what is around it.</summary>
    /// <param name="size">Bytes of the message.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="target">The receiver.</param>
    /// <param name="sender">The sender; empty for nobody.</param>
    public static int SizeOf(int size, string manifest, string target, string sender) =>
        LengthBytes + 1 + Encoding.UTF8.GetByteCount(manifest) + 2 + Encoding.UTF8.GetByteCount(target) + 2 + Encoding.UTF8.GetByteCount(sender) + size;

    /// <summary>Appends a message.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="frame">What <see cref="SizeOf"/> says of it.</param>
    /// <param name="form">The message.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="target">The receiver.</param>
    /// <param name="sender">The sender; empty for nobody.</param>
    public static void Write(IBufferWriter<byte> to, int frame, WireForm form, string manifest, string target, string sender)
    {
        var span = to.GetSpan(frame)[..frame];
        BinaryPrimitives.WriteInt32LittleEndian(span, frame - LengthBytes);
        var rest = span[LengthBytes..];
        var length = Encoding.UTF8.GetBytes(manifest, rest[1..]);
        rest[0] = checked((byte)length);
        rest = rest[(1 + length)..];
        WriteText(ref rest, target);
        WriteText(ref rest, sender);
        form.WriteTo(rest);
        to.Advance(frame);
    }

    /// <summary>Appends an introduction.</summary>
    public static void Introduce(IBufferWriter<byte> to, IMessage form)
    {
        to.Write(Preface);
        var size = form.CalculateSize();
        var span = to.GetSpan(LengthBytes + size)[..(LengthBytes + size)];
        BinaryPrimitives.WriteInt32LittleEndian(span, size);
        form.WriteTo(span[LengthBytes..]);
        to.Advance(span.Length);
    }

    /// <summary>Takes the preface off what came; false while it is not all there.</summary>
    /// <exception cref="LinkProtocolException">It is another one: no link of ours, or of another version.</exception>
    public static bool TryTakePreface(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> came = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(came.Length, buffer.Length);
        buffer.Slice(0, length).CopyTo(came);
        if (!came[..length].SequenceEqual(Preface[..length]))
            throw new LinkProtocolException(length == Preface.Length && came[..^1].SequenceEqual(Preface[..^1])
                ? $"it speaks version {came[^1]} of the links' protocol, and this node version {Preface[^1]}"
                : "it is no link of AkkaPaxos");
        if (length < Preface.Length) return false;
        buffer = buffer.Slice(length);
        return true;
    }

    /// <summary>Takes a whole frame off what came; false while there is none.</summary>
    /// <param name="buffer">What came.</param>
    /// <param name="max">The largest body.</param>
    /// <param name="body">The frame's.</param>
    /// <exception cref="LinkProtocolException">It is larger.</exception>
    public static bool TryTake(ref ReadOnlySequence<byte> buffer, int max, out ReadOnlySequence<byte> body)
    {
        body = default;
        if (buffer.Length < LengthBytes) return false;
        Span<byte> number = stackalloc byte[LengthBytes];
        buffer.Slice(0, LengthBytes).CopyTo(number);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(number);
        if (length > max) throw new LinkProtocolException($"a frame of {length} bytes, and the limit is {max}");
        if (buffer.Length - LengthBytes < length) return false;
        body = buffer.Slice(LengthBytes, length);
        buffer = buffer.Slice(body.End);
        return true;
    }

    /// <summary>The parts of a message's body.</summary>
    /// <exception cref="LinkProtocolException">It ends too soon.</exception>
    public static void Split(
        ReadOnlySpan<byte> body, out ReadOnlySpan<byte> manifest, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> sender, out ReadOnlySpan<byte> message)
    {
        var rest = body;
        manifest = Take(ref rest, Take(ref rest, 1)[0]);
        target = Take(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, 2)));
        sender = Take(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, 2)));
        message = rest;
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, int length)
    {
        if (rest.Length < length) throw new LinkProtocolException("a message ends too soon");
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static void WriteText(ref Span<byte> rest, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, rest[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(rest, checked((ushort)length));
        rest = rest[(2 + length)..];
    }
}

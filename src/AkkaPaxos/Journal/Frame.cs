using System.Buffers.Binary;
using System.IO.Hashing;

namespace AkkaPaxos.Journal;

/// <summary>
/// How records stand in a segment. A frame is what was written at once and synced at once: it is there as a whole or not at all, so what must not be torn
/// apart goes into one.
/// </summary>
/// <remarks>
/// <code>
/// frame  = length of the body (4) | check of the length (4) | checksum of the body (8) | body | zeros up to a multiple of 8
/// body   = record*
/// record = 1 id number time serializer manifest event-manifest writer length payload    an event
///        | 2 id to highest                                                              a deletion
///        | 3 first                                                                      earlier segments are gone
/// text   = 0 length UTF-8    one that is new in this frame
///        | n                 the n-th of this frame
/// </code>
/// Numbers of the head are little-endian, those of records are varints, seven bits a byte.
/// <para>
/// Both checks begin with the segment's salt and the frame's offset. So a frame is one only in its segment and at its place: neither one that was left by
/// an earlier use of the file, nor bytes that a client sent to look like one. XXH3 with 64 bits: where the log ends, every eighth offset is asked whether a
/// frame begins there, millions of times, which is too often for 32 bits; and it goes as fast as memory. What a CRC could do better, to find
/// all errors of a few bits for certain, the records of AkkaPaxos do with their own.
/// </para>
/// </remarks>
internal static class Frame
{
    /// <summary>The size of a frame's head.</summary>
    public const int HeadSize = 16;

    /// <summary>Frames begin at multiples of this.</summary>
    public const int Alignment = 8;

    /// <summary>The whole size of a frame.</summary>
    /// <param name="body">The size of its body.</param>
    public static long SizeOf(long body) => (HeadSize + body + Alignment - 1) / Alignment * Alignment;

    /// <summary>Writes a frame's head in front of its body.</summary>
    /// <param name="frame">Room for the head, then the body.</param>
    /// <param name="salt">The segment's.</param>
    /// <param name="at">Where it will stand.</param>
    public static void Seal(Span<byte> frame, ulong salt, long at)
    {
        var length = frame.Length - HeadSize;
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], CheckOf(length, salt, at));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], ChecksumOf(frame[HeadSize..], salt, at));
    }

    /// <summary>Whether this is a frame's head, and how long its body is.</summary>
    /// <param name="head">The first bytes.</param>
    /// <param name="salt">The segment's.</param>
    /// <param name="at">Where they stand.</param>
    /// <param name="end">Where the file ends.</param>
    /// <param name="length">The size of the body.</param>
    public static bool HasHead(ReadOnlySpan<byte> head, ulong salt, long at, long end, out int length)
    {
        length = BinaryPrimitives.ReadInt32LittleEndian(head);
        return length > 0 && at + HeadSize + length <= end && BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) == CheckOf(length, salt, at);
    }

    /// <summary>Whether this is the body of the frame with that head.</summary>
    public static bool HasBody(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, ulong salt, long at) =>
        BinaryPrimitives.ReadUInt64LittleEndian(head[8..]) == ChecksumOf(body, salt, at);

    private static uint CheckOf(int length, ulong salt, long at)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, at);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], length);
        return (uint)XxHash3.HashToUInt64(bytes, (long)salt);
    }

    private static ulong ChecksumOf(ReadOnlySpan<byte> body, ulong salt, long at) => XxHash3.HashToUInt64(body, unchecked((long)salt + at));
}

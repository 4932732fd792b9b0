using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace AkkaPaxos.Journal;

/// <summary>
/// A segment: a file of a size that stays, numbered from 1, with a head, a mark and frames.
/// </summary>
/// <remarks>
/// <code>
///    0  "AkkaPxLg" | version (4) | 0 (4) | number (8) | salt (8) | size (8) | first segment (8) | where the one before ends (8) | checksum (8)
/// 4096  end (8) | whether it is closed (8) | checksum (8)
/// 8192  frames, and behind them whatever was there
/// </code>
/// The head is on disk before the file has its name, and stays. It says where the segment before ends: what was written there behind that, in a write that
/// failed, was never acknowledged and does not count.
/// <para>
/// The mark is written when there is time, and synced with something else: up to <c>end</c> all was synced. Frames alone cannot tell one that was torn when
/// the power failed, and that nobody was told of, from one that the disk has changed or lost since; where the frames end before the mark does, it is the
/// latter. One that is not whole says nothing. Closed says that there is a next segment. The mark has a page of its own, so that to write it risks nothing else.
/// </para>
/// </remarks>
internal sealed class Segment : IDisposable
{
    /// <summary>Where frames begin.</summary>
    public const long FramesAt = 8192;

    private const long MarkAt = 4096;
    private const int HeadSize = 64;
    private const int MarkSize = 24;
    private const int Version = 1;
    private const string Ending = ".log";

    private static ReadOnlySpan<byte> Magic => "AkkaPxLg"u8;

    /// <summary>A segment of a file that has its head.</summary>
    private Segment(string path, ILogFile file, long number, ulong salt, long first, long previousEnd) =>
        (Path, File, Number, Salt, First, PreviousEnd, End) = (path, file, number, salt, first, previousEnd, FramesAt);

    /// <summary>Where it is, for messages.</summary>
    public string Path { get; }

    /// <summary>The file.</summary>
    public ILogFile File { get; }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>A random number of this use of the file, which all checksums in it begin with.</summary>
    public ulong Salt { get; }

    /// <summary>The first segment that the log had when this one was made.</summary>
    public long First { get; }

    /// <summary>Where the frames of the segment before end; 0: there was none.</summary>
    public long PreviousEnd { get; }

    /// <summary>Where its frames end.</summary>
    public long End { get; set; }

    /// <summary>Bytes of its records that are needed.</summary>
    public long LiveBytes { get; set; }

    /// <summary>A segment's file name.</summary>
    public static string NameOf(long number) => number.ToString("D16", CultureInfo.InvariantCulture) + Ending;

    /// <summary>The number of the segment with that file name; null where it is none.</summary>
    public static long? NumberOf(string name) =>
        name.EndsWith(Ending, StringComparison.Ordinal) && long.TryParse(name.AsSpan(0, name.Length - Ending.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && name == NameOf(number) ? number : null;

    /// <summary>Writes the head and an empty mark into a file and puts them on disk; what else is in it does not count any more.</summary>
    public static Segment Write(string path, ILogFile file, long number, ulong salt, long first, long previousEnd)
    {
        var page = new byte[FramesAt];
        Magic.CopyTo(page);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(16), number);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(24), salt);
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(32), file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(40), first);
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(48), previousEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(56), XxHash3.HashToUInt64(page.AsSpan(0, 56)));
        file.Write(page, 0);
        file.Sync();
        return new Segment(path, file, number, salt, first, previousEnd);
    }

    /// <summary>Reads the head of a file that has a segment's name.</summary>
    /// <exception cref="LogCorruptException">It is not such a segment, or not all of it.</exception>
    public static Segment Read(string path, ILogFile file, long number)
    {
        var head = new byte[HeadSize];
        if (file.Length < FramesAt) throw new LogCorruptException(path, file.Length, "it ends there");
        file.Read(head, 0);
        if (!head.AsSpan(0, 8).SequenceEqual(Magic) || BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(56)) != XxHash3.HashToUInt64(head.AsSpan(0, 56)))
            throw new LogCorruptException(path, 0, "its head does not have the checksum it was written with");
        if (BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)) is var version and not Version)
            throw new LogCorruptException(path, 8, $"its format is version {version}, which this program does not know: was it written by a newer one?");
        if (BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(16)) is var found && found != number)
            throw new LogCorruptException(path, 16, $"it is segment {found}");
        var size = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(32));
        if (file.Length != size) throw new LogCorruptException(path, Math.Min(file.Length, size), $"it has {file.Length} bytes of {size}");
        return new Segment(path, file, number, BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(24)),
            BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(40)), BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(48)));
    }

    /// <summary>Notes that all of it up to <see cref="End"/> was synced; without a sync of its own.</summary>
    /// <param name="isClosed">Whether there is a next segment.</param>
    public void WriteMark(bool isClosed)
    {
        Span<byte> mark = stackalloc byte[MarkSize];
        BinaryPrimitives.WriteInt64LittleEndian(mark, End);
        BinaryPrimitives.WriteInt64LittleEndian(mark[8..], isClosed ? 1 : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(mark[16..], XxHash3.HashToUInt64(mark[..16], (long)Salt));
        File.Write(mark, MarkAt);
    }

    /// <summary>Up to where all was synced, as far as was noted, and whether there was a next segment.</summary>
    public (long End, bool IsClosed) ReadMark()
    {
        Span<byte> mark = stackalloc byte[MarkSize];
        File.Read(mark, MarkAt);
        return BinaryPrimitives.ReadUInt64LittleEndian(mark[16..]) == XxHash3.HashToUInt64(mark[..16], (long)Salt)
            ? (BinaryPrimitives.ReadInt64LittleEndian(mark), mark[8] == 1)
            : (FramesAt, false);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}

using System.Security.Cryptography;

namespace AkkaPaxos.Journal;

/// <summary>How a log is kept.</summary>
/// <param name="SegmentBytes">The size of a segment; one that holds a larger write is as large as that, and one on a disk without that much room smaller.</param>
/// <param name="NewSalt">A random number, for a segment's checksums.</param>
internal sealed record LogSettings(long SegmentBytes, Func<ulong> NewSalt)
{
    /// <summary>The smallest segment that makes sense.</summary>
    public const long MinSegmentBytes = 64 << 10;

    /// <summary>Segments of a size, and numbers that nobody can guess.</summary>
    public static LogSettings Of(long segmentBytes) => new(segmentBytes, () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
}

/// <summary>
/// The log of a node ("Paxos Made Live", 5): segments one after the other, written at the end only. What <see cref="Commit"/> returns from is on disk. For one
/// thread at a time; the threads of a node go through <see cref="LogWriter"/>.
/// </summary>
/// <remarks>
/// A write or a sync that failed leaves it open what of it is on disk, and a second sync would say nothing about it: the system may have marked its pages as
/// written. So that place is never used again. The next commit begins a new segment, whose head says where in the old one the log ends; until then
/// nothing can be read either (<see cref="IsUncertain"/>), as a process that came after this one might find there what this one does not show. A segment
/// that cannot be made, on a full disk, is nothing of that kind: nothing was written yet, all can be read, and each commit tries again.
/// <para>
/// Opening: SegmentedLog.Opening.cs; what is not needed any more: SegmentedLog.Upkeep.cs.
/// </para>
/// </remarks>
internal sealed partial class SegmentedLog : IDisposable
{
    private const string Spare = "spare";
    private const string NewSpare = "spare.new";

    private readonly ILogFolder _folder;
    private readonly LogSettings _settings;
    private readonly FrameWriter _frame = new();
    private readonly TextPool _pool = new();
    private readonly List<Segment> _segments = []; // oldest first; the last one is written
    private ILogFile? _spare;
    private bool _mustRoll; // the last segment is closed, whether or not there is a next one yet
    private long _marked;

    private SegmentedLog(ILogFolder folder, LogSettings settings) => (_folder, _settings) = (folder, settings);

    /// <summary>What the log holds.</summary>
    public LogIndex Index { get; } = new();

    /// <summary>A write failed, and there is no new segment yet that says it does not count.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>Whether a file waits to become the next segment.</summary>
    public bool HasSpare => _spare is not null;

    /// <summary>Whether there is something that <see cref="Mark"/> would note.</summary>
    public bool IsUnmarked => !_mustRoll && _marked != Last.End;

    /// <summary>Called before a new segment is begun: the last moment to <see cref="Accept"/> a spare.</summary>
    public Action? BeforeRoll { get; set; }

    /// <summary>Called after each commit.</summary>
    public Action? Committed { get; set; }

    /// <summary>The numbers of its first and last segment.</summary>
    public (long First, long Last) Segments => (_segments[0].Number, Last.Number);

    private Segment Last => _segments[^1];

    /// <summary>Writes records at the end, all or none of them, and returns when they are on disk.</summary>
    /// <exception cref="IOException">It cannot; nothing of it is in the log.</exception>
    public void Commit(IReadOnlyList<LogRecord> records)
    {
        _frame.Begin(records);
        if (_mustRoll || Last.End + _frame.Size > Last.File.Length) Roll(_frame.Size);
        var (segment, at) = (Last, Last.End);
        try
        {
            segment.File.Write(_frame.End(segment.Salt, at), at);
            segment.File.Sync();
        }
        catch
        {
            _mustRoll = IsUncertain = true;
            throw;
        }
        Committed?.Invoke();
        segment.End += _frame.Size;
        for (var i = 0; i < records.Count; i++) Apply(records[i], segment, at, _frame.Sizes[i]);
    }

    private void Apply(LogRecord record, Segment segment, long frame, int size)
    {
        switch (record)
        {
            case LogEntry e: Index.Put(e.PersistenceId, new LogPlace(e.SequenceNr, segment, frame, size)); break;
            case LogDeletion d: Index.Delete(d.PersistenceId, d.To, d.Highest, segment, size); break;
        }
    }

    /// <summary>Notes in the segment that all of it is on disk; for when there is nothing else to do.</summary>
    public void Mark()
    {
        if (!IsUnmarked) return;
        Last.WriteMark(isClosed: false);
        _marked = Last.End;
    }

    /// <summary>Ends the doubt that a failed write has left (<see cref="IsUncertain"/>).</summary>
    /// <exception cref="IOException">It cannot.</exception>
    public void Settle()
    {
        if (IsUncertain) Roll(0);
    }

    /// <summary>Begins the next segment.</summary>
    /// <param name="frame">The size of what is to be written into it.</param>
    private void Roll(long frame)
    {
        BeforeRoll?.Invoke();
        _mustRoll = true; // from here on the next segment's head may be on disk, and nothing behind Last.End would be found
        Segment next;
        try
        {
            next = Establish(Last.Number + 1, Last.End, frame);
        }
        catch (IOException e)
        {
            throw new IOException($"the journal in {_folder.PathOf("")} has no room for another segment: {e.Message}", e);
        }
        var previous = Last;
        _segments.Add(next);
        (_mustRoll, IsUncertain, _marked) = (false, false, next.End);
        try
        {
            previous.WriteMark(isClosed: true);
        }
        catch (IOException)
        {
            // It only tells of a loss that something else would have to bring about.
        }
    }

    /// <summary>Makes a segment, from the spare file where there is one.</summary>
    private Segment Establish(long number, long previousEnd, long frame)
    {
        var size = Math.Max(_settings.SegmentBytes, Segment.FramesAt + frame);
        var from = Spare;
        var file = size == _settings.SegmentBytes ? _spare : null;
        if (file is null) file = CreateAsLargeAsFits(from = NewSpare, size, Segment.FramesAt + frame);
        else _spare = null;
        try
        {
            var name = Segment.NameOf(number);
            var first = _segments.Count > 0 ? _segments[0].Number : number;
            var segment = Segment.Write(_folder.PathOf(name), file, number, _settings.NewSalt(), first, previousEnd);
            _folder.Rename(from, name);
            _folder.Sync();
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // A disk that has no room for a whole segment may have some for a smaller one: it is full when it has none for the smallest that will do.
    private ILogFile CreateAsLargeAsFits(string name, long size, long least)
    {
        least = Math.Min(size, Math.Max(LogSettings.MinSegmentBytes, least));
        while (true)
        {
            try
            {
                return _folder.Create(name, size);
            }
            catch (IOException) when (size > least)
            {
                size = Math.Max(size / 2, least);
            }
        }
    }

    /// <summary>Makes a spare file. The one thing that another thread may do while this one commits; <see cref="Accept"/> takes it in.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public ILogFile MakeSpare() => _folder.Create(NewSpare, _settings.SegmentBytes);

    /// <summary>Takes in what <see cref="MakeSpare"/> made.</summary>
    public void Accept(ILogFile spare)
    {
        _folder.Rename(NewSpare, Spare);
        _spare?.Dispose();
        _spare = spare;
    }

    /// <summary>Whether the last segment is so full that a spare should be made.</summary>
    public bool WantsSpare => _spare is null && Last.End > Last.File.Length / 2;

    /// <summary>Reads entries, in the order of their places.</summary>
    /// <param name="places">What <see cref="LogIndex.Find"/> has found.</param>
    /// <param name="persistenceId">Whose they are.</param>
    /// <param name="read">Is handed each.</param>
    /// <remarks>By any thread, while the segments are held (<see cref="Hold"/>).</remarks>
    /// <exception cref="LogCorruptException">The disk has changed one.</exception>
    public static void Read(IReadOnlyList<LogPlace> places, string persistenceId, Action<LogEntry> read)
    {
        var pool = new TextPool();
        SegmentScan? scan = null;
        for (var i = 0; i < places.Count;)
        {
            var (_, segment, frame, _) = places[i];
            if (scan?.Segment != segment) scan = new SegmentScan(segment);
            if (!scan.TryRead(frame, out var body)) throw new LogCorruptException(segment.Path, frame, "the record there does not have the checksum it was written with");
            // In a frame an actor's entries stand by their numbers, unless they were carried there.
            var reader = new FrameReader(body, pool);
            var isFirst = true;
            for (; i < places.Count && places[i].Segment == segment && places[i].Frame == frame; i++)
            {
                while (!reader.NextEntry(persistenceId, places[i].SequenceNr))
                {
                    if (isFirst) throw new LogCorruptException(segment.Path, frame, $"entry {places[i].SequenceNr} of {persistenceId} is not there");
                    reader = new FrameReader(body, pool);
                    isFirst = true;
                }
                isFirst = false;
                read(reader.ToEntry());
            }
        }
    }

    /// <summary>Notes what there is to note, puts it on disk and closes all files.</summary>
    public void Dispose()
    {
        try
        {
            if (_segments.Count > 0 && IsUnmarked)
            {
                Mark();
                Last.File.Sync();
            }
        }
        catch (IOException)
        {
            // All that was acknowledged is on disk.
        }
        foreach (var segment in _segments) segment.Dispose();
        _spare?.Dispose();
        _folder.Dispose();
    }
}

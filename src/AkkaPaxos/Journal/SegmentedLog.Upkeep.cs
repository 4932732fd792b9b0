namespace AkkaPaxos.Journal;

// Upkeep: whole segments go once nothing in them is needed. The few entries that keep an old segment are written again at the end.
internal sealed partial class SegmentedLog
{
    // What one step copies, at least one record, and reads: a commit does not wait for more.
    private const int CarriedAtOnce = 256 << 10;
    private const int ReadAtOnce = 4 << 20;

    private long _carriedTo = Segment.FramesAt; // in the first segment
    private int _held;

    /// <summary>Keeps the segments of now until <see cref="Release"/>, by any thread, for who reads them.</summary>
    public void Hold() => Interlocked.Increment(ref _held);

    /// <summary>The end of one <see cref="Hold"/>.</summary>
    public void Release() => Interlocked.Decrement(ref _held);

    /// <summary>Whether <see cref="Upkeep"/> has something to do.</summary>
    /// <remarks>
    /// Copying begins when more than half of the log is not needed, and then pays: it never costs more than as much again as was written, and the log never
    /// grows beyond twice what is needed, and two segments.
    /// </remarks>
    public bool NeedsUpkeep
    {
        get
        {
            if (_segments.Count == 1 || Volatile.Read(ref _held) > 0) return false;
            if (_segments[0].LiveBytes == 0) return true;
            if (_segments.Count == 2) return false;
            var (live, written) = (0L, 0L);
            foreach (var segment in _segments)
            {
                live += segment.LiveBytes;
                written += segment.End - Segment.FramesAt;
            }
            return live * 2 < written;
        }
    }

    /// <summary>One step: copies some of what is needed of the first segment, or removes it when nothing is.</summary>
    /// <exception cref="IOException">The disk does not read or write.</exception>
    public void Upkeep()
    {
        if (_segments[0].LiveBytes > 0)
        {
            var carried = Carried();
            if (carried.Count > 0) Commit(carried);
            return;
        }
        // It is in the log before it happens: otherwise a segment that is gone would look like one that was lost.
        Commit([new LogRetirement(_segments[1].Number)]);
        Retire();
    }

    private List<LogRecord> Carried()
    {
        var first = _segments[0];
        var scan = new SegmentScan(first);
        var (carried, size, from) = (new List<LogRecord>(), 0, _carriedTo);
        while (_carriedTo < first.End && size < CarriedAtOnce && _carriedTo - from < ReadAtOnce)
        {
            if (!scan.TryRead(_carriedTo, out var body))
                throw new LogCorruptException(first.Path, _carriedTo, "the record there does not have the checksum it was written with");
            var reader = new FrameReader(body, _pool);
            while (reader.Next())
            {
                if (reader.Kind == 1 && Index.IsLive(reader.PersistenceId, reader.Number, first, _carriedTo)) carried.Add(reader.ToEntry());
                else if (reader.Kind == 2 && Index.IsDeletionIn(reader.PersistenceId, first))
                    carried.Add(new LogDeletion(reader.PersistenceId, Index.DeletedTo(reader.PersistenceId), Index.Highest(reader.PersistenceId)));
                else continue;
                size += reader.Size;
            }
            _carriedTo += Frame.SizeOf(body.Length);
        }
        if (_carriedTo >= first.End) _carriedTo = Segment.FramesAt; // from the start, should a commit have failed
        return carried;
    }

    /// <summary>Removes the first segment; its file becomes the spare one, where there is none.</summary>
    private void Retire()
    {
        var first = _segments[0];
        var name = Segment.NameOf(first.Number);
        if (_spare is null && first.File.Length == _settings.SegmentBytes)
        {
            _folder.Rename(name, Spare);
            _spare = first.File;
        }
        else
        {
            _folder.Delete(name);
            first.Dispose();
        }
        _segments.RemoveAt(0);
        _carriedTo = Segment.FramesAt;
        _folder.Sync(); // one at a time, so that never one in between is gone first
    }
}

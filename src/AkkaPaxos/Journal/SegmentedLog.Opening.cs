namespace AkkaPaxos.Journal;

// Opening: all segments are read once, from the first on.
internal sealed partial class SegmentedLog
{
    /// <summary>Opens a log, or makes the first segment of one.</summary>
    /// <param name="folder">Its folder, which the log closes.</param>
    /// <param name="settings">How it is to be kept.</param>
    /// <exception cref="LogCorruptException">Something that was acknowledged is not there, or not as it was.</exception>
    /// <exception cref="IOException">The disk does not read or write.</exception>
    public static SegmentedLog Open(ILogFolder folder, LogSettings settings)
    {
        var log = new SegmentedLog(folder, settings);
        try
        {
            log.Open();
            return log;
        }
        catch
        {
            foreach (var segment in log._segments) segment.Dispose();
            log._spare?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    private void Open()
    {
        var names = _folder.Names();
        if (names.Contains(NewSpare)) _folder.Delete(NewSpare);
        if (names.Contains(Spare)) OpenSpare();
        var first = 0L;
        foreach (var number in names.Select(Segment.NumberOf).OfType<long>().Order())
        {
            var path = _folder.PathOf(Segment.NameOf(number));
            if (_segments.Count > 0 && number != Last.Number + 1)
                throw new LogCorruptException(_folder.PathOf(Segment.NameOf(Last.Number + 1)), 0, $"it is missing, and segment {number} is there");
            var file = _folder.Open(Segment.NameOf(number));
            try
            {
                _segments.Add(Segment.Read(path, file, number));
            }
            catch
            {
                file.Dispose();
                throw;
            }
            first = Math.Max(first, Last.First);
        }
        if (_segments.Count == 0)
        {
            _segments.Add(Establish(1, 0, 0));
            _marked = Last.End;
            return;
        }
        var lastFrame = 0L;
        for (var i = 0; i < _segments.Count; i++)
        {
            long? end = i + 1 < _segments.Count ? _segments[i + 1].PreviousEnd : null;
            lastFrame = ReadFrames(_segments[i], end, ref first);
        }
        if (_segments[0].Number > first)
            throw new LogCorruptException(_folder.PathOf(Segment.NameOf(first)), 0, $"it is missing, and the log begins with it");
        MakeSure(lastFrame);
        while (_segments[0].Number < first) Retire();
    }

    private void OpenSpare()
    {
        var file = _folder.Open(Spare);
        if (file.Length == _settings.SegmentBytes)
        {
            _spare = file;
            return;
        }
        file.Dispose();
        _folder.Delete(Spare);
    }

    /// <summary>Reads the frames of a segment into the index.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="end">Where they end; null for the last segment, which tells that itself.</param>
    /// <param name="first">The log's first segment, as far as is known.</param>
    /// <returns>Where the last frame begins; 0: there is none.</returns>
    private long ReadFrames(Segment segment, long? end, ref long first)
    {
        var scan = new SegmentScan(segment);
        var last = 0L;
        while (segment.End != end && scan.TryRead(segment.End, out var body))
        {
            last = segment.End;
            try
            {
                Read(body, segment, ref first);
            }
            catch (FormatException e)
            {
                throw new LogCorruptException(segment.Path, segment.End, e.Message);
            }
            segment.End += Frame.SizeOf(body.Length);
        }
        if (end is not null)
        {
            if (segment.End != end)
                throw new LogCorruptException(segment.Path, segment.End, $"the record there does not have the checksum it was written with, and the segment goes on to {end}");
            return last;
        }
        // A write is acknowledged before the next one begins: one that was torn has nothing whole behind it.
        var (noted, isClosed) = segment.ReadMark();
        if (segment.End < noted)
            throw new LogCorruptException(segment.Path, segment.End, $"the record there does not have the checksum it was written with, and all up to {noted} was on disk");
        if (scan.NextBehind(segment.End) is { } next)
            throw new LogCorruptException(segment.Path, segment.End, $"the record there does not have the checksum it was written with, and the one at {next} does");
        if (isClosed) throw new LogCorruptException(_folder.PathOf(Segment.NameOf(segment.Number + 1)), 0, "it is missing, and there was such a segment");
        return last;
    }

    private void Read(ReadOnlySpan<byte> body, Segment segment, ref long first)
    {
        var reader = new FrameReader(body, _pool);
        while (reader.Next())
        {
            switch (reader.Kind)
            {
                case 1: Index.Put(reader.PersistenceId, new LogPlace(reader.Number, segment, segment.End, reader.Size)); break;
                case 2: Index.Delete(reader.PersistenceId, reader.Number, reader.Highest, segment, reader.Size); break;
                default: first = Math.Max(first, reader.Number); break;
            }
        }
    }

    /// <summary>
    /// Puts on disk what was read. The last frame may have been read from memory only: the process that wrote it ended before its sync, or after one that
    /// failed, which left its pages looking as if they were written. So it is written again, and then synced. What stands before it was synced before it
    /// was written; unless by a node that did not wait for its disk (durability = relaxed), and for that all segments are synced.
    /// </summary>
    private void MakeSure(long lastFrame)
    {
        if (lastFrame > 0)
        {
            var frame = new byte[Last.End - lastFrame];
            Last.File.Read(frame, lastFrame);
            Last.File.Write(frame, lastFrame);
        }
        foreach (var segment in _segments) segment.File.Sync();
        _folder.Sync();
        Mark();
    }
}

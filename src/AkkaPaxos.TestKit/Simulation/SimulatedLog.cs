using System.Runtime.Serialization;
using AkkaPaxos.Journal;
using LogFrame = AkkaPaxos.Journal.Frame;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A simulated node's journal in the log that real nodes have (<see cref="SegmentedLog"/>), on a folder of which a crash takes what was not synced. It does
/// on the simulation's thread what <see cref="LogWriter"/> does on one of its own; and whenever it is opened or read, what it has is compared with what it
/// acknowledged.
/// </summary>
/// <param name="acknowledged">What it has acknowledged, to compare with.</param>
/// <param name="segmentBytes">The size of a segment.</param>
/// <param name="random">For salts, and for what a sync that failed has written.</param>
/// <param name="flaw">Makes a faulty folder of a good one, for a mutant; null: it stays good.</param>
internal sealed class SimulatedLog(SimulatedDisk acknowledged, long segmentBytes, Random random, Func<ILogFolder, ILogFolder>? flaw)
{
    private readonly SimulatedFolder _folder = new();
    private readonly LogSettings _settings = new(segmentBytes, () => (ulong)random.NextInt64());
    private bool _isFlipped; // a bit of it
    private SegmentedLog? _log; // while it is open
    private IReadOnlyList<IDiskOperation> _open = []; // of a write that failed, or that nobody was told of: there, or not, when the log is opened
    private bool _isOpenThere; // it must be there
    private int _failsAt; // the call of the disk, from now on, that fails; 0: none does
    private bool _powerFails;

    /// <summary>Asked before it works: whether the disk fails meanwhile.</summary>
    public Func<bool> Fails { get; init; } = () => false;

    /// <summary>Told of each comparison: how what is there differs from what was acknowledged; null where it does not.</summary>
    public Action<string?> Compared { get; init; } = _ => { };

    /// <summary>Told of what nobody was told of, and is there all the same.</summary>
    public Action<IReadOnlyList<IDiskOperation>> Found { get; init; } = _ => { };

    /// <summary>Told of each attempt to open it while a bit is flipped: what it was taken for; null where that was noticed.</summary>
    public Action<object?> CorruptRead { get; init; } = _ => { };

    /// <summary>Segments that were begun, and segments that went.</summary>
    public (long Begun, long Gone) Segments => _log is { Segments: var (first, last) } ? (last, first - 1) : default;

    /// <summary>Whether there is something to note while nobody writes.</summary>
    public bool IsUnmarked => _log is { IsUnmarked: true, IsUncertain: false };

    /// <summary>Puts writes on disk, all at once or none of them.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="SerializationException">The log is not what was written.</exception>
    public void Commit(IReadOnlyList<IDiskOperation> operations) => Work(() =>
    {
        var log = Opened();
        Commit(log, operations);
        Tend(log, log.NeedsUpkeep ? 1 : 0);
    });

    // Whether there was something to write.
    private bool Commit(SegmentedLog log, IReadOnlyList<IDiskOperation> operations)
    {
        var (records, highest) = (new List<LogRecord>(), new Dictionary<string, long>());
        foreach (var operation in operations) Change(operation).Prepare(log.Index, highest, records);
        if (records.Count == 0) return false;
        var (wasUncertain, last) = (log.IsUncertain, log.Segments.Last);
        try
        {
            log.Commit(records);
            _open = [];
            return true;
        }
        catch
        {
            // What failed before this is out of doubt as soon as there is another segment, and only there is this written.
            if (log.IsUncertain && (!wasUncertain || log.Segments.Last > last)) _open = operations;
            throw;
        }
    }

    private static LogChange Change(IDiskOperation operation) => operation switch
    {
        AppendEvents a => new LogAppend([.. a.Events.Select(e => EntryOf(e.Event))]),
        DeleteEvents d => new LogDelete(d.PersistenceId, d.To),
        _ => throw new ArgumentException($"nothing for a journal: {operation}", nameof(operation)),
    };

    private static LogEntry EntryOf(StoredEvent e) => new(
        e.Envelope.PersistenceId, e.Envelope.SequenceNr, e.Envelope.Timestamp, e.Object.Serializer, e.Object.Manifest, e.Envelope.Manifest ?? "",
        e.Envelope.WriterGuid ?? "", e.Object.Bytes);

    private static StoredEvent EventOf(LogEntry e) => new(
        new StoredObject(e.SerializerId, e.Manifest, e.Payload), new ReplayedEntry(null!, e.PersistenceId, e.SequenceNr, e.EventManifest, e.Writer, e.Timestamp));

    /// <summary>What its thread does between two writes.</summary>
    private static void Tend(SegmentedLog log, int steps)
    {
        try
        {
            if (log.WantsSpare) log.Accept(log.MakeSpare());
            for (; steps > 0 && log.NeedsUpkeep; steps--) log.Upkeep();
        }
        catch (IOException)
        {
            // Nothing is lost, and who writes next is told.
        }
    }

    /// <summary>Nobody has written for a while.</summary>
    public void Idle() => Work(() =>
    {
        Tend(_log!, 100);
        if (IsUnmarked) _log!.Mark();
    });

    /// <summary>An actor's events, with the highest number that it ever used.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="SerializationException">The log is not what was written.</exception>
    public (IReadOnlyList<StoredEvent> Events, long Highest) Read(string persistenceId, long from, long to, long max)
    {
        var events = new List<StoredEvent>();
        Work(() =>
        {
            var log = Opened();
            log.Settle();
            _open = [];
            Compared(Difference(log, acknowledged));
            SegmentedLog.Read(log.Index.Find(persistenceId, from, to, max), persistenceId, e => events.Add(EventOf(e)));
        });
        return (events, _log!.Index.Highest(persistenceId));
    }

    private void Work(Action work)
    {
        _folder.Chance = () => random.Next(2) == 0;
        _folder.Fault = Fault;
        (_powerFails, _failsAt) = (false, !Fails() ? 0 : random.Next(2) == 0 ? random.Next(1, 3) : random.Next(1, 10));
        work();
        _failsAt = 0;
    }

    private void Fault(string call)
    {
        if (_failsAt > 0 && --_failsAt == 0) throw _powerFails ? new PowerFailedException() : new IOException($"the simulated disk failed at {call}");
    }

    private SegmentedLog Opened()
    {
        if (_log is not null) return _log;
        try
        {
            _log = SegmentedLog.Open(flaw?.Invoke(_folder) ?? _folder, _settings);
        }
        catch (LogCorruptException e)
        {
            if (_isFlipped) CorruptRead(null);
            else Compared(e.Message);
            throw;
        }
        if (_isFlipped) CorruptRead("its journal");
        Compare(_log);
        return _log;
    }

    /// <summary>The node's process ends, or its machine does: then what was not synced is lost, or some of it.</summary>
    /// <param name="underWay">What is being committed.</param>
    /// <param name="isTorn">Whether only some of what was not synced is there after the machine's end, or all of it, or nothing.</param>
    /// <param name="chance">Says how far that came, and what was lost.</param>
    /// <param name="wasTorn">Whether there was something to tear.</param>
    public void Crash(IReadOnlyList<IDiskOperation> underWay, bool isTorn, SeededChance chance, out bool wasTorn)
    {
        if (_log is not null && underWay.Count > 0 && Commits(_log, underWay, chance.Next(2) == 0 ? 1 + chance.Next(2) : 1 + chance.Next(10)))
            (_open, _isOpenThere) = (underWay, true);
        _log = null;
        var (kept, lost, all) = (0, 0, chance.Next(2) == 0);
        _folder.Chance = () =>
        {
            var isKept = isTorn ? chance.Next(2) == 0 : all;
            if (isKept) kept++;
            else lost++;
            return isKept;
        };
        if (chance.Next(3) == 0) _folder.Kill();
        else _folder.Crash();
        wasTorn = kept > 0 && lost > 0;
    }

    /// <summary>Commits, and gets no further than to a call of the disk; returns true where all was on disk before that.</summary>
    private bool Commits(SegmentedLog log, IReadOnlyList<IDiskOperation> operations, int call)
    {
        (_powerFails, _failsAt) = (true, call);
        _folder.Fault = Fault;
        try
        {
            return Commit(log, operations);
        }
        catch (PowerFailedException)
        {
            return false;
        }
        finally
        {
            _failsAt = 0;
        }
    }

    // From now on it must stay as it is: somebody has read it.
    private void Compare(SegmentedLog log)
    {
        var with = acknowledged.CopyOfJournals();
        foreach (var operation in _open) operation.Apply(with);
        var difference = Difference(log, with);
        if (difference is null) Found(_open);
        else if (!_isOpenThere && _open.Count > 0) difference = Difference(log, acknowledged);
        Compared(difference);
        (_open, _isOpenThere) = ([], false);
    }

    private static string? Difference(SegmentedLog log, SimulatedDisk model)
    {
        foreach (var id in log.Index.PersistenceIds.Union(model.PersistenceIds))
        {
            var kept = model.Journal(id);
            if (log.Index.Highest(id) != kept.Highest) return $"{id} ends at {log.Index.Highest(id)} and not at {kept.Highest}";
            var found = new List<LogEntry>();
            SegmentedLog.Read(log.Index.Find(id, 0, long.MaxValue, long.MaxValue), id, found.Add);
            if (!found.SequenceEqual(kept.Events.Values.Select(EntryOf)))
                return $"{id} has [{string.Join(", ", found.Select(e => e.SequenceNr))}] and not [{string.Join(", ", kept.Events.Keys)}], or others with the numbers";
        }
        return null;
    }

    /// <summary>
    /// Flips one bit of a segment's head or of a frame: not of the last one, as a log cannot tell that the disk has changed it from that it was torn and nobody
    /// was told.
    /// </summary>
    /// <returns>Makes it what it was; null where there is nothing, or something is not what it was already.</returns>
    public Action? Corrupt(ref SeededChance chance)
    {
        var names = _folder.Names().Where(n => Segment.NumberOf(n) is not null).ToList();
        if (_isFlipped || names.Count == 0 || _log is { IsUncertain: true }) return null;
        if (_log is not null && Segment.NumberOf(names[^1]) != _log.Segments.Last) return null; // one whose name may not be on disk yet
        var segments = names.ConvertAll(n => Segment.Read(n, _folder.Open(n), Segment.NumberOf(n)!.Value));
        var parts = new List<(string Name, long At, int Size)>();
        for (var i = 0; i < segments.Count; i++)
        {
            parts.Add((names[i], 0, 64));
            var (scan, at, end) = (new SegmentScan(segments[i]), Segment.FramesAt, i + 1 < segments.Count ? segments[i + 1].PreviousEnd : long.MaxValue);
            for (; at < end && scan.TryRead(at, out var body); at += LogFrame.SizeOf(body.Length)) parts.Add((names[i], at, LogFrame.HeadSize + body.Length));
        }
        if (parts[^1].At > 0) parts.RemoveAt(parts.Count - 1);
        var (name, from, size) = parts[chance.Next(parts.Count)];
        var flipBack = _folder.Flip(name, from + chance.Next(size), chance.Next(8));
        _isFlipped = true;
        return () =>
        {
            flipBack();
            _isFlipped = false;
        };
    }
}

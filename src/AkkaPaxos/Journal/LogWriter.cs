namespace AkkaPaxos.Journal;

/// <summary>
/// The one thread that writes a log, for all actors of a node: what waits when a sync ends goes into one write and one sync (group commit). It also owns
/// the index, so what is asked of it is asked here, and answered after all that was asked before.
/// </summary>
/// <remarks>The thread completes the tasks of writes itself, which saves each the wait for another thread: so what continues one should be short, as telling an actor is.</remarks>
internal sealed class LogWriter : IDisposable
{
    // What waits goes in one commit up to about this: a commit of more takes so long that others should not wait for it.
    private const long CommitBytes = 8 << 20;
    /// <summary>
    /// When nothing has been written for this long, it is noted how far the log is on disk; not at once, as the page with the note is a second one to sync.
    /// </summary>
    public static readonly TimeSpan MarkAfter = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new(); // of what follows
    private List<LogRequest> _asked = [];
    private bool _closing;

    private readonly Func<SegmentedLog> _open;
    private readonly Action<LogCorruptException> _corrupt;
    private readonly Thread _thread;
    private readonly List<LogRecord> _records = [];
    private readonly List<LogChange> _changes = [];
    private readonly Dictionary<string, long> _highest = new(StringComparer.Ordinal); // with what is about to be committed
    private Task<ILogFile>? _spare;
    private bool _keepsUp = true; // until it finds that a segment is not what was written
    private bool _isDiskWell = true; // until a commit fails: upkeep waits for one that does not

    /// <summary>Opens a log, writes it from now on, and closes it at the end. What is asked meanwhile waits.</summary>
    /// <param name="open">Opens it; where that fails, so does what waits, and the next that asks brings about another attempt.</param>
    /// <param name="corrupt">Is told once of a segment that is not what was written and that nobody reads now: it is needed at the next start.</param>
    public LogWriter(Func<SegmentedLog> open, Action<LogCorruptException> corrupt)
    {
        (_open, _corrupt) = (open, corrupt);
        _thread = new Thread(Run) { IsBackground = true, Name = "akkapaxos-journal" };
        _thread.Start();
    }

    /// <summary>Writes entries of one actor, all or none of them.</summary>
    /// <returns>Succeeds when they are on disk.</returns>
    public Task Write(IReadOnlyList<LogEntry> entries) => Ask(new LogAppend(entries));

    /// <summary>Deletes an actor's entries up to a number.</summary>
    /// <returns>Succeeds when that is on disk.</returns>
    public Task Delete(string persistenceId, long to) => Ask(new LogDelete(persistenceId, to));

    /// <summary>The highest number that an actor ever used; 0: none.</summary>
    public Task<long> Highest(string persistenceId) => Ask(log => log.Index.Highest(persistenceId));

    /// <summary>Reads an actor's entries, on a thread of the pool.</summary>
    /// <param name="persistenceId">Whose.</param>
    /// <param name="from">The first number.</param>
    /// <param name="to">The last one.</param>
    /// <param name="max">At most so many.</param>
    /// <param name="read">Is handed each.</param>
    public async Task Replay(string persistenceId, long from, long to, long max, Action<LogEntry> read)
    {
        var (held, places) = await Ask(log =>
        {
            log.Hold();
            return (log, log.Index.Find(persistenceId, from, to, max));
        });
        try
        {
            await Task.Run(() => SegmentedLog.Read(places, persistenceId, read));
        }
        finally
        {
            held.Release();
        }
    }

    /// <summary>Asks the log something, after all that was written before.</summary>
    public Task<T> Ask<T>(Func<SegmentedLog, T> ask)
    {
        var question = new LogQuestion<T>(ask);
        Add(question);
        return question.Task;
    }

    private Task Ask(LogChange change)
    {
        Add(change);
        return change.Task;
    }

    private void Add(LogRequest request)
    {
        lock (_gate)
        {
            if (!_closing)
            {
                _asked.Add(request);
                if (_asked.Count == 1) Monitor.Pulse(_gate);
                return;
            }
        }
        request.Fail(new ObjectDisposedException("journal", "the journal is closed"));
    }

    /// <summary>Closes the log, after all that was asked before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }
        if (Thread.CurrentThread != _thread) _thread.Join(); // what continues a write runs there
    }

    // ---- the thread ----

    private void Run()
    {
        var requests = new List<LogRequest>();
        Exception? failure = null;
        var log = TryOpen(ref failure);
        while (Take(log, ref requests))
        {
            log ??= TryOpen(ref failure);
            if (log is null) foreach (var request in requests) request.Fail(failure!);
            else Work(log, requests);
            requests.Clear();
        }
        if (log is null) return;
        if (_spare is not null) TakeSpare(log, wait: true);
        log.Dispose();
    }

    private SegmentedLog? TryOpen(ref Exception? failure)
    {
        if (failure is LogCorruptException) return null; // another attempt would find the same
        try
        {
            var log = _open();
            log.BeforeRoll = () => TakeSpare(log, wait: true); // one that is being made is nearly there, and the same would take longer here
            return log;
        }
        catch (Exception e)
        {
            failure = e;
            return null;
        }
    }

    private void Work(SegmentedLog log, List<LogRequest> requests)
    {
        for (var next = 0; next < requests.Count;) next = CommitFrom(log, requests, next);
        TakeSpare(log);
        if (NeedsUpkeep(log)) Upkeep(log);
    }

    /// <summary>Waits for work, and notes meanwhile how far the log is.</summary>
    /// <returns>False: there will be none.</returns>
    private bool Take(SegmentedLog? log, ref List<LogRequest> requests)
    {
        lock (_gate)
        {
            while (_asked.Count == 0 && !_closing && !NeedsUpkeep(log))
                if (!Monitor.Wait(_gate, log is { IsUnmarked: true } && _isDiskWell ? MarkAfter : Timeout.InfiniteTimeSpan)) Mark(log!);
            (requests, _asked) = (_asked, requests);
            return requests.Count > 0 || !_closing;
        }
    }

    private void Mark(SegmentedLog log)
    {
        try
        {
            log.Mark();
        }
        catch (IOException)
        {
            _isDiskWell = false; // who writes next is told
        }
    }

    /// <summary>Commits what was asked from one request on, as much as goes in one commit, and answers it.</summary>
    /// <returns>The first request that is left.</returns>
    private int CommitFrom(SegmentedLog log, List<LogRequest> requests, int first)
    {
        var (next, size) = (first, 0L);
        for (; next < requests.Count && size < CommitBytes; next++)
        {
            if (requests[next] is not LogChange change) continue;
            try
            {
                size += change.Prepare(log.Index, _highest, _records);
                _changes.Add(change);
            }
            catch (LogRefusedException e)
            {
                change.Fail(e);
            }
        }
        var failure = Commit(log);
        foreach (var change in _changes)
        {
            if (failure is null) change.Succeed();
            else change.Fail(failure);
        }
        for (var i = first; i < next; i++) (requests[i] as LogQuestion)?.Answer(log);
        _records.Clear();
        _changes.Clear();
        _highest.Clear();
        return next;
    }

    private Exception? Commit(SegmentedLog log)
    {
        if (_records.Count == 0) return null;
        try
        {
            log.Commit(_records);
            _isDiskWell = true;
            return null;
        }
        catch (Exception e)
        {
            _isDiskWell = false;
            return e;
        }
    }

    private bool NeedsUpkeep(SegmentedLog? log) => _keepsUp && _isDiskWell && log is { NeedsUpkeep: true };

    private void Upkeep(SegmentedLog log)
    {
        try
        {
            log.Upkeep();
        }
        catch (LogCorruptException e)
        {
            _keepsUp = false;
            _corrupt(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isDiskWell = false; // nothing is lost, and who writes next is told
        }
    }

    private void TakeSpare(SegmentedLog log, bool wait = false)
    {
        if (_spare is null)
        {
            if (log.WantsSpare && _isDiskWell) _spare = Task.Run(log.MakeSpare);
            return;
        }
        if (!wait && !_spare.IsCompleted) return;
        try
        {
            log.Accept(_spare.GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who needs the room finds that there is none.
        }
        _spare = null;
    }
}

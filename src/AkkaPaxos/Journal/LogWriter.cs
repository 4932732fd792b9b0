namespace AkkaPaxos.Journal;

/// <summary>
/// The one thread that writes a log, for all actors of a node: what waits when a sync ends goes into one write and one sync (group commit). It also owns
/// the index, so what is asked of it is asked here, and answered after all that was asked before.
/// </summary>
/// <remarks>The thread completes the tasks itself, so what continues one should be short: as telling an actor is.</remarks>
internal sealed class LogWriter : IDisposable
{
    // What waits goes in one commit up to about this: a commit of more takes so long that others should not wait for it.
    private const long CommitBytes = 8 << 20;
    // When nothing has been written for this long, it is noted how far the log is on disk; not at once, as the page with the note is a second one to sync.
    private static readonly TimeSpan MarkAfter = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new(); // of what follows
    private List<LogRequest> _asked = [];
    private bool _closing;

    private readonly SegmentedLog _log;
    private readonly Thread _thread;
    private readonly List<LogRecord> _records = [];
    private readonly List<LogChange> _changes = [];
    private readonly Dictionary<string, long> _highest = new(StringComparer.Ordinal); // with what is about to be committed
    private Task<ILogFile>? _spare;
    private bool _isDiskWell = true; // until a commit fails: upkeep waits for one that does not

    /// <summary>Writes a log from now on, and closes it at the end.</summary>
    public LogWriter(SegmentedLog log)
    {
        _log = log;
        _log.BeforeRoll = () => TakeSpare(wait: true); // one that is being made is nearly there, and the same would take longer here
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
        var places = await Ask(log =>
        {
            log.Hold();
            return log.Index.Find(persistenceId, from, to, max);
        });
        try
        {
            await Task.Run(() => SegmentedLog.Read(places, persistenceId, read));
        }
        finally
        {
            _log.Release();
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
        _thread.Join();
    }

    // ---- the thread ----

    private void Run()
    {
        var requests = new List<LogRequest>();
        while (Take(ref requests))
        {
            for (var next = 0; next < requests.Count;) next = CommitFrom(requests, next);
            requests.Clear();
            TakeSpare();
            if (_isDiskWell && _log.NeedsUpkeep) Upkeep();
        }
        if (_spare is not null) TakeSpare(wait: true);
        _log.Dispose();
    }

    /// <summary>Waits for work, and notes meanwhile how far the log is.</summary>
    /// <returns>False: there will be none.</returns>
    private bool Take(ref List<LogRequest> requests)
    {
        lock (_gate)
        {
            while (_asked.Count == 0 && !_closing && !(_isDiskWell && _log.NeedsUpkeep))
            {
                if (Monitor.Wait(_gate, _log.IsUnmarked ? MarkAfter : Timeout.InfiniteTimeSpan)) continue;
                try
                {
                    _log.Mark();
                }
                catch (IOException)
                {
                    _isDiskWell = false;
                    break; // the next commit will see
                }
            }
            (requests, _asked) = (_asked, requests);
            return requests.Count > 0 || !_closing;
        }
    }

    /// <summary>Commits what was asked from one request on, as much as goes in one commit, and answers it.</summary>
    /// <returns>The first request that is left.</returns>
    private int CommitFrom(List<LogRequest> requests, int first)
    {
        var (next, size) = (first, 0L);
        for (; next < requests.Count && size < CommitBytes; next++)
        {
            if (requests[next] is not LogChange change) continue;
            try
            {
                size += change.Prepare(_log.Index, _highest, _records);
                _changes.Add(change);
            }
            catch (LogRefusedException e)
            {
                change.Fail(e);
            }
        }
        var failure = Commit();
        foreach (var change in _changes)
        {
            if (failure is null) change.Succeed();
            else change.Fail(failure);
        }
        for (var i = first; i < next; i++) (requests[i] as LogQuestion)?.Answer(_log);
        _records.Clear();
        _changes.Clear();
        _highest.Clear();
        return next;
    }

    private Exception? Commit()
    {
        if (_records.Count == 0) return null;
        try
        {
            _log.Commit(_records);
            _isDiskWell = true;
            return null;
        }
        catch (Exception e)
        {
            _isDiskWell = false;
            return e;
        }
    }

    private void Upkeep()
    {
        try
        {
            _log.Upkeep();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogCorruptException)
        {
            _isDiskWell = false; // nothing is lost, and somebody who writes is told the same
        }
    }

    private void TakeSpare(bool wait = false)
    {
        if (_spare is null)
        {
            if (_log.WantsSpare && _isDiskWell) _spare = Task.Run(_log.MakeSpare);
            return;
        }
        if (!wait && !_spare.IsCompleted) return;
        try
        {
            _log.Accept(_spare.GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who needs the room finds that there is none.
        }
        _spare = null;
    }
}

using System.Collections.Immutable;
using System.Diagnostics;

namespace Akka.Persistence.Sql;

/// <summary>Something that the writer's thread does with the database.</summary>
internal abstract class SqlJob
{
    /// <summary>Does it. It may run a second time, after the first was rolled back.</summary>
    public abstract void Execute(SqlSession session);

    public abstract void Fail(Exception cause);

    /// <summary>Called once it is safe on disk. Returns the job itself when a further part of it is to be done.</summary>
    public abstract SqlJob? Succeed();
}

/// <summary>
/// The one writer of a database: a connection and a thread. It takes all jobs that wait into one transaction, so that one
/// sync of the disk serves them all, and it tells of success only after the commit. Journal and snapshot store of a
/// database share it: SQLite lets one connection write at a time, and two of ours would wait for each other.
/// <para>
/// A single write while nothing else goes on is done by the caller's own thread: waking another one and being woken by it
/// takes about as long as the write. That holds only as long as the disk is quick, so that no dispatcher's thread is held up
/// for long, and not when writes follow each other closely, which must gather for the next transaction.
/// </para>
/// </summary>
internal sealed class SqlWriter : IDisposable
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(0.1);
    private const int FewRows = 16;

    private readonly SqlDatabase _database;
    private readonly object _lock = new();
    private readonly Thread _thread;
    private List<SqlJob> _waiting = [];
    private bool _closing;

    // Whoever has set _busy, the thread or a caller, owns what follows until it is done.
    private bool _busy;
    private long _idleSince;
    private bool _quick;
    private SqlSession? _session;
    private readonly List<JournalRow> _rows = [];

    public SqlWriter(SqlDatabase database)
    {
        _database = database;
        _thread = new Thread(Run) { IsBackground = true, Name = "akka-sql-writer" };
        _thread.Start();
    }

    public void Post(SqlJob job)
    {
        lock (_lock)
        {
            if (_closing)
            {
                job.Fail(new ObjectDisposedException(nameof(SqlWriter), "The database is closed: the actor system is shutting down."));
                return;
            }
            if (_busy || !MayRunHere(job))
            {
                _waiting.Add(job);
                if (!_busy && _waiting.Count == 1) Monitor.Pulse(_lock);
                return;
            }
            _busy = true;
        }
        try
        {
            Handle([job]);
        }
        finally
        {
            Release();
        }
    }

    private bool MayRunHere(SqlJob job) => _waiting.Count == 0 && _quick && _session != null && job is InsertJob { Rows.Count: <= FewRows } &&
        Stopwatch.GetElapsedTime(_idleSince) >= Quiet;

    private void Release()
    {
        lock (_lock)
        {
            _busy = false;
            _idleSince = Stopwatch.GetTimestamp();
            if (_waiting.Count > 0 || _closing) Monitor.Pulse(_lock);
        }
    }

    public Task<T> Do<T>(Func<SqlSession, T> work)
    {
        var job = new WorkJob<T>(work);
        Post(job);
        return job.Task;
    }

    /// <summary>A session of one's own for reading, from a thread of one's own: a long replay neither waits nor is waited for.</summary>
    public Task<T> Read<T>(Func<SqlSession, T> work) => Task.Factory.StartNew(() =>
    {
        using var session = _database.Open(forWriting: false);
        return work(session);
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Does what waits, and closes the database.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closing = true;
            Monitor.Pulse(_lock);
        }
        _thread.Join(TimeSpan.FromSeconds(10));
    }

    private void Run()
    {
        var batch = new List<SqlJob>();
        while (Take(ref batch))
        {
            Handle(batch);
            batch.Clear();
            Release();
        }
        Close();
    }

    /// <summary>Waits for jobs and takes all of them; false when there are none and none will come.</summary>
    private bool Take(ref List<SqlJob> batch)
    {
        lock (_lock)
        {
            while (_busy || _waiting.Count == 0)
            {
                if (!_busy && _closing) return false;
                Monitor.Wait(_lock);
            }
            _busy = true;
            (batch, _waiting) = (_waiting, batch);
            return true;
        }
    }

    private void Handle(List<SqlJob> batch)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            Transact(batch);
            _quick = Stopwatch.GetElapsedTime(start) < Quick;
        }
        catch (Exception e) when (batch.Count > 1 && _database.IsFaultOfRow(e))
        {
            // One job is at fault: the others must not suffer from having waited together with it.
            foreach (var job in batch) Handle([job]);
            return;
        }
        catch (Exception e)
        {
            var described = e as IOException ?? _database.Describe("write to", e);
            foreach (var job in batch) job.Fail(described);
            return;
        }
        foreach (var job in batch)
            if (job.Succeed() is { } rest)
                Again(rest);
    }

    /// <summary>Returns when all of the batch is committed; throws when nothing of it is.</summary>
    private void Transact(List<SqlJob> batch)
    {
        var session = _session ??= _database.Open(forWriting: true);
        try
        {
            var onlyInserts = batch.TrueForAll(j => j is InsertJob);
            var bare = onlyInserts && session.InsertsAtOnce;
            if (!bare) session.Begin();
            foreach (var job in batch)
            {
                if (job is InsertJob insert)
                {
                    _rows.AddRange(insert.Rows);
                    continue;
                }
                InsertRows(session);
                job.Execute(session);
            }
            InsertRows(session);
            if (!bare) session.Commit();
        }
        catch
        {
            _rows.Clear();
            RollBack(session);
            throw;
        }
    }

    private void InsertRows(SqlSession session)
    {
        if (_rows.Count == 0) return;
        session.Insert(_rows);
        _rows.Clear();
    }

    private void RollBack(SqlSession session)
    {
        try
        {
            if (session.IsOpen) session.Rollback();
        }
        catch (Exception)
        {
            // SQLite has rolled back itself after some errors; then there is nothing to roll back.
        }
        // Whatever state the connection is in, the next batch starts with a fresh one.
        Close();
    }

    private void Again(SqlJob job)
    {
        lock (_lock) _waiting.Add(job);
    }

    private void Close()
    {
        var session = _session;
        _session = null;
        try
        {
            session?.Dispose();
        }
        catch (Exception)
        {
            // A connection that cannot even be closed is left to the finalizer.
        }
    }
}

internal sealed class WorkJob<T>(Func<SqlSession, T> work) : SqlJob
{
    // Whoever waits goes on in the writer's thread, which only tells actors: no hop to another thread.
    private readonly TaskCompletionSource<T> _promise = new();
    private T _result = default!;

    public Task<T> Task => _promise.Task;

    public override void Execute(SqlSession session) => _result = work(session);
    public override void Fail(Exception cause) => _promise.TrySetException(cause);

    public override SqlJob? Succeed()
    {
        _promise.TrySetResult(_result);
        return null;
    }
}

/// <summary>Writes the events of one WriteMessages. The result names those that were refused before.</summary>
internal sealed class InsertJob(List<JournalRow> rows, IImmutableList<Exception?>? result) : SqlJob
{
    private readonly TaskCompletionSource<IImmutableList<Exception?>?> _promise = new();

    public List<JournalRow> Rows { get; } = rows;
    public Task<IImmutableList<Exception?>?> Task => _promise.Task;

    public override void Execute(SqlSession session) => session.Insert(Rows);
    public override void Fail(Exception cause) => _promise.TrySetException(cause);

    public override SqlJob? Succeed()
    {
        _promise.TrySetResult(result);
        return null;
    }
}

/// <summary>
/// Deletes an actor's oldest events, a slice a transaction, so that the deletion of many holds up no write for long. A crash
/// between two slices leaves the younger events, as if less had been asked for.
/// </summary>
internal sealed class DeleteJob(string persistenceId, long to) : SqlJob
{
    private const int Slice = 200;

    private readonly TaskCompletionSource _promise = new();
    private long? _last;
    private bool _done;

    public Task Task => _promise.Task;

    public override void Execute(SqlSession session)
    {
        _last ??= session.LastUpTo(persistenceId, to);
        _done = _last == null || session.DeleteBelow(persistenceId, _last.Value, Slice) < Slice;
        if (_done && _last != null) session.MarkDeleted(persistenceId, _last.Value);
    }

    public override void Fail(Exception cause) => _promise.TrySetException(cause);

    public override SqlJob? Succeed()
    {
        if (!_done) return this;
        _promise.TrySetResult();
        return null;
    }
}

namespace AkkaPaxos.Journal;

/// <summary>The log does not take what it was given; nothing is wrong with its disk.</summary>
internal sealed class LogRefusedException(string message) : InvalidOperationException(message);

/// <summary>What somebody asked the writer of a log for.</summary>
internal abstract class LogRequest
{
    /// <summary>It is not done.</summary>
    public abstract void Fail(Exception cause);
}

/// <summary>Something that is written.</summary>
internal abstract class LogChange : LogRequest
{
    private readonly TaskCompletionSource _done = new();

    /// <summary>Succeeds when it is on disk.</summary>
    public Task Task => _done.Task;

    /// <summary>Adds what is to be written.</summary>
    /// <param name="index">What the log holds.</param>
    /// <param name="highest">Over it: the highest numbers with what is to be written.</param>
    /// <param name="records">What is to be written.</param>
    /// <returns>About how many bytes it added.</returns>
    /// <exception cref="LogRefusedException">It cannot be written, and nothing was added.</exception>
    public abstract long Prepare(LogIndex index, Dictionary<string, long> highest, List<LogRecord> records);

    /// <summary>It is on disk.</summary>
    public void Succeed() => _done.SetResult();

    /// <inheritdoc/>
    public override void Fail(Exception cause) => _done.SetException(cause);

    /// <summary>The highest number of an actor, with what is to be written.</summary>
    protected static long HighestOf(string persistenceId, LogIndex index, Dictionary<string, long> highest) =>
        highest.TryGetValue(persistenceId, out var number) ? number : index.Highest(persistenceId);
}

/// <summary>Entries, all or none of them; those of one actor by their numbers.</summary>
internal sealed class LogAppend(IReadOnlyList<LogEntry> entries) : LogChange
{
    /// <inheritdoc/>
    public override long Prepare(LogIndex index, Dictionary<string, long> highest, List<LogRecord> records)
    {
        var size = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            var (id, number) = (entries[i].PersistenceId, entries[i].SequenceNr);
            var last = i > 0 && entries[i - 1].PersistenceId == id ? entries[i - 1].SequenceNr : HighestOf(id, index, highest);
            // A second actor with the id; to take its entry would be to lose the first one's.
            if (number <= last)
                throw new LogRefusedException($"{id} has an entry {last} already, and {number} was to be written behind it: do two actors have this persistence id?");
            size += entries[i].Payload.Length + 100;
        }
        foreach (var entry in entries) highest[entry.PersistenceId] = entry.SequenceNr;
        records.AddRange(entries);
        return size;
    }
}

/// <summary>A deletion of one actor's entries.</summary>
internal sealed class LogDelete(string persistenceId, long to) : LogChange
{
    /// <inheritdoc/>
    public override long Prepare(LogIndex index, Dictionary<string, long> highest, List<LogRecord> records)
    {
        var last = HighestOf(persistenceId, index, highest);
        var end = Math.Min(to, last);
        if (end > index.DeletedTo(persistenceId)) records.Add(new LogDeletion(persistenceId, end, last));
        return 100;
    }
}

/// <summary>Something that is asked.</summary>
internal abstract class LogQuestion : LogRequest
{
    /// <summary>Answers it.</summary>
    public abstract void Answer(SegmentedLog log);
}

/// <summary>Something that is asked.</summary>
internal sealed class LogQuestion<T>(Func<SegmentedLog, T> ask) : LogQuestion
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer.</summary>
    public Task<T> Task => _answer.Task;

    /// <inheritdoc/>
    public override void Answer(SegmentedLog log)
    {
        try
        {
            log.Settle();
            _answer.SetResult(ask(log));
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception cause) => _answer.SetException(cause);
}

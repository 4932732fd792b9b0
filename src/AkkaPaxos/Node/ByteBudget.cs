namespace AkkaPaxos.Node;

/// <summary>Bytes that may be taken at once, by any number of threads; a single larger amount is let through alone.</summary>
/// <param name="limit">How many.</param>
internal sealed class ByteBudget(long limit)
{
    private long _taken;

    /// <summary>Bytes that are taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes some; false where there is no room for them.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="own">How many of those that are taken are the taker's own: beside them alone there is always room.</param>
    public bool TryTake(long bytes, long own = 0)
    {
        var all = Interlocked.Add(ref _taken, bytes);
        if (all <= limit || all == own + bytes) return true;
        Return(bytes);
        return false;
    }

    /// <summary>Takes some, room or not.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _taken, bytes);

    /// <summary>Gives some back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}

/// <summary>What one request takes of a budget, until it is disposed of. For one caller at a time.</summary>
internal sealed class BudgetShare(ByteBudget budget) : IDisposable
{
    /// <summary>Bytes that it has taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Takes more; false where there is no room for them beside what others have taken.</summary>
    public bool TryTake(long more)
    {
        if (!budget.TryTake(more, Taken)) return false;
        Taken += more;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => budget.Return(Taken);
}

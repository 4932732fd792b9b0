namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a key-value store can be asked for.</summary>
public abstract record KvCall;

/// <summary>A key's value; the answer is a <see cref="KvValue"/>.</summary>
/// <param name="Key">The key.</param>
public sealed record KvGet(string Key) : KvCall;

/// <summary>A key's new value; the answer is <see cref="KvDone"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value.</param>
public sealed record KvPut(string Key, string Value) : KvCall;

/// <summary>More at the end of a key's value, or a first value; the answer is <see cref="KvDone"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">What is added.</param>
public sealed record KvAppend(string Key, string Value) : KvCall;

/// <summary>A key's new value, if it has an expected one; the answer is <see cref="KvCompared"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Expected">The value that it must have; null: it must be missing.</param>
/// <param name="Value">The value that it gets.</param>
public sealed record KvCompareAndSet(string Key, string? Expected, string Value) : KvCall;

/// <summary>No such key any more; the answer is <see cref="KvDeleted"/>, or <see cref="KvDone"/> where the history does not say.</summary>
/// <param name="Key">The key.</param>
public sealed record KvDelete(string Key) : KvCall;

/// <summary>How a transaction compares a value, in the order of UTF-16 code units.</summary>
public enum KvComparison
{
    /// <summary>It must be the given one, or missing where none is given.</summary>
    Equal,

    /// <summary>It must be another, or any where none is given. A missing one is not another, as with etcd.</summary>
    NotEqual,

    /// <summary>It must be less. A missing one is not.</summary>
    Less,

    /// <summary>It must be greater. A missing one is not.</summary>
    Greater,
}

/// <summary>A comparison of a transaction.</summary>
/// <param name="Key">The key.</param>
/// <param name="Comparison">How.</param>
/// <param name="Value">With which value; null: with there being none.</param>
public sealed record KvCompare(string Key, KvComparison Comparison, string? Value);

/// <summary>
/// Calls that take effect together: those of <paramref name="Success"/> if all comparisons hold, otherwise those of <paramref name="Failure"/>. The
/// answer is a <see cref="KvTransacted"/>.
/// </summary>
/// <param name="Compares">What must hold.</param>
/// <param name="Success">What is done then, in this order.</param>
/// <param name="Failure">What is done otherwise.</param>
public sealed record KvTransaction(IReadOnlyList<KvCompare> Compares, IReadOnlyList<KvCall> Success, IReadOnlyList<KvCall> Failure) : KvCall
{
    /// <summary>Whether both are the same, list for list.</summary>
    public bool Equals(KvTransaction? other) => other is not null && Compares.SequenceEqual(other.Compares) && Success.SequenceEqual(other.Success)
        && Failure.SequenceEqual(other.Failure);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var compare in Compares) hash.Add(compare);
        foreach (var call in Success) hash.Add(call);
        hash.Add(Success.Count);
        foreach (var call in Failure) hash.Add(call);
        return hash.ToHashCode();
    }
}

/// <summary>What a key-value store answers.</summary>
public abstract record KvResult;

/// <summary>It is done.</summary>
public sealed record KvDone : KvResult
{
    /// <summary>The only one.</summary>
    public static KvDone Instance { get; } = new();
}

/// <summary>A key's value.</summary>
/// <param name="Value">The value; null: there is no such key.</param>
public sealed record KvValue(string? Value) : KvResult;

/// <summary>Whether a compare-and-set found what it expected.</summary>
/// <param name="Succeeded">Whether it did, and the key has its new value.</param>
public sealed record KvCompared(bool Succeeded) : KvResult;

/// <summary>Whether there was anything to delete.</summary>
/// <param name="Existed">Whether there was.</param>
public sealed record KvDeleted(bool Existed) : KvResult;

/// <summary>What a transaction did.</summary>
/// <param name="Succeeded">Whether all its comparisons held.</param>
/// <param name="Results">The answers to the calls that it made, in their order.</param>
public sealed record KvTransacted(bool Succeeded, IReadOnlyList<KvResult> Results) : KvResult
{
    /// <summary>Whether both are the same, answer for answer.</summary>
    public bool Equals(KvTransacted? other) => other is not null && Succeeded == other.Succeeded && Results.SequenceEqual(other.Results);

    /// <inheritdoc/>
    public override int GetHashCode() => Results.Aggregate(Succeeded.GetHashCode(), HashCode.Combine);
}

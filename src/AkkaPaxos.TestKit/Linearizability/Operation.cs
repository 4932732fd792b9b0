namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>One operation of a history: what a client asked for, what it was answered, and from when to when that took.</summary>
/// <typeparam name="TCall">What can be asked for; a type with value equality.</typeparam>
/// <typeparam name="TResult">What can be answered.</typeparam>
/// <param name="Client">Who asked.</param>
/// <param name="Call">What was asked for.</param>
/// <param name="Result">The answer; of no meaning while the operation is open.</param>
/// <param name="Invoked">When it was asked: a number of an event or a time, whatever orders the history.</param>
/// <param name="Returned">
/// When it was answered, not before <paramref name="Invoked"/>; null: never, the operation is open, and may take effect at any time after its
/// invocation, or not at all. An operation that returns at the very number at which another is invoked overlaps it.
/// </param>
public sealed record Operation<TCall, TResult>(string Client, TCall Call, TResult? Result, long Invoked, long? Returned)
{
    /// <summary>Whether there was no answer.</summary>
    public bool IsOpen => Returned is null;

    /// <summary>The operation as one that may have taken effect at any time from its invocation on, or never.</summary>
    internal Operation<TCall, TResult> Opened() => IsOpen ? this : this with { Result = default, Returned = null };

    /// <summary>The operation as one of which nothing is known: it may have taken effect at any time, or never.</summary>
    internal Operation<TCall, TResult> Relaxed() => Opened() with { Invoked = long.MinValue };
}

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a check found.</summary>
public enum Verdict
{
    /// <summary>The history is linearizable.</summary>
    Ok,

    /// <summary>It is not.</summary>
    Violation,

    /// <summary>The limit was reached before it was known.</summary>
    Unknown,
}

/// <summary>What a check found, and why.</summary>
/// <param name="Verdict">Whether the history is linearizable.</param>
/// <param name="Steps">How often the model was asked for a step, the search for the shortest part not counted.</param>
/// <param name="Linearizations">
/// When it is: for each part that was checked by itself an order that explains its answers. Open operations that need not have taken effect are not
/// in it.
/// </param>
/// <param name="Violation">When it is not: what cannot be explained.</param>
public sealed record LinearizabilityResult<TCall, TResult>(
    Verdict Verdict, long Steps, IReadOnlyList<IReadOnlyList<Operation<TCall, TResult>>> Linearizations, Violation<TCall, TResult>? Violation = null);

/// <summary>A part of a history that no order explains.</summary>
/// <param name="Keys">The keys of that part, in order; empty where the model has none.</param>
/// <param name="Operations">All operations on these keys, in the order of their invocations.</param>
/// <param name="LongestPrefix">
/// An order of as many of them as were found to have one: it explains their answers, and none of them comes before what returned before it. After a
/// search to the end there is no longer one.
/// </param>
/// <param name="CannotFollow">The operations that are next after that order, each with what it would have been answered.</param>
/// <param name="Unexplainable">
/// The shortest part: no order explains these, whatever became of the others that were invoked before. In the order of their invocations. Where the
/// limit allows it every one of them is needed for that.
/// </param>
public sealed record Violation<TCall, TResult>(
    IReadOnlyList<string> Keys, IReadOnlyList<Operation<TCall, TResult>> Operations, IReadOnlyList<Operation<TCall, TResult>> LongestPrefix,
    IReadOnlyList<(Operation<TCall, TResult> Operation, TResult Expected)> CannotFollow, IReadOnlyList<Operation<TCall, TResult>> Unexplainable);

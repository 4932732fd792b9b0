using System.Diagnostics;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Checks whether a history is linearizable: whether each operation can have taken effect at one point between its invocation and its return, so that
/// the answers are those that the model gives in the order of these points (Herlihy and Wing, 1990).
/// </summary>
public static class LinearizabilityChecker
{
    // A part's first turn; each further one is twice as long. So one that is hard does not keep a violation in another from being found.
    private const long FirstTurn = 10_000;

    // How many steps lie between two looks at the clock.
    private const long StepsByClock = 2_000;

    /// <summary>Checks a history.</summary>
    /// <param name="model">What the answers are compared with.</param>
    /// <param name="history">The operations, in any order; those that were refused, and so never took effect, are not among them.</param>
    /// <param name="limit">When to give up; by default never.</param>
    /// <returns>
    /// <see cref="Verdict.Ok"/> and <see cref="Verdict.Violation"/> are certain. Without a limit of time the same history always gives the same.
    /// </returns>
    public static LinearizabilityResult<TCall, TResult> Check<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IEnumerable<Operation<TCall, TResult>> history, CheckLimit? limit = null)
    {
        limit ??= CheckLimit.None;
        var clock = limit.Time is null ? null : Stopwatch.StartNew();
        var partitions = Partitioning.Of(model, history);
        var searches = partitions.Select(p => new PartitionSearch<TState, TCall, TResult>(model, p.Operations)).ToList();
        var unknown = Enumerable.Range(0, searches.Count).Where(i => searches[i].Verdict == Verdict.Unknown).ToList();
        long steps = searches.Sum(s => s.Steps);
        for (var turn = FirstTurn; unknown.Count > 0; turn *= 2)
        {
            foreach (var i in unknown)
            {
                for (var end = steps + turn; steps < end && searches[i].Verdict == Verdict.Unknown;)
                {
                    var most = Math.Min(clock is null ? turn : StepsByClock, Math.Min(end, limit.Steps ?? end) - steps);
                    if (most <= 0 || clock?.Elapsed >= limit.Time) return new(Verdict.Unknown, steps, []);
                    var before = searches[i].Steps;
                    searches[i].Run(most);
                    steps += searches[i].Steps - before;
                }
                if (searches[i].Verdict == Verdict.Violation)
                    return new(Verdict.Violation, steps, [], Explained(model, partitions[i], searches[i], limit, clock));
            }
            unknown.RemoveAll(i => searches[i].Verdict != Verdict.Unknown);
        }
        return new(Verdict.Ok, steps, [.. searches.Select(s => s.Longest)]);
    }

    private static Violation<TCall, TResult> Explained<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, Partition<TCall, TResult> partition, PartitionSearch<TState, TCall, TResult> search,
        CheckLimit limit, Stopwatch? clock)
    {
        var shrinker = new ViolationShrinker<TState, TCall, TResult>(model, limit.ExplanationSteps, () => clock?.Elapsed >= limit.Time);
        var prefix = search.Longest;
        return new(partition.Keys, partition.Operations, prefix, CannotFollow(model, partition.Operations, prefix),
            shrinker.Shrink(partition.Operations, search.FurthestReturn));
    }

    private static List<(Operation<TCall, TResult>, TResult)> CannotFollow<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> operations, IReadOnlyList<Operation<TCall, TResult>> prefix)
    {
        var state = prefix.Aggregate(model.Initial, (state, o) => model.Step(state, o.Call).Next);
        var inPrefix = prefix.ToHashSet(ReferenceEqualityComparer.Instance);
        var rest = operations.Where(o => !o.IsOpen && !inPrefix.Contains(o)).ToList();
        var firstReturn = rest.Min(o => o.Returned);
        return
        [
            .. rest.Where(o => o.Invoked <= firstReturn).Select(o => (o, Result: model.Step(state, o.Call).Result))
                .Where(o => !model.Matches(o.o.Call, o.Result, o.o.Result!)),
        ];
    }
}

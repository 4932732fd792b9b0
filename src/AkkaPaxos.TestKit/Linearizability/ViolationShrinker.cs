namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Finds the shortest part of a history that is still unexplainable.</summary>
/// <remarks>
/// First what comes after the end of the shortest unexplainable prefix is left out. Then operations are relaxed for as long as the rest stays
/// unexplainable: a relaxed one may have taken effect at any time or never, with any answer. Just to leave it out would not do: without the write
/// that it reads, any read is unexplainable. Relaxing more explains more, never less, so that one pass over single operations finds all that can be
/// relaxed.
/// </remarks>
internal sealed class ViolationShrinker<TState, TCall, TResult>(Model<TState, TCall, TResult> model, long steps, Func<bool> isTimeOver)
{
    // What a single history may take of the whole, so that one that is hard does not end the search.
    private readonly long _most = Math.Max(1, steps / 20);

    private long _steps = steps;

    /// <summary>The shortest part that was found until the steps or the time were over.</summary>
    /// <param name="operations">A history that is not linearizable, in the order of invocations.</param>
    /// <param name="furthestReturn">Up to which return a search came.</param>
    public IReadOnlyList<Operation<TCall, TResult>> Shrink(IReadOnlyList<Operation<TCall, TResult>> operations, long furthestReturn)
    {
        var end = End(operations, furthestReturn);
        var kept = operations.Where(o => o.Invoked <= end).ToList();
        List<Operation<TCall, TResult>> relaxed = [];
        for (var length = (kept.Count + 1) / 2; length > 0; length = length == 1 ? 0 : (length + 1) / 2)
            for (var begin = 0; begin < kept.Count;)
            {
                List<Operation<TCall, TResult>> rest = [.. kept.Take(begin), .. kept.Skip(begin + length)];
                List<Operation<TCall, TResult>> free = [.. relaxed, .. kept.Skip(begin).Take(length).Select(o => o.Relaxed())];
                if (rest.Count > 0 && IsViolation([.. Prefix(rest, end), .. free])) (kept, relaxed) = (rest, free);
                else begin += length;
            }
        return kept;
    }

    // The first return after which the history cannot be explained. All further ones are such, too.
    private long End(IReadOnlyList<Operation<TCall, TResult>> operations, long furthestReturn)
    {
        var ends = operations.Where(o => o.Returned >= furthestReturn).Select(o => o.Returned!.Value).Distinct().Order().ToList();
        var (low, high) = (0, ends.Count - 1);
        if (IsViolation([.. Prefix(operations, ends[0])])) return ends[0]; // mostly
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (IsViolation([.. Prefix(operations, ends[middle])])) high = middle;
            else low = middle + 1;
        }
        return ends[high];
    }

    // What has not returned by then is open.
    private static IEnumerable<Operation<TCall, TResult>> Prefix(IEnumerable<Operation<TCall, TResult>> operations, long end) =>
        operations.Where(o => o.Invoked <= end).Select(o => o.Returned > end ? o.Opened() : o);

    private bool IsViolation(IReadOnlyList<Operation<TCall, TResult>> operations)
    {
        if (_steps <= 0 || isTimeOver()) return false;
        var search = new PartitionSearch<TState, TCall, TResult>(model, operations);
        var verdict = search.Run(Math.Min(_most, _steps));
        _steps -= Math.Max(1, search.Steps);
        return verdict == Verdict.Violation;
    }
}

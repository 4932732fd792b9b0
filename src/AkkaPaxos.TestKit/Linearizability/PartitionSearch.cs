namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Searches an order for a part of a history, and beside it one in which open operations may take effect any number of times. That search has far
/// less to remember, as it does not matter which of them have taken effect; and where there is no such order, there is none at all.
/// </summary>
internal sealed class PartitionSearch<TState, TCall, TResult>
{
    private const long Turn = 1_000; // the two take turns, of so many steps

    private readonly Model<TState, TCall, TResult> _model;
    private readonly IReadOnlyList<Operation<TCall, TResult>> _operations;
    private readonly LinearizationSearch<TState, TCall, TResult> _exact;
    private readonly bool _hasOpen;
    private LinearizationSearch<TState, TCall, TResult>? _loose;

    /// <param name="model">What explains answers.</param>
    /// <param name="operations">The part.</param>
    public PartitionSearch(Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> operations)
    {
        (_model, _operations) = (model, operations);
        _exact = new(model, operations);
        _hasOpen = operations.Any(o => o.IsOpen);
        Verdict = _exact.Verdict;
    }

    /// <summary>How often the model was asked for a step.</summary>
    public long Steps => _exact.Steps + (_loose?.Steps ?? 0);

    /// <summary>What is known by now.</summary>
    public Verdict Verdict { get; private set; }

    /// <summary>The order that explains all answers; while there is none, the longest found that explains those of its operations.</summary>
    public IReadOnlyList<Operation<TCall, TResult>> Longest =>
        (_exact.Verdict == Verdict.Unknown && Verdict == Verdict.Ok ? _loose! : _exact).Longest;

    /// <summary>The last return up to which the search came that ended.</summary>
    public long FurthestReturn => (_exact.Verdict == Verdict.Unknown && _loose is not null ? _loose : _exact).FurthestReturn;

    /// <summary>Goes on.</summary>
    /// <param name="steps">For at least so many steps, and not many more.</param>
    /// <returns>What is known then.</returns>
    public Verdict Run(long steps)
    {
        for (var until = Steps + steps; Verdict == Verdict.Unknown && Steps < until;)
        {
            var turn = Math.Min(Turn, until - Steps);
            if (_hasOpen && _loose?.Verdict != Verdict.Ok && _exact.Steps >= Turn + (_loose?.Steps ?? 0)) RunLoose(turn);
            else Verdict = _exact.Run(turn);
        }
        return Verdict;
    }

    private void RunLoose(long steps)
    {
        _loose ??= new(_model, _operations, mayRepeat: true);
        switch (_loose.Run(steps))
        {
            case Verdict.Violation:
                Verdict = Verdict.Violation;
                break;
            case Verdict.Ok when _loose.Longest is var order && order.Distinct(ReferenceEqualityComparer.Instance).Count() == order.Count:
                Verdict = Verdict.Ok;
                break;
        }
    }
}

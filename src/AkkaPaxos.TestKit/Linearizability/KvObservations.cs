namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// What a history sees of a store: the values that somebody got, or compared with, and their beginnings, from which appends make them. All other
/// values are alike.
/// </summary>
internal sealed class KvObservations : Observations<KvState, KvCall>
{
    private readonly string[] _seen;
    private readonly string _unseen = "\uffff"; // stands for all values that nobody saw
    private readonly bool _isUnseenUseless;

    private KvObservations(HashSet<string> seen, bool isUnseenUseless)
    {
        _seen = [.. seen.Order(StringComparer.Ordinal)];
        while (IsBeginning(_unseen)) _unseen += "\uffff";
        _isUnseenUseless = isUnseenUseless;
    }

    /// <summary>What the operations see; null: all may be, as there are comparisons by order.</summary>
    public static KvObservations? Of(IReadOnlyList<Operation<KvCall, KvResult>> operations)
    {
        HashSet<string> seen = [];
        // That a value was none of some others can be seen by such as deletions; then it helps that there is any.
        var isUnseenUseless = true;
        foreach (var operation in operations)
        {
            if (operation.Call is KvTransaction t && t.Compares.Any(c => c.Comparison is KvComparison.Less or KvComparison.Greater)) return null;
            isUnseenUseless &= operation.Call is not (KvTransaction or KvDelete) || operation is { Call: KvDelete, Result: null or KvDone };
            isUnseenUseless &= operation.Result is not KvCompared { Succeeded: false };
            Add(operation.Call, operation.Result);
        }
        return new KvObservations(seen, isUnseenUseless);

        void Add(KvCall call, KvResult? result)
        {
            switch (call)
            {
                case KvGet when result is KvValue { Value: { } value }: seen.Add(value); break;
                case KvCompareAndSet { Expected: { } expected }: seen.Add(expected); break;
                case KvTransaction transaction:
                    seen.UnionWith(transaction.Compares.Select(c => c.Value).OfType<string>());
                    AddAll(transaction.Success, result is KvTransacted { Succeeded: true } success ? success.Results : null);
                    AddAll(transaction.Failure, result is KvTransacted { Succeeded: false } failure ? failure.Results : null);
                    break;
            }
        }

        void AddAll(IReadOnlyList<KvCall> calls, IReadOnlyList<KvResult>? results)
        {
            for (var i = 0; i < calls.Count; i++) Add(calls[i], i < results?.Count ? results[i] : null);
        }
    }

    /// <inheritdoc/>
    public override KvState Reduced(KvCall call, KvState next) => call switch
    {
        KvGet or KvDelete => next,
        KvPut c => Reduced(c.Key, next),
        KvAppend c => Reduced(c.Key, next),
        KvCompareAndSet c => Reduced(c.Key, next),
        KvTransaction c => c.Success.Concat(c.Failure).Aggregate(next, (state, inner) => Reduced(inner, state)),
        _ => next,
    };

    /// <inheritdoc/>
    public override bool IsSeen(KvState state) => !state.HasValue(_unseen);

    /// <summary>
    /// A value that nobody saw is overwritten before anybody can see anything. Unless somebody saw what it was not: then it may help.
    /// </summary>
    public override bool MayHelp(KvCall open, KvState next) => !_isUnseenUseless || IsSeen(next);

    private KvState Reduced(string key, KvState state) =>
        state[key] is not { } value || IsBeginning(value) ? state : state.With(key, _unseen);

    // The first of those seen that is not before it begins with it, if any does.
    private bool IsBeginning(string value)
    {
        var at = Array.BinarySearch(_seen, value, StringComparer.Ordinal);
        return at >= 0 || (~at < _seen.Length && _seen[~at].StartsWith(value, StringComparison.Ordinal));
    }
}

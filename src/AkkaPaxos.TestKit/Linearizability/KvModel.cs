namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// A key-value store with get, put, append, compare-and-set, delete, and transactions as etcd has them. It serves as a state machine as well: what
/// <see cref="Step"/> makes of a call is the store's next state and its answer.
/// </summary>
/// <param name="missingIsEmpty">
/// Whether an answer of an empty string may also mean that there is no such key, as in histories that have no other word for it.
/// </param>
public sealed class KvModel(bool missingIsEmpty = false) : Model<KvState, KvCall, KvResult>
{
    /// <inheritdoc/>
    public override KvState Initial => KvState.Empty;

    /// <inheritdoc/>
    public override (KvState Next, KvResult Result) Step(KvState state, KvCall call)
    {
        switch (call)
        {
            case KvGet get: return (state, new KvValue(state[get.Key]));
            case KvPut put: return (state.With(put.Key, put.Value), KvDone.Instance);
            case KvAppend append: return (state.With(append.Key, state[append.Key] + append.Value), KvDone.Instance);
            case KvCompareAndSet cas:
                var isExpected = state[cas.Key] == cas.Expected;
                return (isExpected ? state.With(cas.Key, cas.Value) : state, new KvCompared(isExpected));
            case KvDelete delete: return (state.With(delete.Key, null), new KvDeleted(state[delete.Key] is not null));
            case KvTransaction transaction:
                var succeeded = transaction.Compares.All(c => Holds(c, state[c.Key]));
                var calls = succeeded ? transaction.Success : transaction.Failure;
                var results = new KvResult[calls.Count];
                for (var i = 0; i < results.Length; i++) (state, results[i]) = Step(state, calls[i]);
                return (state, new KvTransacted(succeeded, results));
            default: throw new ArgumentException($"a key-value store has no {call.GetType().Name}", nameof(call));
        }
    }

    /// <inheritdoc/>
    public override bool Matches(KvCall call, KvResult expected, KvResult observed) => (expected, observed) switch
    {
        (KvValue { Value: null }, KvValue { Value: "" }) => missingIsEmpty,
        (KvDeleted, KvDone) => true, // whether there was something is not in the history
        (KvTransacted e, KvTransacted o) => e.Succeeded == o.Succeeded && e.Results.Count == o.Results.Count
            && e.Results.Zip(o.Results).All(r => Matches(call, r.First, r.Second)),
        _ => expected.Equals(observed),
    };

    /// <inheritdoc/>
    public override bool IsReadOnly(KvCall call, KvResult observed) => (call, observed) switch
    {
        (KvGet, _) or (_, KvCompared { Succeeded: false } or KvDeleted { Existed: false }) => true,
        (KvTransaction t, KvTransacted r) => (r.Succeeded ? t.Success : t.Failure).Zip(r.Results).All(c => IsReadOnly(c.First, c.Second)),
        _ => false,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys(KvCall call) => call switch
    {
        KvGet c => [c.Key],
        KvPut c => [c.Key],
        KvAppend c => [c.Key],
        KvCompareAndSet c => [c.Key],
        KvDelete c => [c.Key],
        KvTransaction c => [.. c.Compares.Select(p => p.Key).Concat(c.Success.Concat(c.Failure).SelectMany(Keys)).Distinct()],
        _ => [],
    };

    /// <inheritdoc/>
    public override Observations<KvState, KvCall>? Observations(IReadOnlyList<Operation<KvCall, KvResult>> operations) =>
        KvObservations.Of(operations);

    /// <inheritdoc/>
    public override string Describe(KvCall call) => call switch
    {
        KvGet c => $"get {c.Key}",
        KvPut c => $"put {c.Key} {Text(c.Value)}",
        KvAppend c => $"append {c.Key} {Text(c.Value)}",
        KvCompareAndSet c => $"cas {c.Key} {Text(c.Expected)} -> {Text(c.Value)}",
        KvDelete c => $"delete {c.Key}",
        KvTransaction c =>
            $"txn if {List(c.Compares.Select(Describe))} then {List(c.Success.Select(Describe))} else {List(c.Failure.Select(Describe))}",
        _ => $"{call}",
    };

    /// <inheritdoc/>
    public override string Describe(KvCall call, KvResult result) => Describe(result);

    private static string Describe(KvResult result) => result switch
    {
        KvValue r => Text(r.Value),
        KvCompared r => r.Succeeded ? "ok" : "compare failed",
        KvDeleted r => r.Existed ? "deleted" : "missing",
        KvTransacted r => $"{(r.Succeeded ? "then" : "else")} {List(r.Results.Select(Describe))}",
        _ => "ok",
    };

    private static string Describe(KvCompare compare) => $"{compare.Key} {compare.Comparison switch
    {
        KvComparison.Equal => "=",
        KvComparison.NotEqual => "!=",
        KvComparison.Less => "<",
        _ => ">",
    }} {Text(compare.Value)}";

    private static bool Holds(KvCompare compare, string? value) => compare.Comparison switch
    {
        KvComparison.Equal => value == compare.Value,
        KvComparison.NotEqual => value is not null && value != compare.Value,
        KvComparison.Less => value is not null && compare.Value is not null && string.CompareOrdinal(value, compare.Value) < 0,
        _ => value is not null && compare.Value is not null && string.CompareOrdinal(value, compare.Value) > 0,
    };

    private static string Text(string? value) => value is null ? "nil" : $"\"{value}\"";

    private static string List(IEnumerable<string> items) => $"[{string.Join("; ", items)}]";
}

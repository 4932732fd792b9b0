using static AkkaPaxos.TestKit.Linearizability.HistoryValue;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Keys and their values: <c>:get</c>, <c>:put</c>, <c>:append</c>, <c>:cas</c>, <c>:delete</c> and <c>:txn</c>. In Jepsen's log lines, which have no
/// field for a key, the value is <c>[key value]</c>.
/// </summary>
internal sealed class KvForm : HistoryForm<KvCall, KvResult>
{
    private static readonly Dictionary<string, KvComparison> Comparisons = new()
    {
        ["="] = KvComparison.Equal, ["!="] = KvComparison.NotEqual, ["<"] = KvComparison.Less, [">"] = KvComparison.Greater,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Functions => ["get", "put", "append", "cas", "delete", "txn"];

    /// <summary>Whether an event says that there is no such key, so that an empty string means just that, a value.</summary>
    public static bool TellsMissing(HistoryEvent e) => e is { Type: HistoryEventType.Ok, Function: "get", Value: null };

    /// <inheritdoc/>
    public override KvCall? Call(HistoryEvent invocation)
    {
        if (invocation.Function != "txn") return Call(invocation, invocation.Function, invocation.Key, invocation.Value);
        var map = invocation.Value as HistoryMap ?? throw Wrong(invocation, ":txn has a map of :compare, :success and :failure for its value");
        return new KvTransaction([.. Maps("compare").Select(Compare)], [.. Maps("success").Select(Inner)], [.. Maps("failure").Select(Inner)]);

        IEnumerable<HistoryMap> Maps(string name) => map[name] switch
        {
            null => [],
            HistoryList list when list.Items.All(i => i is HistoryMap) => list.Items.Cast<HistoryMap>(),
            _ => throw Wrong(invocation, $":{name} of :txn is not a list of maps"),
        };

        KvCompare Compare(HistoryMap compare) => new(
            Content(compare["key"]) ?? throw Wrong(invocation, "a comparison has no :key"),
            Comparisons.TryGetValue(Content(compare["op"]) ?? "=", out var comparison)
                ? comparison
                : throw Wrong(invocation, "an :op is none of =, !=, < and >"),
            Content(compare["value"]));

        KvCall Inner(HistoryMap call) => Call(invocation, Content(call["f"])?.TrimStart(':') ?? "", Content(call["key"]), call["value"])
            ?? throw Wrong(invocation, $":txn has no function {HistoryValue.Text(call["f"])}, but :get, :put, :append, :cas and :delete");
    }

    /// <inheritdoc/>
    public override KvResult Result(KvCall call, HistoryEvent ok) => Result(call, ok, Unkeyed(call, ok));

    /// <inheritdoc/>
    public override bool IsAnswer(KvCall call, HistoryEvent fail, out KvResult? result)
    {
        result = new KvCompared(false);
        return call is KvCompareAndSet && !fail.HasError;
    }

    private static KvCall? Call(HistoryEvent e, string function, string? key, HistoryValue? value)
    {
        if (key is null && value is HistoryList { Items: [{ } first, var second] } && function is not "cas")
            (key, value) = (Content(first), second);
        else if (key is null && value is HistoryList { Items: [{ } name, HistoryList pair] })
            (key, value) = (Content(name), pair);
        return function switch
        {
            "get" => new KvGet(Key()),
            "put" => new KvPut(Key(), Given()),
            "append" => new KvAppend(Key(), Given()),
            "cas" when value is HistoryList { Items: [var expected, { } next] } => new KvCompareAndSet(Key(), Content(expected), Content(next)!),
            "cas" => throw Wrong(e, $":cas has a value of two, [expected new], not {HistoryValue.Text(value)}"),
            "delete" => new KvDelete(Key()),
            _ => null,
        };

        string Key() => key ?? throw Wrong(e, $":{function} has no :key");

        string Given() => Content(value) ?? throw Wrong(e, $":{function} has no :value");
    }

    // The answer without the key that Jepsen's tuples have before it.
    private static HistoryValue? Unkeyed(KvCall call, HistoryEvent ok) =>
        ok.Key is null && call is KvGet get && ok.Value is HistoryList { Items: [{ } key, var value] } && Content(key) == get.Key ? value : ok.Value;

    private static KvResult Result(KvCall call, HistoryEvent ok, HistoryValue? value)
    {
        switch (call)
        {
            case KvGet: return new KvValue(Content(value));
            case KvCompareAndSet: return new KvCompared(value is not HistoryAtom { Value: "false" });
            case KvDelete when value is HistoryAtom { Value: "true" or "false" } existed: return new KvDeleted(existed.Value == "true");
            case KvTransaction transaction:
                var map = value as HistoryMap;
                if (map?["succeeded"] is not HistoryAtom { Value: "true" or "false" } flag)
                    throw Wrong(ok, "the answer to :txn is a map of :succeeded, true or false, and :results");
                var succeeded = flag.Value == "true";
                var calls = succeeded ? transaction.Success : transaction.Failure;
                IReadOnlyList<HistoryValue?> results = map["results"] is HistoryList list ? list.Items : new HistoryValue?[calls.Count];
                if (results.Count != calls.Count) throw Wrong(ok, $":results has {results.Count} answers to {calls.Count} calls");
                return new KvTransacted(succeeded, [.. calls.Zip(results, (c, r) => Result(c, ok, r))]);
            default: return KvDone.Instance;
        }
    }
}

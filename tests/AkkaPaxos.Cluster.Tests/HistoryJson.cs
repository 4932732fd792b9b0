using System.Text.Json;
using System.Text.Json.Nodes;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>Histories as <c>akkapaxos check-history --model kv</c> reads them: an event a line, in the order in which they happened.</summary>
internal static class HistoryJson
{
    /// <summary>Writes a history. An operation without an answer has one event only.</summary>
    public static void Write(IEnumerable<Operation<KvCall, KvResult>> history, TextWriter to)
    {
        var events = history.SelectMany(o => o.Returned is { } returned
            ? [(o.Invoked, Event(o, "invoke", Argument(o.Call))), (returned, Event(o, "ok", Answer(o.Call, o.Result!)))]
            : new[] { (At: o.Invoked, Event: Event(o, "invoke", Argument(o.Call))) });
        foreach (var (_, e) in events.OrderBy(e => e.At)) to.WriteLine(e.ToJsonString(JsonSerializerOptions.Web));
    }

    private static JsonObject Event(Operation<KvCall, KvResult> operation, string type, JsonNode? value)
    {
        var e = new JsonObject { ["process"] = operation.Client, ["type"] = type, ["f"] = Function(operation.Call) };
        if (Key(operation.Call) is { } key) e["key"] = key;
        e["value"] = value;
        return e;
    }

    private static string Function(KvCall call) => call switch
    {
        KvGet => "get",
        KvPut => "put",
        KvCompareAndSet => "cas",
        KvDelete => "delete",
        KvTransaction => "txn",
        _ => throw new ArgumentException($"no client here makes {call}", nameof(call)),
    };

    private static string? Key(KvCall call) => call switch
    {
        KvGet get => get.Key,
        KvPut put => put.Key,
        KvCompareAndSet cas => cas.Key,
        KvDelete delete => delete.Key,
        _ => null,
    };

    private static JsonNode? Argument(KvCall call) => call switch
    {
        KvPut put => put.Value,
        KvCompareAndSet cas => new JsonArray(cas.Expected, cas.Value),
        KvTransaction txn => new JsonObject
        {
            ["compare"] = new JsonArray([.. txn.Compares.Select(c => new JsonObject { ["key"] = c.Key, ["op"] = "=", ["value"] = c.Value })]),
            ["success"] = new JsonArray([.. txn.Success.Select(Inner)]),
            ["failure"] = new JsonArray([.. txn.Failure.Select(Inner)]),
        },
        _ => null,
    };

    private static JsonObject Inner(KvCall call) => new() { ["f"] = Function(call), ["key"] = Key(call), ["value"] = Argument(call) };

    private static JsonNode? Answer(KvCall call, KvResult result) => result switch
    {
        KvValue value => value.Value,
        KvCompared compared => compared.Succeeded,
        KvDeleted deleted => deleted.Existed,
        KvTransacted transacted => new JsonObject
        {
            ["succeeded"] = transacted.Succeeded,
            ["results"] = new JsonArray([.. transacted.Results.Select(r => Answer(call, r))]),
        },
        _ => Argument(call),
    };
}

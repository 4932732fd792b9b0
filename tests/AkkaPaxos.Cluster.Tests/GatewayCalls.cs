using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AkkaPaxos.Kv;
using AkkaPaxos.TestKit.Linearizability;
using Google.Protobuf;
using static AkkaPaxos.Kv.RequestOp.RequestOneofCase;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>What came of a call.</summary>
internal enum Outcome
{
    /// <summary>It was answered.</summary>
    Ok,

    /// <summary>It never left: nobody listened there.</summary>
    NotSent,

    /// <summary>There was no answer, or one that leaves open whether it takes effect: it may have, and may still.</summary>
    Unknown,
}

/// <summary>The calls of <see cref="KvModel"/> as requests to a node's gateway, and its answers as their results.</summary>
internal static class GatewayCalls
{
    // Longer than the gateway itself waits: what ends by this is a node that does not run.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Makes a call through a node's gateway, once.</summary>
    /// <exception cref="InvalidOperationException">The gateway refuses it, or answers what nobody asked for.</exception>
    public static async Task<(Outcome Outcome, KvResult? Result)> Ask(HttpClient node, KvCall call)
    {
        var op = Request(call);
        var (path, body) = op.RequestCase switch
        {
            RequestRange => ("range", (IMessage)op.RequestRange),
            RequestPut => ("put", op.RequestPut),
            RequestDeleteRange => ("deleterange", op.RequestDeleteRange),
            _ => ("txn", op.RequestTxn),
        };
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            // The client sends a body once at most: it tries again by itself only where none of it has left.
            using var content = new StringContent(KvJson.Format(body), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using var response = await node.PostAsync($"/v3/kv/{path}", content, patience.Token);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable) return (Outcome.Unknown, null);
            var json = await response.Content.ReadAsStringAsync(patience.Token);
            return response.IsSuccessStatusCode
                ? (Outcome.Ok, Result(call, Response(op, json)))
                : throw new InvalidOperationException($"{call}: {(int)response.StatusCode} {json}");
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return (Outcome.NotSent, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return (Outcome.Unknown, null);
        }
    }

    private static RequestOp Request(KvCall call) => call switch
    {
        KvGet get => new() { RequestRange = new() { Key = Bytes(get.Key) } },
        KvPut put => new() { RequestPut = new() { Key = Bytes(put.Key), Value = Bytes(put.Value) } },
        KvDelete delete => new() { RequestDeleteRange = new() { Key = Bytes(delete.Key) } },
        KvCompareAndSet cas => Transaction([Equal(cas.Key, cas.Expected)], [new KvPut(cas.Key, cas.Value)], []),
        KvTransaction txn => Transaction(txn.Compares.Select(Compare), txn.Success, txn.Failure),
        _ => throw new ArgumentException($"etcd has no {call}", nameof(call)),
    };

    private static RequestOp Transaction(IEnumerable<Compare> compares, IEnumerable<KvCall> success, IEnumerable<KvCall> failure) => new()
    {
        RequestTxn = new() { Compare = { compares }, Success = { success.Select(Request) }, Failure = { failure.Select(Request) } },
    };

    private static Compare Compare(KvCompare compare) => compare.Comparison == KvComparison.Equal
        ? Equal(compare.Key, compare.Value)
        : throw new ArgumentException($"no client here compares with {compare.Comparison}", nameof(compare));

    // A key that is not there has version 0, and no value that could be compared.
    private static Compare Equal(string key, string? value) => value is null
        ? new() { Key = Bytes(key), Target = AkkaPaxos.Kv.Compare.Types.CompareTarget.Version, Version = 0 }
        : new() { Key = Bytes(key), Target = AkkaPaxos.Kv.Compare.Types.CompareTarget.Value, Value = Bytes(value) };

    private static ResponseOp Response(RequestOp op, string json) => op.RequestCase switch
    {
        RequestRange => new() { ResponseRange = KvJson.Parse<RangeResponse>(json) },
        RequestPut => new() { ResponsePut = KvJson.Parse<PutResponse>(json) },
        RequestDeleteRange => new() { ResponseDeleteRange = KvJson.Parse<DeleteRangeResponse>(json) },
        _ => new() { ResponseTxn = KvJson.Parse<TxnResponse>(json) },
    };

    private static KvResult Result(KvCall call, ResponseOp response) => (call, response.ResponseCase) switch
    {
        (KvGet, ResponseOp.ResponseOneofCase.ResponseRange) => new KvValue(response.ResponseRange.Kvs.SingleOrDefault()?.Value.ToStringUtf8()),
        (KvPut, ResponseOp.ResponseOneofCase.ResponsePut) => KvDone.Instance,
        (KvDelete, ResponseOp.ResponseOneofCase.ResponseDeleteRange) => new KvDeleted(response.ResponseDeleteRange.Deleted > 0),
        (KvCompareAndSet, ResponseOp.ResponseOneofCase.ResponseTxn) => new KvCompared(response.ResponseTxn.Succeeded),
        (KvTransaction txn, ResponseOp.ResponseOneofCase.ResponseTxn) => Transacted(txn, response.ResponseTxn),
        _ => throw new InvalidOperationException($"{call} is answered with {response}"),
    };

    private static KvTransacted Transacted(KvTransaction txn, TxnResponse response)
    {
        var calls = response.Succeeded ? txn.Success : txn.Failure;
        if (calls.Count != response.Responses.Count) throw new InvalidOperationException($"{txn} is answered with {response}");
        return new KvTransacted(response.Succeeded, [.. calls.Zip(response.Responses, Result)]);
    }

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}

using AkkaPaxos.Kv;
using Google.Protobuf.Collections;

namespace AkkaPaxos.Cli;

/// <summary>What is printed of a range.</summary>
internal enum RangeView
{
    Pairs,
    Keys,
    Values,
    Count,
}

/// <summary>The store's answers as etcdctl prints them.</summary>
internal static class KvOutput
{
    public static void Print(this Terminal terminal, PutResponse response)
    {
        terminal.Text.WriteLine("OK");
        if (response.PrevKv is { } previous) Print(terminal, [previous], RangeView.Pairs);
    }

    public static void Print(this Terminal terminal, DeleteRangeResponse response)
    {
        terminal.Text.WriteLine(response.Deleted);
        Print(terminal, response.PrevKvs, RangeView.Pairs);
    }

    public static void Print(this Terminal terminal, RangeResponse response, RangeView view)
    {
        if (view == RangeView.Count) terminal.Text.WriteLine(response.Count);
        else Print(terminal, response.Kvs, view);
    }

    /// <param name="terminal">Where to.</param>
    /// <param name="response">The answer to a transaction.</param>
    /// <param name="views">By operation of the branch that was taken, how the answer to a get is shown.</param>
    public static void Print(this Terminal terminal, TxnResponse response, IReadOnlyList<RangeView> views)
    {
        terminal.Text.WriteLine(response.Succeeded ? "SUCCESS" : "FAILURE");
        for (var i = 0; i < response.Responses.Count; i++)
        {
            terminal.Text.WriteLine();
            var op = response.Responses[i];
            switch (op.ResponseCase)
            {
                case ResponseOp.ResponseOneofCase.ResponsePut: Print(terminal, op.ResponsePut); break;
                case ResponseOp.ResponseOneofCase.ResponseRange: Print(terminal, op.ResponseRange, views[i]); break;
                case ResponseOp.ResponseOneofCase.ResponseDeleteRange: Print(terminal, op.ResponseDeleteRange); break;
            }
        }
    }

    private static void Print(Terminal terminal, RepeatedField<KeyValue> kvs, RangeView view)
    {
        foreach (var kv in kvs)
        {
            if (view != RangeView.Values) terminal.WriteLine(kv.Key.Span);
            if (view != RangeView.Keys) terminal.WriteLine(kv.Value.Span);
        }
    }
}

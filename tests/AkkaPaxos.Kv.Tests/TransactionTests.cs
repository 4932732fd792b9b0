using static AkkaPaxos.Kv.Compare.Types;
using static AkkaPaxos.Kv.Tests.Store;

namespace AkkaPaxos.Kv.Tests;

public sealed class TransactionTests
{
    private readonly Store _store = new Store().With("a=1", "b=2", "b=3"); // a: 2 2 1; b: 3 4 2

    [Fact]
    public void A_transaction_with_writes_is_one_revision()
    {
        var txn = _store.Apply(new TxnRequest { Success = { Put("x", "1"), Del("a"), Put("y", "1"), Get("x") } });
        Assert.Equal((true, 5), (txn.Succeeded, txn.Header.Revision));
        Assert.Equal((5, 5), (_store["x"]!.ModRevision, _store["y"]!.CreateRevision));
        Assert.Equal([5L, 5, 5, 5], [txn.Responses[0].ResponsePut.Header.Revision, txn.Responses[1].ResponseDeleteRange.Header.Revision,
            txn.Responses[2].ResponsePut.Header.Revision, txn.Responses[3].ResponseRange.Header.Revision]);
        Assert.Equal("1", txn.Responses[3].ResponseRange.Kvs.Single().Value.ToStringUtf8());
    }

    [Fact]
    public void A_transaction_that_writes_nothing_leaves_the_revision()
    {
        Assert.Equal(4, _store.Apply(new TxnRequest { Success = { Get("a"), Del("none") }, Failure = { Put("a", "9") } }).Header.Revision);
        Assert.Equal(4, _store.Apply(new TxnRequest()).Header.Revision);
        Assert.Equal(4, _store.Machine.Revision);
    }

    [Theory]
    [InlineData(CompareTarget.Version, 2, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Version, 2, CompareResult.NotEqual, false)]
    [InlineData(CompareTarget.Version, 1, CompareResult.Greater, true)]
    [InlineData(CompareTarget.Version, 2, CompareResult.Greater, false)]
    [InlineData(CompareTarget.Create, 3, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Create, 4, CompareResult.Less, true)]
    [InlineData(CompareTarget.Mod, 4, CompareResult.Equal, true)]
    [InlineData(CompareTarget.Mod, 3, CompareResult.Less, false)]
    [InlineData(CompareTarget.Lease, 0, CompareResult.Equal, true)]
    public void Numbers_compare(CompareTarget target, long number, CompareResult result, bool holds) =>
        Holds(holds, Number("b", target, number, result));

    [Theory]
    [InlineData("3", CompareResult.Equal, true)]
    [InlineData("", CompareResult.Equal, false)]
    [InlineData("2", CompareResult.Greater, true)]
    [InlineData("30", CompareResult.Less, true)]
    [InlineData("3", CompareResult.NotEqual, false)]
    public void Values_compare_by_bytes(string value, CompareResult result, bool holds) =>
        Holds(holds, new Compare { Key = Bytes("b"), Target = CompareTarget.Value, Value = Bytes(value), Result = result });

    [Fact]
    public void A_key_that_is_not_there_has_zeros_and_no_value()
    {
        Holds(true, Number("none", CompareTarget.Create, 0, CompareResult.Equal));
        Holds(true, Number("none", CompareTarget.Mod, 0, CompareResult.Equal));
        Holds(true, Number("none", CompareTarget.Version, 1, CompareResult.Less));
        foreach (var result in Enum.GetValues<CompareResult>())
            Holds(false, new Compare { Key = Bytes("none"), Target = CompareTarget.Value, Value = Bytes(""), Result = result });
    }

    [Fact]
    public void A_compare_with_range_end_must_hold_for_every_key()
    {
        Compare All(long below) => new() { Key = Bytes("a"), RangeEnd = Bytes("c"), Target = CompareTarget.Mod, ModRevision = below,
            Result = CompareResult.Less };
        Holds(true, All(5));
        Holds(false, All(4));
        Holds(true, new Compare { Key = Bytes("x"), RangeEnd = Bytes("z"), Target = CompareTarget.Create, CreateRevision = 0,
            Result = CompareResult.Equal });
    }

    [Fact]
    public void All_compares_must_hold()
    {
        var txn = new TxnRequest
        {
            Compare = { Number("a", CompareTarget.Version, 1, CompareResult.Equal), Number("b", CompareTarget.Version, 1, CompareResult.Equal) },
            Success = { Put("won", "1") },
            Failure = { Put("lost", "1") },
        };
        Assert.False(_store.Apply(txn).Succeeded);
        Assert.Null(_store["won"]);
        Assert.NotNull(_store["lost"]);
    }

    [Fact]
    public void A_nested_transaction_compares_the_state_before_the_whole()
    {
        var inner = new TxnRequest
        {
            Compare = { Number("x", CompareTarget.Version, 0, CompareResult.Equal) },
            Success = { Put("y", "inner"), Get("x") },
            Failure = { Put("z", "inner") },
        };
        var txn = _store.Apply(new TxnRequest { Success = { Put("x", "outer"), Op(inner), Get("y") } });
        var response = txn.Responses[1].ResponseTxn;
        Assert.True(response.Succeeded);
        Assert.Equal("outer", response.Responses[1].ResponseRange.Kvs.Single().Value.ToStringUtf8());
        Assert.Equal("inner", txn.Responses[2].ResponseRange.Kvs.Single().Value.ToStringUtf8());
        Assert.Equal(5, _store.Machine.Revision);
        Assert.Null(_store["z"]);
    }

    [Fact]
    public void A_key_is_written_once_in_a_transaction()
    {
        RequestOp Nested(params RequestOp[] ops) => Op(new TxnRequest { Success = { ops } });
        RequestOp[][] refused =
        [
            [Put("k", "1"), Put("k", "2")],
            [Put("k", "1"), Del("k")],
            [Del("a", "z"), Put("k", "1")],
            [Del("k", "\0"), Put("x", "1")],
            [Put("k", "1"), Nested(Put("k", "2"))],
            [Nested(Put("k", "1")), Nested(Put("k", "2"))],
            [Del("k"), Nested(Put("k", "2"))],
            [Nested(Del("k")), Put("k", "2")],
            [Nested(Nested(Put("k", "1")), Put("k", "2"))],
        ];
        foreach (var ops in refused)
            foreach (var txn in (TxnRequest[])[new() { Success = { ops } }, new() { Failure = { ops } }])
                Assert.Equal("etcdserver: duplicate key given in txn request", _store.Refusal(Op(txn)).Message);

        var either = new TxnRequest { Success = { Put("k", "1") }, Failure = { Put("k", "2") } };
        RequestOp[][] granted = [[Del("k"), Del("k", "z")], [Op(either)], [Put("k", "1"), Get("k"), Get("k")],
            [Put("k", "1"), Del("l", "m"), Put("m", "1")]];
        foreach (var ops in granted) Assert.Null(_store.Apply(Op(new TxnRequest { Success = { ops } })).Error);
        Assert.Null(_store.Apply(Op(either)).Error);
    }

    [Fact]
    public void A_transaction_has_at_most_128_operations_a_branch()
    {
        TxnRequest Of(int count) => new() { Success = { Enumerable.Range(0, count).Select(i => Put($"k{i}", "")) } };
        Assert.Null(_store.Apply(Op(Of(128))).Error);
        Assert.Equal("etcdserver: too many operations in txn request", _store.Refusal(Op(Of(129))).Message);
        var compares = Enumerable.Repeat(Number("a", CompareTarget.Mod, 0, CompareResult.Equal), 129);
        Assert.Equal("etcdserver: too many operations in txn request", _store.Refusal(Op(new TxnRequest { Compare = { compares } })).Message);
        // A nested transaction has what the outer one leaves.
        Assert.Null(_store.Apply(Op(new TxnRequest { Success = { Op(Of(127)) } })).Error);
        Assert.Equal("etcdserver: too many operations in txn request", _store.Refusal(Op(new TxnRequest { Success = { Op(Of(128)) } })).Message);
    }

    [Fact]
    public void A_transaction_happens_wholly_or_not_at_all()
    {
        RequestOp[] bad = [Op(new PutRequest { Key = Bytes("none"), IgnoreValue = true }), Op(new RangeRequest { Key = Bytes("a"), Revision = 3 }),
            Op(new RangeRequest { Key = Bytes("a"), Revision = 5 }), new(), Op(new PutRequest { Key = Bytes("q"), Lease = 1 })];
        foreach (var op in bad)
        {
            _store.Refusal(Op(new TxnRequest { Success = { Put("x", "1"), op } }));
            _store.Refusal(Op(new TxnRequest { Success = { Put("x", "1"), Op(new TxnRequest { Success = { op } }) } }));
        }
        // In the branch that is not taken only what needs no look at the store counts.
        Assert.Null(_store.Apply(Op(new TxnRequest { Success = { Put("x", "1") }, Failure = { bad[0] } })).Error);
        Assert.NotNull(_store.Apply(Op(new TxnRequest { Success = { Put("x", "1") }, Failure = { bad[3] } })).Error);
    }

    [Fact]
    public void A_range_at_the_present_revision_does_not_see_the_transactions_own_writes()
    {
        var txn = _store.Apply(new TxnRequest { Success = { Put("a", "new"), Op(new RangeRequest { Key = Bytes("a"), Revision = 4 }), Get("a") } });
        Assert.Equal("1", txn.Responses[1].ResponseRange.Kvs.Single().Value.ToStringUtf8());
        Assert.Equal("new", txn.Responses[2].ResponseRange.Kvs.Single().Value.ToStringUtf8());
    }

    [Fact]
    public void Nesting_beyond_what_protobuf_reads_is_refused()
    {
        var op = Get("a");
        for (var i = 0; i < 120; i++) op = Op(new TxnRequest { Success = { op } });
        Assert.Equal(KvErrors.InvalidArgument, _store.Refusal(op).Code);
    }

    private void Holds(bool holds, Compare compare) => Assert.Equal(holds, _store.Apply(new TxnRequest { Compare = { compare } }).Succeeded);

    private static Compare Number(string key, CompareTarget target, long number, CompareResult result)
    {
        var compare = new Compare { Key = Bytes(key), Target = target, Result = result };
        switch (target)
        {
            case CompareTarget.Version: compare.Version = number; break;
            case CompareTarget.Create: compare.CreateRevision = number; break;
            case CompareTarget.Mod: compare.ModRevision = number; break;
            default: compare.Lease = number; break;
        }
        return compare;
    }
}

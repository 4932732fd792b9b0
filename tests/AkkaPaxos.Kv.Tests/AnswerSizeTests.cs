using Google.Protobuf;
using static AkkaPaxos.Kv.RangeRequest.Types;
using static AkkaPaxos.Kv.Tests.Store;

namespace AkkaPaxos.Kv.Tests;

/// <summary>An answer has a limit that is known before anything is written, and what takes long is answered beside the log.</summary>
public sealed class AnswerSizeTests
{
    private static readonly ByteString All = ByteString.CopyFrom(0);

    /// <summary>Some keys with values of a MiB.</summary>
    private static Store Large(int count)
    {
        var store = new Store();
        var value = UnsafeByteOperations.UnsafeWrap(new byte[1 << 20]);
        for (var i = 0; i < count; i++) store.Apply(new PutRequest { Key = Bytes($"k{i:000}"), Value = value });
        return store;
    }

    private static RangeRequest Everything() => new() { Key = All, RangeEnd = All };

    [Fact]
    public void A_read_over_the_limit_is_refused_with_its_size_and_one_below_is_answered()
    {
        var store = Large(70);
        var error = KvOperations.Decode(store.Machine.Query(KvOperations.Encode(Everything()))).Error;
        var bytes = Everything();
        var size = 70 * (store.Ask(new RangeRequest { Key = Bytes("k000") }).CalculateSize() - new RangeResponse { Count = 1, Header = new ResponseHeader { Revision = 71 } }.CalculateSize());
        Assert.Equal((KvErrors.OutOfRange, KvErrors.AnswerTooLarge(size, KvRules.MaxAnswerBytes).Message), (error.Code, error.Message));
        Assert.StartsWith($"akkapaxos: the answer would have {size} bytes, and the limit is 67108864: ", error.Message);
        bytes.Limit = 60;
        Assert.Equal(60, store.Ask(bytes).Kvs.Count);
        Assert.Equal(70, store.Ask(new RangeRequest { Key = All, RangeEnd = All, KeysOnly = true }).Kvs.Count);
        Assert.Equal(70, store.Ask(new RangeRequest { Key = All, RangeEnd = All, CountOnly = true }).Count);
    }

    [Fact]
    public void Nothing_is_written_where_the_answer_would_be_over_the_limit()
    {
        var store = Large(3);
        var delete = new DeleteRangeRequest { Key = All, RangeEnd = All, PrevKv = true };
        Assert.StartsWith("akkapaxos: nothing was written, as the answer could have 3145", store.Refusal(Op(delete)).Message);
        var read = new TxnRequest { Success = { Op(Everything()), Put("x", "y") } };
        Assert.Equal(KvErrors.OutOfRange, store.Refusal(Op(read)).Code);
        // The branch that is not taken does not count, nor does what the request leaves out.
        store.Apply(new TxnRequest
        {
            Compare = { new Compare { Key = Bytes("x"), Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Greater } },
            Success = { Op(delete) },
            Failure = { Op(new RangeRequest { Key = All, RangeEnd = All, KeysOnly = true }), Put("x", "y") },
        });
        var newest = new RangeRequest { Key = All, RangeEnd = All, Limit = 1, SortTarget = SortTarget.Mod, SortOrder = SortOrder.Descend };
        var both = store.Apply(new TxnRequest { Success = { Op(newest), Put("z", "y") } });
        Assert.Equal("x", both.Responses[0].ResponseRange.Kvs.Single().Key.ToStringUtf8());
        delete.PrevKv = false;
        Assert.Equal(5, store.Apply(delete).Deleted);
    }

    [Fact]
    public void What_a_transaction_writes_and_then_reads_counts_as_often_as_it_is_read()
    {
        var store = new Store();
        var put = new PutRequest { Key = Bytes("a"), Value = UnsafeByteOperations.UnsafeWrap(new byte[1 << 20]) };
        var get = Op(new RangeRequest { Key = Bytes("a") });
        Assert.Equal(KvErrors.OutOfRange, store.Refusal(Op(new TxnRequest { Success = { Op(put), get, get, get } })).Code);
        Assert.Equal(1 << 20, store.Apply(new TxnRequest { Success = { Op(put), get } }).Responses[1].ResponseRange.Kvs.Single().Value.Length);
    }

    [Fact]
    public void A_question_that_looks_at_many_keys_is_answered_later_as_it_would_have_been_then()
    {
        var store = new Store();
        for (var i = 0; i < 3000; i++) store.Apply(Put($"k{i:0000}", $"{i}"));
        ReadOnlyMemory<byte> question = KvOperations.Encode(Everything());
        var (now, later) = (store.Machine.Query(question), store.Machine.LongQuery(question)!);
        store.Apply(Del("k0", "k2"));
        for (var i = 0; i < 3000; i += 7) store.Apply(Put($"k{i:0000}", "changed"));
        Assert.Equal(now.ToArray(), later(CancellationToken.None).ToArray());
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => store.Machine.LongQuery(question)!(cancel.Token));
    }

    [Theory]
    [InlineData(1000, "", false)]
    [InlineData(1001, "", true)]
    [InlineData(3000, "count", false)]
    [InlineData(3000, "limit", false)]
    [InlineData(3000, "sorted limit", true)]
    [InlineData(600, "twice", true)]
    [InlineData(3000, "writes", false)]
    public void Only_what_looks_at_more_than_a_thousand_keys_is_long(int keys, string how, bool isLong)
    {
        var store = new Store();
        for (var i = 0; i < keys; i++) store.Apply(Put($"k{i:0000}", ""));
        var range = Everything();
        if (how == "count") range.CountOnly = true;
        if (how.EndsWith("limit", StringComparison.Ordinal)) range.Limit = 10;
        if (how.StartsWith("sorted", StringComparison.Ordinal)) range.SortTarget = SortTarget.Value;
        var op = how is "twice" or "writes" ? Op(new TxnRequest { Success = { Op(range), Op(range) } }) : Op(range);
        if (how == "writes") op.RequestTxn.Success.Add(Put("x", "y"));
        Assert.Equal(isLong, store.Machine.LongQuery(KvOperations.Encode(op)) is not null);
    }

    [Fact]
    public void What_is_no_question_is_not_long() => Assert.Null(new KvStateMachine().LongQuery(new byte[] { 255, 255 }));

    [Theory]
    [InlineData("", "\0", "e d c b a")]
    [InlineData("b", "d", "c b")]
    [InlineData("b", "", "b")]
    [InlineData("bb", "", "")]
    [InlineData("d", "b", "")]
    [InlineData("c", "\0", "e d c")]
    [InlineData("a", "zz", "e d c b a")]
    public void Keys_come_downwards_where_that_is_asked_for(string from, string end, string keys)
    {
        var store = new Store().With("a=1", "b=2", "c=3", "d=4", "e=5");
        var range = new RangeRequest { Key = from == "" ? All : Bytes(from), RangeEnd = Bytes(end), SortOrder = SortOrder.Descend };
        Assert.Equal(keys, store.Keys(range));
        range.Limit = 2;
        Assert.Equal(string.Join(' ', keys.Split(' ').Take(2)), store.Keys(range));
    }
}

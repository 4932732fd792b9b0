using static AkkaPaxos.Kv.Tests.Store;

namespace AkkaPaxos.Kv.Tests;

public sealed class KvJsonTests
{
    [Fact]
    public void Responses_look_like_those_of_etcds_gateway()
    {
        var response = new RangeResponse
        {
            Header = new ResponseHeader { ClusterId = 12585971608760269493, MemberId = 13847567121247652255, Revision = 1, RaftTerm = 3 },
            Kvs = { new KeyValue { Key = Bytes("foo"), CreateRevision = 2, ModRevision = 2, Version = 1, Value = Bytes("bar") } },
            Count = 1,
        };
        Assert.Equal(
            """{"header":{"cluster_id":"12585971608760269493","member_id":"13847567121247652255","revision":"1","raft_term":"3"},"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy"}],"count":"1"}""",
            KvJson.Format(response));
    }

    [Fact]
    public void What_is_written_reads_the_same()
    {
        var every = new RangeRequest
        {
            Key = Bytes("a\u00ff+/\""), RangeEnd = KvOperations.FromKey, Limit = long.MaxValue, Revision = long.MinValue,
                SortOrder = RangeRequest.Types.SortOrder.Descend,
            SortTarget = RangeRequest.Types.SortTarget.Value, Serializable = true, KeysOnly = true, CountOnly = true, MinModRevision = 1,
                MaxModRevision = 2,
        };
        var txn = new TxnRequest
        {
            Compare =
            {
                new Compare { Key = Bytes("k"), Version = 0 },
                new Compare { Key = Bytes("k"), Target = Compare.Types.CompareTarget.Value, Value = Bytes(""),
                    Result = Compare.Types.CompareResult.NotEqual },
            },
            Success = { Op(every), Put("p", ""), Op(new TxnRequest { Failure = { Del("d") } }) },
        };
        Assert.Equal(txn, KvJson.Parse<TxnRequest>(KvJson.Format(txn)));
        Assert.Contains(""""{"key":"aw==","version":"0"}"""", KvJson.Format(txn));
        Assert.Equal(new Error { Code = 3, Message = "a \"quoted\" \n line" },
            KvJson.Parse<Error>(KvJson.Format(new Error { Code = 3, Message = "a \"quoted\" \n line" })));
        Assert.Equal("{}", KvJson.Format(new RangeRequest()));
        var unknown = new RangeRequest { SortOrder = (RangeRequest.Types.SortOrder)9 };
        Assert.Equal("""{"sort_order":9}""", KvJson.Format(unknown));
    }

    [Fact]
    public void Requests_are_read_in_both_spellings_with_numbers_bare_or_quoted()
    {
        var expected = new RangeRequest { Key = Bytes("foo"), RangeEnd = Bytes("fop"), Limit = 5, KeysOnly = true,
            SortOrder = RangeRequest.Types.SortOrder.Descend };
        Assert.Equal(expected, KvJson.Parse<RangeRequest>(
            """{"key":"Zm9v","range_end":"Zm9w","limit":"5","keys_only":true,"sort_order":"DESCEND"}"""));
        Assert.Equal(expected, KvJson.Parse<RangeRequest>("""{"key":"Zm9v","rangeEnd":"Zm9w","limit":5,"keysOnly":true,"sortOrder":2}"""));
    }

    [Fact]
    public void The_transaction_of_etcds_documentation_is_read()
    {
        var txn = KvJson.Parse<TxnRequest>(
            """{"compare":[{"target":"CREATE","key":"Zm9v","createRevision":"2"}],"success":[{"requestPut":{"key":"Zm9v","value":"YmFy"}}]}""");
        Assert.Equal((Compare.Types.CompareTarget.Create, 2), (txn.Compare[0].Target, txn.Compare[0].CreateRevision));
        Assert.Equal(Put("foo", "bar"), txn.Success[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}{}")]
    [InlineData("""{"key":"%%%"}""")]
    [InlineData("""{"key":5}""")]
    [InlineData("""{"limit":"many"}""")]
    [InlineData("""{"limit":99999999999999999999}""")]
    [InlineData("""{"limit":1.5}""")]
    [InlineData("""{"sort_order":"SIDEWAYS"}""")]
    [InlineData("""{"no_such_field":1}""")]
    public void What_is_no_request_is_a_format_exception(string json) => Assert.Throws<FormatException>(() => KvJson.Parse<RangeRequest>(json));

    [Fact]
    public void Deep_nesting_is_a_format_exception()
    {
        var nested = string.Concat(Enumerable.Repeat("{\"success\":[{\"request_txn\":", 10_000));
        Assert.Throws<FormatException>(() => KvJson.Parse<TxnRequest>(nested));
    }
}

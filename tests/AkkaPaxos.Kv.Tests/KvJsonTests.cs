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
    [InlineData("", "there is no body: a JSON object is expected, like {\"key\":\"Zm9v\"}")]
    [InlineData(" \n", "there is no body: a JSON object is expected, like {\"key\":\"Zm9v\"}")]
    [InlineData("{", "not JSON: line 1, byte 2: it ends too soon")]
    [InlineData("{\n  key: \"Zm9v\"}", "not JSON: line 2, byte 3: \"key: \"Zm9v\"}\" cannot stand there")]
    [InlineData("[]", "a JSON object is expected, not an array")]
    [InlineData("null", "a JSON object is expected, not null")]
    [InlineData("{}{}", "not JSON: line 1, byte 3: \"{}\" cannot stand there")]
    [InlineData("""{"compare":[{"key":"Zm9v"},{"key":"%%%"}]}""",
        "compare[1].key: this is not base64, which has A-Z, a-z, 0-9, + and /, and = at its end up to a multiple of four")]
    [InlineData("""{"compare":{}}""", "compare: an array is expected, not an object")]
    [InlineData("""{"compare":[null]}""", "compare[0]: a JSON object is expected, not null")]
    [InlineData("""{"success":[{"requestPut":{"key":5}}]}""", "success[0].request_put.key: base64 in a string is expected, not 5")]
    [InlineData("""{"success":[{"request_put":{"prev_kv":"yes"}}]}""", "success[0].request_put.prev_kv: true or false is expected, not \"yes\"")]
    [InlineData("""{"success":[{"request_put":{},"request_range":{}}]}""", "success[0].request_range: it cannot be given beside request_put")]
    [InlineData("""{"failure":[],"failure":[]}""", "failure: it is given twice")]
    [InlineData("""{"failure":[{"request_range":{"limit":"many"}}]}""", "failure[0].request_range.limit: a whole number is expected, not \"many\"")]
    [InlineData("""{"failure":[{"request_range":{"limit":1.5}}]}""", "failure[0].request_range.limit: a whole number is expected, not 1.5")]
    [InlineData("""{"failure":[{"request_range":{"limit":99999999999999999999}}]}""",
        "failure[0].request_range.limit: 99999999999999999999 is not between -9223372036854775808 and 9223372036854775807")]
    [InlineData("""{"failure":[{"request_range":{"limit":1e999}}]}""",
        "failure[0].request_range.limit: 1e999 is not between -9223372036854775808 and 9223372036854775807")]
    [InlineData("""{"failure":[{"request_range":{"sort_order":"SIDEWAYS"}}]}""",
        "failure[0].request_range.sort_order: \"SIDEWAYS\" is none of NONE, ASCEND, DESCEND")]
    [InlineData("""{"failures":1}""", "failures: there is no such field; there are compare, success, failure")]
    public void What_is_no_request_is_named_with_its_place(string json, string error) =>
        Assert.Equal(error, Assert.Throws<FormatException>(() => KvJson.Parse<TxnRequest>(json)).Message);

    [Fact]
    public void Numbers_may_be_written_with_an_exponent_and_nulls_are_absent() =>
        Assert.Equal(new RangeRequest { Limit = 2000, Revision = long.MaxValue, MinModRevision = -7 },
            KvJson.Parse<RangeRequest>("""{"key":null,"limit":2e3,"revision":"9223372036854775807","min_mod_revision":-7.0}"""));

    [Theory]
    [InlineData(150)]
    [InlineData(10_000)]
    public void Deep_nesting_is_said_in_its_own_words(int depth)
    {
        var nested = string.Concat(Enumerable.Repeat("{\"success\":[{\"request_txn\":", depth)) + "{}" + string.Concat(Enumerable.Repeat("}]}", depth));
        Assert.Equal("messages are nested deeper than 100", Assert.Throws<FormatException>(() => KvJson.Parse<TxnRequest>(nested)).Message);
    }
}

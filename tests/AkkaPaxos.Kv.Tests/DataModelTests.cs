using Google.Protobuf;
using static AkkaPaxos.Kv.RangeRequest.Types;
using static AkkaPaxos.Kv.Tests.Store;

namespace AkkaPaxos.Kv.Tests;

public sealed class DataModelTests
{
    private readonly Store _store = new();

    [Fact]
    public void A_new_store_is_at_revision_1_and_each_write_adds_one()
    {
        Assert.Equal(1, _store.Ask(new RangeRequest { Key = Bytes("a") }).Header.Revision);
        Assert.Equal(2, _store.Apply(new PutRequest { Key = Bytes("a") }).Header.Revision);
        Assert.Equal(3, _store.Apply(new PutRequest { Key = Bytes("b") }).Header.Revision);
        Assert.Equal(4, _store.Apply(new DeleteRangeRequest { Key = Bytes("a") }).Header.Revision);
        Assert.Equal(4, _store.Ask(new RangeRequest { Key = Bytes("a") }).Header.Revision);
    }

    [Fact]
    public void A_delete_that_deletes_nothing_leaves_the_revision()
    {
        _store.With("a=1");
        var nothing = _store.Apply(new DeleteRangeRequest { Key = Bytes("b"), PrevKv = true });
        Assert.Equal((2, 0), (nothing.Header.Revision, nothing.Deleted));
        Assert.Empty(nothing.PrevKvs);
    }

    [Fact]
    public void A_key_keeps_its_create_revision_and_counts_its_writes_until_it_is_deleted()
    {
        _store.With("a=1", "b=x", "a=2");
        Assert.Equal((2, 4, 2, "2"), (_store["a"]!.CreateRevision, _store["a"]!.ModRevision, _store["a"]!.Version,
            _store["a"]!.Value.ToStringUtf8()));
        _store.Apply(Del("a"));
        Assert.Null(_store["a"]);
        _store.With("a=3");
        Assert.Equal((6, 6, 1), (_store["a"]!.CreateRevision, _store["a"]!.ModRevision, _store["a"]!.Version));
    }

    [Fact]
    public void A_put_returns_the_previous_pair_on_request_only()
    {
        Assert.Null(_store.Apply(new PutRequest { Key = Bytes("a"), Value = Bytes("1"), PrevKv = true }).PrevKv);
        var previous = _store.Apply(new PutRequest { Key = Bytes("a"), Value = Bytes("2"), PrevKv = true }).PrevKv;
        Assert.Equal(("1", 2, 1), (previous.Value.ToStringUtf8(), previous.ModRevision, previous.Version));
        Assert.Null(_store.Apply(new PutRequest { Key = Bytes("a"), Value = Bytes("3") }).PrevKv);
    }

    [Fact]
    public void Ignore_value_keeps_the_value_and_needs_the_key()
    {
        var ignore = new PutRequest { Key = Bytes("a"), IgnoreValue = true };
        Assert.Equal("etcdserver: key not found", _store.Refusal(Op(ignore)).Message);
        _store.With("a=1");
        _store.Apply(ignore);
        Assert.Equal(("1", 2), (_store["a"]!.Value.ToStringUtf8(), _store["a"]!.Version));
        Assert.Equal("etcdserver: value is provided",
            _store.Refusal(Op(new PutRequest { Key = Bytes("a"), Value = Bytes("x"), IgnoreValue = true })).Message);
    }

    [Fact]
    public void A_lease_is_refused_as_there_are_none()
    {
        var refusal = _store.Refusal(Op(new PutRequest { Key = Bytes("a"), Lease = 7 }));
        Assert.Equal((KvErrors.NotFound, "etcdserver: requested lease not found"), (refusal.Code, refusal.Message));
        Assert.Equal("etcdserver: lease is provided", _store.Refusal(Op(new PutRequest { Key = Bytes("a"), Lease = 7, IgnoreLease = true })).Message);
        Assert.Equal("etcdserver: key not found", _store.Refusal(Op(new PutRequest { Key = Bytes("a"), IgnoreLease = true })).Message);
    }

    [Fact]
    public void Every_request_needs_a_key()
    {
        RequestOp[] keyless = [Put("", "1"), Get(""), Del(""), Op(new TxnRequest { Compare = { new Compare() } }),
            Op(new TxnRequest { Failure = { Put("", "") } })];
        foreach (var op in keyless)
        {
            var refusal = _store.Refusal(op);
            Assert.Equal((KvErrors.InvalidArgument, "etcdserver: key is not provided"), (refusal.Code, refusal.Message));
        }
        // An empty value is a value.
        _store.Apply(Put("a", ""));
        Assert.NotNull(_store["a"]);
    }

    [Theory]
    [InlineData("b", "", "b")]
    [InlineData("x", "", "")]
    [InlineData("a", "c", "a ab b")]
    [InlineData("a", "b", "a ab")]
    [InlineData("ab", "\0", "ab b c")]
    [InlineData("\0", "\0", "a ab b c")]
    [InlineData("c", "a", "")]
    [InlineData("a", "a", "")]
    [InlineData("aa", "bb", "ab b")]
    public void A_range_ends_before_range_end(string key, string end, string keys)
    {
        _store.With("c=1", "a=1", "b=1", "ab=1");
        var range = new RangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) };
        Assert.Equal(keys, _store.Keys(range));
        Assert.Equal(keys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, _store.Ask(range).Count);
        Assert.Equal(_store.Ask(range).Count, _store.Apply(new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) }).Deleted);
        Assert.Empty(_store.Keys(range));
    }

    [Fact]
    public void Keys_are_ordered_by_their_bytes()
    {
        byte[][] keys = [[0xff, 0xff], [0xff], [0x00], [0x7f], [0x80], [0xc3, 0xa4], [0x00, 0x00]];
        foreach (var key in keys) _store.Apply(new PutRequest { Key = ByteString.CopyFrom(key) });
        var all = _store.Ask(new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0") }).Kvs.Select(kv => Convert.ToHexString(kv.Key.Span));
        Assert.Equal(["00", "0000", "7F", "80", "C3A4", "FF", "FFFF"], all);
    }

    [Theory]
    [InlineData("61", "62")]
    [InlineData("61FF", "62")]
    [InlineData("61FE", "61FF")]
    [InlineData("FFFF", "00")]
    [InlineData("", "00")]
    public void The_end_of_a_prefix_is_its_successor(string prefix, string end) =>
        Assert.Equal(end, Convert.ToHexString(KvOperations.PrefixEnd(Convert.FromHexString(prefix)).Span));

    [Fact]
    public void Limit_cuts_off_and_says_so_while_count_counts_all()
    {
        _store.With("a=1", "b=1", "c=1");
        var range = new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0"), Limit = 2 };
        var two = _store.Ask(range);
        Assert.Equal((2, true, 3), (two.Kvs.Count, two.More, two.Count));
        range.Limit = 3;
        Assert.False(_store.Ask(range).More);
    }

    [Fact]
    public void Keys_only_has_revisions_and_no_value_and_count_only_has_the_count_alone()
    {
        _store.With("a=1", "b=2");
        var range = new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0"), KeysOnly = true };
        var keys = _store.Ask(range);
        Assert.All(keys.Kvs, kv => Assert.True(kv.Value.IsEmpty && kv.ModRevision > 0 && kv.Version == 1 && kv.CreateRevision == kv.ModRevision));
        var count = _store.Ask(new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0"), CountOnly = true });
        Assert.Equal((0, 2), (count.Kvs.Count, count.Count));
        Assert.False(_store["a"]!.Value.IsEmpty);
    }

    [Theory]
    [InlineData(SortTarget.Key, SortOrder.None, "a b c")]
    [InlineData(SortTarget.Key, SortOrder.Descend, "c b a")]
    [InlineData(SortTarget.Value, SortOrder.None, "c a b")]
    [InlineData(SortTarget.Value, SortOrder.Descend, "b a c")]
    [InlineData(SortTarget.Create, SortOrder.Ascend, "b a c")]
    [InlineData(SortTarget.Mod, SortOrder.Ascend, "b c a")]
    [InlineData(SortTarget.Mod, SortOrder.Descend, "a c b")]
    [InlineData(SortTarget.Version, SortOrder.Descend, "a c b")]
    public void Ranges_are_sorted_by_any_field(SortTarget target, SortOrder order, string keys)
    {
        _store.With("b=3", "a=0", "a=0", "c=0", "c=1", "a=2");
        Assert.Equal(keys, _store.Keys(new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0"), SortTarget = target, SortOrder = order }));
    }

    [Fact]
    public void A_limit_applies_after_the_sort()
    {
        _store.With("b=3", "a=0", "c=1");
        var last = new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0"), SortTarget = SortTarget.Mod, SortOrder = SortOrder.Descend,
            Limit = 1 };
        Assert.Equal("c", _store.Keys(last));
        Assert.True(_store.Ask(last).More);
    }

    [Fact]
    public void Revisions_filter_a_range()
    {
        _store.With("a=1", "b=1", "c=1", "a=2"); // created 2 3 4, modified 5 3 4
        Assert.Equal("a c", _store.Keys(All(r => r.MinModRevision = 4)));
        Assert.Equal("b c", _store.Keys(All(r => r.MaxModRevision = 4)));
        Assert.Equal("b c", _store.Keys(All(r => r.MinCreateRevision = 3)));
        Assert.Equal("a b", _store.Keys(All(r => r.MaxCreateRevision = 3)));
        Assert.Equal(3, _store.Ask(All(r => r.MaxCreateRevision = 3)).Count);

        static RangeRequest All(Action<RangeRequest> with)
        {
            var range = new RangeRequest { Key = Bytes("\0"), RangeEnd = Bytes("\0") };
            with(range);
            return range;
        }
    }

    [Fact]
    public void Only_the_present_revision_can_be_asked_for()
    {
        _store.With("a=1", "a=2");
        Assert.Equal("2", _store.Ask(new RangeRequest { Key = Bytes("a"), Revision = 3 }).Kvs[0].Value.ToStringUtf8());
        var past = _store.Refusal(Op(new RangeRequest { Key = Bytes("a"), Revision = 2 }));
        Assert.Equal((KvErrors.OutOfRange, "etcdserver: mvcc: required revision has been compacted"), (past.Code, past.Message));
        var future = _store.Refusal(Op(new RangeRequest { Key = Bytes("a"), Revision = 4 }));
        Assert.Equal((KvErrors.OutOfRange, "etcdserver: mvcc: required revision is a future revision"), (future.Code, future.Message));
    }

    [Fact]
    public void A_delete_returns_the_previous_pairs_on_request()
    {
        _store.With("a=1", "b=2", "c=3");
        var gone = _store.Apply(new DeleteRangeRequest { Key = Bytes("a"), RangeEnd = Bytes("c"), PrevKv = true });
        Assert.Equal(["1", "2"], gone.PrevKvs.Select(kv => kv.Value.ToStringUtf8()));
        Assert.Equal((2, 5), (gone.Deleted, gone.Header.Revision));
        Assert.Equal("c", _store.Keys(new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("\0") }));
    }

    [Fact]
    public void Bytes_that_are_no_operation_are_refused_and_change_nothing()
    {
        _store.With("a=1");
        foreach (var bytes in (byte[][])[[], [0xff], [1, 2, 3], "put a 1"u8.ToArray(), [.. KvOperations.Encode(Put("a", "2")).ToArray()[..^1]]])
        {
            var before = _store.Machine.Checksum;
            Assert.Equal(KvErrors.InvalidArgument, KvOperations.Decode(_store.Machine.Apply(bytes)).Error.Code);
            Assert.Equal(KvErrors.InvalidArgument, KvOperations.Decode(_store.Machine.Query(bytes)).Error.Code);
            Assert.Equal(before, _store.Machine.Checksum);
        }
    }

    [Fact]
    public void A_query_cannot_write()
    {
        foreach (var op in (RequestOp[])[Put("a", "1"), Del("a"), Op(new TxnRequest { Failure = { Put("a", "1") } })])
            Assert.Equal(KvErrors.InvalidArgument, KvOperations.Decode(_store.Machine.Query(KvOperations.Encode(op))).Error.Code);
        Assert.Null(KvOperations.Decode(_store.Machine.Query(KvOperations.Encode(Op(new TxnRequest { Success = { Get("a") } })))).Error);
        Assert.Equal(1, _store.Machine.Revision);
    }

    [Fact]
    public void A_refusal_is_an_exception_for_who_decodes_a_response()
    {
        var refused = Assert.Throws<KvException>(() => _store.Apply(new PutRequest()));
        Assert.Equal((KvErrors.InvalidArgument, "etcdserver: key is not provided"), (refused.Code, refused.Message));
        Assert.Throws<FormatException>(() => KvOperations.DecodePut(_store.Machine.Apply(KvOperations.Encode(Get("a")))));
        Assert.Throws<FormatException>(() => KvOperations.Decode(new byte[] { 0xff }));
        Assert.Throws<FormatException>(() => KvOperations.Decode(Array.Empty<byte>()));
    }
}

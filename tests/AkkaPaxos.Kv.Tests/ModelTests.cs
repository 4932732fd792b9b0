using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using static AkkaPaxos.Kv.Compare.Types;
using static AkkaPaxos.Kv.RangeRequest.Types;
using static AkkaPaxos.Kv.Tests.Store;

namespace AkkaPaxos.Kv.Tests;

/// <summary>Random operations against a model that is written for plainness: a list, copied at each write.</summary>
public sealed class ModelTests
{
    private static readonly string[] Keys = ["a", "ab", "abc", "b", "ba", "c", "\u00e4", "\0"];

    private sealed record Pair(string Key, string Value, long Created, long Modified, long Version);

    private sealed class Model
    {
        public List<Pair> Pairs = [];
        public long Revision = 1;

        public string Execute(RequestOp op)
        {
            if (KvRules.Check(op) is { } invalid) return invalid.Message;
            var writing = new Writing(this);
            var text = writing.Execute(op);
            if (writing.Refusal is { } refusal) return refusal;
            if (writing.Wrote) (Revision, Pairs) = (Revision + 1, writing.Now);
            return text;
        }
    }

    /// <summary>One request under way: what it sees and what it leaves.</summary>
    private sealed class Writing(Model before)
    {
        public List<Pair> Now = [.. before.Pairs];
        public bool Wrote;
        public string? Refusal;
        private long Revision => before.Revision + (Wrote ? 1 : 0);

        public string Execute(RequestOp op) => op.RequestCase switch
        {
            RequestOp.RequestOneofCase.RequestPut => Put(op.RequestPut),
            RequestOp.RequestOneofCase.RequestRange => Range(op.RequestRange),
            RequestOp.RequestOneofCase.RequestDeleteRange => Delete(op.RequestDeleteRange),
            _ => Txn(op.RequestTxn),
        };

        private string Put(PutRequest put)
        {
            var key = put.Key.ToStringUtf8();
            var old = Now.SingleOrDefault(p => p.Key == key);
            if (put.IgnoreValue && old is null) Refusal ??= "etcdserver: key not found";
            Now = [.. Now.Where(p => p.Key != key), new Pair(key, put.IgnoreValue ? old?.Value ?? "" : put.Value.ToStringUtf8(),
                old?.Created ?? before.Revision + 1, before.Revision + 1, (old?.Version ?? 0) + 1)];
            Wrote = true;
            return $"put {Revision} {(put.PrevKv && old is not null ? Show(old) : "")}";
        }

        private string Delete(DeleteRangeRequest delete)
        {
            var gone = In(Now, delete.Key, delete.RangeEnd);
            Now = [.. Now.Except(gone)];
            Wrote |= gone.Count > 0;
            return $"delete {Revision} {gone.Count} {(delete.PrevKv ? string.Concat(gone.Select(Show)) : "")}";
        }

        private string Range(RangeRequest range)
        {
            if (range.Revision > before.Revision) Refusal ??= "etcdserver: mvcc: required revision is a future revision";
            else if (range.Revision > 0 && range.Revision < before.Revision) Refusal ??= "etcdserver: mvcc: required revision has been compacted";
            var all = In(range.Revision > 0 ? before.Pairs : Now, range.Key, range.RangeEnd);
            var (min, max) = (range.MinModRevision, range.MaxModRevision == 0 ? long.MaxValue : range.MaxModRevision);
            IEnumerable<Pair> chosen = range.CountOnly ? [] : all.Where(p => p.Modified >= min && p.Modified <= max);
            chosen = range.SortTarget switch
            {
                SortTarget.Mod => chosen.OrderBy(p => p.Modified),
                SortTarget.Version => chosen.OrderBy(p => p.Version),
                SortTarget.Value => chosen.OrderBy(p => p.Value, StringComparer.Ordinal),
                _ => chosen,
            };
            // Descending, equal targets stay in the order of their keys.
            if (range.SortOrder == SortOrder.Descend)
                chosen = range.SortTarget switch
                {
                    SortTarget.Mod => chosen.OrderByDescending(p => p.Modified),
                    SortTarget.Version => chosen.OrderByDescending(p => p.Version),
                    SortTarget.Value => chosen.OrderByDescending(p => p.Value, StringComparer.Ordinal),
                    _ => chosen.Reverse(),
                };
            var list = chosen.ToList();
            var cut = range.Limit > 0 && list.Count > range.Limit;
            if (cut) list = list[..(int)range.Limit];
            var shown = string.Concat(list.Select(p => Show(range.KeysOnly ? p with { Value = "" } : p)));
            return $"range {(range.Revision > 0 ? before.Revision : Revision)} {all.Count} {cut} {shown}";
        }

        private string Txn(TxnRequest txn)
        {
            var succeeded = txn.Compare.All(Holds);
            var texts = (succeeded ? txn.Success : txn.Failure).Select(Execute).ToList();
            return $"txn {Revision} {succeeded} [{string.Join(", ", texts)}]";
        }

        private bool Holds(Compare compare)
        {
            var pairs = In(before.Pairs, compare.Key, compare.RangeEnd);
            if (pairs.Count == 0 && compare.Target != CompareTarget.Value) pairs = [new Pair("", "", 0, 0, 0)];
            return pairs.Count > 0 && pairs.All(p =>
            {
                var order = compare.Target switch
                {
                    CompareTarget.Value => string.CompareOrdinal(p.Value, compare.Value.ToStringUtf8()),
                    CompareTarget.Version => p.Version.CompareTo(compare.Version),
                    CompareTarget.Create => p.Created.CompareTo(compare.CreateRevision),
                    _ => p.Modified.CompareTo(compare.ModRevision),
                };
                return compare.Result switch
                {
                    CompareResult.Equal => order == 0,
                    CompareResult.Greater => order > 0,
                    CompareResult.Less => order < 0,
                    _ => order != 0,
                };
            });
        }

        // The keys of this test sort alike by UTF-16 unit and by byte.
        private static List<Pair> In(List<Pair> pairs, ByteString key, ByteString rangeEnd)
        {
            var (from, end) = (key.ToStringUtf8(), rangeEnd.ToStringUtf8());
            return [.. pairs.Where(p => end == "" ? p.Key == from : string.CompareOrdinal(p.Key, from) >= 0
                && (end == "\0" || string.CompareOrdinal(p.Key, end) < 0))
                .OrderBy(p => p.Key, StringComparer.Ordinal)];
        }

        private static string Show(Pair p) => $"({p.Key}={p.Value} {p.Created} {p.Modified} {p.Version})";
    }

    private static string Show(Result result) => result.OutcomeCase switch
    {
        Result.OutcomeOneofCase.Error => result.Error.Message,
        Result.OutcomeOneofCase.ResponsePut => Show(new ResponseOp { ResponsePut = result.ResponsePut }),
        Result.OutcomeOneofCase.ResponseRange => Show(new ResponseOp { ResponseRange = result.ResponseRange }),
        Result.OutcomeOneofCase.ResponseDeleteRange => Show(new ResponseOp { ResponseDeleteRange = result.ResponseDeleteRange }),
        _ => Show(new ResponseOp { ResponseTxn = result.ResponseTxn }),
    };

    private static string Show(ResponseOp op) => op switch
    {
        { ResponsePut: { } put } => $"put {put.Header.Revision} {(put.PrevKv is { } kv ? Show(kv) : "")}",
        { ResponseDeleteRange: { } delete } => $"delete {delete.Header.Revision} {delete.Deleted} {string.Concat(delete.PrevKvs.Select(Show))}",
        { ResponseRange: { } range } => $"range {range.Header.Revision} {range.Count} {range.More} {string.Concat(range.Kvs.Select(Show))}",
        { ResponseTxn: var txn } => $"txn {txn.Header.Revision} {txn.Succeeded} [{string.Join(", ", txn.Responses.Select(Show))}]",
    };

    private static string Show(KeyValue kv) =>
        $"({kv.Key.ToStringUtf8()}={kv.Value.ToStringUtf8()} {kv.CreateRevision} {kv.ModRevision} {kv.Version})";

    // Generators ---------------------------------------------------------------------------------------------------------

    private static readonly Gen<ByteString> Key = Gen.Elements(Keys).Select(Bytes);
    private static readonly Gen<ByteString> End = Gen.Frequency((3, Gen.Constant(ByteString.Empty)), (2, Key));
    private static readonly Gen<ByteString> Value = Gen.Choose(0, 3).Select(i => Bytes(new string('v', i)));
    private static readonly Gen<bool> Bool = Gen.Elements(true, false);
    private static readonly Gen<long> Small = Gen.Choose(0, 6).Select(i => (long)i);

    private static readonly Gen<RequestOp> Put =
        from key in Key from value in Value from prev in Bool from ignore in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        select Op(new PutRequest { Key = key, Value = ignore ? ByteString.Empty : value, PrevKv = prev, IgnoreValue = ignore });

    private static readonly Gen<RequestOp> Delete =
        from key in Key from end in End from prev in Bool
        select Op(new DeleteRangeRequest { Key = key, RangeEnd = end, PrevKv = prev });

    private static readonly Gen<RequestOp> Range =
        from key in Key from end in End from limit in Small
            from target in Gen.Elements(SortTarget.Key, SortTarget.Mod, SortTarget.Version, SortTarget.Value)
        from order in Gen.Elements(SortOrder.None, SortOrder.Ascend, SortOrder.Descend) from keysOnly in Bool
            from countOnly in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from min in Small from max in Small from revision in Gen.Frequency((9, Gen.Constant(0L)), (1, Small))
        select Op(new RangeRequest
        {
            Key = key, RangeEnd = end, Limit = limit, SortTarget = target, SortOrder = order, KeysOnly = keysOnly, CountOnly = countOnly,
            MinModRevision = min, MaxModRevision = max == 1 ? 4 : 0, Revision = revision,
        });

    private static readonly Gen<Compare> OneCompare =
        from key in Key from end in Gen.Frequency((4, Gen.Constant(ByteString.Empty)), (1, Key))
        from target in Gen.Elements(CompareTarget.Version, CompareTarget.Create, CompareTarget.Mod, CompareTarget.Value)
        from result in Gen.Elements(CompareResult.Equal, CompareResult.Greater, CompareResult.Less, CompareResult.NotEqual)
        from number in Small from value in Value
        select Compared(new Compare { Key = key, RangeEnd = end, Target = target, Result = result }, number, value);

    private static Compare Compared(Compare compare, long number, ByteString value)
    {
        switch (compare.Target)
        {
            case CompareTarget.Version: compare.Version = number; break;
            case CompareTarget.Create: compare.CreateRevision = number; break;
            case CompareTarget.Mod: compare.ModRevision = number; break;
            default: compare.Value = value; break;
        }
        return compare;
    }

    private static Gen<RequestOp> Operation(int depth) => depth == 0
        ? Gen.Frequency((4, Put), (1, Delete), (3, Range))
        : Gen.Frequency((4, Put), (1, Delete), (3, Range), (3, Txn(depth - 1)));

    private static Gen<RequestOp> Txn(int depth) =>
        from compares in OneCompare.ListOf() from count in Gen.Choose(0, 3)
        from success in Operation(depth).ListOf(count) from failure in Operation(depth).ListOf(count)
        select Op(new TxnRequest { Compare = { compares.Take(2) }, Success = { success }, Failure = { failure } });

    private static readonly Arbitrary<RequestOp[]> Histories = Arb.From(Operation(2).ArrayOf(40), ops =>
        ops.Select((_, i) => ops.Where((_, j) => j != i).ToArray()));

    [Fact]
    public void It_answers_as_the_model_does() =>
        Prop.ForAll(Histories, history =>
        {
            var (store, model) = (new Store(), new Model());
            return history.All(op => Show(store.Apply(op)) == model.Execute(op)
                && Show(store.Apply(Get("\0", "\0"))) == model.Execute(Get("\0", "\0")));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_restored_machine_goes_on_like_the_one_whose_snapshot_it_took() =>
        Prop.ForAll(Histories, history =>
        {
            var (whole, restored) = (new Store(), new Store().With("left=over"));
            foreach (var op in history[..(history.Length / 2)]) whole.Apply(op);
            restored.Machine.Restore(whole.Machine.Snapshot()());
            if (restored.Machine.Checksum != whole.Machine.Checksum) return false;
            return history[(history.Length / 2)..].All(op => whole.Apply(op).Equals(restored.Apply(op)))
                && restored.Machine.Checksum == whole.Machine.Checksum
                && restored.Machine.Snapshot()().SequenceEqual(whole.Machine.Snapshot()());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void The_checksum_tells_states_apart_and_does_not_depend_on_their_history()
    {
        Assert.NotEqual(new Store().With("a=1").Machine.Checksum, new Store().With("a=2").Machine.Checksum);
        Assert.NotEqual(new Store().With("a=1").Machine.Checksum, new Store().With("a1=").Machine.Checksum);
        Assert.NotEqual(new Store().With("a=1", "b=1").Machine.Checksum, new Store().With("b=1", "a=1").Machine.Checksum);
        Assert.NotEqual(new Store().Machine.Checksum, new Store().With("a=1").Machine.Checksum);

        // The same state by another way: items from a snapshot, in its order, not in that of their writes.
        var store = new Store().With("c=1", "b=1", "a=1", "b=2");
        store.Apply(Del("c"));
        var other = new KvStateMachine();
        other.Restore(store.Machine.Snapshot()());
        Assert.Equal(store.Machine.Checksum, other.Checksum);
        Assert.Equal(store.Machine.Snapshot()(), other.Snapshot()());
    }

    [Fact]
    public void Bytes_that_are_no_snapshot_are_a_format_exception()
    {
        var store = new Store().With("a=1");
        var (checksum, snapshot) = (store.Machine.Checksum, store.Machine.Snapshot()());
        Assert.Throws<FormatException>(() => store.Machine.Restore(snapshot.AsMemory(0, snapshot.Length - 1)));
        Assert.Throws<FormatException>(() => store.Machine.Restore(Array.Empty<byte>()));
        Assert.Equal(checksum, store.Machine.Checksum);
    }
}

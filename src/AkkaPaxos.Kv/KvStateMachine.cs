using System.Buffers.Binary;
using System.IO.Hashing;
using AkkaPaxos.StateMachine;
using Google.Protobuf;
using Google.Protobuf.Collections;
using static AkkaPaxos.Kv.Compare.Types;
using static AkkaPaxos.Kv.RangeRequest.Types;

namespace AkkaPaxos.Kv;

/// <summary>
/// The replicated key-value store, with the data model of etcd v3: one revision for the store, which grows by one with each request that
/// writes; each key with the revisions of its creation and last write and the number of its writes. Only the present state is kept: a
/// question about an older revision is answered as etcd answers one about a compacted revision.
/// </summary>
public sealed partial class KvStateMachine : IStateMachine
{
    private readonly KeyIndex _index = new();
    // A new store is at revision 1, as etcd's.
    private long _revision = 1;
    private ulong _digests;
    private readonly XxHash3 _digest = new();
    // While a transaction executes: whether it has written, and the ranges it asks for at the revision before it.
    private bool _wrote;
    private readonly Dictionary<RangeRequest, RangeResponse> _before = new(ReferenceEqualityComparer.Instance);
    // Of the answer that is being made: keys and values so far. What is over the limit is counted, and left out.
    private long _answerBytes;

    /// <summary>An empty store.</summary>
    public KvStateMachine()
    {
    }

    /// <summary>The store's revision.</summary>
    public long Revision => _revision;

    /// <summary>How many keys there are.</summary>
    public int Count => _index.Count;

    /// <summary>The sum of all items' digests and the revision: the order in which the items came does not matter.</summary>
    public ulong Checksum => unchecked(_digests + (ulong)_revision * 0x9E3779B97F4A7C15);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation) => Execute(operation, mayWrite: true, null);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query)
    {
        var (asked, op) = _asked;
        _asked = default;
        return Execute(query, mayWrite: false, asked.Equals(query) ? op : null);
    }

    /// <inheritdoc/>
    public Func<byte[]> Snapshot()
    {
        var (index, revision) = (_index.Freeze(), _revision);
        return () =>
        {
            var snapshot = new Snapshot { Revision = revision };
            snapshot.Kvs.Capacity = index.Count;
            foreach (var item in index.All()) snapshot.Kvs.Add(item.Kv);
            return snapshot.ToByteArray();
        };
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        Snapshot parsed;
        try
        {
            parsed = Kv.Snapshot.Parser.ParseFrom(snapshot.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"not a snapshot of the key-value store ({snapshot.Length} bytes): {e.Message}", e);
        }
        if (parsed.Revision < 1) throw new FormatException($"not a snapshot of the key-value store ({snapshot.Length} bytes): it has no revision");
        _index.Clear();
        _digests = 0;
        _revision = parsed.Revision;
        foreach (var kv in parsed.Kvs) Store(kv);
    }

    private ReadOnlyMemory<byte> Execute(ReadOnlyMemory<byte> operation, bool mayWrite, RequestOp? parsed)
    {
        try
        {
            return Execute(parsed ?? RequestOp.Parser.ParseFrom(operation.Span), mayWrite).ToByteArray();
        }
        catch (InvalidProtocolBufferException e)
        {
            return new Result { Error = KvErrors.NotAnOperation(e.Message) }.ToByteArray();
        }
    }

    private Result Execute(RequestOp op, bool mayWrite)
    {
        _answerBytes = 0;
        if (!mayWrite && KvRules.Writes(op)) return new Result { Error = KvErrors.WriteAsQuery() };
        if (KvRules.Check(op) is { } invalid) return new Result { Error = invalid };
        try
        {
            var planned = op.RequestCase == RequestOp.RequestOneofCase.RequestTxn ? Plan(op.RequestTxn) : null;
            if ((planned is null ? Check(op) : Check(planned)) is { } refused) return new Result { Error = refused };
            if (KvRules.Writes(op) && AnswerBound(op, planned) is var bound && bound > KvRules.MaxWriteAnswerBytes)
                return new Result { Error = KvErrors.WriteAnswerTooLarge(bound, KvRules.MaxWriteAnswerBytes) };
            Result result = op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => new() { ResponseRange = Range(op.RequestRange) },
                RequestOp.RequestOneofCase.RequestPut => new() { ResponsePut = Put(op.RequestPut) },
                RequestOp.RequestOneofCase.RequestDeleteRange => new() { ResponseDeleteRange = DeleteRange(op.RequestDeleteRange) },
                _ => new() { ResponseTxn = Txn(planned!) },
            };
            if (_wrote) _revision++;
            return _answerBytes > KvRules.MaxAnswerBytes
                ? new Result { Error = KvErrors.AnswerTooLarge(_answerBytes, KvRules.MaxAnswerBytes) }
                : result;
        }
        finally
        {
            _wrote = false;
            _before.Clear();
        }
    }

    /// <summary>The revision that responses show: the one of this request's writes, once it has written.</summary>
    private ResponseHeader Header() => new() { Revision = _wrote ? _revision + 1 : _revision };

    // Put ----------------------------------------------------------------------------------------------------------------

    private PutResponse Put(PutRequest put)
    {
        var old = _index.Find(put.Key)?.Kv;
        _wrote = true;
        Store(new KeyValue
        {
            Key = old?.Key ?? put.Key,
            Value = put.IgnoreValue ? old!.Value : put.Value,
            CreateRevision = old?.CreateRevision ?? _revision + 1,
            ModRevision = _revision + 1,
            Version = (old?.Version ?? 0) + 1,
        });
        return new PutResponse { Header = Header(), PrevKv = put.PrevKv ? old : null };
    }

    private void Store(KeyValue kv)
    {
        var digest = Digest(kv);
        unchecked { _digests += digest - _index.Set(kv, digest); }
    }

    /// <summary>The XXH3 hash of all that a key holds.</summary>
    private ulong Digest(KeyValue kv)
    {
        Span<byte> numbers = stackalloc byte[32];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, kv.Key.Length);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], kv.CreateRevision);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], kv.ModRevision);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[24..], kv.Version);
        _digest.Append(numbers);
        _digest.Append(kv.Key.Span);
        _digest.Append(kv.Value.Span);
        var hash = _digest.GetCurrentHashAsUInt64();
        _digest.Reset();
        return hash;
    }

    // Delete -------------------------------------------------------------------------------------------------------------

    private DeleteRangeResponse DeleteRange(DeleteRangeRequest delete)
    {
        var removed = _index.Remove(new KeyRange(delete.Key, delete.RangeEnd));
        foreach (var item in removed) unchecked { _digests -= item.Digest; }
        _wrote |= removed.Count > 0;
        var response = new DeleteRangeResponse { Header = Header(), Deleted = removed.Count };
        if (delete.PrevKv) response.PrevKvs.Add(removed.Select(item => item.Kv));
        return response;
    }

    // Range --------------------------------------------------------------------------------------------------------------

    private RangeResponse Range(RangeRequest range)
    {
        if (_before.TryGetValue(range, out var before)) return before;
        var keys = new KeyRange(range.Key, range.RangeEnd);
        var response = new RangeResponse { Header = Header(), Count = _index.CountIn(keys) };
        if (range.CountOnly) return response;

        var added = 0;
        foreach (var item in Sort(Matching(range, keys), range.SortTarget, range.SortOrder))
        {
            if (range.Limit > 0 && added == range.Limit)
            {
                response.More = true;
                break;
            }
            var kv = range.KeysOnly ? WithoutValue(item.Kv) : item.Kv;
            _answerBytes += range.KeysOnly ? Item.InAnswer(kv) : item.Size;
            added++;
            if (_answerBytes <= KvRules.MaxAnswerBytes) response.Kvs.Add(kv);
        }
        return response;
    }

    /// <summary>The items that a range asks for, in the order of their keys that it asks for.</summary>
    private IEnumerable<Item> Matching(RangeRequest range, KeyRange keys)
    {
        var items = range is { SortTarget: SortTarget.Key, SortOrder: SortOrder.Descend } ? _index.RangeDown(keys) : _index.Range(keys);
        if (range.MinModRevision != 0) items = items.Where(item => item.Kv.ModRevision >= range.MinModRevision);
        if (range.MaxModRevision != 0) items = items.Where(item => item.Kv.ModRevision <= range.MaxModRevision);
        if (range.MinCreateRevision != 0) items = items.Where(item => item.Kv.CreateRevision >= range.MinCreateRevision);
        if (range.MaxCreateRevision != 0) items = items.Where(item => item.Kv.CreateRevision <= range.MaxCreateRevision);
        return Unhurried(items);
    }

    private static IEnumerable<Item> Sort(IEnumerable<Item> items, SortTarget target, SortOrder order)
    {
        // The index gives the order of keys. The sort is stable, so equal targets stay in it.
        if (target == SortTarget.Key) return items;
        if (target == SortTarget.Value)
            return order == SortOrder.Descend ? items.OrderByDescending(i => i.Kv.Value, ByteOrder) : items.OrderBy(i => i.Kv.Value, ByteOrder);
        Func<Item, long> number = target switch
        {
            SortTarget.Version => i => i.Kv.Version,
            SortTarget.Create => i => i.Kv.CreateRevision,
            SortTarget.Mod => i => i.Kv.ModRevision,
            _ => _ => 0, // a target that a newer version may know: etcd leaves the order, too
        };
        return order == SortOrder.Descend ? items.OrderByDescending(number) : items.OrderBy(number);
    }

    private static readonly Comparer<ByteString> ByteOrder = Comparer<ByteString>.Create((a, b) => a.Span.SequenceCompareTo(b.Span));

    private static KeyValue WithoutValue(KeyValue kv) =>
        new() { Key = kv.Key, CreateRevision = kv.CreateRevision, ModRevision = kv.ModRevision, Version = kv.Version };

    // Transaction --------------------------------------------------------------------------------------------------------

    /// <summary>A transaction whose compares have been made: which branch it takes, and what the transactions in that branch take.</summary>
    private sealed record Planned(bool Succeeded, RepeatedField<RequestOp> Ops, List<Planned> Inner);

    /// <summary>Makes all compares before the first write, those of nested transactions too.</summary>
    private Planned Plan(TxnRequest txn)
    {
        var succeeded = txn.Compare.All(Holds);
        var ops = succeeded ? txn.Success : txn.Failure;
        return new Planned(succeeded, ops, [.. ops.Where(IsTxn).Select(op => Plan(op.RequestTxn))]);
    }

    private static bool IsTxn(RequestOp op) => op.RequestCase == RequestOp.RequestOneofCase.RequestTxn;

    private TxnResponse Txn(Planned planned)
    {
        var response = new TxnResponse { Succeeded = planned.Succeeded };
        var inner = 0;
        foreach (var op in planned.Ops)
            response.Responses.Add(op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => new ResponseOp { ResponseRange = Range(op.RequestRange) },
                RequestOp.RequestOneofCase.RequestPut => new ResponseOp { ResponsePut = Put(op.RequestPut) },
                RequestOp.RequestOneofCase.RequestDeleteRange => new ResponseOp { ResponseDeleteRange = DeleteRange(op.RequestDeleteRange) },
                _ => new ResponseOp { ResponseTxn = Txn(planned.Inner[inner++]) },
            });
        response.Header = Header();
        return response;
    }

    private bool Holds(Compare compare)
    {
        var any = false;
        foreach (var item in _index.Range(new KeyRange(compare.Key, compare.RangeEnd)))
        {
            if (!Holds(compare, item.Kv)) return false;
            any = true;
        }
        // A key that is not there has revisions and version 0, and no value that could be compared.
        return any || (compare.Target != CompareTarget.Value && Holds(compare, NoKey));
    }

    private static readonly KeyValue NoKey = new();

    private static bool Holds(Compare compare, KeyValue kv)
    {
        var order = compare.Target switch
        {
            CompareTarget.Value => kv.Value.Span.SequenceCompareTo(compare.Value.Span),
            CompareTarget.Version => kv.Version.CompareTo(compare.Version),
            CompareTarget.Create => kv.CreateRevision.CompareTo(compare.CreateRevision),
            CompareTarget.Mod => kv.ModRevision.CompareTo(compare.ModRevision),
            CompareTarget.Lease => kv.Lease.CompareTo(compare.Lease),
            _ => 0,
        };
        return compare.Result switch
        {
            CompareResult.Equal => order == 0,
            CompareResult.NotEqual => order != 0,
            CompareResult.Greater => order > 0,
            CompareResult.Less => order < 0,
            _ => true,
        };
    }

    /// <summary>
    /// What can be refused only by looking at the store, in the branches that will be taken, before anything is written: all of a
    /// transaction happens or nothing. Answers the ranges at the present revision, which a write before them would hide.
    /// </summary>
    private Error? Check(Planned planned)
    {
        var inner = 0;
        foreach (var op in planned.Ops)
            if ((IsTxn(op) ? Check(planned.Inner[inner++]) : Check(op)) is { } error)
                return error;
        return null;
    }

    private Error? Check(RequestOp op) =>
        op.RequestCase == RequestOp.RequestOneofCase.RequestPut ? Check(op.RequestPut)
        : op.RequestCase == RequestOp.RequestOneofCase.RequestRange ? Check(op.RequestRange)
        : null;

    private Error? Check(PutRequest put) =>
        (put.IgnoreValue || put.IgnoreLease) && _index.Find(put.Key) is null ? KvErrors.KeyNotFound() : null;

    private Error? Check(RangeRequest range)
    {
        if (range.Revision <= 0) return null;
        if (range.Revision > _revision) return KvErrors.FutureRevision();
        if (range.Revision < _revision) return KvErrors.Compacted();
        _before[range] = Range(range);
        return null;
    }
}

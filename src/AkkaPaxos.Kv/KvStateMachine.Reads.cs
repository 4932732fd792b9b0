using AkkaPaxos.StateMachine;
using Google.Protobuf;
using static AkkaPaxos.Kv.RangeRequest.Types;

namespace AkkaPaxos.Kv;

/// <summary>What an answer costs: questions that take long are answered beside the log, and what would be too large is known before anything is written.</summary>
public sealed partial class KvStateMachine
{
    // A question that looks at more keys is answered beside the log: this many take well under a millisecond.
    private const int KeysAtOnce = 1000;

    private readonly CancellationToken _cancel;
    // The last question that does not take long, as it was parsed: it is asked next, and need not be parsed once more.
    private (ReadOnlyMemory<byte> Query, RequestOp? Op) _asked;

    /// <summary>The store at one revision, for one question.</summary>
    private KvStateMachine(KeyIndex index, long revision, CancellationToken cancel) => (_index, _revision, _cancel) = (index, revision, cancel);

    /// <inheritdoc/>
    public Func<CancellationToken, ReadOnlyMemory<byte>>? LongQuery(ReadOnlyMemory<byte> query)
    {
        RequestOp op;
        try
        {
            op = RequestOp.Parser.ParseFrom(query.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
        if (KvRules.Writes(op) || KvRules.Check(op) is not null || KeysToLookAt(op) <= KeysAtOnce)
        {
            _asked = (query, op);
            return null;
        }
        var (index, revision) = (_index.Freeze(), _revision);
        return cancel => new KvStateMachine(index, revision, cancel).Query(query);
    }

    private long KeysToLookAt(RequestOp op) => op.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => KeysToLookAt(op.RequestRange),
        RequestOp.RequestOneofCase.RequestTxn =>
            op.RequestTxn.Compare.Sum(c => (long)_index.CountIn(new KeyRange(c.Key, c.RangeEnd)))
            + Math.Max(op.RequestTxn.Success.Sum(KeysToLookAt), op.RequestTxn.Failure.Sum(KeysToLookAt)),
        _ => 0,
    };

    private long KeysToLookAt(RangeRequest range)
    {
        if (range.CountOnly) return 0;
        var count = _index.CountIn(new KeyRange(range.Key, range.RangeEnd));
        return StopsAtLimit(range) ? Math.Min(count, range.Limit) : count;
    }

    private static bool StopsAtLimit(RangeRequest range) =>
        range is { Limit: > 0, SortTarget: SortTarget.Key, MinModRevision: 0, MaxModRevision: 0, MinCreateRevision: 0, MaxCreateRevision: 0 };

    private IEnumerable<Item> Unhurried(IEnumerable<Item> items)
    {
        if (!_cancel.CanBeCanceled) return items;
        return items.Select(item =>
        {
            _cancel.ThrowIfCancellationRequested();
            return item;
        });
    }

    /// <summary>What the answer of a request that writes can have at most, in bytes of keys and values.</summary>
    private long AnswerBound(RequestOp op, Planned? planned)
    {
        var (bytes, ranges, written) = (0L, 0, 0L);
        if (planned is null) Add(op);
        else AddAll(planned);
        // A range may see each of the keys that are written before it.
        return bytes + (ranges * written);

        void AddAll(Planned branch)
        {
            foreach (var each in branch.Ops) Add(each);
            foreach (var inner in branch.Inner) AddAll(inner);
        }

        void Add(RequestOp each)
        {
            switch (each.RequestCase)
            {
                case RequestOp.RequestOneofCase.RequestPut:
                    var old = each.RequestPut.PrevKv || each.RequestPut.IgnoreValue ? _index.Find(each.RequestPut.Key) : null;
                    written += each.RequestPut.CalculateSize() + (each.RequestPut.IgnoreValue ? old?.Size ?? 0 : 0);
                    if (each.RequestPut.PrevKv) bytes += old?.Size ?? 0;
                    break;
                case RequestOp.RequestOneofCase.RequestDeleteRange when each.RequestDeleteRange.PrevKv:
                    bytes += _index.Range(new KeyRange(each.RequestDeleteRange.Key, each.RequestDeleteRange.RangeEnd)).Sum(item => (long)item.Size);
                    break;
                case RequestOp.RequestOneofCase.RequestRange:
                    ranges += each.RequestRange.CountOnly ? 0 : 1;
                    bytes += SizeBound(each.RequestRange);
                    break;
            }
        }
    }

    private long SizeBound(RangeRequest range)
    {
        if (range.CountOnly) return 0;
        var (sum, largest) = (0L, 0L);
        var items = Matching(range, new KeyRange(range.Key, range.RangeEnd));
        foreach (var item in StopsAtLimit(range) ? items.Take((int)Math.Min(range.Limit, int.MaxValue)) : items)
        {
            var size = range.KeysOnly ? Item.InAnswer(WithoutValue(item.Kv)) : item.Size;
            (sum, largest) = (sum + size, Math.Max(largest, size));
        }
        return range.Limit > 0 ? (long)Math.Min(sum, (double)range.Limit * largest) : sum;
    }
}

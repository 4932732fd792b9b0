using Google.Protobuf;
using Google.Protobuf.Collections;

namespace AkkaPaxos.Kv;

/// <summary>
/// What can be said of a request without looking at the store. The gateway asks before it sends, the state machine before it executes.
/// </summary>
public static class KvRules
{
    /// <summary>etcd's <c>--max-txn-ops</c>: compares, operations of a branch, each; nested transactions have what is left.</summary>
    public const int MaxTxnOps = 128;

    /// <summary>Bytes of the largest answer to a request that cannot write.</summary>
    public const long MaxAnswerBytes = 64 << 20;

    /// <summary>
    /// Bytes of the largest answer to a request that can write. Replicas remember it for the case that it is asked for again, and it is one message. It is
    /// the same on every node whatever its settings, as it decides whether something is executed.
    /// </summary>
    public const long MaxWriteAnswerBytes = 2 << 20;

    /// <summary>Why <paramref name="request"/> is refused, or null.</summary>
    public static Error? Check(RequestOp request) => Check(request, MaxTxnOps);

    /// <summary>Whether <paramref name="request"/> can write, and so must go through the log.</summary>
    public static bool Writes(RequestOp request) => request.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestPut or RequestOp.RequestOneofCase.RequestDeleteRange => true,
        RequestOp.RequestOneofCase.RequestTxn => request.RequestTxn.Success.Any(Writes) || request.RequestTxn.Failure.Any(Writes),
        _ => false,
    };

    private static Error? Check(RequestOp request, int maxOps) => request.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => request.RequestRange.Key.IsEmpty ? KvErrors.EmptyKey() : null,
        RequestOp.RequestOneofCase.RequestPut => Check(request.RequestPut),
        RequestOp.RequestOneofCase.RequestDeleteRange => request.RequestDeleteRange.Key.IsEmpty ? KvErrors.EmptyKey() : null,
        RequestOp.RequestOneofCase.RequestTxn => Check(request.RequestTxn, maxOps) ?? (maxOps == MaxTxnOps ? CheckOverlap(request.RequestTxn) : null),
        _ => KvErrors.KeyNotFound(),
    };

    private static Error? Check(PutRequest put) =>
        put.Key.IsEmpty ? KvErrors.EmptyKey()
        : put.IgnoreValue && !put.Value.IsEmpty ? KvErrors.ValueProvided()
        : put.IgnoreLease && put.Lease != 0 ? KvErrors.LeaseProvided()
        : put.Lease != 0 ? KvErrors.LeaseNotFound()
        : null;

    private static Error? Check(TxnRequest txn, int maxOps)
    {
        var ops = Math.Max(txn.Compare.Count, Math.Max(txn.Success.Count, txn.Failure.Count));
        if (ops > maxOps) return KvErrors.TooManyOps();
        if (txn.Compare.Any(c => c.Key.IsEmpty)) return KvErrors.EmptyKey();
        foreach (var op in txn.Success.Concat(txn.Failure))
            if (Check(op, maxOps - ops) is { } error) return error;
        return null;
    }

    /// <summary>A transaction has one revision, so it can write a key once: no two puts of a key, no put of a key that a delete covers.</summary>
    private static Error? CheckOverlap(TxnRequest txn) =>
        Writes(txn.Success) is null || Writes(txn.Failure) is null ? KvErrors.DuplicateKey() : null;

    private sealed record Written(HashSet<ByteString> Puts, List<KeyRange> Deletes)
    {
        public bool Deleted(ByteString key)
        {
            foreach (var range in Deletes)
                if (range.Contains(key)) return true;
            return false;
        }
    }

    /// <summary>What the operations of a branch write, with what the transactions inside may write; null where they overlap.</summary>
    private static Written? Writes(RepeatedField<RequestOp> branch)
    {
        var all = new Written([], []);
        foreach (var op in branch)
            if (op.RequestCase == RequestOp.RequestOneofCase.RequestDeleteRange)
                all.Deletes.Add(new KeyRange(op.RequestDeleteRange.Key, op.RequestDeleteRange.RangeEnd));
        foreach (var op in branch)
        {
            if (op.RequestCase != RequestOp.RequestOneofCase.RequestTxn) continue;
            if (Writes(op.RequestTxn.Success) is not { } then || Writes(op.RequestTxn.Failure) is not { } otherwise) return null;
            // Only one of the two branches is executed, so they may write the same key.
            then.Puts.UnionWith(otherwise.Puts);
            foreach (var key in then.Puts)
                if (all.Deleted(key) || !all.Puts.Add(key)) return null;
            all.Deletes.AddRange(then.Deletes);
            all.Deletes.AddRange(otherwise.Deletes);
        }
        foreach (var op in branch)
            if (op.RequestCase == RequestOp.RequestOneofCase.RequestPut && (all.Deleted(op.RequestPut.Key) || !all.Puts.Add(op.RequestPut.Key)))
                return null;
        return all;
    }
}

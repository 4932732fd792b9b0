using Google.Protobuf;

namespace AkkaPaxos.Kv.Tests;

/// <summary>A state machine that is spoken to in requests and responses.</summary>
internal sealed class Store
{
    public KvStateMachine Machine { get; } = new();

    public static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    public static RequestOp Op(PutRequest put) => new() { RequestPut = put };

    public static RequestOp Op(RangeRequest range) => new() { RequestRange = range };

    public static RequestOp Op(DeleteRangeRequest delete) => new() { RequestDeleteRange = delete };

    public static RequestOp Op(TxnRequest txn) => new() { RequestTxn = txn };

    public static RequestOp Put(string key, string value) => Op(new PutRequest { Key = Bytes(key), Value = Bytes(value) });

    public static RequestOp Get(string key, string end = "") => Op(new RangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) });

    public static RequestOp Del(string key, string end = "") => Op(new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) });

    public Result Apply(RequestOp op) => KvOperations.Decode(Machine.Apply(KvOperations.Encode(op)));

    public PutResponse Apply(PutRequest put) => KvOperations.DecodePut(Machine.Apply(KvOperations.Encode(put)));

    public DeleteRangeResponse Apply(DeleteRangeRequest delete) => KvOperations.DecodeDeleteRange(Machine.Apply(KvOperations.Encode(delete)));

    public TxnResponse Apply(TxnRequest txn) => KvOperations.DecodeTxn(Machine.Apply(KvOperations.Encode(txn)));

    public RangeResponse Ask(RangeRequest range) => KvOperations.DecodeRange(Machine.Query(KvOperations.Encode(range)));

    public KeyValue? this[string key] => Ask(new RangeRequest { Key = Bytes(key) }).Kvs.SingleOrDefault();

    /// <summary>Puts <c>key=value</c> pairs.</summary>
    public Store With(params string[] pairs)
    {
        foreach (var pair in pairs.Select(p => p.Split('='))) Assert.Null(Apply(Put(pair[0], pair[1])).Error);
        return this;
    }

    /// <summary>The keys that a range returns, with blanks between.</summary>
    public string Keys(RangeRequest range) => string.Join(' ', Ask(range).Kvs.Select(kv => kv.Key.ToStringUtf8()));

    /// <summary>The refusal of an operation.</summary>
    public Error Refusal(RequestOp op)
    {
        var (revision, checksum) = (Machine.Revision, Machine.Checksum);
        var error = Apply(op).Error;
        Assert.NotNull(error);
        Assert.Equal((revision, checksum), (Machine.Revision, Machine.Checksum));
        return error;
    }
}

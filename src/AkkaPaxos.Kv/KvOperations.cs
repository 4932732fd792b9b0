using Google.Protobuf;

namespace AkkaPaxos.Kv;

/// <summary>
/// Requests as the bytes that a command or a query carries, and the state machine's answers as responses. Whoever sends operations to the
/// replicated store uses this: the gateway, the client, a program that embeds a node.
/// </summary>
public static class KvOperations
{
    /// <summary>The bytes of an operation.</summary>
    public static ReadOnlyMemory<byte> Encode(RequestOp operation) => operation.ToByteArray();

    /// <summary>The bytes of a put.</summary>
    public static ReadOnlyMemory<byte> Encode(PutRequest put) => Encode(new RequestOp { RequestPut = put });

    /// <summary>The bytes of a range.</summary>
    public static ReadOnlyMemory<byte> Encode(RangeRequest range) => Encode(new RequestOp { RequestRange = range });

    /// <summary>The bytes of a delete.</summary>
    public static ReadOnlyMemory<byte> Encode(DeleteRangeRequest delete) => Encode(new RequestOp { RequestDeleteRange = delete });

    /// <summary>The bytes of a transaction.</summary>
    public static ReadOnlyMemory<byte> Encode(TxnRequest txn) => Encode(new RequestOp { RequestTxn = txn });

    /// <summary>What the state machine answered.</summary>
    /// <exception cref="FormatException">The bytes are no answer of it.</exception>
    public static Result Decode(ReadOnlyMemory<byte> result)
    {
        try
        {
            var decoded = Result.Parser.ParseFrom(result.Span);
            if (decoded.OutcomeCase != Result.OutcomeOneofCase.None) return decoded;
            throw new FormatException($"an answer of the key-value store ({result.Length} bytes) says nothing");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"an answer of the key-value store ({result.Length} bytes) does not parse: {e.Message}", e);
        }
    }

    /// <summary>The answer to a put.</summary>
    /// <exception cref="KvException">The store refused it.</exception>
    public static PutResponse DecodePut(ReadOnlyMemory<byte> result) => Granted(result).ResponsePut ?? throw Other("put");

    /// <summary>The answer to a range.</summary>
    /// <exception cref="KvException">The store refused it.</exception>
    public static RangeResponse DecodeRange(ReadOnlyMemory<byte> result) => Granted(result).ResponseRange ?? throw Other("range");

    /// <summary>The answer to a delete.</summary>
    /// <exception cref="KvException">The store refused it.</exception>
    public static DeleteRangeResponse DecodeDeleteRange(ReadOnlyMemory<byte> result) => Granted(result).ResponseDeleteRange ?? throw Other("delete");

    /// <summary>The answer to a transaction.</summary>
    /// <exception cref="KvException">The store refused it.</exception>
    public static TxnResponse DecodeTxn(ReadOnlyMemory<byte> result) => Granted(result).ResponseTxn ?? throw Other("transaction");

    /// <summary>What to ask for as range_end to get every key that starts with <paramref name="prefix"/>.</summary>
    public static ByteString PrefixEnd(ReadOnlySpan<byte> prefix) => KeyRange.PrefixEnd(prefix);

    /// <summary>What to ask for as range_end to get every key from the given one on.</summary>
    public static ByteString FromKey { get; } = ByteString.CopyFrom(0);

    private static Result Granted(ReadOnlyMemory<byte> result)
    {
        var decoded = Decode(result);
        return decoded.Error is { } error ? throw new KvException(error) : decoded;
    }

    private static FormatException Other(string asked) => new($"the key-value store answered a {asked} with the answer to something else");
}

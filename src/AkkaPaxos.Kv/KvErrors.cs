namespace AkkaPaxos.Kv;

/// <summary>The refusals of the key-value store: gRPC's status code and etcd's text.</summary>
public static class KvErrors
{
    /// <summary>gRPC's INVALID_ARGUMENT.</summary>
    public const int InvalidArgument = 3;

    /// <summary>gRPC's NOT_FOUND.</summary>
    public const int NotFound = 5;

    /// <summary>gRPC's RESOURCE_EXHAUSTED.</summary>
    public const int ResourceExhausted = 8;

    /// <summary>gRPC's FAILED_PRECONDITION.</summary>
    public const int FailedPrecondition = 9;

    /// <summary>gRPC's OUT_OF_RANGE.</summary>
    public const int OutOfRange = 11;

    /// <summary>gRPC's UNIMPLEMENTED.</summary>
    public const int Unimplemented = 12;

    /// <summary>gRPC's UNAVAILABLE.</summary>
    public const int Unavailable = 14;

    /// <summary>A request, a compare or an operation of a transaction has no key.</summary>
    public static Error EmptyKey() => Invalid("etcdserver: key is not provided");

    /// <summary>ignore_value or ignore_lease on a key that does not exist; an operation of a transaction that is none.</summary>
    public static Error KeyNotFound() => Invalid("etcdserver: key not found");

    /// <summary>A value beside ignore_value.</summary>
    public static Error ValueProvided() => Invalid("etcdserver: value is provided");

    /// <summary>A lease beside ignore_lease.</summary>
    public static Error LeaseProvided() => Invalid("etcdserver: lease is provided");

    /// <summary>A lease: none has been granted, so none is found.</summary>
    public static Error LeaseNotFound() => new() { Code = NotFound, Message = "etcdserver: requested lease not found" };

    /// <summary>An answer beyond <see cref="KvRules.MaxAnswerBytes"/> or <see cref="KvRules.MaxWriteAnswerBytes"/>.</summary>
    public static Error AnswerTooLarge(long bytes, long limit) =>
        OutOf($"akkapaxos: the answer would have {bytes} bytes, and the limit is {limit}: ask for fewer keys, or with limit, keys_only or count_only");

    /// <summary>The answer of a request that writes, which was not executed, beyond <see cref="KvRules.MaxWriteAnswerBytes"/>.</summary>
    public static Error WriteAnswerTooLarge(long bytes, long limit) =>
        OutOf($"akkapaxos: nothing was written, as the answer could have {bytes} bytes, and the limit where something is written is {limit}: "
            + "ask for fewer keys, without prev_kv, or with limit, keys_only or count_only");

    /// <summary>A transaction beyond <see cref="KvRules.MaxTxnOps"/>.</summary>
    public static Error TooManyOps() => Invalid("etcdserver: too many operations in txn request");

    /// <summary>A transaction that would write a key twice.</summary>
    public static Error DuplicateKey() => Invalid("etcdserver: duplicate key given in txn request");

    /// <summary>A range at a revision that is no longer kept.</summary>
    public static Error Compacted() => new() { Code = OutOfRange, Message = "etcdserver: mvcc: required revision has been compacted" };

    /// <summary>A range at a revision that is yet to come.</summary>
    public static Error FutureRevision() => new() { Code = OutOfRange, Message = "etcdserver: mvcc: required revision is a future revision" };

    /// <summary>Bytes that are no operation.</summary>
    public static Error NotAnOperation(string why) => Invalid($"akkapaxos: not an operation: {why}");

    /// <summary>A write where a question was expected.</summary>
    public static Error WriteAsQuery() => Invalid("akkapaxos: a query cannot write");

    private static Error OutOf(string message) => new() { Code = OutOfRange, Message = message };

    private static Error Invalid(string message) => new() { Code = InvalidArgument, Message = message };
}

/// <summary>The key-value store refused a request.</summary>
/// <param name="error">Why.</param>
public sealed class KvException(Error error) : Exception(error.Message)
{
    /// <summary>gRPC's status code.</summary>
    public int Code => error.Code;
}

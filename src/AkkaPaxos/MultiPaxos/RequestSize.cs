namespace AkkaPaxos.MultiPaxos;

/// <summary>The one limit for what clients send, wherever it comes in: checked before it is sent, and by the replica that is asked.</summary>
internal static class RequestSize
{
    /// <summary>Why an operation or a question is too large; null where it is not.</summary>
    /// <param name="operation">It.</param>
    /// <param name="limit">Bytes: akkapaxos.max-request-bytes.</param>
    public static string? Problem(ReadOnlyMemory<byte> operation, int limit) => operation.Length <= limit
        ? null
        : $"the request has {operation.Length} bytes, and the limit is {limit} (akkapaxos.max-request-bytes)";
}

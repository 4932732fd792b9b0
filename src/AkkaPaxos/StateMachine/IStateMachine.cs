namespace AkkaPaxos.StateMachine;

/// <summary>
/// The application that is replicated. Every replica has one and feeds it the same operations in the same order, so it must be
/// deterministic: no clock, no random number, no I/O, nothing that follows the order of a hash table. It is called by one thread at a
/// time. An operation that makes no sense is answered with a result that says so; an exception is a bug and stops the replica.
/// </summary>
public interface IStateMachine
{
    /// <summary>Executes an operation that may change the state.</summary>
    /// <param name="operation">What the client sent. It may be a part of something larger: what is to stay is best copied.</param>
    /// <returns>The answer for the client.</returns>
    ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation);

    /// <summary>Answers a question without changing the state. Not in the log.</summary>
    /// <param name="query">What the client sent.</param>
    ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query);

    /// <summary>
    /// A question that would take long to answer, as work that can be done beside the log: so that nothing else waits for it, and one that nobody waits for any
    /// more is not answered.
    /// </summary>
    /// <param name="query">What the client sent.</param>
    /// <returns>
    /// Answers from the state as it is now, on another thread, not touched by what is applied meanwhile; called at most once, and may end with an
    /// <see cref="OperationCanceledException"/> when its token is canceled. Null where <see cref="Query"/> answers in no time.
    /// </returns>
    Func<CancellationToken, ReadOnlyMemory<byte>>? LongQuery(ReadOnlyMemory<byte> query) => null;

    /// <summary>
    /// Takes hold of the whole state as it is now, and encodes it later: so that a large state is encoded while the state machine goes on.
    /// </summary>
    /// <returns>
    /// Encodes what was taken hold of; bytes that are equal for equal states. Called at most once, on another thread, and not touched by what
    /// is applied meanwhile.
    /// </returns>
    Func<byte[]> Snapshot();

    /// <summary>Replaces the whole state by one that <see cref="Snapshot"/> returned.</summary>
    /// <exception cref="FormatException">The bytes are not such a state.</exception>
    void Restore(ReadOnlyMemory<byte> snapshot);

    /// <summary>A checksum of the whole state, equal for equal states, in constant time: replicas compare it while they run (invariant R3).</summary>
    ulong Checksum { get; }
}

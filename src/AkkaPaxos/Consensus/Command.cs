namespace AkkaPaxos.Consensus;

/// <summary>What tells one command from another: a retry has the same (PMMC 2.1: the pair of κ and cid).</summary>
/// <param name="Client">The client's session; 0 where the command asks for a session.</param>
/// <param name="Sequence">The client's number for the command.</param>
public readonly record struct CommandId(long Client, long Sequence)
{
    /// <summary>Client and sequence with a slash between: <c>17/3</c>.</summary>
    public override string ToString() => $"{Client}/{Sequence}";
}

/// <summary>
/// A command of a client, c = ⟨κ, cid, op⟩ in PMMC 2.1. The replicated state machine executes it at most once per client and sequence.
/// </summary>
/// <param name="Client">The session that numbered it, as the log assigned it; 0 asks for a new session, whose number is the answer.</param>
/// <param name="Sequence">The number within the session, from 1, growing by one; with client 0 a random token that pairs the answer with the asker.</param>
/// <param name="Oldest">The lowest sequence whose answer the client still waits for; answers below it may be forgotten.</param>
/// <param name="Operation">What to do, opaque to Paxos; serialized by the client, once.</param>
public sealed record Command(long Client, long Sequence, long Oldest, ReadOnlyMemory<byte> Operation)
{
    /// <summary>Client and sequence: the command's identity.</summary>
    public CommandId Id => new(Client, Sequence);

    /// <summary>The identity and the operation's size, never its bytes: they are the client's.</summary>
    public override string ToString() => $"{Id} ({Operation.Length} B)";
}

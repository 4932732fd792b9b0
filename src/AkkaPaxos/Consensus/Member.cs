namespace AkkaPaxos.Consensus;

/// <summary>
/// The identity of a disk: drawn at random when a node starts on an empty one, and kept there. A node's votes count only from the disk that the log knows it
/// by (invariant M2; Paxos Made Live 5.1).
/// </summary>
/// <param name="Value">The number; 0 stands for none.</param>
public readonly record struct DiskId(ulong Value)
{
    /// <summary>No disk is known.</summary>
    public static readonly DiskId None = default;

    /// <summary>Sixteen hexadecimal digits, as <c>/status</c> and logs show it.</summary>
    public override string ToString() => Value.ToString("x16");
}

/// <summary>A node that takes part.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Address">Where its actor system is, as Akka writes addresses: <c>akka.tcp://akkapaxos@10.0.0.1:4053</c>.</param>
/// <param name="Votes">Whether its acceptor votes and it may lead. One that does not is a learner: it executes what is decided.</param>
/// <param name="Disk">The disk that it votes with; <see cref="DiskId.None"/>: any.</param>
/// <param name="Returns">Whether it voted before, with a disk that is lost: it is to vote again as soon as it has caught up.</param>
public sealed record Member(NodeId Id, string Address, bool Votes = true, DiskId Disk = default, bool Returns = false)
{
    /// <summary><c>2 at akka.tcp://akkapaxos@10.0.0.2:4053</c>, with <c>(learner)</c> behind it where it does not vote.</summary>
    public override string ToString() => $"{Id} at {Address}{(Votes ? "" : " (learner)")}";
}

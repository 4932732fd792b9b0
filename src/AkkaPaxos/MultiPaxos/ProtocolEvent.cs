using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Published on the EventStream by a role at the moment it sends a message, where <see cref="ProtocolSettings.Trace"/> is on: what sequence
/// diagrams are drawn from.
/// </summary>
/// <param name="At">The scheduler's time.</param>
/// <param name="From">The sender's node; <see cref="NodeId.None"/> for a client.</param>
/// <param name="FromRole">The sender's role: <c>acceptor</c>, <c>leader</c>, <c>scout</c>, <c>commander</c>, <c>replica</c>, <c>fetcher</c>, <c>snapshotter</c>, <c>client</c>.</param>
/// <param name="To">The receiver's node; <see cref="NodeId.None"/> for a client.</param>
/// <param name="ToRole">The receiver's role.</param>
/// <param name="Slot">The slot that the message is about; 0 where it is about none.</param>
/// <param name="Message">The message.</param>
public sealed record MessageSent(DateTimeOffset At, NodeId From, string FromRole, NodeId To, string ToRole, long Slot, object Message)
    : INodeMessage;

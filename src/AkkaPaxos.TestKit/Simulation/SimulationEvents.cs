namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A message on its way between two nodes.</summary>
/// <param name="Id">Its number, in the order of sending; a duplicate has one of its own.</param>
/// <param name="From">The sender's node.</param>
/// <param name="FromRole">The sender's role, with its child where a child sent it: <c>leader/scout-1</c>; "" where there is no sender.</param>
/// <param name="To">The receiver's node.</param>
/// <param name="ToRole">The receiver's role, with its child where a child is meant.</param>
/// <param name="Message">What was sent. The receiver gets a copy that went through the serializer.</param>
/// <param name="SentAt">The virtual time of sending.</param>
/// <param name="NotBefore">The virtual time before which it does not arrive: later than <paramref name="SentAt"/> where it was delayed.</param>
public sealed record MessageInFlight(
    long Id, string From, string FromRole, string To, string ToRole, object Message, TimeSpan SentAt, TimeSpan NotBefore)
{
    /// <summary>Id, ends and message: <c>3 n1/leader/scout-1 -> n2/acceptor Prepare ...</c>.</summary>
    public override string ToString() => $"{Id} {From}/{FromRole} -> {To}/{ToRole} {Message}";
}

/// <summary>A timer that is set.</summary>
/// <param name="Id">Its number; a periodic timer keeps it.</param>
/// <param name="Node">The node.</param>
/// <param name="Role">Whose it is: a role, or a role's child.</param>
/// <param name="Key">The key under which the role set it.</param>
/// <param name="Due">The virtual time at which it is due.</param>
public sealed record PendingTimer(long Id, string Node, string Role, string Key, TimeSpan Due);

/// <summary>Something that happened in a simulation: what diagrams are drawn from.</summary>
/// <param name="At">The virtual time.</param>
public abstract record SimulationEvent(TimeSpan At);

/// <summary>A message left its node.</summary>
public sealed record MessageLeft(TimeSpan At, MessageInFlight Message) : SimulationEvent(At);

/// <summary>A message arrived.</summary>
public sealed record MessageDelivered(TimeSpan At, MessageInFlight Message) : SimulationEvent(At);

/// <summary>A message was lost.</summary>
/// <param name="At">The virtual time.</param>
/// <param name="Message">The message.</param>
/// <param name="Reason">Why: <c>dropped</c>, <c>n2 is down</c>, <c>n1 and n2 are cut off</c>.</param>
public sealed record MessageDropped(TimeSpan At, MessageInFlight Message, string Reason) : SimulationEvent(At);

/// <summary>The network made a second copy of a message.</summary>
public sealed record MessageDuplicated(TimeSpan At, MessageInFlight Original, MessageInFlight Copy) : SimulationEvent(At);

/// <summary>A message is to arrive later.</summary>
public sealed record MessageDelayed(TimeSpan At, MessageInFlight Message) : SimulationEvent(At);

/// <summary>A role told another role of the same node, or its own child or parent, something; this takes no step of the network.</summary>
public sealed record ToldWithinNode(TimeSpan At, string Node, string FromRole, string ToRole, object Message) : SimulationEvent(At);

/// <summary>A role's timer was due.</summary>
public sealed record TimerDue(TimeSpan At, string Node, string Role, string Key) : SimulationEvent(At);

/// <summary>A node started: for the first time, or again.</summary>
public sealed record NodeStarted(TimeSpan At, string Node, int Number) : SimulationEvent(At);

/// <summary>A node crashed: its memory and unsynced writes are gone.</summary>
public sealed record NodeCrashed(TimeSpan At, string Node) : SimulationEvent(At);

/// <summary>A node's disk is gone.</summary>
public sealed record DiskLost(TimeSpan At, string Node) : SimulationEvent(At);

/// <summary>Messages from one node to another are lost from now on.</summary>
public sealed record LinkCut(TimeSpan At, string From, string To) : SimulationEvent(At);

/// <summary>Messages from one node to another arrive again.</summary>
public sealed record LinkHealed(TimeSpan At, string From, string To) : SimulationEvent(At);

/// <summary>A role threw; it is stopped.</summary>
public sealed record RoleFailed(TimeSpan At, string Node, string Role, Exception Cause) : SimulationEvent(At);

using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// A role to its parent: what it has on disk cannot be read, and it stops. Akka.Persistence stops such an actor without failing it, so that its
/// supervisor would not learn why.
/// </summary>
/// <param name="Cause">Why.</param>
public sealed record RecoveryFailed(Exception Cause) : INodeMessage;

/// <summary>
/// A role to its parent: a write to its store failed, and it stops, as what it has in memory may be ahead of what is on disk. What it has on disk is
/// sound, so it can be started again at once; see <see cref="RoleContext.WritesAfter"/>.
/// </summary>
/// <param name="Cause">Why.</param>
public sealed record WriteFailed(Exception Cause) : INodeMessage;

/// <summary>How a role sends: a tell, and where tracing is on the event that sequence diagrams are drawn from.</summary>
/// <param name="actor">The sending actor's own context.</param>
/// <param name="context">What the role was given.</param>
/// <param name="role">The sender's role, as <see cref="MessageSent.FromRole"/> names it.</param>
internal sealed class RoleLink(IActorContext actor, RoleContext context, string role)
{
    /// <summary>Sends <paramref name="message"/> in this actor's name.</summary>
    /// <param name="to">The receiver's node; <see cref="NodeId.None"/> for a client.</param>
    /// <param name="toRole">The receiver's role.</param>
    /// <param name="receiver">The receiver.</param>
    /// <param name="message">The message.</param>
    /// <param name="slot">The slot that the message is about; 0 where it is about none.</param>
    public void Tell(NodeId to, string toRole, IActorRef receiver, object message, long slot = 0)
    {
        if (context.Settings.Trace)
            actor.System.EventStream.Publish(new MessageSent(actor.System.Scheduler.Now, context.Self, role, to, toRole, slot, message));
        receiver.Tell(message, actor.Self);
    }

    /// <summary>Which slot a command would get was not known when it came and was passed on: told now, with the times of then.</summary>
    /// <param name="slot">The slot in which it was executed.</param>
    /// <param name="pending">The command, at the replica that its client asked.</param>
    public void TraceWayHere(long slot, PendingCommand pending)
    {
        IReadOnlyList<Command> commands = [pending.Command];
        var events = actor.System.EventStream;
        events.Publish(new MessageSent(pending.ArrivedAt, NodeId.None, "client", context.Self, role, slot, new Request(commands)));
        if (pending.PassedTo != NodeId.None)
            events.Publish(new MessageSent(pending.PassedAt, context.Self, role, pending.PassedTo, role, slot, new Forward(commands)));
    }

    /// <summary>Says in the log and to its node that the role's recovery failed; to be called in OnRecoveryFailure.</summary>
    /// <param name="log">The role's log.</param>
    /// <param name="cause">Why.</param>
    /// <param name="of">The role whose persistence id it is; null: its own.</param>
    public void TellRecoveryFailed(ILoggingAdapter log, Exception cause, string? of = null)
    {
        // Not how far it was read: the journal may drop entries that it had read already when it finds one that it cannot read.
        log.Error("{0} of node {1}: {2} cannot be read: {3}; it answers nothing until it is started again with success",
            role, context.Self, context.PersistenceId(of ?? role), cause.OneLine());
        actor.Parent.Tell(new RecoveryFailed(cause), actor.Self);
    }
}

/// <summary>What other libraries say of a failure, for a line of a log or of a status.</summary>
internal static class FailureText
{
    /// <summary>An exception's message without line breaks: the replay filter's has some.</summary>
    public static string OneLine(this Exception failure) =>
        string.Join(' ', failure.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

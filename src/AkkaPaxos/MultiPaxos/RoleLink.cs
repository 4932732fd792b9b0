using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

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
}

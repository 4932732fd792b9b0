using Akka.Actor;
using AkkaPaxos.Consensus;
using MessageSent = AkkaPaxos.MultiPaxos.MessageSent;

namespace AkkaPaxos.Synod;

/// <summary>How a role sends: a tell, and where tracing is on the event that sequence diagrams are drawn from.</summary>
/// <param name="actor">The sending actor's own context.</param>
/// <param name="context">What the role was given.</param>
/// <param name="role">The sender's role.</param>
public sealed class SynodLink(IActorContext actor, SynodContext context, SynodRole role)
{
    /// <summary>Sends <paramref name="message"/> to one participant, in this actor's name.</summary>
    public void Tell(SynodRole toRole, NodeId to, object message)
    {
        if (context.Settings.Trace)
            actor.System.EventStream.Publish(
                new MessageSent(actor.System.Scheduler.Now, context.Self, Name(role), to, Name(toRole), 0, message));
        context.Peers.Find(toRole, to).Tell(message, actor.Self);
    }

    /// <summary>Sends <paramref name="message"/> to every participant in a role, by id.</summary>
    public void TellAll(SynodRole toRole, object message)
    {
        foreach (var to in context.Peers.In(toRole)) Tell(toRole, to, message);
    }

    /// <summary>The role as <see cref="MessageSent.FromRole"/> names it: in lower case.</summary>
    public static string Name(SynodRole role) => role switch
    {
        SynodRole.Client => "client",
        SynodRole.Proposer => "proposer",
        SynodRole.Acceptor => "acceptor",
        SynodRole.Learner => "learner",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a role of single-decree Paxos"),
    };
}

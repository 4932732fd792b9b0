using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A reference to an actor of another node: what is told to it is serialized, and the simulated network carries it. Also, where a node's own
/// messages are to be held, to one of the same node; these are not serialized.
/// </summary>
/// <param name="path">The actor's path.</param>
/// <param name="provider">The sending node's.</param>
/// <param name="watched">Where the link stands for a watcher: the watched actor as that one knows it, with or without uid.</param>
internal sealed class SimulatedLink(ActorPath path, SimulatedActorRefProvider provider, ActorPath? watched = null) : SimulatedRef
{
    public override ActorPath Path => path;

    public override IActorRefProvider Provider => provider;

    public override bool IsLocal => false;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null) throw new InvalidMessageException("Message is null");
        Send(message, sender);
    }

    /// <summary>Death watch over the network: the links at both ends stand for watcher and watched.</summary>
    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch: Send(new RemoteWatch(), watch.Watcher); break;
            case Unwatch unwatch: Send(new RemoteUnwatch(), unwatch.Watcher); break;
            case DeathWatchNotification ended: Send(new RemoteTerminated(watched ?? ended.Actor.Path, ended.ExistenceConfirmed), ended.Actor); break;
        }
    }

    private void Send(object message, IActorRef? sender)
    {
        if (provider.System.Life is not { IsAlive: true } life) return;
        life.Driver.CheckThread();
        life.Node.World.Send(Frame.Of(life, path, message, sender));
    }
}

/// <summary>To a watched actor's node.</summary>
internal sealed record RemoteWatch;

/// <summary>To a watched actor's node.</summary>
internal sealed record RemoteUnwatch;

/// <summary>To the watcher's node, from the actor that ended.</summary>
internal sealed record RemoteTerminated(ActorPath Watched, bool ExistenceConfirmed);

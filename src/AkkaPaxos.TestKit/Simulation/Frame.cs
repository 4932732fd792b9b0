using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A message on its way between nodes, as bytes, with the paths of its ends.</summary>
internal sealed class Frame
{
    private readonly int _serializer;
    private readonly string _manifest = "";

    private Frame(Incarnation from, ActorPath target, object message, ActorPath? sender)
    {
        (From, Target, Message, Sender) = (from.Node, target, message, sender);
        To = target.Address.System;
        if (IsLoop || message is RemoteWatch or RemoteUnwatch or RemoteTerminated) return;
        var system = from.System;
        (_serializer, _manifest, Bytes) = Serialization.WithTransport<(int, string, byte[])>(system, () =>
        {
            var serializer = system.Serialization.FindSerializerFor(message, null);
            return (serializer.Identifier, Serialization.ManifestFor(serializer, message), serializer.ToBinary(message));
        });
    }

    public SimulatedNode From { get; }

    public string To { get; }

    public ActorPath Target { get; }

    /// <summary>Null where there is none.</summary>
    public ActorPath? Sender { get; }

    /// <summary>What was sent; the receiver gets a copy made from the bytes.</summary>
    public object Message { get; }

    /// <summary>Null where the message does not leave its node.</summary>
    public byte[]? Bytes { get; }

    /// <summary>The receiver's role, with its child where a child is meant.</summary>
    public string ToRole => SimulatedNode.RoleOf(Target.ToStringWithoutAddress());

    /// <summary>From a node to itself.</summary>
    public bool IsLoop => From.Name == To;

    public static Frame Of(Incarnation from, ActorPath target, object message, IActorRef? sender) =>
        new(from, target, message, sender is null || sender.IsNobody() ? null : sender.Path);

    /// <summary>What is shown of it.</summary>
    public MessageInFlight InFlight(long id, TimeSpan sentAt) => new(
        id, From.Name, Sender is null ? "" : SimulatedNode.RoleOf(Sender.ToStringWithoutAddress()), To, ToRole, Message, sentAt, sentAt);

    /// <summary>Hands the message to its actor.</summary>
    public void Arrive(Incarnation at)
    {
        var provider = (SimulatedActorRefProvider)at.System.Provider;
        var target = provider.ResolveActorRef(Target);
        IActorRef? sender = Sender is null ? null : IsLoop ? new SimulatedLink(Sender, provider) : provider.ResolveActorRef(Sender);
        switch (Message)
        {
            case RemoteWatch:
                var watcher = new SimulatedLink(Sender!, provider, Target);
                if (!at.TrySend(Target, new Watch((IInternalActorRef)target, watcher)))
                    watcher.SendSystemMessage(new DeathWatchNotification(target, false, false));
                break;
            case RemoteUnwatch:
                at.TrySend(Target, new Unwatch((IInternalActorRef)target, (IInternalActorRef)sender!));
                break;
            case RemoteTerminated m:
                at.TrySend(Target, new DeathWatchNotification(provider.ResolveActorRef(m.Watched), m.ExistenceConfirmed, false));
                break;
            default:
                target.Tell(Bytes is null ? Message : at.System.Serialization.Deserialize(Bytes, _serializer, _manifest), sender);
                break;
        }
    }
}

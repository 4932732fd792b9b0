using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster;

/// <summary>Marks what nodes of a cluster send to each other, so that it is serialized by the cluster's own serializer.</summary>
public interface IClusterMessage;

/// <summary>What the user asks for; Leave and Down may come from another node.</summary>
internal static class ClusterUserAction
{
    internal sealed record JoinTo(Address Address);

    internal sealed record Leave(Address Address) : IClusterMessage;

    internal sealed record Down(Address Address) : IClusterMessage;
}

internal static class InternalClusterAction
{
    // Between nodes.

    /// <summary>Asks a seed whether it is part of a cluster.</summary>
    internal sealed record InitJoin : IClusterMessage, IDeadLetterSuppression;

    internal sealed record InitJoinAck(Address Address) : IClusterMessage, IDeadLetterSuppression;

    internal sealed record InitJoinNack(Address Address) : IClusterMessage, IDeadLetterSuppression;

    internal sealed record Join(UniqueAddress Node, ImmutableHashSet<string> Roles) : IClusterMessage;

    internal sealed record Welcome(UniqueAddress From, Gossip Gossip) : IClusterMessage;

    internal sealed record GossipEnvelope(UniqueAddress From, UniqueAddress To, Gossip Gossip) : IClusterMessage, IDeadLetterSuppression;

    /// <summary>The version alone: whoever has a newer one sends it.</summary>
    internal sealed record GossipStatus(UniqueAddress From, VectorClock Version) : IClusterMessage, IDeadLetterSuppression;

    internal sealed record Heartbeat(Address From, long SequenceNr) : IClusterMessage, IDeadLetterSuppression;

    internal sealed record HeartbeatRsp(UniqueAddress From, long SequenceNr) : IClusterMessage, IDeadLetterSuppression;

    /// <summary>A member that is Exiting has ended its tasks and stops now.</summary>
    internal sealed record ExitingConfirmed(UniqueAddress Address) : IClusterMessage, IDeadLetterSuppression;

    // Within a node.

    internal sealed record JoinSeedNodes(ImmutableList<Address> SeedNodes);

    internal sealed record Subscribe(IActorRef Subscriber, ClusterEvent.SubscriptionInitialStateMode Mode, ImmutableArray<Type> To);

    internal sealed record Unsubscribe(IActorRef Subscriber, Type? To);

    internal sealed record SendCurrentClusterState(IActorRef Receiver);

    internal sealed record PublishChanges(MembershipState State);

    internal sealed record AddOnMemberUpListener(Action Callback);

    internal sealed record AddOnMemberRemovedListener(Action Callback);

    /// <summary>From the coordinated shutdown: leave, and say when the others know.</summary>
    internal sealed record LeaveReq;

    /// <summary>From the coordinated shutdown: all tasks of an exiting member are done.</summary>
    internal sealed record ExitingCompleted;

    internal sealed record GossipTick;

    internal sealed record GossipSpeedupTick;

    internal sealed record LeaderActionsTick;

    internal sealed record ReapUnreachableTick;

    internal sealed record HeartbeatTick;

    internal sealed record ExpectedFirstHeartbeat(UniqueAddress From);
}

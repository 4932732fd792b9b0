using Akka.Actor;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

/// <summary>Turns each new state into events, for each subscriber in the order in which they happened.</summary>
internal sealed class ClusterDomainEventPublisher : UntypedActor
{
    private readonly List<Subscription> _subscriptions = [];
    private readonly MembershipState _empty;
    private MembershipState _state;

    public ClusterDomainEventPublisher(UniqueAddress self) => _state = _empty = new MembershipState(Gossip.Empty, self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InternalClusterAction.PublishChanges changes:
                Advance(changes.State);
                break;
            case InternalClusterAction.Subscribe subscribe:
                Add(subscribe);
                break;
            case InternalClusterAction.Unsubscribe unsubscribe:
                Remove(unsubscribe.Subscriber, unsubscribe.To);
                break;
            case InternalClusterAction.SendCurrentClusterState request:
                request.Receiver.Tell(ClusterDiff.Snapshot(_state));
                break;
            case Terminated gone:
                Remove(gone.ActorRef, null);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The last that subscribers hear: nobody is a member any more as far as this node can tell.</summary>
    protected override void PostStop()
    {
        Publish(ClusterShuttingDown.Instance);
        Advance(_empty);
    }

    private void Advance(MembershipState next)
    {
        foreach (var change in ClusterDiff.Events(_state, next)) Publish(change);
        _state = next;
    }

    private void Publish(IClusterDomainEvent change)
    {
        foreach (var subscription in _subscriptions)
            if (subscription.Wants(change)) subscription.Subscriber.Tell(change);
    }

    private void Add(InternalClusterAction.Subscribe subscribe)
    {
        var wanted = new Subscription(subscribe.Subscriber, [.. subscribe.To]);
        if (subscribe.Mode == SubscriptionInitialStateMode.InitialStateAsSnapshot)
            subscribe.Subscriber.Tell(ClusterDiff.Snapshot(_state));
        else
            foreach (var change in ClusterDiff.Events(_empty, _state))
                if (wanted.Wants(change)) subscribe.Subscriber.Tell(change);

        if (_subscriptions.Find(s => s.Subscriber.Equals(subscribe.Subscriber)) is { } old)
        {
            old.Types.AddRange(wanted.Types.Except(old.Types));
            return;
        }
        _subscriptions.Add(wanted);
        // An actor of another node is not watched: it would be dropped with its node's connection, and it has to unsubscribe itself.
        if (subscribe.Subscriber is IInternalActorRef { IsLocal: true }) Context.Watch(subscribe.Subscriber);
    }

    private void Remove(IActorRef subscriber, Type? type)
    {
        if (_subscriptions.Find(s => s.Subscriber.Equals(subscriber)) is not { } subscription) return;
        if (type is null) subscription.Types.Clear();
        else subscription.Types.Remove(type);
        if (subscription.Types.Count != 0) return;
        _subscriptions.Remove(subscription);
        Context.Unwatch(subscriber);
    }

    private sealed record Subscription(IActorRef Subscriber, List<Type> Types)
    {
        public bool Wants(IClusterDomainEvent change) => Types.Exists(t => t.IsInstanceOfType(change));
    }
}

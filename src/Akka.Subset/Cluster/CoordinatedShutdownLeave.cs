using Akka.Actor;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

/// <summary>For the phase cluster-leave: asks for this node's leave and answers when the cluster knows of it.</summary>
internal sealed class CoordinatedShutdownLeave : UntypedActor
{
    private readonly Cluster _cluster;
    private readonly IActorRef _publisher;
    private IActorRef? _replyTo;

    public CoordinatedShutdownLeave(Cluster cluster, IActorRef publisher)
    {
        _cluster = cluster;
        _publisher = publisher;
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InternalClusterAction.LeaveReq:
                _replyTo = Sender;
                _publisher.Tell(
                    new InternalClusterAction.Subscribe(Self, SubscriptionInitialStateMode.InitialStateAsSnapshot, [typeof(IMemberEvent)]));
                _cluster.Leave(_cluster.SelfAddress);
                break;
            case CurrentClusterState state:
                // Not joined yet, or on its way out already.
                if (state.Members.IsEmpty || state.Members.Any(m => m.UniqueAddress == _cluster.SelfUniqueAddress && HasLeft(m))) Answer();
                break;
            case IMemberEvent change when change.Member.UniqueAddress == _cluster.SelfUniqueAddress && HasLeft(change.Member):
                Answer();
                break;
        }
    }

    private static bool HasLeft(Member m) => m.Status is MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down or MemberStatus.Removed;

    private void Answer()
    {
        _replyTo!.Tell(Done.Instance);
        Context.Stop(Self);
    }
}

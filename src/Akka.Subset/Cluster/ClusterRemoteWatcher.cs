using Akka.Actor;
using Akka.Remote;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

/// <summary>
/// Death watch of actors on other members follows the cluster, not heartbeats of its own: a member that is merely unreachable keeps
/// its watchers waiting, and one that was removed ends all watches of its actors. One that was downed is quarantined as well, by its
/// uid: that incarnation never comes back, a later one at the address does. Other systems are remoting's own business.
/// </summary>
internal sealed class ClusterRemoteWatcher(
    Address self,
    IFailureDetectorRegistry<Address> failureDetector,
    TimeSpan heartbeatInterval,
    TimeSpan unreachableReaperInterval,
    TimeSpan heartbeatExpectedResponseAfter)
    : RemoteWatcher(failureDetector, heartbeatInterval, unreachableReaperInterval, heartbeatExpectedResponseAfter)
{
    private readonly HashSet<Address> _members = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CurrentClusterState state:
                foreach (var member in state.Members) TakeOver(member.Address);
                break;
            case MemberRemoved removed:
                Removed(removed.Member.UniqueAddress, removed.PreviousStatus);
                break;
            case MemberUp or MemberWeaklyUp:
                TakeOver(((IMemberEvent)message).Member.Address);
                break;
            case IMemberEvent:
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override void WatchNode(IInternalActorRef watchee)
    {
        if (!_members.Contains(watchee.Path.Address)) base.WatchNode(watchee);
    }

    private void TakeOver(Address address)
    {
        if (address.Equals(self)) return;
        _members.Add(address);
        UnwatchNode(address);
        Unreachable.Remove(address);
    }

    private void Removed(UniqueAddress node, MemberStatus previousStatus)
    {
        if (node.Address.Equals(self)) return;
        _members.Remove(node.Address);
        if (previousStatus == MemberStatus.Down) Quarantine(node.Address, node.Uid);
        PublishAddressTerminated(node.Address);
    }
}

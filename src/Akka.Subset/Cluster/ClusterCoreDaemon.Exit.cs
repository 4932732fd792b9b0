using System.Collections.Immutable;
using Akka.Actor;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>Leaving, downing and removal, of others and of this node.</summary>
internal sealed partial class ClusterCoreDaemon
{
    /// <summary>Leader's rounds that a node which is Down waits for the others to know, before it stops in any case.</summary>
    private const int MaxTicksBeforeShuttingDownMyself = 4;

    /// <summary>Members that are Exiting and have said that they are done.</summary>
    private ImmutableHashSet<UniqueAddress> _exitingConfirmed = [];

    private bool _exitingTasksInProgress;
    private int _ticksDown;

    private void Leaving(Address address)
    {
        if (_gossip.FindMember(address) is not { Status: MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up } member) return;
        Update(_gossip.Update(member.Copy(MemberStatus.Leaving)));
        _cluster.LogInfo($"Marked address [{address}] as [{MemberStatus.Leaving}]");
    }

    private void Downing(Address address)
    {
        var members = _gossip.Members.Where(m => m.Address.Equals(address)).ToArray();
        if (members.Length == 0) _cluster.LogInfo($"Ignoring down of unknown node [{address}]");
        foreach (var member in members) Downing(member);
    }

    private void Downing(Member member)
    {
        if (member.Status == MemberStatus.Down) return;
        _cluster.LogInfo(_gossip.Reachability.IsReachable(member.UniqueAddress)
            ? $"Marking node [{member.Address}] as [{MemberStatus.Down}]"
            : $"Marking unreachable node [{member.Address}] as [{MemberStatus.Down}]");
        Update(_gossip.Update(member.Copy(MemberStatus.Down)));
    }

    /// <summary>
    /// This node sees itself Exiting: the coordinated shutdown runs (or goes on), and at its end sends ExitingCompleted. Until then
    /// this node does not mark the state as seen, which delays its removal.
    /// </summary>
    private void BeginExiting()
    {
        if (_exitingTasksInProgress || _cluster.SelfExiting.Task.IsCompleted) return;
        _exitingTasksInProgress = true;
        if (_shutdown.ShutdownReason is null) _cluster.LogInfo("Exiting, starting coordinated shutdown");
        _cluster.SelfExiting.TrySetResult(Done.Instance);
        _shutdown.Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
    }

    private void ReceiveExitingCompleted()
    {
        _cluster.LogInfo("Exiting completed");
        _exitingTasksInProgress = false;
        if (_gossip.HasMember(_self))
        {
            // The others remove a member that is Exiting when it is out of reach; to tell them now saves them the wait.
            Publish(_gossip.Seen(_self));
            SendGossipToSome(FarewellGossips);
            var others = _gossip.Members.Where(m => m.UniqueAddress != _self).ToArray();
            if (State.LeaderOf(others) is { } leader)
            {
                Core(leader.Address).Tell(new ExitingConfirmed(_self));
                if (State.LeaderOf(others.Where(m => m.UniqueAddress != leader)) is { } next) Core(next.Address).Tell(new ExitingConfirmed(_self));
            }
        }
        Sender.Tell(Done.Instance);
        _cluster.Shutdown();
    }

    private void ReceiveExitingConfirmed(UniqueAddress node)
    {
        if (!_gossip.HasMember(node)) return;
        _cluster.LogInfo($"Exiting confirmed [{node.Address}]");
        _exitingConfirmed = _exitingConfirmed.Add(node);
    }

    /// <summary>Not at once, so that others that are Down as well can learn it from this node.</summary>
    private void ShutdownSelfWhenDown()
    {
        if (SelfStatus != MemberStatus.Down) return;
        var unreachable = _gossip.Reachability.AllUnreachableOrTerminated;
        var allDownKnow = _gossip.Members.Where(m => m.Status == MemberStatus.Down)
            .All(m => unreachable.Contains(m.UniqueAddress) || _gossip.SeenByNode(m.UniqueAddress));
        if (!allDownKnow && _ticksDown++ < MaxTicksBeforeShuttingDownMyself) return;
        _cluster.LogInfo("Shutting down myself");
        SendGossipToSome(FarewellGossips);
        _cluster.Shutdown();
    }
}

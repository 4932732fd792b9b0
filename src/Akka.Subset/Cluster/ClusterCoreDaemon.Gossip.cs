using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>Spreading the state until all have seen it, and noting who does not answer.</summary>
internal sealed partial class ClusterCoreDaemon
{
    private bool IsGossipSpeedupNeeded => _gossip.SeenBy.Count < (_gossip.Members.Count + 1) / 2;

    private void OnGossipTick()
    {
        SendGossip();
        if (!IsGossipSpeedupNeeded) return;
        Timers.StartSingleTimer("speedup-1", new GossipSpeedupTick(), _settings.GossipInterval / 3);
        Timers.StartSingleTimer("speedup-2", new GossipSpeedupTick(), _settings.GossipInterval * 2 / 3);
    }

    /// <summary>One round: the whole state to one of those that have not seen it, or its version to one that has.</summary>
    private void SendGossip()
    {
        var state = State;
        var valid = _gossip.Members.Select(m => m.UniqueAddress).Where(state.IsValidNodeForGossip).ToArray();
        if (valid.Length == 0) return;
        var behind = Random.Shared.NextDouble() < _settings.GossipDifferentViewProbability
            ? valid.Where(node => !_gossip.SeenByNode(node)).ToArray()
            : [];
        var peer = Pick(behind.Length != 0 ? behind : valid);
        if (_gossip.SeenByNode(peer)) GossipStatusTo(peer, Core(peer.Address));
        else GossipTo(peer, Core(peer.Address));
    }

    private void SendGossipToSome(int count)
    {
        var state = State;
        var valid = _gossip.Members.Select(m => m.UniqueAddress).Where(state.IsValidNodeForGossip).ToArray();
        Random.Shared.Shuffle(valid);
        foreach (var node in valid.Take(count)) GossipTo(node, Core(node.Address));
    }

    private static UniqueAddress Pick(UniqueAddress[] nodes) => nodes[Random.Shared.Next(nodes.Length)];

    private void GossipTo(UniqueAddress node, IActorRef destination)
    {
        if (State.IsValidNodeForGossip(node)) destination.Tell(new GossipEnvelope(_self, node, _gossip));
    }

    private void GossipStatusTo(UniqueAddress node, IActorRef destination)
    {
        if (State.IsValidNodeForGossip(node)) destination.Tell(new GossipStatus(_self, _gossip.Version));
    }

    private void ReceiveGossipStatus(GossipStatus status)
    {
        if (!MayHear(status.From)) return;
        switch (status.Version.CompareTo(_gossip.Version))
        {
            case VectorClock.Ordering.Same:
                break;
            case VectorClock.Ordering.After:
                GossipStatusTo(status.From, Sender);
                break;
            default:
                GossipTo(status.From, Sender);
                break;
        }
    }

    private void ReceiveGossip(GossipEnvelope envelope)
    {
        var remote = envelope.Gossip;
        var local = _gossip;
        if (envelope.To != _self)
        {
            _log.Debug(
                "Cluster Node [{0}] - Ignoring received gossip intended for someone else, from [{1}] to [{2}]",
                _self.Address, envelope.From.Address, envelope.To);
            return;
        }
        if (!MayHear(envelope.From)) return;
        if (!remote.HasMember(_self))
        {
            _cluster.LogInfo($"Ignoring received gossip that does not contain myself, from [{envelope.From.Address}]");
            return;
        }

        Gossip winning;
        bool talkback;
        switch (remote.Version.CompareTo(local.Version))
        {
            case VectorClock.Ordering.Same:
                winning = local.MergeSeen(remote);
                talkback = !_exitingTasksInProgress && !remote.SeenByNode(_self);
                break;
            case VectorClock.Ordering.Before:
                winning = local;
                talkback = true;
                break;
            case VectorClock.Ordering.After:
                winning = remote;
                talkback = !_exitingTasksInProgress && !remote.SeenByNode(_self);
                break;
            default:
                winning = remote.PruneRemovedIn(local).Merge(local.PruneRemovedIn(remote));
                talkback = true;
                break;
        }

        var next = _exitingTasksInProgress ? winning : winning.Seen(_self);
        foreach (var member in next.Members)
            if (member.Status == MemberStatus.Joining && !local.HasMember(member.UniqueAddress)) _cluster.FailureDetector.Remove(member.Address);
        if (!ReferenceEquals(next, local)) Publish(next);
        if (SelfStatus == MemberStatus.Exiting) BeginExiting();
        if (talkback) GossipTo(envelope.From, Sender);
    }

    /// <summary>Nobody listens to those it sees as unreachable: their view is old, and they will be told when they are back.</summary>
    private bool MayHear(UniqueAddress from)
    {
        if (!_gossip.HasMember(from))
        {
            _log.Debug("Cluster Node [{0}] - Ignoring received gossip from unknown [{1}]", _self.Address, from);
            return false;
        }
        if (_gossip.Reachability.IsReachable(_self, from)) return true;
        _log.Debug("Cluster Node [{0}] - Ignoring received gossip from unreachable [{1}]", _self.Address, from);
        return false;
    }

    /// <summary>Takes over what the failure detector says of the members that this node watches.</summary>
    private void ReapUnreachableMembers()
    {
        if (_gossip.Members.Count < 2) return;
        var reachability = _gossip.Reachability;
        var lost = _gossip.Members
            .Where(m => m.UniqueAddress != _self
                && reachability.IsReachable(_self, m.UniqueAddress) && !_cluster.FailureDetector.IsAvailable(m.Address))
            .ToArray();
        var back = reachability.AllUnreachableFrom(_self)
            .Where(n => _cluster.FailureDetector.IsAvailable(n.Address))
            .Select(_gossip.GetMember)
            .ToArray();
        if (lost.Length == 0 && back.Length == 0) return;

        foreach (var m in lost) reachability = reachability.Unreachable(_self, m.UniqueAddress);
        foreach (var m in back) reachability = reachability.Reachable(_self, m.UniqueAddress);
        var exiting = lost.Where(m => m.Status == MemberStatus.Exiting).ToArray();
        var unexpected = lost.Except(exiting).ToArray();
        if (unexpected.Length != 0) _cluster.LogWarning($"Marking node(s) as UNREACHABLE [{Named(unexpected)}].");
        if (exiting.Length != 0)
            _cluster.LogInfo($"Marking exiting node(s) as UNREACHABLE [{Named(exiting)}]. This is expected and they will be removed.");
        if (back.Length != 0) _cluster.LogInfo($"Marking node(s) as REACHABLE [{Named(back)}].");
        Update(_gossip.WithReachability(reachability));
    }

    private static string Named(IEnumerable<Member> members) => string.Join(", ", members);

    /// <summary>Remoting gave up on that incarnation for good.</summary>
    private void Quarantined(UniqueAddress node)
    {
        if (!_gossip.HasMember(node)) return;
        var reachability = _gossip.Reachability.Terminated(_self, node);
        if (ReferenceEquals(reachability, _gossip.Reachability)) return;
        _cluster.LogWarning($"Marking node as TERMINATED [{node.Address}], due to quarantine. It must still be marked as down before it's removed.");
        Update(_gossip.WithReachability(reachability));
    }
}

using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster;

/// <summary>
/// What the leader does. Nobody elects it: each node works out from the state who it is, and acts only on a state that all have seen.
/// </summary>
internal sealed partial class ClusterCoreDaemon
{
    private bool _isLeader;
    private int _roundsWithoutConvergence;

    private bool IsMinNrOfMembersFulfilled => _gossip.Members.Count >= _settings.MinNrOfMembers
        && _settings.MinNrOfMembersOfRole.All(role => _gossip.Members.Count(m => m.HasRole(role.Key)) >= role.Value);

    private void LeaderActions()
    {
        if (State.IsLeader(_self))
        {
            if (!_isLeader) _cluster.LogInfo("is the new leader among reachable nodes (more leaders may exist)");
            _isLeader = true;
            if (State.Convergence(_exitingConfirmed))
            {
                if (_roundsWithoutConvergence >= 20) _cluster.LogInfo("Leader can perform its duties again");
                _roundsWithoutConvergence = 0;
                LeaderActionsOnConvergence();
            }
            else WithoutConvergence();
        }
        else
        {
            if (_isLeader) _cluster.LogInfo("is no longer leader");
            _isLeader = false;
            _roundsWithoutConvergence = 0;
        }
        _exitingConfirmed = _exitingConfirmed.Where(_gossip.HasMember).ToImmutableHashSet();
        ShutdownSelfWhenDown();
    }

    private void WithoutConvergence()
    {
        _roundsWithoutConvergence++;
        if (_settings.AllowWeaklyUpMembers && _settings.LeaderActionsInterval * _roundsWithoutConvergence >= _settings.WeaklyUpAfter)
            MoveJoiningToWeaklyUp();
        if (_roundsWithoutConvergence != 20 && _roundsWithoutConvergence % 60 != 0) return;
        var members = string.Join(", ", _gossip.Members.Select(m => $"{m.Address} {m.Status} seen={_gossip.SeenByNode(m.UniqueAddress)}"));
        _cluster.LogInfo("Leader can currently not perform its duties, reachability status: "
            + $"[{_gossip.ReachabilityExcludingDownedObservers}], member status: [{members}]");
    }

    private void MoveJoiningToWeaklyUp()
    {
        if (!IsMinNrOfMembersFulfilled) return;
        var reachability = _gossip.ReachabilityExcludingDownedObservers;
        ApplyTransitions(_gossip, _gossip.Members
            .Where(m => m.Status == MemberStatus.Joining && reachability.IsReachable(m.UniqueAddress))
            .Select(m => m.Copy(MemberStatus.WeaklyUp))
            .ToArray());
    }

    /// <summary>Joining and WeaklyUp become Up, Leaving becomes Exiting, and who is Down or Exiting and out of reach is removed.</summary>
    private void LeaderActionsOnConvergence()
    {
        var unreachable = _gossip.Reachability.AllUnreachableOrTerminated;
        var removed = _gossip.Members
            .Where(m => m.UniqueAddress != _self && MembershipState.MayBeRemoved(m.Status)
                && (unreachable.Contains(m.UniqueAddress) || (m.Status == MemberStatus.Exiting && _exitingConfirmed.Contains(m.UniqueAddress))))
            .ToArray();
        foreach (var m in removed)
            _cluster.LogInfo(_exitingConfirmed.Contains(m.UniqueAddress)
                ? $"Leader is removing confirmed Exiting node [{m.Address}]"
                : $"Leader is removing unreachable node [{m.Address}]");

        var enough = IsMinNrOfMembersFulfilled;
        var upNumber = State.YoungestUpNumber;
        var changed = new List<Member>();
        foreach (var m in _gossip.Members.Except(removed))
        {
            if (m.Status is MemberStatus.Joining or MemberStatus.WeaklyUp && enough) changed.Add(m.CopyUp(++upNumber));
            else if (m.Status == MemberStatus.Leaving) changed.Add(m.Copy(MemberStatus.Exiting));
        }
        ApplyTransitions(_gossip.Remove(removed.Select(m => m.UniqueAddress).ToArray()), changed, force: removed.Length != 0);
    }

    private void ApplyTransitions(Gossip gossip, IReadOnlyCollection<Member> changed, bool force = false)
    {
        if (changed.Count == 0 && !force) return;
        foreach (var m in changed)
        {
            gossip = gossip.Update(m);
            _cluster.LogInfo($"Leader is moving node [{m.Address}] to [{m.Status}]");
        }
        Update(gossip);
        if (SelfStatus == MemberStatus.Exiting) BeginExiting();
    }
}

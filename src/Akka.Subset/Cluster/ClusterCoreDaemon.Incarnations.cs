using System.Collections.Immutable;
using Akka.Actor;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// A node that restarts at its address. Uids tell incarnations apart but not which is the later one, and the join of one that died
/// may come late. So before one is replaced by another, the address is asked who lives there now: one answer is proof that the
/// other is gone, and only then it is downed without further question.
/// </summary>
internal sealed partial class ClusterCoreDaemon
{
    /// <summary>Joins that wait for the removal of another incarnation.</summary>
    private readonly Dictionary<Address, PendingJoin> _pendingJoins = [];

    /// <summary>Questions under way: the number that the answer has to carry.</summary>
    private readonly Dictionary<Address, long> _questions = [];

    private long _lastQuestion;

    /// <summary>Puts a join by; true if its address is taken by another incarnation.</summary>
    private bool MustWait(UniqueAddress node, ImmutableHashSet<string> roles, IActorRef? joiner)
    {
        if (_gossip.FindMember(node.Address) is null) return false;
        if (joiner is null || node.Address.Equals(_self.Address)) return true; // no other process can live at this node's own address
        // The node asks again by itself after a while; who has waited longer than that may be gone.
        var wait = _settings.RetryUnsuccessfulJoinAfter ?? _settings.SeedNodeTimeout;
        _pendingJoins[node.Address] = new PendingJoin(node, roles, joiner, DeadlineIn(wait));
        AskWhoLivesAt(node.Address);
        return true;
    }

    /// <summary>At each change of the members: the turn of joins that waited for a removal.</summary>
    private void CheckPendingJoins()
    {
        foreach (var pending in _pendingJoins.Values.ToArray())
        {
            var address = pending.Node.Address;
            if (_gossip.FindMember(address) is null && !_questions.ContainsKey(address)) AskWhoLivesAt(address);
        }
    }

    /// <summary>Now and then: questions that got lost, and addresses that two incarnations have joined through different members.</summary>
    private void CheckIncarnations()
    {
        _questions.Clear();
        foreach (var pending in _pendingJoins.Values.ToArray())
            if (IsOver(pending.Expiry)) _pendingJoins.Remove(pending.Node.Address);
        CheckPendingJoins();
        var shared = _gossip.Members.Where(m => m.Status != MemberStatus.Down).GroupBy(m => m.Address).Where(g => g.Count() > 1);
        foreach (var members in shared) AskWhoLivesAt(members.Key);
    }

    private void AskWhoLivesAt(Address address)
    {
        if (address.Equals(_self.Address)) return;
        _questions[address] = ++_lastQuestion;
        ClusterPaths.HeartbeatReceiver(_cluster, address).Tell(new Heartbeat(_self.Address, _lastQuestion));
    }

    private void ReceiveWhoLivesThere(HeartbeatRsp answer)
    {
        var address = answer.From.Address;
        if (!_questions.TryGetValue(address, out var question) || question != answer.SequenceNr) return;
        _questions.Remove(address);
        var pending = _pendingJoins.GetValueOrDefault(address);
        if (pending is not null && pending.Node != answer.From) _pendingJoins.Remove(address);

        var isCandidate = pending?.Node == answer.From;
        // Somebody else altogether: it will ask to join, and be asked then.
        if (!isCandidate && !_gossip.HasMember(answer.From)) return;
        foreach (var other in _gossip.Members.Where(m => m.Address.Equals(address) && m.UniqueAddress != answer.From)) Replace(other.UniqueAddress);
        if (!isCandidate || _gossip.FindMember(address) is not null) return;
        _pendingJoins.Remove(address);
        Joining(answer.From, pending!.Roles, pending.Joiner);
    }

    private void Replace(UniqueAddress node)
    {
        if (_gossip.FindMember(node) is not { } gone) return;
        var isTerminated = _gossip.Reachability.Status(_self, node) == Reachability.ReachabilityStatus.Terminated;
        if (gone.Status == MemberStatus.Down && isTerminated) return;
        _cluster.LogInfo($"New incarnation of existing member [{gone.Address}] is trying to join. "
            + "Existing will be removed from the cluster and then new member will be allowed to join.");
        Update(_gossip.WithReachability(_gossip.Reachability.Terminated(_self, node)));
        Downing(gone);
        // Alone among the living, this node is the leader and all have seen the change: no need to wait for the next tick.
        LeaderActions();
    }

    private sealed record PendingJoin(UniqueAddress Node, ImmutableHashSet<string> Roles, IActorRef Joiner, long Expiry);
}

using System.Collections.Immutable;
using Akka.Actor;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>Becoming a member, and letting others become one.</summary>
internal sealed partial class ClusterCoreDaemon
{
    private ImmutableList<Address> _seeds = [];
    private IActorRef? _seedNodeProcess;
    private int _seedNodeProcesses;
    private long? _joinSeedNodesDeadline;

    private void StartJoiningSeedNodes(ImmutableList<Address> seeds)
    {
        if (seeds.IsEmpty) return;
        StopSeedNodeProcess();
        _seeds = seeds;
        if (seeds.All(s => s.Equals(_self.Address)))
        {
            Join(_self.Address);
            return;
        }
        // A name of its own, as the one before may not have stopped yet.
        _seedNodeProcesses++;
        _seedNodeProcess = Context.ActorOf(
            Props.Create(() => new SeedNodeProcess(_cluster, seeds)).WithDispatcher(_settings.UseDispatcher),
            $"joinSeedNodeProcess-{_seedNodeProcesses}");
    }

    private void Join(Address address)
    {
        if (!IsOfThisCluster(address, "Trying to join member")) return;
        StopSeedNodeProcess();
        if (address.Equals(_self.Address))
        {
            BecomeInitialized();
            Joining(_self, _cluster.SelfRoles, ActorRefs.NoSender);
            return;
        }
        long? retryAt = _settings.RetryUnsuccessfulJoinAfter is { } after ? DeadlineIn(after) : null;
        Become(message => TryingToJoin(message, address, retryAt));
        Core(address).Tell(new Join(_self, _cluster.SelfRoles));
    }

    private void RetryJoin(Address joinWith)
    {
        BecomeUninitialized();
        if (_seeds.IsEmpty) Join(joinWith);
        else StartJoiningSeedNodes(_seeds);
    }

    private void ReceiveWelcome(Address joinWith, Welcome welcome)
    {
        if (!joinWith.Equals(welcome.From.Address))
        {
            _cluster.LogInfo($"Ignoring welcome from [{welcome.From.Address}] when trying to join with [{joinWith}]");
            return;
        }
        if (!welcome.Gossip.HasMember(_self))
        {
            _cluster.LogInfo($"Ignoring welcome from [{welcome.From.Address}] that was meant for another incarnation of this node");
            return;
        }
        _cluster.LogInfo($"Welcome from [{welcome.From.Address}]");
        BecomeInitialized();
        Publish(welcome.Gossip.Seen(_self));
        GossipTo(welcome.From, Sender);
    }

    private void ReceiveInitJoin()
    {
        _cluster.LogInfo($"Received InitJoin message from {Sender} to [{_self.Address}]");
        // A member on its way out cannot welcome anybody. A refusal would tell a first seed that there is no cluster; silence does not.
        if (MembershipState.MayBeRemoved(SelfStatus)) return;
        _cluster.LogInfo($"Sending InitJoinAck message from node [{_self.Address}] to {Sender}");
        Sender.Tell(new InitJoinAck(_self.Address));
    }

    /// <summary>A node wants to be a member.</summary>
    private void Joining(UniqueAddress node, ImmutableHashSet<string> roles, IActorRef? joiner)
    {
        if (!IsOfThisCluster(node.Address, "Member that tried to join")) return;
        if (MembershipState.MayBeRemoved(SelfStatus))
        {
            _cluster.LogInfo($"Trying to join [{node.Address}] to [{SelfStatus}] member, ignoring. Use a member that is Up instead.");
            return;
        }
        if (_gossip.HasMember(node))
        {
            _cluster.LogInfo($"Existing member [{node.Address}] is joining again.");
            if (node != _self) joiner?.Tell(new Welcome(_self, _gossip));
            return;
        }
        if (MustWait(node, roles, joiner)) return;

        _cluster.FailureDetector.Remove(node.Address);
        // Somebody may join before this node has joined itself; then it does so here.
        var first = _gossip.Members.IsEmpty;
        var members = _gossip.Members.Add(Member.Create(node, roles)).Add(Member.Create(_self, _cluster.SelfRoles));
        var named = $"(with roles [{string.Join(", ", roles.Order(StringComparer.Ordinal))}])";
        if (node == _self) _cluster.LogInfo($"Node [{node.Address}] is JOINING itself {named} and forming a new cluster");
        else _cluster.LogInfo($"Node [{node.Address}] is JOINING {named}");
        Update(_gossip.WithMembers(members));
        // The founder is the oldest member for certain only if it is Up before anybody else joins.
        if (node == _self && first) LeaderActions();
        if (node != _self) joiner?.Tell(new Welcome(_self, _gossip));
    }

    private bool IsOfThisCluster(Address address, string who)
    {
        if (address.Protocol == _self.Address.Protocol && address.System == _self.Address.System) return true;
        _cluster.LogWarning(
            $"{who} has wrong protocol or ActorSystem name, but was ignored, "
            + $"expected [{_self.Address.Protocol}://{_self.Address.System}] but was [{address}]");
        return false;
    }

    private void BecomeUninitialized()
    {
        StopSeedNodeProcess();
        Become(Uninitialized);
    }

    private void BecomeInitialized()
    {
        // Only now: nobody is watched before this node is a member.
        Context.ActorOf(
            Props.Create(() => new ClusterHeartbeatSender(_cluster, _publisher)).WithDispatcher(_settings.UseDispatcher),
            "heartbeatSender");
        StopSeedNodeProcess();
        _joinSeedNodesDeadline = null;
        Become(Initialized);
    }

    private void StopSeedNodeProcess()
    {
        if (_seedNodeProcess is null) return;
        Context.Stop(_seedNodeProcess);
        _seedNodeProcess = null;
    }

    private void ResetJoinSeedNodesDeadline() =>
        _joinSeedNodesDeadline = _settings.ShutdownAfterUnsuccessfulJoinSeedNodes is { } after ? DeadlineIn(after) : null;

    private bool CheckJoinSeedNodesDeadline()
    {
        if (!IsOver(_joinSeedNodesDeadline)) return false;
        _cluster.LogWarning($"Joining of seed-nodes [{string.Join(", ", _seeds)}] was unsuccessful after configured "
            + $"shutdown-after-unsuccessful-join-seed-nodes [{_settings.ShutdownAfterUnsuccessfulJoinSeedNodes}]. Running CoordinatedShutdown.");
        _joinSeedNodesDeadline = null;
        _shutdown.Run(CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance);
        return true;
    }
}

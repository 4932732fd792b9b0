using Akka.Actor;
using Akka.Cluster;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Subset.Tests;

/// <summary>How nodes become members and stop being members, with several ActorSystems in this process.</summary>
public class ClusterMembershipTests
{
    [Fact]
    public async Task Nodes_that_name_seed_nodes_form_one_cluster_and_agree_on_its_leader()
    {
        var ports = ClusterNode.FreePorts(3);
        var seeds = "akka.cluster.seed-nodes = [" + string.Join(", ", ports.Take(2).Select(p => $"\"akka.tcp://nodes@127.0.0.1:{p}\"")) + "]\n";
        // The first seed comes last: the others have to wait for it, as only the first one may form a cluster.
        await using var third = ClusterNode.Start(ClusterNode.At(ports[2]) + seeds);
        await using var second = ClusterNode.Start(ClusterNode.At(ports[1]) + seeds);
        await using var first = ClusterNode.Start(ClusterNode.At(ports[0]) + seeds);

        await ClusterNode.UntilAllUp(first, second, third);

        var leader = new[] { first, second, third }.OrderBy(n => n.Port).First().Address;
        foreach (var node in new[] { first, second, third })
            await ClusterNode.Until(() => leader.Equals(node.Cluster.State.Leader), () => $"{leader} is the leader in the eyes of {node.Address}");
        Assert.Equal(MemberStatus.Up, second.Cluster.SelfMember.Status);
        Assert.True(second.Cluster.IsUp);
        Assert.Equal(second.Address, second.Cluster.SelfMember.Address);
    }

    [Fact]
    public async Task A_node_that_joins_itself_is_a_cluster_of_one_and_others_join_it()
    {
        await using var first = ClusterNode.Start();
        Assert.Equal(MemberStatus.Removed, first.Cluster.SelfMember.Status);
        var isUp = new TaskCompletionSource();
        first.Cluster.RegisterOnMemberUp(() => isUp.TrySetResult());

        await first.Cluster.JoinAsync(first.Address).WaitAsync(TimeSpan.FromSeconds(60));
        await isUp.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await using var second = ClusterNode.Start();
        await second.Cluster.JoinAsync(first.Address).WaitAsync(TimeSpan.FromSeconds(60));

        await ClusterNode.UntilAllUp(first, second);
        Member MemberOf(ClusterNode node) => first.Cluster.State.Members.Single(m => m.UniqueAddress == node.Cluster.SelfUniqueAddress);
        Assert.True(MemberOf(first).IsOlderThan(MemberOf(second)));
        Assert.False(MemberOf(second).IsOlderThan(MemberOf(first)));
    }

    [Fact]
    public async Task Members_have_the_roles_that_their_configuration_gives_them()
    {
        var nodes = await ClusterNode.StartCluster("akka.cluster.roles = [paxos-1, backend]", "akka.cluster.roles = [paxos-2, backend]");
        await using var a = nodes[0];
        await using var b = nodes[1];

        var seen = a.Cluster.State.Members.Single(m => m.UniqueAddress == b.Cluster.SelfUniqueAddress);
        Assert.True(seen.Roles.SetEquals(["paxos-2", "backend"]));
        Assert.True(seen.HasRole("paxos-2"));
        Assert.False(seen.HasRole("paxos-1"));
        Assert.True(b.Cluster.SelfRoles.SetEquals(["paxos-2", "backend"]));
        await ClusterNode.Until(() => b.Address.Equals(a.Cluster.State.RoleLeader("paxos-2")), () => "the only member with a role leads it");
        Assert.Null(a.Cluster.State.RoleLeader("nobody"));
        Assert.True(a.Cluster.State.AllRoles.SetEquals(["paxos-1", "paxos-2", "backend"]));
    }

    [Fact]
    public async Task Nobody_is_Up_before_enough_members_have_joined()
    {
        const string three = "akka.cluster.min-nr-of-members = 3";
        await using var a = ClusterNode.Start(three);
        await using var b = ClusterNode.Start(three);
        a.Cluster.Join(a.Address);
        b.Cluster.Join(a.Address);
        await ClusterNode.Until(
            () => b.Cluster.State.Members.Count == 2 && a.Cluster.State.SeenBy.Count == 2, () => "two members joined and know of each other", a, b);
        Assert.All(a.Cluster.State.Members, m => Assert.Equal(MemberStatus.Joining, m.Status));

        await using var c = ClusterNode.Start(three);
        c.Cluster.Join(a.Address);

        await ClusterNode.UntilAllUp(a, b, c);
    }

    [Fact]
    public async Task A_member_that_leaves_goes_through_Leaving_and_Exiting_and_stops()
    {
        var nodes = await ClusterNode.StartCluster("", "", "");
        await using var a = nodes[0];
        await using var b = nodes[1];
        await using var c = nodes[2];
        var log = a.Record(InitialStateAsSnapshot, typeof(IMemberEvent), typeof(IReachabilityEvent));
        var removed = new TaskCompletionSource();
        c.Cluster.RegisterOnMemberRemoved(() => removed.TrySetResult());

        b.Cluster.Leave(c.Address); // any member may ask for it

        await log.Until<MemberRemoved>(e => e.Member.UniqueAddress == c.Cluster.SelfUniqueAddress);
        await removed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await ClusterNode.Until(() => c.Cluster.IsTerminated, () => "the cluster part of the node that left has stopped");
        Assert.Equal(
            [typeof(MemberLeft), typeof(MemberExited), typeof(MemberRemoved)],
            log.Of<IMemberEvent>().Where(e => e.Member.UniqueAddress == c.Cluster.SelfUniqueAddress).Select(e => e.GetType()));
        Assert.Equal(MemberStatus.Exiting, log.Of<MemberRemoved>().Single().PreviousStatus);
        await ClusterNode.UntilAllUp(a, b);
    }

    [Fact]
    public async Task Terminating_a_system_lets_its_node_leave_the_leader_as_well()
    {
        var nodes = (await ClusterNode.StartCluster("", "", "")).OrderBy(n => n.Port).ToArray();
        await using var leader = nodes[0];
        await using var b = nodes[1];
        await using var c = nodes[2];
        var log = c.Record(InitialStateAsSnapshot, typeof(IMemberEvent));

        await leader.Stop();

        await log.Until<MemberRemoved>(e => e.Member.UniqueAddress == leader.Cluster.SelfUniqueAddress);
        Assert.Contains(log.Of<MemberLeft>(), e => e.Member.UniqueAddress == leader.Cluster.SelfUniqueAddress);
        Assert.DoesNotContain(log.Of<IMemberEvent>(), e => e is MemberDowned);
        await ClusterNode.UntilAllUp(b, c);
        await ClusterNode.Until(() => b.Address.Equals(c.Cluster.State.Leader), () => "the next one leads");
    }

    [Fact]
    public async Task A_member_that_is_downed_stops_and_is_removed()
    {
        var nodes = await ClusterNode.StartCluster("", "", "akka.cluster.run-coordinated-shutdown-when-down = on");
        await using var a = nodes[0];
        await using var b = nodes[1];
        await using var c = nodes[2];
        var log = b.Record(InitialStateAsSnapshot, typeof(IMemberEvent));

        a.Cluster.Down(c.Address);

        await log.Until<MemberRemoved>(e => e.Member.UniqueAddress == c.Cluster.SelfUniqueAddress);
        Assert.Equal(MemberStatus.Down, log.Of<MemberRemoved>().Single().PreviousStatus);
        await c.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(60)); // a node that is downed ends its system
        Assert.True(c.Cluster.IsTerminated);
        await ClusterNode.UntilAllUp(a, b);
    }

    [Fact]
    public async Task A_cluster_of_one_can_leave_itself()
    {
        await using var node = ClusterNode.Start();
        await node.Cluster.JoinAsync(node.Address).WaitAsync(TimeSpan.FromSeconds(60));

        await node.Cluster.LeaveAsync().WaitAsync(TimeSpan.FromSeconds(60));

        await ClusterNode.Until(() => node.Cluster.IsTerminated, () => "the cluster part has stopped");
        await node.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_system_with_another_name_does_not_get_in()
    {
        await using var a = ClusterNode.Start();
        await a.Cluster.JoinAsync(a.Address).WaitAsync(TimeSpan.FromSeconds(60));
        await using var stranger = ClusterNode.Start();

        stranger.Cluster.Join(new Address("akka.tcp", "others", "127.0.0.1", a.Port));
        await using var friend = ClusterNode.Start();
        friend.Cluster.Join(a.Address);

        await ClusterNode.UntilAllUp(a, friend);
        Assert.Empty(stranger.Cluster.State.Members);
    }

    [Fact]
    public async Task A_node_whose_seeds_do_not_answer_ends_its_system_where_it_is_told_to()
    {
        var ports = ClusterNode.FreePorts(2);
        await using var node = ClusterNode.Start(ClusterNode.At(ports[1]) + $$"""
            akka.cluster.seed-nodes = ["akka.tcp://nodes@127.0.0.1:{{ports[0]}}", "akka.tcp://nodes@127.0.0.1:{{ports[1]}}"]
            akka.cluster.shutdown-after-unsuccessful-join-seed-nodes = 1s
            """);

        await node.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(node.Cluster.IsTerminated);
    }

    [Fact]
    public void A_seed_that_is_no_address_is_refused_at_start()
    {
        Assert.ThrowsAny<Exception>(() => ClusterNode.Start("akka.cluster.seed-nodes = [nonsense]"));
    }

    [Fact]
    public void Without_the_provider_of_the_cluster_there_is_no_cluster()
    {
        var system = ActorSystem.Create("alone");
        try
        {
            Assert.ThrowsAny<Exception>(() => Akka.Cluster.Cluster.Get(system));
        }
        finally
        {
            system.Terminate();
        }
    }
}

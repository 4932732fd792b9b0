using Akka.Actor;
using Akka.Cluster;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Subset.Tests;

/// <summary>Nodes that die, come back and are cut off. Nobody is downed unless somebody says so.</summary>
public class ClusterFailureTests
{
    [Fact]
    public async Task A_node_that_dies_becomes_unreachable_and_stays_a_member()
    {
        var nodes = await ClusterNode.StartCluster("", "", ClusterNode.DiesWithoutLeaving);
        await using var a = nodes[0];
        await using var b = nodes[1];
        var dead = nodes[2];
        var log = a.Record(InitialStateAsSnapshot, typeof(IReachabilityEvent), typeof(IMemberEvent));

        await dead.Stop();

        await log.Until<UnreachableMember>(e => e.Member.UniqueAddress == dead.Cluster.SelfUniqueAddress);
        await ClusterNode.Until(() => b.SeesAsUnreachable(dead), () => "the other survivor sees it too", b);
        Assert.Equal(MemberStatus.Up, a.StatusOf(dead));
        Assert.Empty(log.Of<IMemberEvent>());
    }

    [Fact]
    public async Task While_a_member_is_unreachable_newcomers_are_WeaklyUp_and_become_Up_when_it_is_downed()
    {
        var nodes = await ClusterNode.StartCluster("", "", ClusterNode.DiesWithoutLeaving);
        await using var a = nodes[0];
        await using var b = nodes[1];
        var dead = nodes[2];
        await dead.Stop();
        await ClusterNode.Until(() => a.SeesAsUnreachable(dead) && b.SeesAsUnreachable(dead), () => "both survivors see it as unreachable", a, b);

        await using var newcomer = ClusterNode.Start();
        newcomer.Cluster.Join(a.Address);
        await ClusterNode.Until(() => b.StatusOf(newcomer) == MemberStatus.WeaklyUp, () => "the newcomer is WeaklyUp", a, b, newcomer);

        b.Cluster.Down(dead.Address);

        await ClusterNode.UntilAllUp(a, b, newcomer);
        Assert.Null(a.StatusOf(dead));
    }

    [Fact]
    public async Task A_node_that_restarts_at_its_address_takes_the_place_of_its_old_incarnation()
    {
        var nodes = await ClusterNode.StartCluster("", "", ClusterNode.DiesWithoutLeaving);
        await using var a = nodes[0];
        await using var b = nodes[1];
        var old = nodes[2];
        var log = b.Record(InitialStateAsSnapshot, typeof(IMemberEvent));
        await old.Stop();
        await ClusterNode.Until(() => a.SeesAsUnreachable(old), () => "it is unreachable", a);

        await using var reborn = ClusterNode.Start(ClusterNode.At(old.Port));
        reborn.Cluster.Join(a.Address);

        await ClusterNode.UntilAllUp(a, b, reborn);
        Assert.Equal(old.Address, reborn.Address);
        Assert.NotEqual(old.Cluster.SelfUniqueAddress, reborn.Cluster.SelfUniqueAddress);
        await log.Until<MemberUp>(e => e.Member.UniqueAddress == reborn.Cluster.SelfUniqueAddress);
        Assert.Contains(log.Of<MemberRemoved>(), e => e.Member.UniqueAddress == old.Cluster.SelfUniqueAddress);
    }

    [Fact]
    public async Task A_node_that_restarts_so_fast_that_nobody_noticed_comes_back_as_well_and_again()
    {
        var nodes = await ClusterNode.StartCluster("", "", ClusterNode.DiesWithoutLeaving);
        await using var a = nodes[0];
        await using var b = nodes[1];
        var current = nodes[2];
        for (var i = 0; i < 3; i++)
        {
            await current.Stop();
            current = ClusterNode.Start(ClusterNode.At(current.Port) + ClusterNode.DiesWithoutLeaving);
            current.Cluster.Join(a.Address);
            await ClusterNode.UntilAllUp(a, b, current);
        }
        await ClusterNode.Until(
            () => a.Cluster.State.Unreachable.IsEmpty && current.Cluster.State.Unreachable.IsEmpty, () => "all are reachable", a, current);
        await current.Stop();
    }

    [Fact]
    public async Task A_first_seed_that_restarts_joins_the_cluster_that_is_there()
    {
        var ports = ClusterNode.FreePorts(3);
        var seeds = "akka.cluster.seed-nodes = [" + string.Join(", ", ports.Select(p => $"\"akka.tcp://nodes@127.0.0.1:{p}\"")) + "]\n";
        var nodes = ports.Select(p => ClusterNode.Start(ClusterNode.At(p) + seeds + ClusterNode.DiesWithoutLeaving)).ToArray();
        await ClusterNode.UntilAllUp(nodes);

        await nodes[0].Stop();
        nodes[0] = ClusterNode.Start(ClusterNode.At(ports[0]) + seeds + ClusterNode.DiesWithoutLeaving);

        await ClusterNode.UntilAllUp(nodes);
        foreach (var node in nodes) await node.Stop();
    }

    [Fact]
    public async Task A_cluster_whose_nodes_all_died_comes_together_again_from_its_seeds()
    {
        var ports = ClusterNode.FreePorts(3);
        var seeds = "akka.cluster.seed-nodes = [" + string.Join(", ", ports.Select(p => $"\"akka.tcp://nodes@127.0.0.1:{p}\"")) + "]\n";
        ClusterNode[] Boot() => ports.Select(p => ClusterNode.Start(ClusterNode.At(p) + seeds + ClusterNode.DiesWithoutLeaving)).ToArray();
        var nodes = Boot();
        await ClusterNode.UntilAllUp(nodes);

        await Task.WhenAll(nodes.Select(n => n.Stop()));
        nodes = Boot();

        await ClusterNode.UntilAllUp(nodes);
        await Task.WhenAll(nodes.Select(n => n.Stop()));
    }

    [Fact]
    public async Task Two_of_three_that_died_come_back_though_each_alone_cannot_converge()
    {
        var nodes = await ClusterNode.StartCluster("", ClusterNode.DiesWithoutLeaving, ClusterNode.DiesWithoutLeaving);
        await using var a = nodes[0];
        await nodes[1].Stop();
        await nodes[2].Stop();
        await ClusterNode.Until(() => a.SeesAsUnreachable(nodes[1]) && a.SeesAsUnreachable(nodes[2]), () => "both are unreachable", a);

        await using var b = ClusterNode.Start(ClusterNode.At(nodes[1].Port));
        b.Cluster.Join(a.Address);
        await ClusterNode.Until(
            () => a.StatusOf(nodes[1]) == MemberStatus.Down, () => "the old incarnation is down, but the other hinders its removal", a);
        await using var c = ClusterNode.Start(ClusterNode.At(nodes[2].Port));
        c.Cluster.Join(a.Address);

        await ClusterNode.UntilAllUp(a, b, c);
    }
}

using System.Diagnostics;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Each cut lasts until both ends have noticed it: longer than a connection survives, and than the cluster takes a silent node for reachable.
/// </summary>
public class LinearizableUnderPartitionsTests(ITestOutputHelper output) : LinearizableRun(output)
{
    [FactWhereNamespacesArePermitted]
    public async Task When_the_leader_is_cut_off_from_the_majority()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 4);
        await clients.WaitForMore(100, Patience);
        var old = await cluster.WaitForLeader(Patience);
        LocalNode[] others = [.. cluster.Nodes.Where(n => n != old)];

        network.Isolate(old, others);
        await clients.WaitForMore(200, Patience, others);
        foreach (var node in others) Assert.NotEqual(old.Id, (await node.Status())?.Leader);
        foreach (var node in others) await BothLoseSight(old, node);

        network.Heal();
        await AllSeeEachOther(cluster);
        await EndsWell(cluster, clients);
    }

    [FactWhereNamespacesArePermitted]
    public async Task When_a_node_hears_the_leader_no_more_but_is_heard()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 5);
        await clients.WaitForMore(100, Patience);
        var leader = await cluster.WaitForLeader(Patience);
        var deaf = cluster.Nodes.First(n => n != leader);

        network.CutOneWay(leader, deaf);
        await clients.WaitForMore(200, Patience);
        await BothLoseSight(leader, deaf);
        await clients.WaitForMore(50, Patience);

        network.Heal();
        await AllSeeEachOther(cluster);
        await EndsWell(cluster, clients);
    }

    [FactWhereNamespacesArePermitted]
    public async Task When_the_leader_and_another_only_reach_the_third()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 6);
        await clients.WaitForMore(100, Patience);
        var leader = await cluster.WaitForLeader(Patience);
        var other = cluster.Nodes.Last(n => n != leader);

        network.Cut(leader, other);
        await clients.WaitForMore(200, Patience);
        await BothLoseSight(leader, other);
        await clients.WaitForMore(50, Patience);

        network.Heal();
        await AllSeeEachOther(cluster);
        await EndsWell(cluster, clients);
    }

    [FactWhereNamespacesArePermitted]
    public async Task When_a_node_is_started_while_it_is_cut_off()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 7);
        await clients.WaitForMore(100, Patience);

        var first = cluster.Nodes[0];
        network.Isolate(first, cluster.Nodes);
        LocalCluster.Kill(first);
        cluster.Start(first);
        await Until("the node that was started while it is cut off does not answer", async () => await first.Status() is not null);
        await clients.WaitForMore(50, Patience);

        network.Heal();
        await AllSeeEachOther(cluster);
        await EndsWell(cluster, clients);
    }

    [FactWhereNamespacesArePermitted]
    public async Task When_kills_and_cuts_come_together()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 8);
        var random = new Random(8);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(12);)
        {
            var (one, other) = (cluster.Nodes[random.Next(3)], cluster.Nodes[random.Next(3)]);
            switch (random.Next(5))
            {
                case 0: network.Isolate(one, cluster.Nodes); break;
                case 1 when one != other: network.Cut(one, other); break;
                case 2 when one != other: network.CutOneWay(one, other); break;
                case 3: network.Heal(); break;
                default: LocalCluster.Kill(one); break;
            }
            await Task.Delay(random.Next(300, 1500));
            if (random.Next(3) == 0) network.Heal();
            foreach (var node in cluster.Nodes.Where(n => !n.IsRunning)) cluster.Start(node);
        }
        network.Heal();
        await cluster.WaitForLeader(Patience);
        await AllSeeEachOther(cluster);
        await EndsWell(cluster, clients);
    }

    private async Task<LocalCluster> Started(NetworkNamespaces network, params string[] settings)
    {
        var cluster = Cluster(network.Hosts, [RequestTimeout, .. settings]);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        return cluster;
    }

    private static async Task BothLoseSight(LocalNode one, LocalNode other)
    {
        await Until($"node {one.Id} still takes node {other.Id} for reachable", async () => !await Reaches(one, other));
        await Until($"node {other.Id} still takes node {one.Id} for reachable", async () => !await Reaches(other, one));
    }

    /// <summary>Waits until every node takes every other for reachable; one that stopped for good never will.</summary>
    private async Task AllSeeEachOther(LocalCluster cluster)
    {
        foreach (var one in cluster.Nodes)
            foreach (var other in cluster.Nodes)
            {
                await Until($"node {one.Id} does not reach node {other.Id}: {one.LastLogLine()}", () => Reaches(one, other));
                if (one != other) await Until($"node {one.Id} is linked to node {other.Id}, or not, against its settings", async () => await Linked(one, other) == IsLinked);
            }
    }
}

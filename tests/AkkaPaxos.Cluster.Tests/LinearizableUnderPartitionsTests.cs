using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Each cut lasts until both ends have noticed it: longer than a connection survives, and than the cluster takes a silent node for reachable.
/// </summary>
public class LinearizableUnderPartitionsTests(ITestOutputHelper output) : PartitionedRun(output)
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
}

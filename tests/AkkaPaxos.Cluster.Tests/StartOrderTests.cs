using System.Diagnostics;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// In whatever order nodes start, and whoever is cut off or started again meanwhile: once all have been there, two that reach each other serve, and in the end all
/// are in one Akka cluster.
/// </summary>
public sealed class StartOrderTests(ITestOutputHelper output) : RealProcesses
{
    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(1, 3, 2)]
    [InlineData(2, 1, 3)]
    [InlineData(2, 3, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(3, 2, 1)]
    public async Task All_found_the_cluster_and_from_then_on_any_two_serve_before_the_third_starts(int first, int second, int third)
    {
        using var cluster = Cluster(3);
        await IsUp(Start(cluster, first));
        await IsUp(Start(cluster, second));
        Assert.False(await Kv.TryPut(cluster.Nodes[first - 1].Http, "too-soon", "1"));
        Assert.Contains($"waits for node {third}; start it", await cluster.Nodes[second - 1].Http.GetStringAsync("/status"));
        await IsUp(Start(cluster, third));
        await Serves(cluster, first);
        await cluster.WaitForAgreement(Patience);
        cluster.StopAll(Patience);

        await IsUp(Start(cluster, first));
        await IsUp(Start(cluster, second));
        var clock = Stopwatch.StartNew();
        await Serves(cluster, first);
        output.WriteLine($"nodes {first} and {second} serve {clock.Elapsed.TotalSeconds:0.0} s after the second of them was up");
        await Serves(cluster, second);

        await IsUp(Start(cluster, third));
        await Serves(cluster, third);
        await AllInOneCluster(cluster);
        output.WriteLine($"all are in one cluster {clock.Elapsed.TotalSeconds:0.0} s after the second node was up");
        foreach (var node in cluster.Nodes) Assert.False(StartedAgain(node));
    }

    [Fact]
    public async Task A_node_that_is_killed_and_started_again_alone_comes_back_into_the_cluster_of_the_others()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await AllInOneCluster(cluster);
        var first = cluster.Nodes[0];

        // Its fellow is down as well: Akka lets the new incarnation in only once it can agree on who is gone. It serves meanwhile.
        LocalCluster.Kill(first);
        LocalCluster.Kill(cluster.Nodes[2]);
        cluster.Start(first);
        // Until it is found to be gone, gossip has the former incarnation at the same address.
        await Until("gossip does not miss node 1", async () => !await InCluster(cluster.Nodes[1], first));
        await Serves(cluster, 1);
        await Serves(cluster, 2);
        Assert.False(await InCluster(cluster.Nodes[1], first));

        cluster.Start(cluster.Nodes[2]);
        await Serves(cluster, 3);
        await AllInOneCluster(cluster);
        foreach (var node in cluster.Nodes) Assert.False(StartedAgain(node));
    }

    [Fact]
    public async Task All_that_were_stopped_come_back_in_another_order()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await Serves(cluster, 1);
        await AllInOneCluster(cluster);

        cluster.StopAll(Patience);
        await IsUp(Start(cluster, 3));
        await IsUp(Start(cluster, 2));
        await Serves(cluster, 3);
        await IsUp(Start(cluster, 1));
        await Serves(cluster, 1);
        await AllInOneCluster(cluster);
        Assert.Equal("1", await Kv.Get(cluster.Nodes[2].Http, "by-1"));
    }

    [FactWhereNamespacesArePermitted]
    public async Task A_node_that_is_cut_off_when_all_start_again_founds_no_cluster_of_its_own()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = Cluster(network.Hosts);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        cluster.StopAll(Patience);
        var alone = cluster.Nodes[0];
        network.Isolate(alone, cluster.Nodes);
        cluster.StartAll();
        await Serves(cluster, 2);
        await Serves(cluster, 3);
        await IsUp(alone);

        network.Heal();
        await Serves(cluster, 1);
        await AllInOneCluster(cluster);
        foreach (var node in cluster.Nodes) Assert.False(StartedAgain(node));
    }

    [FactWhereNamespacesArePermitted]
    public async Task A_node_that_is_left_in_a_cluster_of_its_own_joins_the_others_anew()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = Cluster(network.Hosts);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await AllInOneCluster(cluster);

        // The others come back while they cannot hear of the cluster that was: they found another.
        var island = cluster.Nodes[0];
        network.Isolate(island, cluster.Nodes);
        foreach (var node in cluster.Nodes.Skip(1)) LocalCluster.Kill(node);
        foreach (var node in cluster.Nodes.Skip(1)) cluster.Start(node);
        await Serves(cluster, 2);
        await Until("nodes 2 and 3 found no cluster", async () => await InCluster(cluster.Nodes[1], cluster.Nodes[2]));
        var clock = Stopwatch.StartNew();

        network.Heal();
        await AllInOneCluster(cluster);
        output.WriteLine($"all are in one cluster {clock.Elapsed.TotalSeconds:0.0} s after the cut ended");
        Assert.True(StartedAgain(island));
        foreach (var node in cluster.Nodes.Skip(1)) Assert.False(StartedAgain(node));
        await Serves(cluster, 1);
        Assert.Equal("1", await Kv.Get(island.Http, "by-2"));
    }

    private static LocalNode Start(LocalCluster cluster, int node)
    {
        cluster.Start(cluster.Nodes[node - 1]);
        return cluster.Nodes[node - 1];
    }

    private static Task IsUp(LocalNode node) => Until($"node {node.Id} is not up: {node.LastLogLine()}", async () => await node.Status() is not null);

    private static async Task Serves(LocalCluster cluster, int node)
    {
        var serving = cluster.Nodes[node - 1];
        await Until($"node {node} does not serve: {serving.LastLogLine()}", () => Kv.TryPut(serving.Http, $"by-{node}", "1"));
    }

    private static bool StartedAgain(LocalNode node) => File.ReadLines(node.LogFile).Any(l => l.Contains("is to be started again", StringComparison.Ordinal));
}

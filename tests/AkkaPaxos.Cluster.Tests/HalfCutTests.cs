using System.Net.Http.Json;
using System.Text.RegularExpressions;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Links are cut for long so that some nodes reach others only by way of a third one, nodes go and come back, all under load through each node: the leader stays where it can,
/// and clients of every node are served. The simulation has more topologies; this is what real links do. AKKAPAXOS_CUT_SECONDS makes the cuts longer.
/// </summary>
public sealed partial class HalfCutTests(ITestOutputHelper output) : PartitionedRun(output)
{
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("AKKAPAXOS_CUT_SECONDS"), out var seconds) ? seconds : 10);

    // The machine may stand still for longer than a leader's time-out: that is a reason to change leaders, and leaving it at that is what is to be seen.
    private const int MostChanges = 2;

    private readonly ITestOutputHelper _output = output;

    [FactWhereNamespacesArePermitted]
    public async Task The_leader_stays_while_one_link_of_it_is_cut_and_clients_of_every_node_are_served()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await AllSeeEachOther(cluster);
        var leader = await cluster.WaitForLeader(Patience);
        var other = cluster.Nodes.Last(n => n != leader);
        await using var loads = new LoadsByNode(cluster);
        await loads.WaitForMore(50);
        var ballots = Ballots(cluster);
        network.Cut(leader, other);
        await Serve(cluster, loads, $"link {leader.Id}-{other.Id} cut", ballots, 0);
        await RestartAndHeal(network, cluster, loads, other, [other], ballots);
    }

    [FactWhereNamespacesArePermitted]
    public async Task In_a_chain_of_five_one_that_reaches_a_majority_leads_and_clients_of_every_node_are_served()
    {
        using var network = new NetworkNamespaces(5);
        using var cluster = await Started(network);
        await AllSeeEachOther(cluster);
        await Move(cluster, cluster.Nodes[0]); // which reaches one other in the chain: so there has to be a change
        await using var loads = new LoadsByNode(cluster);
        await loads.WaitForMore(50);
        var ballots = Ballots(cluster);
        foreach (var one in cluster.Nodes)
            foreach (var other in cluster.Nodes.Where(n => n.Id > one.Id + 1)) network.Cut(one, other);
        await Serve(cluster, loads, "chain 1-2-3-4-5", ballots, 1);

        // Each inner node that leads needs both its neighbours and itself: of those that are not at an end it is the fourth that the second one can do without.
        await Move(cluster, cluster.Nodes[1]);
        await RestartAndHeal(network, cluster, loads, cluster.Nodes[3], [cluster.Nodes[3], cluster.Nodes[4]], Ballots(cluster));
    }

    /// <summary>For as long as the cut is to last clients of every node are served.</summary>
    private async Task Serve(LocalCluster cluster, LoadsByNode loads, string cut, int ballots, int changesAtLeast)
    {
        loads.Begin();
        for (; loads.Time < Cut; await Task.Delay(100)) await loads.WaitForMore(5);
        var changes = Ballots(cluster) - ballots;
        _output.WriteLine($"{cut} for {loads.Time.TotalSeconds:0} s: {changes} changes of leader; {loads}");
        Assert.InRange(changes, changesAtLeast, MostChanges);
    }

    /// <summary>A node is restarted while the links are cut, and then they are healed: neither is a reason to change leaders.</summary>
    private async Task RestartAndHeal(NetworkNamespaces network, LocalCluster cluster, LoadsByNode loads, LocalNode restarted, LocalNode[] unserved, int ballots)
    {
        loads.Begin();
        LocalCluster.Kill(restarted);
        await loads.WaitForMore(50, unserved);
        cluster.Start(restarted);
        await loads.WaitForMore(50);
        _output.WriteLine($"node {restarted.Id} restarted: {Ballots(cluster) - ballots} changes of leader; {loads}");

        loads.Begin();
        network.Heal();
        await AllSeeEachOther(cluster);
        await loads.WaitForMore(50);
        var changes = Ballots(cluster) - ballots;
        _output.WriteLine($"healed: {changes} changes of leader in all; {loads}");
        Assert.InRange(changes, 0, MostChanges);
        await loads.Stop();
        await cluster.WaitForAgreement(Patience); // so what one of them answers all would
        Assert.Empty(await Kv.Missing(restarted.Http, loads.Acknowledged));
    }

    private static async Task Move(LocalCluster cluster, LocalNode to)
    {
        using var answer = await to.Http.PostAsJsonAsync("/v3/maintenance/transfer-leadership", new { targetID = $"{to.Id}" });
        answer.EnsureSuccessStatusCode();
        Assert.Equal(to, await cluster.WaitForLeader(Patience));
    }

    [FactWhereNamespacesArePermitted]
    public async Task A_follower_that_comes_back_does_not_take_the_lead()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        await AllSeeEachOther(cluster);
        var leader = await cluster.WaitForLeader(Patience);
        var follower = cluster.Nodes.First(n => n != leader);
        await using var load = new Load(cluster, writers: 4, only: leader);
        await load.WaitForMore(100, Patience);
        var ballots = Ballots(cluster);

        network.Isolate(follower, cluster.Nodes);
        foreach (var node in cluster.Nodes.Where(n => n != follower)) await BothLoseSight(follower, node);
        await load.WaitForMore(100, Patience);
        network.Heal();
        await AllSeeEachOther(cluster);
        for (var restart = 0; restart < 3; restart++)
        {
            LocalCluster.Kill(follower);
            await load.WaitForMore(100, Patience);
            cluster.Start(follower);
            await cluster.WaitForLeader(Patience);
            await load.WaitForMore(100, Patience);
        }
        var changes = Ballots(cluster) - ballots;
        _output.WriteLine($"a cut and three restarts of node {follower.Id}: {changes} changes of leader");
        Assert.InRange(changes, 0, 1); // one where the machine stood still, and none by each that comes back
    }

    /// <summary>How many ballots have been adopted: one more at each change of leader.</summary>
    private static int Ballots(LocalCluster cluster) => cluster.Nodes
        .SelectMany(n => ReadLines(n.LogFile)).Select(line => Active().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value).Distinct().Count();

    private static List<string> ReadLines(string file)
    {
        // The node writes to it.
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n')];
    }

    [GeneratedRegex(@"is active with ballot (\d+\.\d+)")]
    private static partial Regex Active();
}

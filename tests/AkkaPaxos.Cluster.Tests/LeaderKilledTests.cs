using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

public class LeaderKilledTests(ITestOutputHelper output) : RealProcesses
{
    [Fact]
    public async Task No_acknowledged_write_is_lost_when_the_leader_is_killed_under_load_five_times()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        await using (var load = new Load(cluster, writers: 8))
        {
            var stalls = new List<TimeSpan>();
            for (var kill = 1; kill <= 5; kill++)
            {
                await load.WaitForMore(500, Patience);
                var killedAt = load.Now;
                LocalCluster.Kill(leader);
                await load.WaitForMore(500, Patience);
                var (stall, standstill) = (load.LongestStall(killedAt), load.Standstill(killedAt));
                output.WriteLine($"kill {kill} of node {leader.Id}: writes stalled for {stall.TotalMilliseconds:0} ms, the machine for {standstill.TotalMilliseconds:0} ms of it at most");

                stalls.Add(stall - standstill);
                cluster.Start(leader);
                leader = await cluster.WaitForLeader(Patience);
            }
            // A second with default settings. What the machine stood still is not the cluster's, nor that a node which just started again has to
            // compile its code while two cores are busy: so the median.
            Assert.True(stalls.Order().ElementAt(2) < TimeSpan.FromSeconds(1), $"writes stalled for {string.Join(", ", stalls)}");
            await load.Stop();
            var agreed = await cluster.WaitForAgreement(Patience);
            output.WriteLine($"{load.Acknowledged.Count} acknowledged writes, slotOut {agreed.SlotOut}");
            foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));
        }
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_every_node_is_killed_at_once()
    {
        // Snapshots within the run: recovery takes them, and the slots behind them.
        using var cluster = Cluster(3, "akkapaxos.snapshot.slots=100", "akkapaxos.snapshot.keep-slots=10");
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await using var load = new Load(cluster, writers: 8);
        for (var round = 0; round < 2; round++)
        {
            await load.WaitForMore(1000, Patience);
            foreach (var node in cluster.Nodes) LocalCluster.Kill(node);
            cluster.StartAll();
            await cluster.WaitForLeader(Patience);
        }
        await load.WaitForMore(100, Patience);
        await load.Stop();
        await cluster.WaitForAgreement(Patience);
        foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));
    }

    [Fact]
    public async Task A_node_that_was_down_for_longer_than_decisions_are_kept_catches_up_by_snapshot()
    {
        using var cluster = Cluster(3, "akkapaxos.snapshot.slots=50", "akkapaxos.snapshot.keep-slots=10");
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        var away = cluster.Nodes.First(n => n != leader);
        LocalCluster.Kill(away);
        await using var load = new Load(cluster, writers: 4);
        await load.WaitForMore(2000, Patience);
        await load.Stop();
        cluster.Start(away);
        await cluster.WaitForLeader(Patience);
        await cluster.WaitForAgreement(Patience);
        Assert.Empty(await Kv.Missing(away.Http, load.Acknowledged));
    }

    [Fact]
    public async Task Without_a_majority_writes_are_answered_with_503_and_never_acknowledged()
    {
        using var cluster = Cluster(3, "akkapaxos.gateway.request-timeout=1s");
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        Assert.True(await Kv.TryPut(cluster.Nodes[0].Http, "before", "1"));
        LocalCluster.Kill(cluster.Nodes[1]);
        LocalCluster.Kill(cluster.Nodes[2]);

        using var response = await Kv.Put(cluster.Nodes[0].Http, "during", "2");
        Assert.Equal(503, (int)response.StatusCode);
        Assert.Contains("may still", await response.Content.ReadAsStringAsync());

        cluster.Start(cluster.Nodes[1]);
        cluster.Start(cluster.Nodes[2]);
        await cluster.WaitForLeader(Patience);
        Assert.True(await Kv.TryPut(cluster.Nodes[0].Http, "after", "3"));
        await cluster.WaitForAgreement(Patience);
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal("1", await Kv.Get(node.Http, "before"));
            Assert.Equal("3", await Kv.Get(node.Http, "after"));
        }
    }
}

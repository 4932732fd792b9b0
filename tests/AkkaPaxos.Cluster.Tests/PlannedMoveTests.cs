using System.Net.Http.Json;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A leader that is asked to make way, or told to stop, does so before anybody misses it.</summary>
public sealed class PlannedMoveTests(ITestOutputHelper output) : RealProcesses
{
    [Fact]
    public async Task The_lead_moves_when_it_is_asked_to_and_when_its_node_stops_and_nothing_is_lost()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        await using var load = new Load(cluster, writers: 4);
        await load.WaitForMore(500, Patience);
        for (var move = 1; move <= 3; move++)
        {
            var next = cluster.Nodes.First(n => n != leader);
            var before = load.Now;
            using (var answer = await cluster.Nodes[move - 1].Http.PostAsJsonAsync("/v3/maintenance/transfer-leadership", new { targetID = $"{next.Id}" }))
                answer.EnsureSuccessStatusCode();
            await load.WaitForMore(200, Patience);
            output.WriteLine($"moved from node {leader.Id} to {next.Id}: writes stalled for {load.LongestStall(before).TotalMilliseconds:0} ms");
            Assert.Equal(next, await cluster.WaitForLeader(Patience));
            leader = next;
        }

        // Writers at the node that stops go to another one when it does not answer any more; those of the others do not notice.
        var (stopped, at) = (leader, load.Now);
        LocalCluster.Stop(stopped, Patience);
        foreach (var node in cluster.Nodes.Where(n => n != stopped))
            await Until($"node {node.Id} knows of no leader but the one that stopped", async () => await node.Status() is { Leader: > 0 and var leads } && leads != stopped.Id);
        await load.WaitForMore(200, Patience);
        output.WriteLine($"node {stopped.Id} stopped: writes stalled for {load.LongestStall(at).TotalMilliseconds:0} ms");
        Assert.DoesNotContain("they will miss it", await File.ReadAllTextAsync(stopped.LogFile));

        cluster.Start(stopped);
        await cluster.WaitForLeader(Patience);
        await load.Stop();
        await cluster.WaitForAgreement(Patience);
        foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));
    }
}

using System.Net.Http.Json;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>The disk of the leader's node hangs: no call fails, and none comes back.</summary>
public sealed class HungDiskTests(ITestOutputHelper output) : RealProcesses
{
    [TheoryWhereDisksCanHang]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task Another_node_leads_soon_and_the_disk_is_used_again_when_it_goes_on(string journal)
    {
        using var cluster = Cluster(3, $"akkapaxos.journal={journal}", "akkapaxos.journal-log.segment-bytes=2 MiB");
        var hung = cluster.Nodes[0];
        using var disk = new FrozenDisk(Directory.CreateDirectory(Path.Combine(hung.Folder, "data")).FullName, Path.Combine(Folder, "disk"));
        try
        {
            cluster.StartAll();
            await cluster.WaitForLeader(Patience);
            using (var answer = await hung.Http.PostAsJsonAsync("/v3/maintenance/transfer-leadership", new { targetID = $"{hung.Id}" })) answer.EnsureSuccessStatusCode();
            Assert.Equal(hung, await cluster.WaitForLeader(Patience));
            await using var load = new Load(cluster, writers: 4);
            await load.WaitForMore(200, Patience);

            var at = load.Now;
            disk.Freeze();
            await Until($"no other node leads: {hung.LastLogLine()}", async () => await cluster.Nodes[1].Status() is { Leader: > 1 });
            var moved = load.Now - at;
            Assert.NotEqual(hung, await cluster.WaitForLeader(Patience)); // it knows as well
            await load.WaitForMore(200, Patience);
            output.WriteLine($"another node leads {moved.TotalMilliseconds:0} ms after the disk hangs; longest gap of writes {load.LongestStall(at).TotalMilliseconds:0} ms");
            Assert.Contains("is told to lead", await File.ReadAllTextAsync(hung.LogFile));

            disk.Thaw();
            await load.WaitForMore(200, Patience);
            await load.Stop();
            await cluster.WaitForAgreement(Patience);
            foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));

            // Its acceptor votes again: without it there would be no majority now.
            LocalCluster.Kill(cluster.Nodes[2]);
            await Until($"node {hung.Id} does not vote: {hung.LastLogLine()}", () => Kv.TryPut(cluster.Nodes[1].Http, "after", "1"));
        }
        finally
        {
            disk.Thaw(); // before the cluster goes, whose node could not be killed
        }
    }
}

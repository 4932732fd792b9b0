using AkkaPaxos.Cli;
using AkkaPaxos.TestKit.Linearizability;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace AkkaPaxos.Cluster.Tests;

public class LinearizableUnderKillsTests(ITestOutputHelper output) : LinearizableRun(output)
{
    // Segments of a log that are full again and again within the run.
    private static string[] On(string journal) => [RequestTimeout, $"akkapaxos.journal={journal}", "akkapaxos.journal-log.segment-bytes=64 KiB"];

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task When_the_leader_and_others_are_killed_again_and_again(string journal)
    {
        using var cluster = Cluster(3, On(journal));
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 1);
        var random = new Random(1);
        for (var kill = 0; kill < 4; kill++)
        {
            await clients.WaitForMore(150, Patience);
            var victim = kill % 2 == 0 ? leader : cluster.Nodes[random.Next(3)];
            LocalCluster.Kill(victim);
            // Some while it is missing, some while it comes back.
            await clients.WaitForMore(kill % 3 == 0 ? 0 : 100, Patience);
            cluster.Start(victim);
            leader = await cluster.WaitForLeader(Patience);
        }
        await EndsWell(cluster, clients);
    }

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task When_every_node_is_killed_at_once(string journal)
    {
        // Snapshots within the run: recovery takes them, and the slots behind them.
        using var cluster = Cluster(3, [.. On(journal), "akkapaxos.snapshot.slots=100", "akkapaxos.snapshot.keep-slots=10"]);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 2);
        await clients.WaitForMore(400, Patience);
        foreach (var node in cluster.Nodes) LocalCluster.Kill(node);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await EndsWell(cluster, clients);
    }

    [Fact]
    public async Task A_single_read_of_a_value_that_was_overwritten_is_found_out()
    {
        var seen = new Dictionary<(string Client, string Key), List<string>>();
        string? stale = null;
        using var cluster = Cluster(1, RequestTimeout);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 3) { Falsify = ReadAgain };
        while (stale is null) await clients.WaitForMore(50, Patience);
        await clients.WaitForMore(200, Patience);
        var failure = await Assert.ThrowsAsync<FailException>(() => EndsWell(cluster, clients));
        Assert.Contains("not linearizable", failure.Message);
        Assert.Contains($"\"{stale}\"", failure.Message);

        // And in the file that the message names.
        Assert.Contains(SavedHistory!, failure.Message);
        using (var saved = File.OpenText(SavedHistory!)) Assert.Equal(Verdict.Violation, HistoryCheck.Check(saved, "kv").Verdict);
        Directory.Delete(Path.GetDirectoryName(SavedHistory!)!, recursive: true);

        // Nobody writes a value twice: one that this client has seen, and then another, is overwritten for good.
        KvResult ReadAgain(string client, KvCall call, KvResult result)
        {
            if (stale is not null || call is not KvGet get || result is not KvValue { Value: { } value }) return result;
            if (!seen.TryGetValue((client, get.Key), out var values)) seen.Add((client, get.Key), values = []);
            if (values.Count > 1) return new KvValue(stale = values[0]);
            if (!values.Contains(value)) values.Add(value);
            return result;
        }
    }
}

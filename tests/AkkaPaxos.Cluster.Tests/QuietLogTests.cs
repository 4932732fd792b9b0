using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>What is normal in a cluster whose peers and clients come and go leaves a line a minute for each member in the log, and no more.</summary>
public sealed partial class QuietLogTests : RealProcesses
{
    [Fact]
    public async Task Peers_and_clients_that_are_killed_and_garbage_on_the_port_leave_a_line_a_minute_for_each_member()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        var killed = cluster.Nodes.First(n => n != leader);
        LocalNode[] others = [.. cluster.Nodes.Where(n => n != killed)];
        await AllInOneCluster(cluster);
        await using (var load = new Load(cluster, writers: 4))
        {
            await load.WaitForMore(100, Patience);
            LocalCluster.Kill(killed);
            await Until("nobody says that a node does not answer", () => Task.FromResult(others.All(n => SaysOf(n, killed).Count == 1)));
            await load.WaitForMore(500, Patience);
            // More than once within the minute: one line all the same.
            for (var i = 0; i < 3; i++)
            {
                cluster.Start(killed);
                await Until($"node {killed.Id} does not come back", async () => await Reaches(leader, killed));
                LocalCluster.Kill(killed);
                await Until($"node {killed.Id} is not missed", async () => !await Reaches(leader, killed));
            }
            using (var client = Client(leader))
            {
                await load.WaitForMore(100, Patience);
                client.Kill();
                await client.WaitForExitAsync();
            }
            await RemotingGarbage.SendAll(leader.AkkaPort, Patience);
            cluster.Start(killed);
            await load.WaitForMore(100, Patience);
            await load.Stop();
        }
        await cluster.WaitForAgreement(Patience);
        await AllInOneCluster(cluster);

        foreach (var node in others)
        {
            var lines = await File.ReadAllLinesAsync(node.LogFile);
            Assert.All(lines, line => Assert.Matches(LogLine(), line));
            Assert.All(lines, line => Assert.DoesNotContain("Exception", line));
            var loud = lines.Where(line => line.Contains(" WARN ", StringComparison.Ordinal) || line.Contains(" ERROR ", StringComparison.Ordinal)).ToList();
            Assert.True(loud.Count == 0, string.Join('\n', loud));
            foreach (var peer in cluster.Nodes)
                Assert.All(SaysOf(node, peer).Zip(SaysOf(node, peer).Skip(1)), pair => Assert.True(pair.Item2 - pair.Item1 > TimeSpan.FromSeconds(59)));
            // Who it is, where, on which addresses, who leads, ready; and who led since.
            Assert.InRange(lines.Count(line => !IsAboutPeer(line)), 5, 12);
        }
    }

    [Fact]
    public async Task A_log_begins_with_what_the_node_is()
    {
        using var cluster = Cluster(1);
        cluster.StartAll();
        var node = await cluster.WaitForLeader(Patience);
        await Until("it does not say that it is ready", () => Task.FromResult(Lines().Count > 0 && Lines()[^1].EndsWith("node 1 is ready", StringComparison.Ordinal)));
        var said = Lines();
        Assert.InRange(said.Count, 5, 8);
        Assert.All(said, line => Assert.Matches(LogLine(), line));
        string[] inOrder = ["AkkaPaxos 1.0.0, node 1 of group default", Path.Combine(node.Folder, "data"), node.Address, node.Endpoint, "node 1 leads with ballot 1.1", "is ready"];
        var at = 0;
        foreach (var text in inOrder)
        {
            var found = said.FindIndex(at, line => line.Contains(text, StringComparison.Ordinal));
            Assert.True(found >= at, $"\"{text}\" is missing in, or out of order: {string.Join('\n', said)}");
            at = found;
        }

        List<string> Lines() => File.Exists(node.LogFile) ? [.. File.ReadLines(node.LogFile)] : [];
    }

    private static Process Client(LocalNode node)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "AkkaPaxos.Cli.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [dll, "bench", "--contact-points", node.Address, "--clients", "2", "--seconds", "600"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }

    private static bool IsAboutPeer(string line) => AnswersOrNot().IsMatch(line);

    /// <summary>When a node said that another does not answer, or does again.</summary>
    private static List<DateTime> SaysOf(LocalNode node, LocalNode peer) =>
        [.. File.ReadLines(node.LogFile)
            .Where(line => AnswersOrNot().Match(line) is { Success: true } match && match.Groups[1].Value == $"{peer.Id}")
            .Select(line => DateTime.Parse(line[..23], CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN |ERROR|DEBUG) \S")]
    private static partial Regex LogLine();

    [GeneratedRegex(@"INFO  node (\d+) at \S+ (answers|does not answer)")]
    private static partial Regex AnswersOrNot();
}

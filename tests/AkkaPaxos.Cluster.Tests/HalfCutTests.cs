using System.Text.RegularExpressions;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// One of three links is cut for long, or a follower goes and comes back, under load through each node: the leader stays, and clients of every node are served. The simulation has
/// more topologies; this is what real links do.
/// </summary>
public sealed partial class HalfCutTests(ITestOutputHelper output) : PartitionedRun(output)
{
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(20);

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
        await using (var loads = new LoadsByNode(cluster))
        {
            await loads.WaitForMore(100);
            var ballots = Ballots(cluster);

            network.Cut(leader, other);
            loads.Begin();
            for (; loads.Time < Cut; await Task.Delay(100)) await loads.WaitForMore(10);
            _output.WriteLine($"link {leader.Id}-{other.Id} cut for {Cut.TotalSeconds:0} s: {loads}; {Ballots(cluster) - ballots} changes of leader");
            Assert.InRange(Ballots(cluster) - ballots, 0, MostChanges);

            network.Heal();
            loads.Begin();
            await AllSeeEachOther(cluster);
            await loads.WaitForMore(100);
            _output.WriteLine($"healed: {loads}; {Ballots(cluster) - ballots} changes of leader in all");
            Assert.InRange(Ballots(cluster) - ballots, 0, MostChanges);
            await loads.Stop();
            await cluster.WaitForAgreement(Patience);
            foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, loads.Acknowledged));
        }
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

    /// <summary>Load through each node, which its own writers do not leave.</summary>
    private sealed class LoadsByNode(LocalCluster cluster) : IAsyncDisposable
    {
        private readonly List<(LocalNode Node, Load Load)> _loads = [.. cluster.Nodes.Select(n => (n, new Load(cluster, 2, n)))];
        private List<(TimeSpan At, int Count)> _began = [];

        public TimeSpan Time => _loads[0].Load.Now - _began[0].At;

        public IEnumerable<KeyValuePair<string, string>> Acknowledged => _loads.SelectMany(l => l.Load.Acknowledged);

        /// <summary>From now on counts.</summary>
        public void Begin() => _began = [.. _loads.Select(l => (l.Load.Now, l.Load.Acknowledged.Count))];

        public async Task WaitForMore(int count) => await Task.WhenAll(_loads.Select(l => l.Load.WaitForMore(count, Patience)));

        public async Task Stop() => await Task.WhenAll(_loads.Select(l => l.Load.Stop()));

        public override string ToString() => string.Join(", ", _loads.Zip(_began, (l, b) =>
            $"node {l.Node.Id} {l.Load.Acknowledged.Count - b.Count} writes, longest gap {l.Load.LongestStall(b.At).TotalMilliseconds:0} ms"));

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, load) in _loads) await load.DisposeAsync();
        }
    }
}

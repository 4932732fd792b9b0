using System.Diagnostics;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

public class LinearizableUnderKillsAndCutsTests(ITestOutputHelper output) : PartitionedRun(output)
{
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
}

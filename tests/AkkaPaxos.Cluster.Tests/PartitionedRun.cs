using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A base for tests whose nodes live in network namespaces of their own, between which links can be cut.</summary>
public abstract class PartitionedRun(ITestOutputHelper output) : LinearizableRun(output)
{
    private protected async Task<LocalCluster> Started(NetworkNamespaces network, params string[] settings)
    {
        var cluster = Cluster(network.Hosts, [RequestTimeout, .. settings]);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        return cluster;
    }

    protected static async Task BothLoseSight(LocalNode one, LocalNode other)
    {
        await Until($"node {one.Id} still takes node {other.Id} for reachable", async () => !await Reaches(one, other));
        await Until($"node {other.Id} still takes node {one.Id} for reachable", async () => !await Reaches(other, one));
    }

    /// <summary>Waits until every node takes every other for reachable; one that stopped for good never will.</summary>
    protected async Task AllSeeEachOther(LocalCluster cluster)
    {
        foreach (var one in cluster.Nodes)
            foreach (var other in cluster.Nodes)
            {
                await Until(
                    () => $"node {one.Id} does not reach node {other.Id}; their logs:\n{File.ReadAllText(one.LogFile)}\n{File.ReadAllText(other.LogFile)}",
                    () => Reaches(one, other));
                if (one != other) await Until($"node {one.Id} is linked to node {other.Id}, or not, against its settings", async () => await Linked(one, other) == IsLinked);
            }
    }
}

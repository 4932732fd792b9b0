using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Every node is told to stop and is started again, one after the other, under load: no client gets an error. With AKKAPAXOS_PROGRAM_BEFORE the nodes run that program first, and are
/// upgraded so.
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output) : RealProcesses
{
    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task No_client_gets_an_error_while_every_node_is_restarted(string journal)
    {
        using var cluster = Cluster(3, $"akkapaxos.journal={journal}");
        var program = cluster.ProgramFolder;
        cluster.ProgramFolder = Environment.GetEnvironmentVariable("AKKAPAXOS_PROGRAM_BEFORE") ?? program;
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await AllReachEachOther(cluster);
        cluster.ProgramFolder = program;
        await using var load = new UninterruptedLoad(cluster, writersByNode: 4);
        await load.WaitForMore(200, Patience);
        foreach (var node in cluster.Nodes)
        {
            var (leader, at) = (await cluster.WaitForLeader(Patience), load.Now);
            LocalCluster.Stop(node, Patience);
            Assert.Equal(0, node.Process!.ExitCode);
            await load.WaitForMore(100, Patience);
            var stopped = load.LongestGap(at);
            cluster.Start(node);
            await cluster.WaitForLeader(Patience);
            await AllReachEachOther(cluster);
            await load.WaitForMore(100, Patience);
            output.WriteLine($"{(node == leader ? "leader" : "follower")} {node.Id}: longest gap {stopped.TotalMilliseconds:0} ms until it had stopped, {load.LongestGap(at).TotalMilliseconds:0} ms "
                + $"until it was back; {load.Errors.Count} errors so far");
        }

        await load.Stop();
        output.WriteLine($"{load.Acknowledged.Count} writes");
        await cluster.WaitForAgreement(Patience);
        foreach (var node in cluster.Nodes) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));
        Assert.True(load.Errors.IsEmpty, string.Join(Environment.NewLine, load.Errors));
    }

    private static async Task AllReachEachOther(LocalCluster cluster)
    {
        foreach (var one in cluster.Nodes)
            foreach (var other in cluster.Nodes)
                await Until($"node {one.Id} does not reach node {other.Id}: {one.LastLogLine()}", () => Reaches(one, other));
    }
}

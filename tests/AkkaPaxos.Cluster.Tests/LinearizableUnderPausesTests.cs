using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// The leader's process is made to stand still (SIGSTOP) while it has questions to answer, others lead and write meanwhile, and then it goes on where it was. What it is asked
/// while it stands still waits for it, and must not be answered from what it knew: neither by its word nor by its lease, whose time goes on.
/// </summary>
public sealed class LinearizableUnderPausesTests(ITestOutputHelper output) : LinearizableRun(output)
{
    [Theory]
    [InlineData("off")]
    [InlineData("250ms")]
    public async Task A_leader_that_wakes_gives_no_old_answer(string readLease)
    {
        using var cluster = Cluster(3, RequestTimeout, $"akkapaxos.leader.read-lease={readLease}");
        cluster.StartAll();
        var paused = await cluster.WaitForLeader(Patience);
        await using var clients = new RecordingClients(cluster, clients: 6, seed: 4);
        for (var pause = 0; pause < 4; pause++)
        {
            await clients.WaitForMore(150, Patience);
            Signal(paused, "STOP");
            try
            {
                foreach (var node in cluster.Nodes.Where(n => n != paused))
                {
                    await Until($"node {node.Id} knows of no other leader than node {paused.Id}, which stands still",
                        async () => await node.Status() is { Leader: > 0 and var leader } && leader != paused.Id);
                    await clients.WaitForMore(50, Patience, node);
                }
            }
            finally
            {
                Signal(paused, "CONT");
            }

            await clients.WaitForMore(20, Patience, paused);
            paused = await cluster.WaitForLeader(Patience);
        }

        await EndsWell(cluster, clients);
    }
}

using System.Diagnostics;
using AkkaPaxos.Cli;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Another process holds a lock on a node's journal, a backup for example: the node acknowledges nothing meanwhile, and is in service within seconds
/// after. A cluster of one node, so that nobody else can acknowledge in its place.
/// </summary>
public sealed class LockedJournalTests(ITestOutputHelper output) : RealProcesses
{
    private static readonly TimeSpan Locked = TimeSpan.FromSeconds(45);
    // Less than the 30 s for which Akka's breaker would close the journal once ten calls in a row have failed (StoresTests).
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(20);

    private static SqliteConnection Lock(LocalNode node)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(node.Folder, "data", "journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        return connection;
    }

    private async Task IsBack(LocalNode node, string after, TimeSpan within, Dictionary<string, string> acknowledged)
    {
        var since = Stopwatch.StartNew();
        for (var i = 0; ; i++)
        {
            if (await Kv.TryPut(node.Http, $"after{i}", "1"))
            {
                acknowledged.Add($"after{i}", "1");
                break;
            }
            Assert.True(since.Elapsed < within, $"no write is acknowledged {since.Elapsed.TotalSeconds:0} s after {after}: {node.LastLogLine()}");
            await Task.Delay(50);
        }
        output.WriteLine($"the first write was acknowledged {since.ElapsedMilliseconds} ms after {after}");
    }

    private async Task<LocalCluster> Started(string name)
    {
        var cluster = new LocalCluster(1, Path.Combine(Folder, name), [.. Variant, "akkapaxos.gateway.request-timeout=1s"]);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        Assert.True(await Kv.TryPut(cluster.Nodes[0].Http, "before", "1"));
        return cluster;
    }

    private async Task WhileItRuns()
    {
        using var cluster = await Started("runs");
        var node = cluster.Nodes[0];
        var acknowledged = new Dictionary<string, string> { ["before"] = "1" };
        using (Lock(node))
        {
            var during = Stopwatch.StartNew();
            while (during.Elapsed < Locked) Assert.False(await Kv.TryPut(node.Http, "during", "1"), "a write was acknowledged that cannot be in the journal");
        }
        await IsBack(node, "the lock on a running node's journal was released", BackWithin, acknowledged);

        // What was acknowledged is there.
        LocalCluster.Kill(node);
        cluster.Start(node);
        await cluster.WaitForLeader(Patience);
        Assert.Empty(await Kv.Missing(node.Http, acknowledged));
    }

    private async Task BeforeItStarts()
    {
        using var cluster = await Started("starts");
        var node = cluster.Nodes[0];
        LocalCluster.Kill(node);
        using (Lock(node))
        {
            cluster.Start(node);
            await Task.Delay(Locked);
            Assert.True(node.IsRunning, node.LastLogLine());
            Assert.Contains("node 1 waits for its journal: ", node.LastLogLine());
            Assert.Contains("locked", node.LastLogLine());
            Assert.Null(await node.Status());
        }
        await IsBack(node, "the lock on a starting node's journal was released", Patience, []); // its start included
        Assert.Equal("1", await Kv.Get(node.Http, "before"));
    }

    [Fact]
    public async Task A_node_waits_for_a_log_that_somebody_else_has()
    {
        using var cluster = new LocalCluster(1, Path.Combine(Folder, "log"), "akkapaxos.journal=log", "akkapaxos.journal-log.segment-bytes=1 MiB");
        var node = cluster.Nodes[0];
        var log = Directory.CreateDirectory(Path.Combine(node.Folder, "data", "log")).FullName;
        using (new FileStream(Path.Combine(log, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            cluster.Start(node);
            await Until($"node 1 does not say that it waits: {node.LastLogLine()}", () => Task.FromResult(node.LastLogLine().Contains("node 1 waits for its journal: ")));
            Assert.Contains("is in use", node.LastLogLine());
            Assert.True(node.IsRunning);
            Assert.Null(await node.Status());
        }
        await IsBack(node, "the log of a starting node was free", Patience, []);
    }

    [Fact]
    public Task A_journal_that_was_locked_for_45_s_is_used_again_within_seconds() => Task.WhenAll(WhileItRuns(), BeforeItStarts());
}

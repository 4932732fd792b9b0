using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using AkkaPaxos.Cli;
using AkkaPaxos.Journal;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// The disks of all nodes fill up under writes, and get room again: reads go on meanwhile, everybody says which node waits for what, and afterwards
/// every acceptor votes again.
/// </summary>
public sealed class FullDiskTests(ITestOutputHelper output) : RealProcesses
{
    private static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static Task<HttpResponseMessage> Put(LocalNode node, string key, string value) =>
        node.Http.PostAsync("/v3/kv/put", Json(new { key = Base64(key), value = Base64(value) }));

    private static Task<HttpResponseMessage> Get(LocalNode node, string key) => node.Http.PostAsync("/v3/kv/range", Json(new { key = Base64(key) }));

    private static async Task<string?> Problem(LocalNode node)
    {
        using var status = JsonDocument.Parse(await node.Http.GetStringAsync("/status"));
        return status.RootElement.GetProperty("problem").GetString();
    }

    private static long Voted(LocalNode node, string journal)
    {
        if (journal == "log") return VotedInLog(node);
        var file = Path.Combine(node.Folder, "data", "journal.db");
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT MAX(sequence_number) FROM journal WHERE persistence_id LIKE '%acceptor'";
        return (long)command.ExecuteScalar()!;
    }

    // The node has the log, so it is a copy that is read; one that was taken in the middle of a write may be no log at all.
    private static long VotedInLog(LocalNode node)
    {
        var copy = Directory.CreateTempSubdirectory("akkapaxos-copy-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(node.Folder, "data", "log"), "*.log").Order()) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            using var log = SegmentedLog.Open(new DiskFolder(copy, sync: false), LogSettings.Of(SegmentBytes));
            return log.Index.PersistenceIds.Where(id => id.EndsWith("acceptor", StringComparison.Ordinal)).Max(log.Index.Highest);
        }
        catch (Exception e) when (e is LogCorruptException or IOException)
        {
            return 0;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private const int SegmentBytes = 2 << 20;

    [FactWhereMountingIsPermitted]
    public Task While_all_disks_are_full_reads_go_on_and_afterwards_every_acceptor_votes() => FillsUpAndGetsRoom("sql", ".*full");

    [FactWhereMountingIsPermitted]
    public Task The_same_with_a_log() => FillsUpAndGetsRoom("log", "the journal in .* has no room for another segment: ");

    private async Task FillsUpAndGetsRoom(string journal, string reason)
    {
        using var disks = new SmallDisks();
        using var cluster = Cluster(
            3, "akkapaxos.snapshot.slots=200", "akkapaxos.snapshot.keep-slots=50", $"akkapaxos.journal={journal}", $"akkapaxos.journal-log.segment-bytes={SegmentBytes >> 20} MiB");
        foreach (var node in cluster.Nodes) disks.Mount(Directory.CreateDirectory(Path.Combine(node.Folder, "data")).FullName, "40m");
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        var value = new string('x', 20_000);
        var (written, failed) = (0, 0);
        var said = "";
        for (var i = 0; failed < 2; i++)
        {
            Assert.True(i < 10_000, "the disks do not fill up");
            using var answer = await Put(cluster.Nodes[i % 3], $"k{i}", value);
            if (answer.IsSuccessStatusCode)
            {
                written = i;
                continue;
            }
            failed++;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            said = await answer.Content.ReadAsStringAsync();
        }
        output.WriteLine($"after {written} values: {said}");
        Assert.Matches($"node [123]: acceptor: the journal cannot be written: {reason}", said);

        // Without a majority of acceptors that can write, but all of them can read.
        foreach (var node in cluster.Nodes)
        {
            await Until($"node {node.Id} does not read while the disks are full: {node.LastLogLine()}", async () =>
            {
                using var answer = await Get(node, $"k{written}");
                return answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains(Base64(value));
            });
        }
        var problems = await Task.WhenAll(cluster.Nodes.Select(Problem));
        Assert.True(problems.Count(p => p is not null) >= 2, "fewer than a majority say that they cannot write");
        Assert.All(problems.OfType<string>(), p => Assert.Contains("(since 20", p));

        var before = cluster.Nodes.ToDictionary(n => n, n => Voted(n, journal));
        disks.Resize("600m");
        var room = Stopwatch.StartNew();
        await Until("no write is acknowledged after the disks have room", async () =>
        {
            using var answer = await Put(cluster.Nodes[0], "after", "1");
            return answer.IsSuccessStatusCode;
        });
        output.WriteLine($"a write is acknowledged {room.ElapsedMilliseconds} ms after there is room");
        foreach (var node in cluster.Nodes)
        {
            await Until($"the acceptor of node {node.Id} does not vote: {node.LastLogLine()}", async () =>
            {
                using var answer = await Put(cluster.Nodes[0], "after", "1");
                return Voted(node, journal) > before[node];
            });
        }
        output.WriteLine($"all acceptors vote {room.ElapsedMilliseconds} ms after there is room");
        // A snapshot that could not be saved is tried again once there is something new in it.
        foreach (var node in cluster.Nodes)
        {
            await Until($"node {node.Id} still sees a problem: {node.LastLogLine()}", async () =>
            {
                using var answer = await Put(cluster.Nodes[0], "after", "1");
                return await Problem(node) is null;
            });
        }
    }
}

using System.Net;
using System.Text.Json.Nodes;
using AkkaPaxos.Cli;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Disks that have forgotten what their nodes promised, or are not theirs: such a node stays up, says why in one line, and neither votes nor answers; what was
/// acknowledged stays. One with an empty disk votes again once a majority of the others has admitted it.
/// </summary>
public sealed class DiskTests : RealProcesses
{
    // For what must not happen: longer than three nodes take to elect a leader.
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task An_emptied_folder_and_a_node_that_was_away_are_no_majority(string journal)
    {
        using var cluster = await Founded(journal);
        var (one, two, three) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        LocalCluster.Stop(three, Patience);
        await Until("nodes 1 and 2 do not serve", () => Kv.TryPut(one.Http, "k", "1"));
        cluster.StopAll(Patience);

        Directory.Delete(Data(two), recursive: true);
        cluster.Start(two);
        cluster.Start(three);
        await Says(two, "is new, and the log knows it by disk ");
        await Says(three, "it waits until a majority of the members has welcomed this node's disk: node 1 is not heard of; node 2 is not to vote: it has disk ");
        for (var end = DateTime.UtcNow + AWhile; DateTime.UtcNow < end;)
        {
            foreach (var node in (LocalNode[])[two, three])
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(node, "k", serializable: false));
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(node, "k", serializable: true));
                Assert.False(await Kv.TryPut(node.Http, "k", "2"));
            }
        }
        Assert.Contains("is new, and the log knows it by disk ", await Health(two));

        cluster.Start(one);
        await Until("nodes 1 and 3 do not serve", async () => await Read(three, "k", serializable: false) == HttpStatusCode.OK);
        Assert.Equal("1", await Kv.Get(three.Http, "k"));
        await Votes(two, by: one);
        Assert.Equal("1", await Kv.Get(two.Http, "k"));

        // It counts again: without node 3 it is a majority with node 1.
        LocalCluster.Kill(three);
        await Until("nodes 1 and 2 do not serve", () => Kv.TryPut(two.Http, "k", "3"));
    }

    [Fact]
    public async Task Where_an_operator_is_to_decide_an_emptied_folder_stays_out()
    {
        using var cluster = await Founded("sql", "akkapaxos.recover=manual");
        var two = cluster.Nodes[1];
        LocalCluster.Stop(two, Patience);
        Directory.Delete(Data(two), recursive: true);
        cluster.Start(two);
        await Says(two, "belongs to a cluster that knows this node by disk ");
        await Until("the others do not serve", () => Kv.TryPut(cluster.Nodes[0].Http, "k", "1"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(two, "k", serializable: true));
        await Says(two, "belongs to a cluster that knows this node by disk ");
    }

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task A_folder_that_was_put_back_as_it_was_earlier_is_found_out_and_the_right_one_serves_again(string journal)
    {
        using var cluster = await Founded(journal);
        var (one, two, three) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        cluster.StopAll(Patience);
        Copy(Data(two), $"{Data(two)} earlier");
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await Until("they do not serve", () => Kv.TryPut(one.Http, "k", "1"));
        await cluster.WaitForAgreement(Patience);
        cluster.StopAll(Patience);

        Directory.Move(Data(two), $"{Data(two)} right");
        Copy($"{Data(two)} earlier", Data(two));
        cluster.Start(two);
        cluster.Start(three);
        await Says(two, "its folder is an older copy");
        await Says(three, "node 2 does not vote: its disk is at start 2, and node 3 has seen start 2 before this one: its folder is an older copy");
        foreach (var node in (LocalNode[])[two, three]) Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(node, "k", serializable: true));
        cluster.Start(one);
        await Until("nodes 1 and 3 do not serve", async () => await Read(three, "k", serializable: false) == HttpStatusCode.OK);
        Assert.Equal("1", await Kv.Get(three.Http, "k"));

        LocalCluster.Stop(two, Patience);
        Directory.Delete(Data(two), recursive: true);
        Directory.Move($"{Data(two)} right", Data(two));
        cluster.Start(two);
        await cluster.WaitForAgreement(Patience);
        await Until("node 2 does not serve", async () => await Read(two, "k", serializable: false) == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task Half_a_disk_does_not_serve_and_the_others_do(string journal)
    {
        using var cluster = await Founded(journal);
        var two = cluster.Nodes[1];
        await Half(cluster, two, "snapshots.db", "and the snapshots which it says were saved are missing");
        await Half(cluster, two, journal == "log" ? "log" : "journal.db", "and their journal is missing");
    }

    private static async Task Half(LocalCluster cluster, LocalNode node, string missing, string says)
    {
        LocalCluster.Stop(node, Patience);
        var whole = $"{Data(node)} whole";
        Copy(Data(node), whole);
        foreach (var file in Directory.GetFiles(Data(node), missing + "*")) File.Delete(file);
        if (Directory.Exists(Path.Combine(Data(node), missing))) Directory.Delete(Path.Combine(Data(node), missing), recursive: true);
        cluster.Start(node);
        await Says(node, says);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(node, "k", serializable: true));
        Assert.Single(LinesWith(node, says));
        await Until("the others do not serve", () => Kv.TryPut(cluster.Nodes[0].Http, "k", "1"));
        LocalCluster.Stop(node, Patience);
        Directory.Delete(Data(node), recursive: true);
        Directory.Move(whole, Data(node));
        cluster.Start(node);
        await cluster.WaitForAgreement(Patience);
    }

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task Another_nodes_folder_does_not_serve(string journal)
    {
        using var cluster = await Founded(journal);
        var (two, three) = (cluster.Nodes[1], cluster.Nodes[2]);
        LocalCluster.Stop(two, Patience);
        LocalCluster.Stop(three, Patience);
        Directory.Delete(Data(three), recursive: true);
        Copy(Data(two), Data(three));
        cluster.Start(three);
        await Until("node 3 does not end", () => Task.FromResult(!three.IsRunning));
        Assert.Equal(2, three.Process!.ExitCode);
        Assert.Contains("belongs to node 2 of group default, and this is node 3 of group default", three.LastLogLine());

        // Whoever thinks that the file is in the way is told by the others.
        File.Delete(Path.Combine(Data(three), "node.lock"));
        cluster.Start(three);
        await Says(three, "is new, and the log knows it by disk ");
        cluster.Start(two);
        await Until("nodes 1 and 2 do not serve", () => Kv.TryPut(two.Http, "k", "1"));
        await Votes(three, by: two);
    }

    /// <summary>As a release left them that knew no disks: what the roles have promised, and no word of whose disk it is.</summary>
    [Fact]
    public async Task Folders_of_an_earlier_release_are_taken_over_and_known_from_then_on()
    {
        using var cluster = await Founded("sql");
        var (one, two, three) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        await Until("they do not serve", () => Kv.TryPut(one.Http, "k", "1"));
        await cluster.WaitForAgreement(Patience);
        cluster.StopAll(Patience);
        foreach (var node in cluster.Nodes)
        {
            Execute(node, "journal.db", "DELETE FROM journal WHERE persistence_id LIKE '%-disk'");
            Execute(node, "snapshots.db", "DELETE FROM snapshot WHERE persistence_id LIKE '%-disk-mark'");
        }
        cluster.Start(two);
        cluster.Start(three); // no founding: two are enough
        await Until("nodes 2 and 3 do not serve", async () => await Read(three, "k", serializable: false) == HttpStatusCode.OK);
        Assert.Equal("1", await Kv.Get(two.Http, "k"));
        cluster.Start(one);
        await cluster.WaitForAgreement(Patience);

        LocalCluster.Stop(two, Patience);
        Directory.Delete(Data(two), recursive: true);
        cluster.Start(two);
        await Says(two, "is empty, and node ");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Read(two, "k", serializable: true));
        await Until("the others do not serve", () => Kv.TryPut(one.Http, "k", "2"));
    }

    private static void Execute(LocalNode node, string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data(node), file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0, sql);
    }

    /// <summary>Three nodes that have all been there.</summary>
    private async Task<LocalCluster> Founded(string journal, params string[] settings)
    {
        var cluster = Cluster(3, [$"akkapaxos.journal={journal}", "akkapaxos.journal-log.segment-bytes=1 MiB", "akkapaxos.gateway.request-timeout=1s", .. settings]);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        await cluster.WaitForAgreement(Patience);
        var disks = await Task.WhenAll(cluster.Nodes.Select(async n => $"{JsonNode.Parse(await n.Http.GetStringAsync("/status"))!["disk"]}"));
        Assert.All(disks, disk => Assert.Matches("^[0-9a-f]{16}$", disk));
        Assert.Equal(3, disks.Distinct().Count());
        return cluster;
    }

    /// <summary>Waits until another node has it that this one votes, with the disk that it has.</summary>
    private static Task Votes(LocalNode node, LocalNode by) => Until($"node {node.Id} does not vote: {node.LastLogLine()}", async () =>
    {
        var own = JsonNode.Parse(await node.Http.GetStringAsync("/status"))!;
        var peer = JsonNode.Parse(await by.Http.GetStringAsync("/status"))!["peers"]!.AsArray().Single(p => (int)p!["node"]! == node.Id)!;
        return own["problem"] is null && (bool)peer["votes"]! && $"{peer["disk"]}" == $"{own["disk"]}";
    });

    private static string Data(LocalNode node) => Path.Combine(node.Folder, "data");

    private static Task Says(LocalNode node, string problem)
    {
        var said = "nothing";
        return Until(() => $"node {node.Id} does not say \"{problem}\", but {said}; {node.LastLogLine()}", async () =>
        {
            try
            {
                said = $"{JsonNode.Parse(await node.Http.GetStringAsync("/status"))!["problem"]}";
            }
            catch (HttpRequestException)
            {
                // It is starting.
            }
            return said.Contains(problem, StringComparison.Ordinal);
        });
    }

    private static async Task<string> Health(LocalNode node)
    {
        using var response = await node.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>What a node says to a question; 0 while nobody listens there.</summary>
    private static async Task<HttpStatusCode> Read(LocalNode node, string key, bool serializable)
    {
        using var body = new StringContent(new JsonObject { ["key"] = Kv.Base64(key), ["serializable"] = serializable }.ToJsonString());
        try
        {
            using var response = await node.Http.PostAsync("/v3/kv/range", body);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private static IEnumerable<string> LinesWith(LocalNode node, string text) => File.ReadLines(node.LogFile).Where(l => l.Contains(text, StringComparison.Ordinal));

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

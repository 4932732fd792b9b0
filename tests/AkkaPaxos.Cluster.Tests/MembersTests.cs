using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>Members change under load: each of three is replaced, then the cluster grows to five and shrinks to three; no acknowledged write is lost, and removed nodes end by themselves.</summary>
public sealed class MembersTests(ITestOutputHelper output) : RealProcesses
{
    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public async Task Every_node_is_replaced_and_the_cluster_grows_and_shrinks_under_load(string journal)
    {
        using var cluster = Cluster(6, $"akkapaxos.journal={journal}", "akkapaxos.gateway.request-timeout=2s");
        var nodes = cluster.Nodes;
        var whole = nodes.Take(3).Select(n => File.ReadAllText(n.ConfigFile)).ToList();
        foreach (var founder in nodes.Take(3)) KnowsOnly(founder, 3);
        foreach (var founder in nodes.Take(3)) cluster.Start(founder);
        foreach (var founder in nodes.Take(3)) await Serves(founder);

        await using var load = new UninterruptedLoad(cluster, writersByNode: 1);
        await load.WaitForMore(100, Patience);
        var began = load.Now;
        for (var i = 0; i < 3; i++)
        {
            var (old, @new, asked) = (nodes[i], nodes[i + 3], nodes[i + 1]);
            await Add(cluster, @new, asked);
            await Change(asked, "promote", new JsonObject { ["ID"] = $"{@new.Id}", ["replaces"] = $"{old.Id}" });
            await Ends(old);
            await load.WaitForMore(50, Patience);
        }

        Assert.Equal((int[])[4, 5, 6], await Voters(nodes[4]));
        output.WriteLine($"every node replaced: longest gap {load.LongestGap(began).TotalMilliseconds:0} ms");

        began = load.Now;
        foreach (var node in nodes.Take(2)) // these numbers again, with empty folders and files in which those stand that are there now
        {
            Directory.Delete(Path.Combine(node.Folder, "data"), recursive: true);
            await File.WriteAllTextAsync(node.ConfigFile, whole[node.Id - 1]);
            await Add(cluster, node, nodes[4]);
            await Change(nodes[4], "promote", new JsonObject { ["ID"] = $"{node.Id}" });
            await load.WaitForMore(50, Patience);
        }

        Assert.Equal((int[])[1, 2, 4, 5, 6], await Voters(nodes[0]));
        foreach (var node in nodes.Skip(3).Take(2))
        {
            await Change(nodes[0], "remove", new JsonObject { ["ID"] = $"{node.Id}" });
            await Ends(node);
            await load.WaitForMore(50, Patience);
        }

        Assert.Equal((int[])[1, 2, 6], await Voters(nodes[0]));
        output.WriteLine($"grown to five, and shrunk to three: longest gap {load.LongestGap(began).TotalMilliseconds:0} ms");
        await load.Stop();
        output.WriteLine($"{load.Acknowledged.Count} writes; {load.Errors.Count} that were no answer, most of them by nodes that had been removed");
        foreach (var node in (LocalNode[])[nodes[0], nodes[1], nodes[5]]) Assert.Empty(await Kv.Missing(node.Http, load.Acknowledged));
    }

    // Its file as it was when the cluster was founded.
    private static void KnowsOnly(LocalNode node, int members) => File.WriteAllLines(
        node.ConfigFile, File.ReadAllLines(node.ConfigFile).Where(line => !line.Contains("{ id = ", StringComparison.Ordinal) || line.Split('=', ',')[1].Trim()[0] - '0' <= members));

    private static async Task Add(LocalCluster cluster, LocalNode node, LocalNode asked)
    {
        await Change(asked, "add", new JsonObject { ["ID"] = $"{node.Id}", ["peerURLs"] = new JsonArray(node.Address), ["isLearner"] = true });
        cluster.Start(node);
        await Serves(node);
    }

    private static Task Serves(LocalNode node) => Until(() => $"node {node.Id} does not serve: {node.LastLogLine()}", async () =>
    {
        try
        {
            using var response = await node.Http.GetAsync("/health");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    // Refused for as long as a learner has not caught up, and unanswered while snapshots are written.
    private static async Task Change(LocalNode asked, string what, JsonObject body)
    {
        var said = "nothing";
        await Until(() => $"{what} {body} at node {asked.Id}: {said}", async () =>
        {
            using var response = await asked.Http.PostAsJsonAsync($"/v3/cluster/member/{what}", body);
            said = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == HttpStatusCode.OK) return true;
            return said.Contains("votes already", StringComparison.Ordinal) || said.Contains("is no member", StringComparison.Ordinal) || said.Contains("is a member already", StringComparison.Ordinal);
        });
    }

    private static async Task Ends(LocalNode node)
    {
        await Until(() => $"node {node.Id} goes on: {node.LastLogLine()}", () => Task.FromResult(!node.IsRunning));
        Assert.Equal(0, node.Process!.ExitCode);
        Assert.Contains(File.ReadAllLines(node.LogFile), line => line.Contains("it is no member any more", StringComparison.Ordinal));
    }

    private static async Task<int[]> Voters(LocalNode node)
    {
        var peers = JsonNode.Parse(await node.Http.GetStringAsync("/status"))!["peers"]!.AsArray();
        return [.. peers.Where(p => (bool)p!["votes"]!).Select(p => (int)p!["node"]!).Order()];
    }
}

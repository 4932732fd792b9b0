using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos cluster</c> and <c>akkapaxos demo</c>: clusters of node processes on this machine.</summary>
internal static class ClusterCommands
{
    private const int Keys = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Option<string> DirectoryOption = new("--directory")
    {
        Description = "Folder for configuration, data and logs of the nodes; what an earlier cluster left there is deleted.",
        DefaultValueFactory = _ => ".run",
    };

    private static readonly Option<bool> FastOption = new("--fast") { Description = $"Nodes with the settings of hocon/fast.conf: {string.Join(", ", LocalCluster.Fast)}." };

    private static readonly Option<string[]> SetOption = new("--set") { Description = "key=value: a HOCON setting for every node; may be given again." };

    /// <summary>Runs a cluster until Ctrl-C.</summary>
    public static Command Cluster()
    {
        var size = new Argument<int>("nodes") { Description = "How many nodes.", DefaultValueFactory = _ => 3 };
        size.Validators.Add(r =>
        {
            if (r.Tokens is [var given] && !(int.TryParse(given.Value, out var n) && n is >= 1 and <= 15)) r.AddError($"nodes: {given.Value} is not a whole number from 1 to 15");
        });
        var command = new Command("cluster", "Runs a cluster of node processes on free ports of this machine until Ctrl-C.") { size, FastOption, DirectoryOption, SetOption };
        command.SetAction(async (parsed, cancel) =>
        {
            using var cluster = new LocalCluster(parsed.GetValue(size), parsed.GetValue(DirectoryOption)!, Settings(parsed));
            cluster.StartAll();
            try
            {
                var leader = await cluster.WaitForLeader(Patience, cancel);
                PrintEndpoints(cluster, leader);
                Console.WriteLine("Ctrl-C stops them.");
                await WatchOver(cluster, cancel);
            }
            catch (OperationCanceledException)
            {
                cluster.StopAll(TimeSpan.FromSeconds(10));
            }
            return 0;
        });
        return command;
    }

    private static string[] Settings(ParseResult parsed) => [.. parsed.GetValue(FastOption) ? LocalCluster.Fast : [], .. parsed.GetValue(SetOption) ?? []];

    /// <summary>Says which nodes end, and fails when none is left.</summary>
    private static async Task WatchOver(LocalCluster cluster, CancellationToken cancel)
    {
        var running = cluster.Nodes.ToList();
        while (running.Count > 0)
        {
            foreach (var ended in running.FindAll(n => !n.IsRunning)) Console.Error.WriteLine($"akkapaxos: node {ended.Id} ended: {ended.LastLogLine()}");
            running.RemoveAll(n => !n.IsRunning);
            await Task.Delay(200, cancel);
        }
        throw new InvalidOperationException("every node has ended");
    }

    /// <summary>Shows in one go what the project is for, and fails where it does not hold.</summary>
    public static Command Demo()
    {
        var keep = new Option<bool>("--keep") { Description = "Leave the cluster running at the end, and print its endpoints." };
        var command = new Command("demo", $"Starts three nodes, writes {Keys:N0} keys, kills the leader meanwhile, and checks that nothing acknowledged is lost.") { keep, FastOption, DirectoryOption, SetOption };
        command.SetAction(async (parsed, cancel) =>
        {
            using var cluster = new LocalCluster(3, parsed.GetValue(DirectoryOption)!, ["akkapaxos.trace-slots=256", .. Settings(parsed)]);
            await RunDemo(cluster, cancel);
            if (parsed.GetValue(keep))
            {
                cluster.Abandon();
                PrintEndpoints(cluster, await cluster.WaitForLeader(Patience, cancel));
                Console.WriteLine($"stop them with: kill {string.Join(' ', cluster.Nodes.Select(n => n.Process!.Id))}");
            }
            else
            {
                cluster.StopAll(TimeSpan.FromSeconds(10));
                Console.WriteLine("stopped all nodes: everything held");
            }
            return 0;
        });
        return command;
    }

    private static async Task RunDemo(LocalCluster cluster, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        cluster.StartAll();
        Console.WriteLine($"started three nodes: {cluster.Endpoints}");
        var leader = await cluster.WaitForLeader(Patience, cancel);
        Console.WriteLine($"node {leader.Id} leads, {clock.Elapsed.TotalSeconds:0.0} s after the start");

        var writer = cluster.Nodes.First(n => n != leader);
        Console.WriteLine($"writing {Keys:N0} keys through node {writer.Id}");
        clock.Restart();
        var acknowledged = new List<TimeSpan>(Keys);
        var failed = 0;
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Keys; i++)
            {
                while (!await Put(writer, Key(i), Written(i), cancel)) failed++;
                lock (acknowledged) acknowledged.Add(clock.Elapsed);
            }
        }, cancel);
        while (Acknowledged() < Keys / 2 && !writing.IsCompleted) await Task.Delay(1, cancel);
        var killedAt = clock.Elapsed;
        LocalCluster.Kill(leader);
        Console.WriteLine($"killed node {leader.Id} (SIGKILL) after {Acknowledged()} acknowledged writes, while writing goes on");
        var second = await cluster.WaitForLeader(Patience, cancel);
        await writing;
        var stall = Enumerable.Range(1, Keys - 1).Where(i => acknowledged[i] >= killedAt).Max(i => acknowledged[i] - acknowledged[i - 1]);
        Console.WriteLine($"node {second.Id} leads; writes stalled for {stall.TotalMilliseconds:0} ms, {failed} had to be tried again");
        Console.WriteLine($"all {Keys:N0} writes acknowledged after {clock.Elapsed.TotalSeconds:0.0} s");

        cluster.Start(leader);
        Console.WriteLine($"restarted node {leader.Id}");
        var agreed = await cluster.WaitForAgreement(Patience, cancel);
        Console.WriteLine($"all three nodes: slotOut {agreed.SlotOut}, checksum {agreed.Checksum}");

        foreach (var node in cluster.Nodes)
        {
            var wrong = new List<string>();
            await Parallel.ForEachAsync(Enumerable.Range(0, Keys), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancel }, async (i, c) =>
            {
                if (await Get(node, Key(i), c) is var read && read != Written(i)) lock (wrong) wrong.Add($"{Key(i)}: \"{read}\"");
            });
            if (wrong.Count > 0) throw new InvalidOperationException($"node {node.Id} lost or changed {wrong.Count} acknowledged writes, among them {wrong[0]}");
            Console.WriteLine($"read {Keys:N0} acknowledged keys back through node {node.Id}: all as written");
        }

        if (!await Put(writer, "drawn", "this slot", cancel)) throw new InvalidOperationException($"node {writer.Id} did not take another write");
        var slot = (await cluster.WaitForAgreement(Patience, cancel)).SlotOut - 1;
        Console.WriteLine($"the exchange of slot {slot}, a put through node {writer.Id}:");
        Console.WriteLine();
        Console.WriteLine(await TraceCommand.Draw([.. cluster.Nodes.Select(n => n.Endpoint)], slot, slot, cancel));

        int Acknowledged() { lock (acknowledged) return acknowledged.Count; }
    }

    private static void PrintEndpoints(LocalCluster cluster, LocalNode leader)
    {
        foreach (var node in cluster.Nodes) Console.WriteLine($"node {node.Id}: {node.Endpoint}  {node.Address}  log {node.LogFile}{(node == leader ? "  (leads)" : "")}");
        Console.WriteLine($"export AKKAPAXOS_ENDPOINTS={cluster.Endpoints}");
    }

    private static string Key(int i) => $"key-{i:0000}";

    private static string Written(int i) => $"value {i}";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<bool> Put(LocalNode node, string key, string value, CancellationToken cancel)
    {
        try
        {
            using var response = await node.Http.PostAsJsonAsync("/v3/kv/put", new { key = Base64(key), value = Base64(value) }, cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string?> Get(LocalNode node, string key, CancellationToken cancel)
    {
        using var response = await node.Http.PostAsJsonAsync("/v3/kv/range", new { key = Base64(key) }, cancel);
        response.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancel));
        return json.RootElement.TryGetProperty("kvs", out var kvs) ? Encoding.UTF8.GetString(kvs[0].GetProperty("value").GetBytesFromBase64()) : null;
    }
}

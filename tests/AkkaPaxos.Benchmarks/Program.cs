using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using Akka.Actor;
using AkkaPaxos.Benchmarks;
using AkkaPaxos.Cli;
using AkkaPaxos.Client;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using Google.Protobuf;

// scripts/bench: writes/s of three nodes on this machine, and beside it, in the same run, of three etcd processes.
var clients = new Option<int[]>("--clients") { Description = "Closed-loop clients at once.", DefaultValueFactory = _ => [1, 64, 256], AllowMultipleArgumentsPerToken = true };
var seconds = new Option<int>("--seconds") { Description = "Length of a measurement, behind a warm-up of a third of it.", DefaultValueFactory = _ => 9 };
var size = new Option<int>("--value-size") { Description = "Bytes of a value.", DefaultValueFactory = _ => 256 };
var rounds = new Option<int>("--rounds") { Description = "Measurements of each, taken in turns.", DefaultValueFactory = _ => 2 };
var folder = new Option<string>("--directory") { Description = "Where both keep their data.", DefaultValueFactory = _ => ".run" };
var set = new Option<string[]>("--set") { Description = "key=value: a HOCON setting for every node of ours; may be given again." };
var command = new RootCommand("Measures writes of a three-node cluster beside etcd's, if it is installed (Debian: etcd-server).") { clients, seconds, size, rounds, folder, set };
command.SetAction(async parsed =>
{
    var directory = Path.GetFullPath(parsed.GetValue(folder)!);
    var etcdFolder = Path.Combine(directory, "etcd");
    if (Directory.Exists(etcdFolder)) Directory.Delete(etcdFolder, recursive: true);
    using var cluster = new LocalCluster(3, directory, parsed.GetValue(set) ?? []);
    cluster.StartAll();
    await cluster.WaitForLeader(TimeSpan.FromSeconds(60));
    var reports = await Task.WhenAll(cluster.Nodes.Select(n => n.Http.GetFromJsonAsync<NodeReport>("/status")));
    Console.WriteLine($"AkkaPaxos: {BenchDurability.Of([.. reports.OfType<NodeReport>()]).Text}");
    using var etcd = await EtcdCluster.Start(etcdFolder);
    if (etcd is null) Console.WriteLine("etcd is not installed: no figures beside ours");

    using var system = ActorSystem.Create("bench", PaxosClient.DefaultConfig());
    var ours = new PaxosClient(system, cluster.Nodes.Select(n => n.Address));
    using var theirs = etcd is null ? null : new EtcdClient(etcd.Endpoints[0]);
    Console.WriteLine($"{"system",-10} {"clients",7} {"writes/s",9} {"p50 ms",8} {"p99 ms",8} {"p99.9 ms",8} {"errors",6}");
    for (var round = 0; round < parsed.GetValue(rounds); round++)
        foreach (var n in parsed.GetValue(clients)!)
        {
            await Measure("AkkaPaxos", n, (k, v) => ours.PutAsync(new PutRequest { Key = ByteString.CopyFrom(k), Value = ByteString.CopyFrom(v) }));
            if (theirs is not null) await Measure("etcd", n, theirs.Put);
        }
    ours.Close();
    await system.Terminate();
    cluster.StopAll(TimeSpan.FromSeconds(10));
    return 0;

    async Task Measure(string name, int n, Func<byte[], byte[], Task> put)
    {
        await Run(n, TimeSpan.FromSeconds(parsed.GetValue(seconds) / 3.0), put);
        var (latencies, errors, elapsed) = await Run(n, TimeSpan.FromSeconds(parsed.GetValue(seconds)), put);
        double At(double share) => latencies.Length == 0 ? double.NaN : latencies[Math.Min(latencies.Length - 1, (int)(latencies.Length * share))];
        Console.WriteLine($"{name,-10} {n,7} {latencies.Length / elapsed.TotalSeconds,9:0} {At(0.5),8:0.00} {At(0.99),8:0.00} {At(0.999),8:0.00} {errors,6}");
    }

    async Task<(double[] Latencies, int Errors, TimeSpan Elapsed)> Run(int n, TimeSpan length, Func<byte[], byte[], Task> put)
    {
        var clock = Stopwatch.StartNew();
        var errors = 0;
        var each = await Task.WhenAll(Enumerable.Range(0, n).Select(i => Task.Run(async () =>
        {
            var random = new Random(i);
            var (key, value) = (new byte[16], new byte[parsed.GetValue(size)]);
            var latencies = new List<double>();
            while (clock.Elapsed < length)
            {
                random.NextBytes(key);
                var started = Stopwatch.GetTimestamp();
                try
                {
                    await put([.. key], value);
                    latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
                catch (Exception e) when (e is HttpRequestException or AkkaPaxos.Node.OutcomeUnknownException)
                {
                    Interlocked.Increment(ref errors);
                }
            }
            return latencies;
        })));
        return ([.. each.SelectMany(l => l).Order()], errors, clock.Elapsed);
    }
});
return await command.Parse(args).InvokeAsync();

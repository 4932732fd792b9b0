using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AkkaPaxos.Cli;
using AkkaPaxos.Client;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Akka.Actor;
using Akka.Configuration;
using Google.Protobuf;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>Load of all kinds on three node processes: memory stays bounded, nobody takes load for a dead leader, and small commands get through.</summary>
public sealed class OverloadTests(ITestOutputHelper output) : RealProcesses
{
    private const long MiB = 1 << 20;
    private const int Keys = 16; // few, so that what is stored is little beside what is on its way
    private static readonly TimeSpan PerCell = TimeSpan.FromSeconds(4);

    private sealed record Cell(int ValueBytes, int Callers, double MBPerSecond, long Refused, long LeaderChanges, long PeakBytes, TimeSpan LongestGap, TimeSpan Standstill)
    {
        // One is allowed, and one more for each time that no leader can bear in which the machine let nobody run.
        public long ChangesAllowed => 1 + (long)(Standstill / TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Large_values_from_many_callers_slow_the_cluster_down_and_do_no_more()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        using var client = new BulkClient(cluster);
        var cells = new List<Cell>();
        foreach (var bytes in (int[])[1 << 10, 64 << 10, 256 << 10, 1 << 20, 1536 << 10])
            foreach (var callers in (int[])[1, 16, 64])
                cells.Add(await Measure(cluster, client, bytes, callers));
        output.WriteLine("| value | callers | MB/s | refused | leader changes | peak memory of a node | longest gap of a small command |");
        output.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var c in cells)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {c.ValueBytes >> 10} KiB | {c.Callers} | {c.MBPerSecond:0.0} | {c.Refused} | {c.LeaderChanges} | {c.PeakBytes / MiB} MiB | {c.LongestGap.TotalSeconds:0.00} s |"));
        Assert.All(cells, c => Assert.True(c.MBPerSecond > 0, $"{c} wrote nothing"));
        Assert.All(cells, c => Assert.True(c.LeaderChanges <= c.ChangesAllowed, $"{c} has too many changes of leader"));
        Assert.All(cells, c => Assert.True(c.PeakBytes <= 1024 * MiB, $"{c} took more than 1 GiB"));
        await cluster.WaitForAgreement(Patience);
    }

    [Theory]
    [InlineData(true)] // what is sent to it piles up on the way
    [InlineData(false)] // nobody is there
    public async Task A_member_that_stands_still_or_is_away_under_bulk_costs_the_others_no_memory_that_grows(bool standsStill)
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        using var client = new BulkClient(cluster);
        var stopped = cluster.Nodes.First(n => n.Id != leader.Id);
        using var stop = new CancellationTokenSource();
        var load = client.Put(256 << 10, callers: 8, stop.Token);
        if (standsStill) Signal(stopped, "STOP");
        else LocalCluster.Kill(stopped);
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(10));
            var others = cluster.Nodes.Where(n => n != stopped).ToList();
            foreach (var node in others) ForgetPeak(node);
            await Task.Delay(TimeSpan.FromSeconds(10));
            foreach (var node in others)
            {
                output.WriteLine($"node {node.Id}: {Peak(node) / MiB} MiB at most, {client.Bytes / MiB} MiB written");
                Assert.True(Peak(node) <= 1024 * MiB, $"node {node.Id} took {Peak(node) / MiB} MiB");
            }
        }
        finally
        {
            if (standsStill) Signal(stopped, "CONT");
            else cluster.Start(stopped);
        }
        await stop.CancelAsync();
        await load;
        await cluster.WaitForAgreement(Patience);
    }

    [Theory]
    [InlineData(2)] // some 40 MB
    [InlineData(20)] // more than an answer may have
    public async Task Reads_of_callers_that_have_left_are_not_answered_and_hold_up_no_write(int ranges)
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        using var client = new BulkClient(cluster);
        const int Count = 100_000;
        var value = ByteString.CopyFrom(new byte[200]);
        await Parallel.ForEachAsync(Enumerable.Range(0, Count / 100), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (batch, _) =>
        {
            var txn = new TxnRequest();
            for (var i = 0; i < 100; i++)
                txn.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8($"many-{(batch * 100) + i:000000}"), Value = value } });
            await client.Kv.TxnAsync(txn, CancellationToken.None);
        });
        var follower = cluster.Nodes.First(n => n.Id != leader.Id);
        var all = """{"request_range":{"key":"bWFueS0=","range_end":"bWFueS4="}}""";
        var reads = $$"""{"success":[{{string.Join(',', Enumerable.Repeat(all, ranges))}}]}""";
        ForgetPeak(follower);
        var until = Stopwatch.StartNew();
        var impatient = Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            while (until.Elapsed < TimeSpan.FromSeconds(4))
            {
                using var patience = new CancellationTokenSource(50);
                try
                {
                    using var content = new StringContent(reads);
                    (await follower.Http.PostAsync("/v3/kv/txn", content, patience.Token)).Dispose();
                }
                catch (OperationCanceledException)
                {
                    // That was the intention.
                }
            }
        })).ToList();
        var gaps = await SmallCommands(follower, () => until.Elapsed < TimeSpan.FromSeconds(4));
        await Task.WhenAll(impatient);
        var (longest, peak) = (gaps.Max(), Peak(follower));
        output.WriteLine($"{gaps.Count} puts beside them, the longest took {longest.TotalSeconds:0.00} s; {peak / MiB} MiB at most");
        var after = Stopwatch.StartNew();
        await Put(follower, Patience);
        Assert.True(after.Elapsed < TimeSpan.FromSeconds(10), $"a put after them took {after.Elapsed}");
        Assert.True(peak <= 1024 * MiB, $"{peak / MiB} MiB");
        await cluster.WaitForAgreement(Patience);
    }

    private static async Task<Cell> Measure(LocalCluster cluster, BulkClient client, int bytes, int callers)
    {
        foreach (var node in cluster.Nodes) ForgetPeak(node);
        using var standstill = new Standstill();
        var (round, written, refused) = (await Round(cluster), client.Bytes, client.Refused);
        using var stop = new CancellationTokenSource();
        var load = client.Put(bytes, callers, stop.Token);
        var clock = Stopwatch.StartNew();
        var gaps = await SmallCommands(cluster.Nodes[0], () => clock.Elapsed < PerCell);
        await stop.CancelAsync();
        await load;
        var seconds = clock.Elapsed.TotalSeconds;
        await Put(cluster.Nodes[0], Patience); // back to normal
        return new Cell(bytes, callers, (client.Bytes - written) / 1e6 / seconds, client.Refused - refused, await Round(cluster) - round,
            cluster.Nodes.Max(Peak), gaps.Max(), standstill.Since(TimeSpan.Zero));
    }

    /// <summary>Puts of some bytes through a node, one after the other: how long each took.</summary>
    private static async Task<List<TimeSpan>> SmallCommands(LocalNode node, Func<bool> goesOn)
    {
        var took = new List<TimeSpan>();
        do
        {
            var clock = Stopwatch.StartNew();
            await Put(node, Patience);
            took.Add(clock.Elapsed);
            await Task.Delay(20);
        }
        while (goesOn());
        return took;
    }

    /// <summary>A small put, tried until it is acknowledged.</summary>
    private static async Task Put(LocalNode node, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            using var content = new StringContent("""{"key":"c21hbGw=","value":"eA=="}""");
            using var answer = await node.Http.PostAsync("/v3/kv/put", content, limit.Token);
            if (answer.IsSuccessStatusCode) return;
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>The highest round that a node knows: it grows with each change of leader.</summary>
    private static async Task<long> Round(LocalCluster cluster)
    {
        var rounds = new List<long>();
        foreach (var node in cluster.Nodes)
        {
            using var status = JsonDocument.Parse(await node.Http.GetStringAsync("/status"));
            rounds.Add(long.Parse(status.RootElement.GetProperty("ballot").GetString()!.Split('.')[0], CultureInfo.InvariantCulture));
        }
        return rounds.Max();
    }

    // proc(5): VmHWM is the peak of the resident memory; 5 written to clear_refs starts it anew.
    private static void ForgetPeak(LocalNode node) => File.WriteAllText($"/proc/{node.Process!.Id}/clear_refs", "5");

    private static long Peak(LocalNode node) =>
        long.Parse(File.ReadLines($"/proc/{node.Process!.Id}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split()[^2], CultureInfo.InvariantCulture) << 10;

    /// <summary>A client that puts large values, from many callers at once.</summary>
    private sealed class BulkClient : IDisposable
    {
        private readonly ActorSystem _system;
        private long _bytes;
        private long _refused;

        public BulkClient(LocalCluster cluster)
        {
            _system = ActorSystem.Create("bulk", ConfigurationFactory.ParseString("akka.loglevel = ERROR").WithFallback(PaxosClient.DefaultConfig()));
            Kv = new PaxosClient(_system, cluster.Nodes.Select(n => n.Address));
        }

        public PaxosClient Kv { get; }

        public long Bytes => Volatile.Read(ref _bytes);

        public long Refused => Volatile.Read(ref _refused);

        public Task Put(int bytes, int callers, CancellationToken stop)
        {
            var value = UnsafeByteOperations.UnsafeWrap(new byte[bytes]);
            return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
            {
                for (var i = caller; !stop.IsCancellationRequested; i++)
                {
                    try
                    {
                        // To its end: one that is given up would go on in the next cell.
                        await Kv.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8($"bulk-{i % Keys}"), Value = value }, CancellationToken.None);
                        Interlocked.Add(ref _bytes, bytes);
                    }
                    catch (OverloadedException)
                    {
                        Interlocked.Increment(ref _refused);
                        await Task.Delay(50, CancellationToken.None);
                    }
                }
            }, CancellationToken.None)));
        }

        public void Dispose() => _system.Terminate().Wait(TimeSpan.FromSeconds(20));
    }
}

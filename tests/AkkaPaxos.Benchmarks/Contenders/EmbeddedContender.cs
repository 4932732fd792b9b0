using System.Diagnostics;
using System.Text.Json;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Benchmarks;

/// <summary>Nodes that are processes of this program, the leader's with the callers in it.</summary>
internal sealed class EmbeddedContender : Contender
{
    private readonly string _name, _durability;
    private readonly Func<string, int, IReadOnlyList<string[]>> _commands;
    private string _folder = "";

    /// <param name="name">What it is called.</param>
    /// <param name="durability">What is durable.</param>
    /// <param name="commands">By folder and number of nodes: this program's arguments for each node.</param>
    private EmbeddedContender(string name, string durability, Func<string, int, IReadOnlyList<string[]>> commands) =>
        (_name, _durability, _commands) = (name, durability, commands);

    /// <summary>Ours.</summary>
    public static EmbeddedContender AkkaPaxos(string name, IReadOnlyList<string> settings) => new(
        name, "durable: each node verifies at its start that its stores sync each write, and does not start otherwise",
        (folder, nodes) =>
        {
            using var files = new LocalCluster(nodes, folder);
            return [.. files.Nodes.Select(n => (string[])["host", "akkapaxos", n.ConfigFile, .. settings])];
        });

    /// <summary>DotNext's.</summary>
    public static EmbeddedContender DotNext(bool flush) => new(
        flush ? "dotnext-flushed" : "dotnext",
        flush
            ? "DotNext.AspNetCore.Cluster 6.12.0, durable: a follower flushes its log before it answers, by what we add, and the leader before it commits"
            : "DotNext.AspNetCore.Cluster 6.12.0 as it comes, durable on the leader only: a follower answers before it flushes its log",
        (folder, nodes) =>
        {
            var ports = string.Join(',', LocalCluster.FreePorts(nodes));
            return [.. Enumerable.Range(0, nodes).Select(i => (string[])["host", "dotnext", ports, $"{i}", Path.Combine(folder, $"dotnext{i}"), flush ? "flush" : "as-it-comes"])];
        });

    /// <inheritdoc/>
    public override string Allocations => "callers and nodes together";

    /// <inheritdoc/>
    public override async Task Start(string folder, int nodes, CancellationToken cancel)
    {
        (_folder, Durability) = (folder, $"{_name}: {_durability}");
        foreach (var (i, arguments) in _commands(folder, nodes).Index())
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" 2>>\"$LOG\"", "sh", "dotnet", typeof(EmbeddedContender).Assembly.Location, .. arguments])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["LOG"] = Log(i) },
            };
            Own(Started.Add(Process.Start(start)!));
        }
        await FindLeader(cancel);
    }

    /// <inheritdoc/>
    public override async Task<Figures> Measure(Work work, CancellationToken cancel)
    {
        if (work.WarmUp > 0) await Ask<Figures>(await FindLeader(cancel), JsonSerializer.Serialize(work with { Seconds = work.WarmUp, WarmUp = 0 }), cancel);
        var leader = await FindLeader(cancel);
        var before = await Allocated(cancel);
        var figures = await Ask<Figures>(leader, JsonSerializer.Serialize(work with { WarmUp = 0 }), cancel);
        return figures with { AllocatedBytes = figures.Operations > 0 ? Math.Round((await Allocated(cancel) - before) / (double)figures.Operations) : null };
    }

    private string Log(int i) => Path.Combine(_folder, $"host{i + 1}.log");

    private async Task<Process> FindLeader(CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(50, cancel))
            foreach (var (i, process) in Processes.Index())
            {
                if (process.HasExited) throw new InvalidOperationException($"{_name}: node {i + 1} ended: {Started.LastLine(Log(i))}");
                if (await Ask<bool>(process, "leads", cancel)) return process;
            }
        throw new TimeoutException($"{_name}: no leader within 60 s; logs are in {_folder}");
    }

    private async Task<long> Allocated(CancellationToken cancel)
    {
        var sum = 0L;
        foreach (var process in Processes) sum += await Ask<long>(process, "allocated", cancel);
        return sum;
    }

    private async Task<T> Ask<T>(Process process, string question, CancellationToken cancel)
    {
        await process.StandardInput.WriteLineAsync(question.AsMemory(), cancel);
        await process.StandardInput.FlushAsync(cancel);
        var answer = await process.StandardOutput.ReadLineAsync(cancel) ?? throw new InvalidOperationException($"{_name}: a node ended while it was asked");
        return JsonSerializer.Deserialize<T>(answer)!;
    }
}

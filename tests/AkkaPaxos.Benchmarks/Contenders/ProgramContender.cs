using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Benchmarks;

/// <summary>
/// A build of the akkapaxos program, measured by its own <c>akkapaxos bench</c>: so an older build, whose messages may be others, can stand beside
/// this one.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="program">The folder of AkkaPaxos.Cli.dll.</param>
/// <param name="settings">HOCON settings of every node.</param>
internal sealed class ProgramContender(string name, string program, IReadOnlyList<string> settings) : Contender
{
    private LocalCluster? _cluster;

    /// <inheritdoc/>
    public override async Task Start(string folder, int nodes, CancellationToken cancel)
    {
        _cluster = new LocalCluster(nodes, folder, [.. settings]) { ProgramFolder = program };
        foreach (var node in _cluster.Nodes)
        {
            _cluster.Start(node);
            Own(node.Process!);
        }
        await _cluster.WaitForLeader(TimeSpan.FromSeconds(60), cancel);
        Durability = $"{name}: does not say";
    }

    /// <inheritdoc/>
    public override async Task<Figures> Measure(Work work, CancellationToken cancel)
    {
        static string Whole(double number) => Math.Ceiling(number).ToString(CultureInfo.InvariantCulture);
        string[] arguments =
        [
            Path.Combine(program, "AkkaPaxos.Cli.dll"), "bench", "--json", "--endpoints", _cluster!.Endpoints, "--target-leader", "--op", work.Op,
            "--clients", Whole(work.Clients), "--seconds", Whole(work.Seconds), "--warm-up", Whole(work.WarmUp), "--value-size", Whole(work.ValueSize),
            "--keys", Whole(work.Keys),
        ];
        using var bench = Started.Add(Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);
        try
        {
            var errors = bench.StandardError.ReadToEndAsync(cancel);
            var said = await bench.StandardOutput.ReadToEndAsync(cancel);
            await bench.WaitForExitAsync(cancel);
            if (bench.ExitCode != 0) throw new InvalidOperationException($"{name}: akkapaxos bench failed: {(await errors).Trim().ReplaceLineEndings(" ")}");
            using var json = JsonDocument.Parse(said);
            var root = json.RootElement;
            double Number(string property) => root.GetProperty(property).GetDouble();
            if (root.TryGetProperty("durability", out var durability)) Durability = $"{name}: {durability}";
            return new Figures(
                work.Op, work.Clients, Number("operationsPerSecond"), Number("p50Ms"), Number("p99Ms"), Number("maxMs"), root.GetProperty("operations").GetInt64(),
                root.GetProperty("errors").GetInt64(), root.TryGetProperty("firstError", out var first) ? first.GetString() : null, null);
        }
        finally
        {
            Started.Kill(bench);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _cluster?.Dispose();
    }
}

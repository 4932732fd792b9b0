using System.Diagnostics;
using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary><c>akkapaxos bench</c> against nodes on other machines, which have to find the way back to it.</summary>
public class BenchElsewhereTests(ITestOutputHelper output) : PartitionedRun(output)
{
    [FactWhereNamespacesArePermitted]
    public async Task It_measures_nodes_on_other_machines()
    {
        using var network = new NetworkNamespaces(3);
        using var cluster = await Started(network);
        string[] arguments =
            [typeof(LocalCluster).Assembly.Location, "bench", "--endpoints", cluster.Endpoints, "--clients", "4", "--seconds", "1", "--warm-up", "0"];
        using var bench = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (said, error) = (bench.StandardOutput.ReadToEndAsync(), bench.StandardError.ReadToEndAsync());
        await bench.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(bench.ExitCode == 0, $"{await said}{await error}");
    }
}

public sealed class FastBenchElsewhereTests(ITestOutputHelper output) : BenchElsewhereTests(output)
{
    protected override IReadOnlyList<string> Variant => LocalCluster.Fast;
}

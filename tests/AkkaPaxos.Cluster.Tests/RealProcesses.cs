using System.Diagnostics;
using System.Text.Json;
using AkkaPaxos.Cli;

// Each test runs node processes of its own on two cores: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A base for tests with node processes: a folder that goes with the test, and generous patience.</summary>
public abstract class RealProcesses : IDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    /// <summary>
    /// What the nodes run with besides what a test sets: by the environment variable AKKAPAXOS_TEST_SETTINGS, <c>key=value</c> each with semicolons between, unless a
    /// class has its own.
    /// </summary>
    protected virtual IReadOnlyList<string> Variant =>
        Environment.GetEnvironmentVariable("AKKAPAXOS_TEST_SETTINGS")?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Whether nodes are to take direct links to each other.</summary>
    protected bool IsLinked => Variant.Contains("akkapaxos.links=direct");

    protected LocalCluster Cluster(int size, params string[] settings) => new(size, Folder, [.. Variant, .. settings]);

    protected LocalCluster Cluster(IReadOnlyList<LocalHost> hosts, params string[] settings) => new(hosts, Folder, [.. Variant, .. settings]);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    protected static Task Until(string otherwise, Func<Task<bool>> condition) => Until(() => otherwise, condition);

    /// <summary>Waits until <paramref name="condition"/> holds; what to say where it does not is asked for only then.</summary>
    protected static async Task Until(Func<string> otherwise, Func<Task<bool>> condition)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(50))
            if (waited.Elapsed > Patience) Assert.Fail(otherwise());
    }

    /// <summary>Whether a node takes another for reachable.</summary>
    protected static Task<bool> Reaches(LocalNode one, LocalNode other) => Says(one, other, "reachable");

    /// <summary>Whether a node's messages to another go by direct links.</summary>
    protected static Task<bool> Linked(LocalNode one, LocalNode other) => Says(one, other, "linked");

    /// <summary>Whether the gossip of a node has another as a member that it reaches.</summary>
    protected static Task<bool> InCluster(LocalNode one, LocalNode other) => Says(one, other, "inCluster");

    /// <summary>Waits until the gossip of every node has every node as one that it reaches: they are in one Akka cluster, none in one of its own.</summary>
    protected static async Task AllInOneCluster(LocalCluster cluster)
    {
        foreach (var one in cluster.Nodes)
            foreach (var other in cluster.Nodes)
                await Until($"node {one.Id} is in no cluster with node {other.Id}: {one.LastLogLine()}", () => InCluster(one, other));
    }

    /// <summary>Sends a node's process a signal: <c>STOP</c>, <c>CONT</c>.</summary>
    protected static void Signal(LocalNode node, string signal) => Process.Start("kill", [$"-{signal}", $"{node.Process!.Id}"]).WaitForExit();

    private static async Task<bool> Says(LocalNode one, LocalNode other, string what)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var status = JsonDocument.Parse(await one.Http.GetStringAsync("/status", patience.Token));
            return status.RootElement.GetProperty("peers").EnumerateArray()
                .Single(p => p.GetProperty("node").GetInt32() == other.Id).GetProperty(what).GetBoolean();
        }
        catch (HttpRequestException)
        {
            return false; // it is starting
        }
    }

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

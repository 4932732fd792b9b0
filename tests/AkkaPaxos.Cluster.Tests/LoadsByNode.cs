using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>Load through each node of a cluster, which its own writers do not leave: whether clients of every node are served.</summary>
internal sealed class LoadsByNode(LocalCluster cluster) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<(LocalNode Node, Load Load)> _loads = [.. cluster.Nodes.Select(n => (n, new Load(cluster, 2, n)))];
    private List<TimeSpan> _began = [];
    private List<int> _count = [];

    /// <summary>The time since it began to count.</summary>
    public TimeSpan Time => _loads[0].Load.Now - _began[0];

    /// <summary>Every write that was acknowledged.</summary>
    public IEnumerable<KeyValuePair<string, string>> Acknowledged => _loads.SelectMany(l => l.Load.Acknowledged);

    /// <summary>From now on counts.</summary>
    public void Begin() => (_began, _count) = ([.. _loads.Select(l => l.Load.Now)], [.. _loads.Select(l => l.Load.Acknowledged.Count)]);

    /// <summary>Waits until so many more are acknowledged at each node but those that are down.</summary>
    public async Task WaitForMore(int count, params LocalNode[] down) =>
        await Task.WhenAll(_loads.Where(l => !down.Contains(l.Node)).Select(l => l.Load.WaitForMore(count, Patience)));

    /// <summary>Ends the writers.</summary>
    public async Task Stop() => await Task.WhenAll(_loads.Select(l => l.Load.Stop()));

    /// <summary>What each node did since it began to count.</summary>
    public override string ToString() => string.Join(", ", _loads.Select((l, i) =>
        $"node {l.Node.Id} {l.Load.Acknowledged.Count - _count[i]} writes, longest gap {l.Load.LongestStall(_began[i]).TotalMilliseconds:0} ms"));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, load) in _loads) await load.DisposeAsync();
    }
}

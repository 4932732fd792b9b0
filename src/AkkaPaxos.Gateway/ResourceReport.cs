namespace AkkaPaxos.Gateway;

/// <summary>The answer of <c>GET /resources</c>: what the node's process has used since it started. Two answers, subtracted, say what lay between.</summary>
/// <param name="Node">The node.</param>
/// <param name="CpuSeconds">Of all processors together.</param>
/// <param name="AllocatedBytes">Of managed memory.</param>
/// <param name="ContextSwitches">Of all threads that run now; 0 where the system does not say (it does on Linux).</param>
/// <param name="LinkMessages">Messages that it sent by direct links.</param>
/// <param name="LinkBytes">Their bytes.</param>
/// <param name="JournalCommits">How often its journal has synced what waited for it; null where the journal does not say: only <c>akkapaxos.journal = log</c> does.</param>
/// <param name="Collections">How often garbage was collected: up to generation 0, 1 and 2.</param>
/// <param name="PausedSeconds">How long all threads stood still for that.</param>
public sealed record ResourceReport(
    int Node, double CpuSeconds, long AllocatedBytes, long ContextSwitches, long LinkMessages, long LinkBytes, long? JournalCommits, IReadOnlyList<long> Collections,
    double PausedSeconds)
{
    /// <summary>What this process has used.</summary>
    /// <param name="node">The node that it runs; 0: none.</param>
    /// <param name="linkMessages">Messages by direct links.</param>
    /// <param name="linkBytes">Their bytes.</param>
    /// <param name="journalCommits">Commits of the node's journal; null: not known.</param>
    public static ResourceReport OfThisProcess(int node, long linkMessages, long linkBytes, long? journalCommits) => new(
        node, Environment.CpuUsage.TotalTime.TotalSeconds, GC.GetTotalAllocatedBytes(), Switches(), linkMessages, linkBytes, journalCommits, Collected(),
        GC.GetTotalPauseDuration().TotalSeconds);

    // The runtime counts a collection with those of each younger generation as well.
    private static long[] Collected() =>
        [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => (long)GC.CollectionCount(g) - (g < GC.MaxGeneration ? GC.CollectionCount(g + 1) : 0))];

    private static long Switches()
    {
        const string Threads = "/proc/self/task";
        if (!Directory.Exists(Threads)) return 0;
        var sum = 0L;
        foreach (var thread in Directory.GetDirectories(Threads))
        {
            try
            {
                foreach (var line in File.ReadLines($"{thread}/status"))
                    if (line.Contains("ctxt_switches", StringComparison.Ordinal)) sum += long.Parse(line.AsSpan(line.IndexOf(':') + 1));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return sum;
    }
}

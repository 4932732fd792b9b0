namespace AkkaPaxos.Gateway;

/// <summary>The answer of <c>GET /resources</c>: what the node's process has used since it started. Two answers, subtracted, say what lay between.</summary>
/// <param name="Node">The node.</param>
/// <param name="CpuSeconds">Of all processors together.</param>
/// <param name="AllocatedBytes">Of managed memory.</param>
/// <param name="ContextSwitches">Of all threads that run now; 0 where the system does not say (it does on Linux).</param>
/// <param name="LinkMessages">Messages that it sent by direct links.</param>
/// <param name="LinkBytes">Their bytes.</param>
public sealed record ResourceReport(int Node, double CpuSeconds, long AllocatedBytes, long ContextSwitches, long LinkMessages, long LinkBytes)
{
    /// <summary>What this process has used.</summary>
    /// <param name="node">The node that it runs; 0: none.</param>
    /// <param name="linkMessages">Messages by direct links.</param>
    /// <param name="linkBytes">Their bytes.</param>
    public static ResourceReport OfThisProcess(int node, long linkMessages, long linkBytes) =>
        new(node, Environment.CpuUsage.TotalTime.TotalSeconds, GC.GetTotalAllocatedBytes(), Switches(), linkMessages, linkBytes);

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

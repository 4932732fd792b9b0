using System.Diagnostics;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>
/// Runs seeds from a shell, <c>dotnet AkkaPaxos.TestKit.Tests.dll FROM [COUNT]</c>: a line for each, with its trace hash, where they are few. Exit
/// code 1 where an invariant was violated. The tests compare such runs of several processes.
/// </summary>
public static class Program
{
    public static readonly TimeSpan Chaos = TimeSpan.FromSeconds(15);

    public static int NodesOf(int seed) => seed % 2 == 0 ? 3 : 5;

    public static int Main(string[] args)
    {
        var (from, count) = (int.Parse(args[0]), args.Length > 1 ? int.Parse(args[1]) : 1);
        var (watch, failed, faults, checks) = (Stopwatch.StartNew(), 0, new SortedDictionary<string, long>(), new SortedDictionary<string, long>());
        var (messages, steps, idle) = (0L, 0L, 0);
        foreach (var (line, cluster) in Run(from, count))
        {
            if (count <= 20 || cluster.Violations.Count > 0) Console.WriteLine(line);
            foreach (var violation in cluster.Violations) Console.WriteLine($"  {violation}");
            if (cluster.Violations.Count > 0) failed++;
            if (cluster.Written == 0) idle++;
            (messages, steps) = (messages + cluster.Messages, steps + cluster.Steps);
            foreach (var (name, times) in cluster.Faults) faults[name] = faults.GetValueOrDefault(name) + times;
            foreach (var (name, times) in cluster.Checks) checks[name] = checks.GetValueOrDefault(name) + times;
        }
        var seconds = watch.Elapsed.TotalSeconds;
        Console.WriteLine($"{count} seeds from {from}: {failed} failed, {idle} without a write, "
            + $"{count / seconds:0.0} seeds/s, {messages / seconds:0} messages/s, {steps / seconds:0} steps/s");
        Console.WriteLine($"faults: {string.Join(", ", faults.Select(f => $"{f.Key} {f.Value}"))}");
        Console.WriteLine($"checks: {string.Join(", ", checks.Select(c => $"{c.Key} {c.Value}"))}");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>A line for each seed: the same in every process.</summary>
    public static IEnumerable<string> Lines(int from, int count) => Run(from, count).Select(r => r.Line);

    private static IEnumerable<(string Line, SimulatedCluster Cluster)> Run(int from, int count)
    {
        for (var seed = from; seed < from + count; seed++)
        {
            var cluster = SimulatedCluster.Start(seed, NodesOf(seed), SimulationSettings.Swarm(seed)).Run(Chaos);
            var line = $"{seed} {cluster.TraceHash:x16} {cluster.Messages} messages, {cluster.Steps} steps, "
                + $"{cluster.Chosen} slots, {cluster.Written} written, {cluster.Read} read";
            yield return (line, cluster);
        }
    }
}

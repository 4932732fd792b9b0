using System.Diagnostics;

namespace AkkaPaxos.Benchmarks;

/// <summary>What one contender did in one round.</summary>
/// <param name="Warm">A figure for each operation and number of clients.</param>
/// <param name="Cold">The first seconds after the start.</param>
/// <param name="IdleShare">The share of a core that a node takes idle.</param>
/// <param name="GapMs">How long no writer was answered when the leader got SIGKILL.</param>
internal sealed record Round(IReadOnlyList<Figures> Warm, Figures? Cold, double? IdleShare, double? GapMs);

/// <summary>What one contender did in all rounds.</summary>
internal sealed record Result(string Name, IReadOnlyList<Round> Rounds, string Durability, string? Evidence, string Allocations);

/// <summary>Contenders in turn, round after round: A B C A B C, so that what slows the machine for a while slows all of them.</summary>
internal static class Comparison
{
    private const int ColdClients = 64, GapClients = 16;

    /// <summary>Runs it.</summary>
    /// <param name="say">Is told what is done, a line each time.</param>
    public static async Task<IReadOnlyList<Result>> Run(IReadOnlyList<Entry> entries, Options options, Action<string> say, CancellationToken cancel)
    {
        var rounds = entries.ToDictionary(e => e.Name, _ => new List<Round>());
        var last = new Dictionary<string, (string Durability, string? Evidence, string Allocations)>();
        for (var round = 1; round <= options.Rounds; round++)
            foreach (var entry in entries)
            {
                var folder = Path.Combine(options.Directory, entry.Name);
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
                Directory.CreateDirectory(folder);
                await using (var contender = entry.Create())
                {
                    rounds[entry.Name].Add(await RunOne(contender, folder, options, what => say($"round {round} of {options.Rounds}: {entry.Name}: {what}"), cancel));
                    last[entry.Name] = (contender.Durability, contender.Evidence, contender.Allocations);
                }
                Directory.Delete(folder, recursive: true);
            }
        return [.. entries.Select(e => new Result(e.Name, rounds[e.Name], last[e.Name].Durability, last[e.Name].Evidence, last[e.Name].Allocations))];
    }

    private static async Task<Round> RunOne(Contender contender, string folder, Options options, Action<string> say, CancellationToken cancel)
    {
        say("starting");
        var clock = Stopwatch.StartNew();
        await contender.Start(folder, options.Nodes, cancel);
        Work Of(string op, int clients, double seconds, double warmUp) => new(op, clients, seconds, warmUp, options.ValueSize, options.Keys);

        Figures? cold = null;
        if (!options.WarmOnly)
        {
            say($"started in {clock.Elapsed.TotalSeconds:0.0} s; cold, {ColdClients} clients");
            cold = await contender.Measure(Of("put", ColdClients, options.ColdSeconds, 0), cancel);
        }
        var warm = new List<Figures>();
        foreach (var op in options.Ops)
            foreach (var clients in options.Clients)
            {
                warm.Add(await contender.Measure(Of(op, clients, options.Seconds, options.WarmUp), cancel));
                say($"{op}, {clients} clients: {warm[^1].PerSecond:0}/s");
            }
        await contender.Look(cancel);
        if (options.WarmOnly) return new Round(warm, null, null, null);
        say("idle");
        await Task.Delay(TimeSpan.FromSeconds(options.IdleSeconds / 4), cancel); // what the load left to do is done
        var idle = await contender.IdleShare(TimeSpan.FromSeconds(options.IdleSeconds), cancel);
        say("its leader is killed");
        var gap = await contender.LongestGap(Of("put", GapClients, options.GapSeconds, 0), cancel);
        return new Round(warm, cold, idle, gap?.TotalMilliseconds);
    }
}

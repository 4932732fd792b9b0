using AkkaPaxos.Cli;

namespace AkkaPaxos.Benchmarks;

/// <summary>What is measured: the same for every contender.</summary>
/// <param name="Op">put, or get (linearizable).</param>
/// <param name="Clients">Closed-loop callers at once.</param>
/// <param name="Seconds">How long.</param>
/// <param name="WarmUp">Seconds of the same before it.</param>
/// <param name="ValueSize">Bytes of a value.</param>
/// <param name="Keys">Different keys.</param>
internal sealed record Work(string Op, int Clients, double Seconds, double WarmUp, int ValueSize, int Keys);

/// <summary>What a measurement gave.</summary>
/// <param name="AllocatedBytes">Bytes that were allocated per operation, where it can be told; by whom says <see cref="Contender.Allocations"/>.</param>
internal sealed record Figures(
    string Op, int Clients, double PerSecond, double P50Ms, double P99Ms, double MaxMs, long Operations, long Errors, string? FirstError, double? AllocatedBytes)
{
    /// <summary>The figures of a run.</summary>
    public static Figures Of(Work work, ClosedLoop.Outcome run, double? allocated) => new(
        work.Op, work.Clients, Math.Round(run.Latencies.Count / run.Took.TotalSeconds, 1), Ms(run.Latencies.Quantile(0.5)), Ms(run.Latencies.Quantile(0.99)),
        Ms(run.Latencies.Max), run.Latencies.Count, run.Errors, run.FirstError, run.Latencies.Count > 0 ? Math.Round((allocated ?? 0) / run.Latencies.Count) : null);

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>A figure over several rounds.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    /// <summary>The median, the least and the greatest; null of none. Of an even number the median is the mean of the two in the middle.</summary>
    public static Spread? Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        if (sorted.Length == 0) return null;
        var middle = sorted.Length / 2;
        return new(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>
    /// The spread of the ratios in each round: what disturbed the machine for a round disturbed both. A round that lacks either, or has nothing to
    /// divide by, does not count.
    /// </summary>
    /// <param name="figures">One a round; null where there is none.</param>
    /// <param name="others">What they stand beside, of the same rounds.</param>
    public static Spread? OfRatios(IEnumerable<double?> figures, IEnumerable<double?> others) =>
        Of(figures.Zip(others, (figure, other) => other > 0 ? figure / other : null).OfType<double>());
}

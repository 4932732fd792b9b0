namespace AkkaPaxos.Cli;

/// <summary>How long operations took, counted in buckets that are a hundredth apart: exact to one per cent, however many there are.</summary>
internal sealed class Latencies
{
    private const double Step = 1.01;
    private static readonly double LogStep = Math.Log(Step);
    private readonly long[] _buckets = new long[2600]; // 1.01^2600 µs is more than a day

    /// <summary>How many operations were counted.</summary>
    public long Count { get; private set; }

    /// <summary>The longest.</summary>
    public TimeSpan Max { get; private set; }

    /// <summary>Counts an operation.</summary>
    public void Add(TimeSpan took)
    {
        Count++;
        if (took > Max) Max = took;
        _buckets[Math.Clamp((int)(Math.Log(Math.Max(1, took.TotalMicroseconds)) / LogStep), 0, _buckets.Length - 1)]++;
    }

    /// <summary>Counts all that another has counted.</summary>
    public void Add(Latencies other)
    {
        for (var i = 0; i < _buckets.Length; i++) _buckets[i] += other._buckets[i];
        Count += other.Count;
        if (other.Max > Max) Max = other.Max;
    }

    /// <summary>The time within which this share of the operations was done; zero where there are none.</summary>
    public TimeSpan Quantile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        var seen = 0L;
        for (var i = 0; i < _buckets.Length && Count > 0; i++)
            if ((seen += _buckets[i]) >= Math.Max(1, wanted))
                return Min(Max, TimeSpan.FromMicroseconds(Math.Pow(Step, i + 0.5)));
        return TimeSpan.Zero;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

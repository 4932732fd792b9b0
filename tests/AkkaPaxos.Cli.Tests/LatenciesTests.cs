namespace AkkaPaxos.Cli.Tests;

public sealed class LatenciesTests
{
    [Fact]
    public void Quantiles_are_right_to_one_per_cent()
    {
        var (even, odd) = (new Latencies(), new Latencies());
        for (var i = 1; i <= 10_000; i++) (i % 2 == 0 ? even : odd).Add(TimeSpan.FromMicroseconds(i * 10));
        even.Add(odd);
        Assert.Equal(10_000, even.Count);
        foreach (var share in (double[])[0.5, 0.9, 0.99, 0.999])
            Assert.InRange(even.Quantile(share).TotalMicroseconds / (share * 100_000), 0.99, 1.01);
        Assert.Equal(TimeSpan.FromMicroseconds(100_000), even.Max);
        Assert.True(even.Quantile(1) <= even.Max);
    }

    [Fact]
    public void Nothing_measured_is_zero() =>
        Assert.Equal((0, TimeSpan.Zero, TimeSpan.Zero), (new Latencies().Count, new Latencies().Quantile(0.99), new Latencies().Max));

    [Fact]
    public void Extremes_are_counted()
    {
        var latencies = new Latencies();
        latencies.Add(TimeSpan.Zero);
        latencies.Add(TimeSpan.FromDays(2));
        Assert.Equal((2, TimeSpan.FromDays(2)), (latencies.Count, latencies.Max));
    }
}

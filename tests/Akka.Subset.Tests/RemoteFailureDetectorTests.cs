using Akka.Remote;

namespace Akka.Subset.Tests;

public class RemoteFailureDetectorTests
{
    private long _now = 1_000;

    [Fact]
    public void Phi_grows_with_silence_and_falls_with_a_heartbeat()
    {
        var detector = Phi(TimeSpan.Zero);
        Assert.False(detector.IsMonitoring);
        Assert.True(detector.IsAvailable);
        Beat(detector, 20, 1_000);
        Assert.True(detector.IsMonitoring);
        _now += 1_000;
        Assert.True(detector.IsAvailable);
        _now += 5_000;
        Assert.False(detector.IsAvailable);
        detector.HeartBeat();
        Assert.True(detector.IsAvailable);
    }

    [Fact]
    public void The_acceptable_pause_is_added_to_what_is_expected()
    {
        var detector = Phi(TimeSpan.FromSeconds(3));
        Beat(detector, 20, 1_000);
        _now += 3_500;
        Assert.True(detector.IsAvailable);
        _now += 4_000;
        Assert.False(detector.IsAvailable);
    }

    [Fact]
    public void After_one_heartbeat_only_the_estimate_counts()
    {
        var detector = Phi(TimeSpan.Zero);
        detector.HeartBeat();
        _now += 900;
        Assert.True(detector.IsAvailable);
        _now += 10_000;
        Assert.False(detector.IsAvailable);
    }

    [Fact]
    public void An_irregular_rhythm_makes_the_detector_patient()
    {
        var regular = Phi(TimeSpan.Zero);
        Beat(regular, 50, 1_000);
        _now += 2_500;
        Assert.False(regular.IsAvailable);

        var irregular = Phi(TimeSpan.Zero);
        for (var i = 0; i < 25; i++)
        {
            Beat(irregular, 1, 200);
            Beat(irregular, 1, 1_800);
        }
        _now += 2_500;
        Assert.True(irregular.IsAvailable);
    }

    [Fact]
    public void The_deadline_detector_is_available_up_to_its_deadline()
    {
        var detector = new DeadlineFailureDetector(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), () => _now);
        Assert.True(detector.IsAvailable);
        Assert.False(detector.IsMonitoring);
        detector.HeartBeat();
        _now += 4_999;
        Assert.True(detector.IsAvailable);
        _now += 1;
        Assert.False(detector.IsAvailable);
        detector.HeartBeat();
        Assert.True(detector.IsAvailable);
    }

    [Fact]
    public void A_registry_keeps_one_detector_for_each_resource()
    {
        var registry = new DefaultFailureDetectorRegistry<string>(
            () => new DeadlineFailureDetector(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), () => _now));
        Assert.True(registry.IsAvailable("a"));
        Assert.False(registry.IsMonitoring("a"));
        registry.Heartbeat("a");
        _now += 3_000;
        registry.Heartbeat("b");
        _now += 3_000;
        Assert.False(registry.IsAvailable("a"));
        Assert.True(registry.IsAvailable("b"));
        registry.Remove("a");
        Assert.True(registry.IsAvailable("a"));
        Assert.False(registry.IsMonitoring("a"));
        registry.Reset();
        Assert.False(registry.IsMonitoring("b"));
    }

    [Fact]
    public void Settings_that_cannot_be_right_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new DeadlineFailureDetector(TimeSpan.Zero, TimeSpan.FromSeconds(1), () => _now));
        Assert.ThrowsAny<ArgumentException>(() => new PhiAccrualFailureDetector(
            0, 100, TimeSpan.FromMilliseconds(100), TimeSpan.Zero, TimeSpan.FromSeconds(1), () => _now));
    }

    private PhiAccrualFailureDetector Phi(TimeSpan pause) =>
        new(8, 1000, TimeSpan.FromMilliseconds(100), pause, TimeSpan.FromSeconds(1), () => _now);

    private void Beat(FailureDetector detector, int times, long interval)
    {
        for (var i = 0; i < times; i++)
        {
            _now += interval;
            detector.HeartBeat();
        }
    }
}

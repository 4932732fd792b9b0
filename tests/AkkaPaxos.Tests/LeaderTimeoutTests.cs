using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>How long a leader waits in silence.</summary>
public class LeaderTimeoutTests
{
    private static readonly ProtocolSettings Settings = new ProtocolSettings(PaxosSettings.DefaultConfig().GetConfig("akkapaxos")) with
    {
        LeaderTimeout = TimeSpan.FromMilliseconds(300),
        LeaderTimeoutMax = TimeSpan.FromSeconds(1),
        LeaderTimeoutStep = TimeSpan.FromMilliseconds(100),
        LeaderTimeoutFactor = 2,
        LeaderJitter = 0.5,
    };

    [Fact]
    public void It_grows_by_a_factor_and_shrinks_by_a_step_within_its_bounds()
    {
        var timeout = new LeaderTimeout(Settings, new Random(1));
        List<double> seen = [];
        foreach (var grow in (bool[])[true, true, true, false, false, true, false, false, false, false, false, false, false, false])
        {
            if (grow) timeout.Grow();
            else timeout.Shrink();
            seen.Add(timeout.Base.TotalMilliseconds);
        }

        Assert.Equal([600, 1000, 1000, 900, 800, 1000, 900, 800, 700, 600, 500, 400, 300, 300], seen);
    }

    [Fact]
    public void Every_wait_has_a_random_part_of_its_own_that_the_seed_repeats()
    {
        var (one, same, other) = (Waits(1), Waits(1), Waits(2));
        Assert.Equal(one, same);
        Assert.NotEqual(one, other);
        Assert.True(one.Distinct().Count() > 90);
        Assert.All(one, wait => Assert.InRange(wait, Settings.LeaderTimeout, Settings.LeaderTimeout * 1.5));

        static List<TimeSpan> Waits(int seed)
        {
            var timeout = new LeaderTimeout(Settings, new Random(seed));
            return [.. Enumerable.Range(0, 100).Select(_ => timeout.Next())];
        }
    }
}

using AkkaPaxos.TestKit.Runner;

namespace AkkaPaxos.TestKit.Tests;

public sealed class RunnerTests
{
    private const string Mutant = "promises-before-persist";

    private static SimulationOutcome Failing() =>
        Campaign.Run(Enumerable.Range(1, 200).Select(seed => new SimulationCase(seed) { Mutant = Mutant }), 1).Failed
        ?? throw new InvalidOperationException($"{Mutant} is not caught any more");

    [Fact]
    public void A_failing_run_ends_the_campaign()
    {
        var started = 0;
        var campaign = Campaign.Run(Cases(), 2);

        Assert.NotNull(campaign.Failed?.Violation);
        Assert.InRange(started, 1, 150);
        Assert.InRange(campaign.Runs, 1, started);

        IEnumerable<SimulationCase> Cases()
        {
            for (var seed = 1; seed <= 200; seed++)
            {
                started++;
                yield return new SimulationCase(seed) { Mutant = Mutant };
            }
        }
    }

    [Fact]
    public void A_failing_run_is_made_smaller_and_fails_in_the_same_way_when_it_is_replayed()
    {
        var failed = Failing();
        var tries = 0;

        var shrinker = Shrinker.Shrink(failed, tried: _ => tries++);

        var small = shrinker.Smallest;
        Assert.Equal(shrinker.Runs, tries);
        Assert.Equal(failed.Violation!.Invariant, small.Violation!.Invariant);
        Assert.True(small.Faults.Values.Sum() < failed.Faults.Values.Sum());
        Assert.True(small.Case.Time < failed.Case.Time);
        Assert.True(small.Operations <= failed.Operations);
        var replayed = small.Case.Run(keepEvents: 50);
        Assert.Equal(small.Violation, replayed.Violation);
        Assert.Equal(small.TraceHash, replayed.TraceHash);
        Assert.Contains("Promise(", replayed.Drawing);
    }

    [Fact]
    public void What_holds_cannot_be_made_smaller() =>
        Assert.Throws<ArgumentException>(() => Shrinker.Shrink(new SimulationCase(1) { Time = TimeSpan.FromSeconds(1) }.Run()));

    [Fact]
    public void A_mutant_that_there_is_not_is_no_violation() =>
        Assert.Throws<KeyNotFoundException>(() => new SimulationCase(1) { Mutant = "no such mutant" }.Run());

    [Fact]
    public void Faults_that_can_be_left_out_have_names()
    {
        Assert.True(SimulationCase.IsFault("drop"));
        Assert.True(SimulationCase.IsFault("crash.12"));
        Assert.False(SimulationCase.IsFault("crash.0"));
        Assert.False(SimulationCase.IsFault("crash.x"));
        Assert.False(SimulationCase.IsFault("flood"));
    }
}

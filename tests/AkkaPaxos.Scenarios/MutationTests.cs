using AkkaPaxos.Synod;
using AkkaPaxos.Tests;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Scenarios;

/// <summary>The mutation check: a role with one rule broken makes what the scenarios expect fail, not only their drawings differ.</summary>
public sealed class MutationTests
{
    [Fact]
    public void An_acceptor_that_accepts_a_lower_ballot_is_caught() =>
        AssertCaught((SynodRole.Acceptor, typeof(SynodDoubles.AcceptsLowerBallot)));

    [Fact]
    public void An_acceptor_that_forgets_its_promise_at_a_restart_is_caught() =>
        AssertCaught((SynodRole.Acceptor, typeof(SynodDoubles.ForgetsPromise)));

    [Fact]
    public void A_proposer_that_ignores_the_highest_accepted_value_is_caught() =>
        AssertCaught((SynodRole.Proposer, typeof(SynodDoubles.IgnoresHighest)));

    [Fact]
    public void A_learner_that_counts_accepted_of_different_ballots_together_is_caught() =>
        AssertCaught((SynodRole.Learner, typeof(SynodDoubles.CountsTogether)));

    [Fact]
    public void A_majority_of_n_over_2_is_caught_in_the_proposer() => AssertCaught((SynodRole.Proposer, typeof(SynodDoubles.HalfProposer)));

    [Fact]
    public void A_majority_of_n_over_2_is_caught_in_the_learner() => AssertCaught((SynodRole.Learner, typeof(SynodDoubles.HalfLearner)));

    [Fact]
    public void The_real_roles_pass() => Assert.Empty(Caught([]));

    private static void AssertCaught(params (SynodRole Role, Type Class)[] doubles) =>
        Assert.NotEmpty(Caught(doubles.ToDictionary(d => d.Role, d => d.Class)));

    /// <summary>The files of which an expectation does not hold with these roles.</summary>
    private static List<string> Caught(Dictionary<SynodRole, Type> doubles) =>
        [.. Directory.EnumerateFiles(ScenarioTests.Folder, "*.scenario", SearchOption.AllDirectories)
            .Where(f => File.ReadLines(f).Contains("protocol synod"))
            .Where(f => ScenarioRun.With(ScenarioFile.Read(f), doubles).Problems.Any(p => !p.IsOutput && p.Text.StartsWith("expect ")))];
}

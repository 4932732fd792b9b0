namespace AkkaPaxos.Tests;

/// <summary>
/// The mutation check: each of the <see cref="SynodDoubles"/> differs from the real role in one rule, and the runs of <see cref="SynodRuns"/> notice. So the
/// tests would notice if someone broke that rule in the product.
/// </summary>
public class SynodMutationTests() : SynodTestBase(virtualTime: true)
{
    private static void AssertCaught(Action run) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(run);

    [Fact]
    public void An_acceptor_that_accepts_a_lower_ballot_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Acceptor = typeof(SynodDoubles.AcceptsLowerBallot) });
        AssertCaught(() => SynodRuns.PreviousValueNotSeen(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void An_acceptor_that_forgets_its_promise_at_a_restart_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Acceptor = typeof(SynodDoubles.ForgetsPromise) });
        AssertCaught(() => SynodRuns.RestartBetweenPromiseAndAccept(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void A_proposer_that_ignores_the_highest_accepted_value_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Proposer = typeof(SynodDoubles.IgnoresHighest) });
        AssertCaught(() => SynodRuns.PreviousValueChosen(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void A_learner_that_counts_accepted_of_different_ballots_together_is_caught()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Learner = typeof(SynodDoubles.CountsTogether) });
        AssertCaught(() => SynodRuns.AcceptedUnderDifferentNumbers(net));
        Assert.Equal(["Y"], net.LearnedValues);
    }

    [Fact]
    public void A_majority_of_n_over_2_is_caught_in_the_proposer_and_in_the_learner()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Proposer = typeof(SynodDoubles.HalfProposer), Learner = typeof(SynodDoubles.HalfLearner) });
        AssertCaught(() => SynodRuns.OneAcceptorEach(net));
        Assert.NotEmpty(net.LearnedValues);
    }

    [Fact]
    public void A_majority_of_n_over_2_in_the_learner_alone_is_caught()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Learner = typeof(SynodDoubles.HalfLearner) });
        AssertCaught(() => SynodRuns.AcceptedUnderDifferentNumbers(net));
    }
}

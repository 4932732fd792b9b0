using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Acceptor = AkkaPaxos.Synod.Acceptor;
using AcceptorPromised = AkkaPaxos.Synod.AcceptorPromised;

namespace AkkaPaxos.Tests;

/// <summary>
/// The mutation check: each of these doubles differs from the real role in one rule, and the runs of <see cref="SynodRuns"/> notice. So the
/// tests would notice if someone broke that rule in the product.
/// </summary>
public class SynodMutationTests() : SynodTestBase(virtualTime: true)
{
    /// <summary>Accepts a lower ballot than it has promised.</summary>
    private sealed class AcceptsLowerBallot(SynodContext context) : Acceptor(context)
    {
        protected override bool MayAccept(Ballot asked, Ballot promised) => true;
    }

    /// <summary>Forgets its promise at a restart; what it has accepted it remembers.</summary>
    private sealed class ForgetsPromise(SynodContext context) : Acceptor(context)
    {
        protected override void OnRecover(object message)
        {
            if (message is not AcceptorPromised) base.OnRecover(message);
        }
    }

    /// <summary>Proposes its client's value whatever the promises say.</summary>
    private sealed class IgnoresHighest(SynodContext context) : Synod.Proposer(context)
    {
        protected override string? ChooseValue(Proposal? highest, string? requested) => requested ?? highest?.Value;
    }

    /// <summary>Counts the accepted of different ballots together.</summary>
    private sealed class CountsTogether(SynodContext context) : Learner(context)
    {
        protected override IReadOnlySet<NodeId> Count(Ballot ballot, IReadOnlyDictionary<Ballot, HashSet<NodeId>> accepted) =>
            accepted.Values.SelectMany(a => a).ToHashSet();
    }

    /// <summary>Takes n/2 of n acceptors for a majority.</summary>
    private sealed class HalfProposer(SynodContext context) : Synod.Proposer(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }

    /// <summary>Takes n/2 of n acceptors for a majority.</summary>
    private sealed class HalfLearner(SynodContext context) : Learner(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }

    private static void AssertCaught(Action run) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(run);

    [Fact]
    public void An_acceptor_that_accepts_a_lower_ballot_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Acceptor = typeof(AcceptsLowerBallot) });
        AssertCaught(() => SynodRuns.PreviousValueNotSeen(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void An_acceptor_that_forgets_its_promise_at_a_restart_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Acceptor = typeof(ForgetsPromise) });
        AssertCaught(() => SynodRuns.RestartBetweenPromiseAndAccept(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void A_proposer_that_ignores_the_highest_accepted_value_is_caught()
    {
        var net = SynodRuns.Five(this, Options, new SynodRoles { Proposer = typeof(IgnoresHighest) });
        AssertCaught(() => SynodRuns.PreviousValueChosen(net));
        Assert.Equal(["X", "Y"], net.ChosenValues);
    }

    [Fact]
    public void A_learner_that_counts_accepted_of_different_ballots_together_is_caught()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Learner = typeof(CountsTogether) });
        AssertCaught(() => SynodRuns.AcceptedUnderDifferentNumbers(net));
        Assert.Equal(["Y"], net.LearnedValues);
    }

    [Fact]
    public void A_majority_of_n_over_2_is_caught_in_the_proposer_and_in_the_learner()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Proposer = typeof(HalfProposer), Learner = typeof(HalfLearner) });
        AssertCaught(() => SynodRuns.OneAcceptorEach(net));
        Assert.NotEmpty(net.LearnedValues);
    }

    [Fact]
    public void A_majority_of_n_over_2_in_the_learner_alone_is_caught()
    {
        var net = new SynodNet(this, Options, new SynodRoles { Learner = typeof(HalfLearner) });
        AssertCaught(() => SynodRuns.AcceptedUnderDifferentNumbers(net));
    }
}

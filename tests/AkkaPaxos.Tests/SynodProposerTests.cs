using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Accept = AkkaPaxos.Synod.Accept;
using Accepted = AkkaPaxos.Synod.Accepted;
using Prepare = AkkaPaxos.Synod.Prepare;
using Promise = AkkaPaxos.Synod.Promise;
using Request = AkkaPaxos.Synod.Request;

namespace AkkaPaxos.Tests;

/// <summary>The proposer of single-decree Paxos against probes, in virtual time: both phases, refusals, lost messages, recovery.</summary>
public class SynodProposerTests() : SynodTestBase(GatedJournal.Hocon, virtualTime: true)
{
    private Gate Gate => Gate.Of(Sys);

    private IActorRef Proposer(int id = 1) => StartSynod(typeof(Synod.Proposer), id);

    private ProposerState State(IActorRef proposer) => StateOf<ProposerState>(proposer);

    /// <summary>Every acceptor was sent this next.</summary>
    private void ExpectAll(object message) => Assert.All(Probes(SynodRole.Acceptor), acceptor => acceptor.ExpectMsg(message, InTime));

    private static void Promise(IActorRef proposer, int acceptor, Ballot ballot, Proposal? accepted = null) =>
        proposer.Tell(new Promise(N(acceptor), ballot, accepted));

    private static void Accepted(IActorRef proposer, int acceptor, Ballot ballot, string value) =>
        proposer.Tell(new Accepted(N(acceptor), ballot, value));

    /// <summary>A proposer that has asked for promises of its first number.</summary>
    private IActorRef Preparing(string value = "X")
    {
        var proposer = Proposer();
        proposer.Tell(new Request(value));
        ExpectAll(new Prepare(B(1)));
        return proposer;
    }

    /// <summary>A proposer that has asked to accept its client's value.</summary>
    private IActorRef Accepting(string value = "X")
    {
        var proposer = Preparing(value);
        Promise(proposer, 1, B(1));
        Promise(proposer, 2, B(1));
        ExpectAll(new Accept(B(1), value));
        return proposer;
    }

    // ---- where nothing fails ----

    [Fact]
    public void It_has_a_majority_promise_then_accept_and_is_done()
    {
        var proposer = Accepting();
        Accepted(proposer, 3, B(1), "X");
        Assert.Equal(ProposerPhase.Accepting, State(proposer).Phase);
        Accepted(proposer, 1, B(1), "X");
        Assert.Equal(
            "proposer 1: Done maxRound=1 ballot=1.1 requested=X proposed=X answered=[1; 3] highest=none refusals=0 leads=yes",
            $"{State(proposer)}");
        Pass(Options.ResendInterval * 10);
        State(proposer);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void It_proposes_the_value_with_the_highest_number_among_the_promises_not_its_clients()
    {
        foreach (var order in (int[][])[[1, 2], [2, 1]])
        {
            var proposer = Proposer(order[0]);
            var ballot = PreparingAbove(proposer, 4, order[0], "mine");
            foreach (var acceptor in order)
                Promise(proposer, acceptor, ballot, acceptor == 1 ? new Proposal(B(4, 2), "high") : new Proposal(B(3, 3), "low"));
            ExpectAll(new Accept(ballot, "high"));
        }
    }

    [Fact]
    public void It_proposes_its_clients_value_only_where_no_promise_has_one()
    {
        var proposer = Proposer();
        var ballot = PreparingAbove(proposer, 4, 1, "mine");
        Promise(proposer, 3, ballot, new Proposal(B(3, 3), "theirs"));
        Promise(proposer, 2, ballot);
        ExpectAll(new Accept(ballot, "theirs"));
    }

    /// <summary>Lets a proposer that has heard of <paramref name="round"/> ask for promises of the next.</summary>
    private Ballot PreparingAbove(IActorRef proposer, long round, int id, string value)
    {
        proposer.Tell(new Nack(N(1), Ballot.Bottom, B(round, 3)));
        proposer.Tell(new Request(value));
        var ballot = B(round + 1, id);
        ExpectAll(new Prepare(ballot));
        return ballot;
    }

    [Fact]
    public void A_second_request_does_not_change_its_value()
    {
        var proposer = Preparing("first");
        proposer.Tell(new Request("second"));
        Promise(proposer, 1, B(1));
        Promise(proposer, 2, B(1));
        ExpectAll(new Accept(B(1), "first"));
    }

    // ---- duplicates, and what comes late ----

    [Fact]
    public void A_promise_counts_once_however_often_it_comes()
    {
        var proposer = Preparing();
        for (var i = 0; i < 3; i++) Promise(proposer, 2, B(1));
        Assert.Equal([N(2)], State(proposer).Answered);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void An_accepted_counts_once_and_only_under_its_own_number()
    {
        var proposer = Accepting();
        for (var i = 0; i < 3; i++) Accepted(proposer, 2, B(1), "X");
        Accepted(proposer, 1, new Ballot(0, N(1)), "X");
        Accepted(proposer, 3, B(2, 3), "Y");
        Assert.Equal(ProposerPhase.Accepting, State(proposer).Phase);
    }

    [Fact]
    public void Promises_of_an_attempt_that_it_gave_up_do_not_count()
    {
        var proposer = Preparing();
        Promise(proposer, 1, B(1));
        proposer.Tell(new Nack(N(3), B(1), B(1, 2)));
        State(proposer);
        Pass(Options.RetryMax);
        ExpectAll(new Prepare(B(2)));
        Promise(proposer, 2, B(1), new Proposal(new Ballot(0, N(3)), "old"));
        Promise(proposer, 3, B(2));
        Assert.Equal([N(3)], State(proposer).Answered);
        Assert.Null(State(proposer).Highest);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void A_third_promise_changes_nothing_once_it_has_proposed()
    {
        var proposer = Accepting("X");
        Promise(proposer, 3, B(1), new Proposal(new Ballot(0, N(2)), "late"));
        Assert.Equal("X", State(proposer).Proposed);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    // ---- lost messages ----

    [Fact]
    public void It_asks_those_again_that_have_not_answered_in_both_phases()
    {
        var proposer = Preparing();
        Promise(proposer, 2, B(1));
        State(proposer);
        Pass(Options.ResendInterval);
        Probe(SynodRole.Acceptor, 1).ExpectMsg(new Prepare(B(1)), InTime);
        Probe(SynodRole.Acceptor, 3).ExpectMsg(new Prepare(B(1)), InTime);
        Promise(proposer, 3, B(1));
        ExpectAll(new Accept(B(1), "X")); // acceptor 2 was not asked for its promise again
        Accepted(proposer, 1, B(1), "X");
        State(proposer);
        Pass(Options.ResendInterval);
        Probe(SynodRole.Acceptor, 2).ExpectMsg(new Accept(B(1), "X"), InTime);
        Probe(SynodRole.Acceptor, 3).ExpectMsg(new Accept(B(1), "X"), InTime);
        Probe(SynodRole.Acceptor, 1).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_client_that_asks_again_makes_it_have_the_acceptors_say_it_again()
    {
        var proposer = Accepting();
        Accepted(proposer, 1, B(1), "X");
        Accepted(proposer, 2, B(1), "X");
        proposer.Tell(new Request("X"));
        ExpectAll(new Accept(B(1), "X"));
    }

    // ---- refused ----

    [Fact]
    public void Refused_in_either_phase_it_rests_and_begins_again_above_the_higher_number()
    {
        var proposer = Preparing();
        proposer.Tell(new Nack(N(2), B(1), B(7, 3)));
        Assert.Equal(ProposerPhase.Resting, State(proposer).Phase);
        Pass(Options.RetryMin * 0.9);
        State(proposer);
        ExpectSilence(SynodRole.Acceptor, AMoment);
        Pass(Options.RetryMax);
        ExpectAll(new Prepare(B(8)));

        Promise(proposer, 1, B(8));
        Promise(proposer, 2, B(8));
        ExpectAll(new Accept(B(8), "X"));
        Accepted(proposer, 1, B(8), "X");
        proposer.Tell(new Nack(N(2), B(8), B(9, 2)));
        Assert.Equal(ProposerPhase.Resting, State(proposer).Phase);
        Pass(Options.RetryMax);
        ExpectAll(new Prepare(B(10)));
        Assert.Empty(State(proposer).Answered);
    }

    [Fact]
    public void A_refusal_of_an_earlier_attempt_only_tells_it_of_the_higher_number()
    {
        var proposer = Preparing();
        proposer.Tell(new Nack(N(2), new Ballot(0, N(1)), B(5, 2)));
        var state = State(proposer);
        Assert.Equal((ProposerPhase.Preparing, 5L, B(1)), (state.Phase, state.MaxRound, state.Ballot));
    }

    [Fact]
    public void A_refusal_by_a_minority_that_comes_late_does_not_make_it_begin_again()
    {
        var proposer = Accepting();
        Accepted(proposer, 1, B(1), "X");
        Accepted(proposer, 2, B(1), "X");
        proposer.Tell(new Nack(N(3), B(1), B(2, 2)));
        Assert.Equal(ProposerPhase.Done, State(proposer).Phase);
        Pass(Options.RetryMax * 2);
        State(proposer);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void Its_rests_are_random_by_its_seed_within_a_bound_that_grows_to_the_maximum()
    {
        var delay = new RetryDelay(Options, new Random(1));
        var again = new RetryDelay(Options, new Random(1));
        var other = new RetryDelay(Options, new Random(2));
        var (bound, differs) = (Options.RetryMin, false);
        for (var i = 1; i <= 12; i++)
        {
            var rest = delay.Next();
            bound = bound * Options.RetryFactor < Options.RetryMax ? bound * Options.RetryFactor : Options.RetryMax;
            Assert.InRange(rest, Options.RetryMin, bound);
            Assert.Equal(bound, delay.Bound);
            Assert.Equal(i, delay.Refusals);
            Assert.Equal(rest, again.Next());
            differs |= rest != other.Next();
        }

        Assert.Equal(Options.RetryMax, delay.Bound);
        Assert.True(differs);
        delay.Reset();
        Assert.Equal((0, Options.RetryMin), (delay.Refusals, delay.Bound));
    }

    // ---- the distinguished proposer ----

    [Fact]
    public void A_proposer_that_is_not_the_distinguished_one_passes_requests_on()
    {
        Options = Options with { DistinguishedProposer = N(2) };
        var proposer = Proposer(1);
        proposer.Tell(new Request("X"));
        Probe(SynodRole.Proposer, 2).ExpectMsg(new Request("X"), InTime);
        Assert.Equal(ProposerPhase.Idle, State(proposer).Phase);
        ExpectSilence(SynodRole.Acceptor, AMoment);

        Proposer(2).Tell(new Request("X"));
        ExpectAll(new Prepare(B(1, 2)));
    }

    [Fact]
    public void Told_to_lead_it_takes_over_what_another_left_half_done_without_a_request()
    {
        Options = Options with { DistinguishedProposer = N(1) };
        var proposer = Proposer(2);
        proposer.Tell(Lead.Instance);
        ExpectAll(new Prepare(B(1, 2)));
        Promise(proposer, 1, B(1, 2), new Proposal(B(1, 1), "V"));
        Promise(proposer, 2, B(1, 2));
        ExpectAll(new Accept(B(1, 2), "V"));
    }

    [Fact]
    public void Told_to_lead_where_nothing_was_begun_it_has_phase_1_behind_it_when_a_request_comes()
    {
        var proposer = Proposer();
        proposer.Tell(Lead.Instance);
        ExpectAll(new Prepare(B(1)));
        Promise(proposer, 1, B(1));
        Promise(proposer, 3, B(1));
        Assert.Equal(ProposerPhase.Prepared, State(proposer).Phase);
        Pass(Options.ResendInterval * 3);
        State(proposer);
        ExpectSilence(SynodRole.Acceptor, AMoment);
        proposer.Tell(new Request("X"));
        ExpectAll(new Accept(B(1), "X"));
    }

    // ---- maxRound on stable storage ----

    [Fact]
    public void No_acceptor_hears_of_a_round_before_it_is_in_the_journal_S2()
    {
        Gate.Close();
        var proposer = Proposer();
        proposer.Tell(new Request("X"));
        ExpectSilence(SynodRole.Acceptor, AMoment);
        Gate.Open();
        ExpectAll(new Prepare(B(1)));
    }

    [Fact]
    public void After_a_restart_it_never_uses_a_number_again()
    {
        var used = new HashSet<Ballot>();
        for (var life = 1; life <= 4; life++)
        {
            var proposer = Proposer();
            proposer.Tell(new Request($"value of life {life}"));
            for (var attempt = 1; attempt <= 2; attempt++)
            {
                var ballot = Probe(SynodRole.Acceptor, 1).ExpectMsg<Prepare>(InTime).Ballot;
                Assert.True(used.Add(ballot), $"{ballot} was used twice");
                proposer.Tell(new Nack(N(1), ballot, ballot with { Leader = N(3) }));
                State(proposer);
                if (attempt == 1) Pass(Options.RetryMax);
            }

            StopAndWait(proposer);
        }

        Assert.Equal(Enumerable.Range(1, 8).Select(round => B(round)), used.Order());
    }

    [Fact]
    public void After_a_restart_promises_of_its_earlier_life_do_not_count()
    {
        StopAndWait(Preparing());
        var proposer = Proposer();
        Promise(proposer, 1, B(1));
        Promise(proposer, 2, B(1));
        Assert.Equal(ProposerPhase.Idle, State(proposer).Phase);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void With_a_journal_that_fails_it_says_why_and_proposes_nothing()
    {
        var proposer = Proposer();
        Watch(proposer);
        State(proposer);
        Gate.Fail("no space left on device");
        EventFilter.Error(start: "proposer 1: the journal cannot be written: ", contains: "no space left on device")
            .ExpectOne(() => proposer.Tell(new Request("X")));
        ExpectTerminated(proposer, InTime);
        ExpectSilence(SynodRole.Acceptor);
    }
}

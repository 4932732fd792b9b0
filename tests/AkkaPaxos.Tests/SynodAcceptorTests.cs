using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Accept = AkkaPaxos.Synod.Accept;
using Accepted = AkkaPaxos.Synod.Accepted;
using Acceptor = AkkaPaxos.Synod.Acceptor;
using Prepare = AkkaPaxos.Synod.Prepare;
using Promise = AkkaPaxos.Synod.Promise;

namespace AkkaPaxos.Tests;

/// <summary>The acceptor of single-decree Paxos against probes: promises, acceptance, refusals, S1 and recovery.</summary>
public class SynodAcceptorTests() : SynodTestBase(GatedJournal.Hocon)
{
    private Gate Gate => Gate.Of(Sys);

    private IActorRef Acceptor(int id = 1) => StartSynod(typeof(Acceptor), id);

    /// <summary>The answer to the proposer whose number it is.</summary>
    private object Prepare(IActorRef acceptor, Ballot ballot)
    {
        acceptor.Tell(new Prepare(ballot));
        return Probe(SynodRole.Proposer, ballot.Leader.Value).ReceiveOne(InTime);
    }

    private object Accept(IActorRef acceptor, Ballot ballot, string value)
    {
        acceptor.Tell(new Accept(ballot, value));
        return Probe(SynodRole.Proposer, ballot.Leader.Value).ReceiveOne(InTime);
    }

    [Fact]
    public void It_promises_a_number_and_says_it_has_accepted_nothing() =>
        Assert.Equal(new Promise(N(1), B(3, 1), null), Prepare(Acceptor(), B(3, 1)));

    [Fact]
    public void It_promises_the_same_number_as_often_as_it_is_asked_and_journals_it_once()
    {
        var acceptor = Acceptor();
        for (var i = 0; i < 3; i++) Assert.Equal(new Promise(N(1), B(2, 3), null), Prepare(acceptor, B(2, 3)));
        Assert.Equal(1, Gate.Writes.Sum());
    }

    [Fact]
    public void It_refuses_a_lower_number_and_names_the_one_it_has_promised()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(4, 2));
        Assert.Equal(new Nack(N(1), B(4, 1), B(4, 2)), Prepare(acceptor, B(4, 1)));
        Assert.Equal(new Nack(N(1), B(3, 3), B(4, 2)), Accept(acceptor, B(3, 3), "late"));
        ExpectSilence(SynodRole.Learner, AMoment);
        Assert.Equal(new AcceptorState(N(1), B(4, 2), null, B(4, 2), null), StateOf<AcceptorState>(acceptor));
    }

    [Fact]
    public void It_accepts_under_the_number_it_has_promised_and_tells_the_proposer_and_every_learner()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1, 2));
        var accepted = new Accepted(N(1), B(1, 2), "X");
        Assert.Equal(accepted, Accept(acceptor, B(1, 2), "X"));
        Assert.All(Probes(SynodRole.Learner), learner => learner.ExpectMsg(accepted, InTime));
    }

    [Fact]
    public void It_accepts_without_a_promise_too_and_so_promises()
    {
        var acceptor = Acceptor();
        Accept(acceptor, B(5, 3), "X");
        Assert.Equal(new Nack(N(1), B(4, 1), B(5, 3)), Prepare(acceptor, B(4, 1)));
    }

    [Fact]
    public void A_promise_tells_the_proposal_with_the_highest_number_which_may_replace_another_value()
    {
        var acceptor = Acceptor();
        Accept(acceptor, B(1, 1), "X");
        Assert.Equal(new Promise(N(1), B(2, 2), new Proposal(B(1, 1), "X")), Prepare(acceptor, B(2, 2)));
        Accept(acceptor, B(2, 2), "Y");
        Assert.Equal(new Nack(N(1), B(1, 1), B(2, 2)), Accept(acceptor, B(1, 1), "X")); // a duplicate of what it accepted once
        Assert.Equal(new Promise(N(1), B(3, 1), new Proposal(B(2, 2), "Y")), Prepare(acceptor, B(3, 1)));
    }

    [Fact]
    public void An_accept_that_comes_again_is_answered_again_and_journaled_once()
    {
        var acceptor = Acceptor();
        var accepted = new Accepted(N(1), B(1, 1), "X");
        for (var i = 0; i < 3; i++) Assert.Equal(accepted, Accept(acceptor, B(1, 1), "X"));
        for (var i = 0; i < 3; i++) Probe(SynodRole.Learner, 2).ExpectMsg(accepted, InTime);
        Assert.Equal(1, Gate.Writes.Sum());
    }

    [Fact]
    public void Two_values_under_one_number_stop_it_A4()
    {
        var acceptor = Acceptor();
        Accept(acceptor, B(1, 1), "X");
        EventFilter.Exception<InvariantViolationException>().ExpectOne(() => acceptor.Tell(new Accept(B(1, 1), "Y")));
        Probe(SynodRole.Proposer, 1).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void With_a_distinguished_learner_it_tells_only_that_one()
    {
        Options = Options with { DistinguishedLearner = N(2) };
        Accept(Acceptor(), B(1, 1), "X");
        Probe(SynodRole.Learner, 2).ExpectMsg(new Accepted(N(1), B(1, 1), "X"), InTime);
        Probe(SynodRole.Learner, 1).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_learner_that_asks_is_told_what_is_accepted_and_nothing_where_nothing_is()
    {
        Options = Options with { DistinguishedLearner = N(2) };
        var acceptor = Acceptor();
        acceptor.Tell(new Inquire(N(1)));
        Prepare(acceptor, B(1, 1));
        acceptor.Tell(new Inquire(N(1)));
        Accept(acceptor, B(1, 1), "X");
        Prepare(acceptor, B(2, 2));
        ExpectSilence(SynodRole.Client, AMoment);
        Probe(SynodRole.Learner, 1).ExpectNoMsg(TimeSpan.Zero);
        acceptor.Tell(new Inquire(N(1)));
        Probe(SynodRole.Learner, 1).ExpectMsg(new Accepted(N(1), B(1, 1), "X"), InTime);
    }

    [Fact]
    public void Whatever_the_order_and_however_often_messages_come_it_answers_by_its_three_rules()
    {
        var random = new Random(20261120);
        var acceptor = Acceptor();
        var (promised, accepted) = (Ballot.Bottom, (Proposal?)null);
        for (var i = 0; i < 1000; i++)
        {
            var ballot = B(1 + i / 50 + random.Next(4), 1 + random.Next(3));
            var prepare = random.Next(2) == 0;
            var answer = prepare ? Prepare(acceptor, ballot) : Accept(acceptor, ballot, $"of {ballot}");
            if (ballot < promised)
            {
                Assert.Equal(new Nack(N(1), ballot, promised), answer);
                continue;
            }

            promised = ballot;
            if (prepare)
            {
                Assert.Equal(new Promise(N(1), ballot, accepted), answer);
            }
            else
            {
                accepted = new Proposal(ballot, $"of {ballot}");
                Assert.Equal(new Accepted(N(1), ballot, accepted.Value), answer);
            }
        }
    }

    // ---- S1 ----

    [Fact]
    public void No_answer_leaves_before_what_it_says_is_in_the_journal_S1()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1, 1));
        Gate.Close();
        acceptor.Tell(new Accept(B(1, 1), "X"));
        acceptor.Tell(new Accept(B(1, 1), "X")); // asked again
        acceptor.Tell(new Prepare(B(2, 2)));
        acceptor.Tell(new Prepare(B(2, 2)));     // asked again
        acceptor.Tell(new Accept(B(1, 1), "X")); // refused, for a promise that is not on disk yet
        acceptor.Tell(new Inquire(N(1)));
        Assert.Equal(new AcceptorState(N(1), B(1, 1), null, B(2, 2), new Proposal(B(1, 1), "X")), StateOf<AcceptorState>(acceptor));
        ExpectSilence(SynodRole.Proposer, AMoment);
        ExpectSilence(SynodRole.Learner);

        Gate.Open();
        for (var i = 0; i < 2; i++) Probe(SynodRole.Proposer, 1).ExpectMsg(new Accepted(N(1), B(1, 1), "X"), InTime);
        for (var i = 0; i < 2; i++) Probe(SynodRole.Proposer, 2).ExpectMsg(new Promise(N(1), B(2, 2), new Proposal(B(1, 1), "X")), InTime);
        Probe(SynodRole.Proposer, 1).ExpectMsg(new Nack(N(1), B(1, 1), B(2, 2)), InTime);
    }

    [Fact]
    public void With_a_journal_that_fails_it_says_why_answers_nothing_and_stops()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1, 1));
        Watch(acceptor);
        Gate.Close();
        acceptor.Tell(new Accept(B(1, 1), "X"));
        acceptor.Tell(new Accept(B(1, 1), "X"));
        EventFilter.Error(start: "acceptor 1: the journal cannot be written: ", contains: "no space left on device")
            .ExpectOne(() => Gate.Fail("no space left on device"));
        ExpectTerminated(acceptor, InTime);
        ExpectSilence(SynodRole.Proposer, AMoment);
    }

    // ---- recovery ----

    [Fact]
    public void After_a_restart_between_promise_and_accept_it_still_keeps_its_promise()
    {
        var first = Acceptor();
        Prepare(first, B(4, 3));
        StopAndWait(first);
        var second = Acceptor();
        Assert.Equal(new Nack(N(1), B(3, 1), B(4, 3)), Accept(second, B(3, 1), "late"));
        Assert.Equal(new Accepted(N(1), B(4, 3), "Y"), Accept(second, B(4, 3), "Y"));
    }

    [Fact]
    public void After_a_restart_it_still_has_accepted_what_it_had()
    {
        var first = Acceptor();
        Accept(first, B(1, 1), "X");
        Accept(first, B(2, 2), "Y");
        Prepare(first, B(3, 3));
        StopAndWait(first);
        var second = Acceptor();
        var accepted = new Proposal(B(2, 2), "Y");
        Assert.Equal(new AcceptorState(N(1), B(3, 3), accepted, B(3, 3), accepted), StateOf<AcceptorState>(second));
        Assert.Equal(new Promise(N(1), B(4, 1), accepted), Prepare(second, B(4, 1)));
    }

    [Fact]
    public void It_does_not_answer_by_another_acceptors_journal()
    {
        Accept(Acceptor(1), B(1, 1), "X");
        Assert.Equal(new Promise(N(2), B(1, 1), null), Prepare(Acceptor(2), B(1, 1)));
    }
}

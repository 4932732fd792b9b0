using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Accepted = AkkaPaxos.Synod.Accepted;
using Response = AkkaPaxos.Synod.Response;

namespace AkkaPaxos.Tests;

/// <summary>The learner of single-decree Paxos against probes, in virtual time: what adds up to a choice, and what does not.</summary>
public class SynodLearnerTests() : SynodTestBase(virtualTime: true)
{
    private IActorRef Learner(int id = 1) => StartSynod(typeof(Learner), id);

    private static void Accepted(IActorRef learner, int acceptor, Ballot ballot, string value) =>
        learner.Tell(new Accepted(N(acceptor), ballot, value));

    private Proposal? ChosenAt(IActorRef learner) => StateOf<LearnerState>(learner).Chosen;

    private void ExpectResponses(string value, int from = 1) =>
        Assert.All(Probes(SynodRole.Client), client => client.ExpectMsg(new Response(N(from), value), InTime));

    [Fact]
    public void A_majority_under_one_number_makes_a_choice_and_every_client_is_told_once()
    {
        var learner = Learner();
        Accepted(learner, 3, B(1), "X");
        Assert.Null(ChosenAt(learner));
        Accepted(learner, 1, B(1), "X");
        ExpectResponses("X");
        Accepted(learner, 2, B(1), "X"); // the third changes nothing
        Assert.Equal(new Proposal(B(1), "X"), ChosenAt(learner));
        ExpectSilence(SynodRole.Client, AMoment);
    }

    [Fact]
    public void Accepted_of_different_numbers_does_not_add_up_even_where_the_value_is_the_same()
    {
        var learner = Learner();
        Accepted(learner, 1, B(1), "X");
        Accepted(learner, 2, B(2, 2), "Y");
        Accepted(learner, 3, B(3, 3), "X");
        Assert.Equal("learner 1: chosen=none counted=[1.1:X by 1; 2.2:Y by 2; 3.3:X by 3]", $"{StateOf<LearnerState>(learner)}");
        ExpectSilence(SynodRole.Client, AMoment);
        Accepted(learner, 1, B(3, 3), "X");
        ExpectResponses("X");
        Assert.Equal("learner 1: chosen=3.3:X counted=[1.1:X by 1; 2.2:Y by 2; 3.3:X by 1,3]", $"{StateOf<LearnerState>(learner)}");
    }

    [Fact]
    public void An_acceptor_counts_once_however_often_it_says_it()
    {
        var learner = Learner();
        for (var i = 0; i < 3; i++) Accepted(learner, 2, B(1), "X");
        Assert.Null(ChosenAt(learner));
    }

    [Fact]
    public void What_is_known_is_told_again_when_an_acceptor_says_it_again_or_a_later_number_gets_a_majority()
    {
        var learner = Learner();
        Accepted(learner, 1, B(1), "X");
        Accepted(learner, 2, B(1), "X");
        ExpectResponses("X");
        Accepted(learner, 2, B(1), "X");
        ExpectResponses("X");
        Accepted(learner, 1, B(2, 2), "X");
        Accepted(learner, 3, B(2, 2), "X");
        ExpectResponses("X");
        Assert.Equal(new Proposal(B(1), "X"), ChosenAt(learner));
    }

    [Fact]
    public void It_asks_the_acceptors_until_it_knows()
    {
        var learner = Learner();
        StateOf<LearnerState>(learner);
        for (var i = 0; i < 2; i++)
        {
            Pass(Options.InquireInterval);
            Assert.All(Probes(SynodRole.Acceptor), acceptor => acceptor.ExpectMsg(new Inquire(N(1)), InTime));
        }

        Accepted(learner, 1, B(1), "X");
        Accepted(learner, 2, B(1), "X");
        ExpectResponses("X");
        Pass(Options.InquireInterval * 3);
        StateOf<LearnerState>(learner);
        ExpectSilence(SynodRole.Acceptor, AMoment);
    }

    [Fact]
    public void The_distinguished_learner_tells_the_others_and_they_believe_it()
    {
        Options = Options with { DistinguishedLearner = N(1) };
        var learner = Learner(1);
        Accepted(learner, 1, B(1), "X");
        Probe(SynodRole.Learner, 2).ExpectNoMsg(AMoment);
        Accepted(learner, 2, B(1), "X");
        Probe(SynodRole.Learner, 2).ExpectMsg(new Chosen(B(1), "X"), InTime);
        Probe(SynodRole.Learner, 1).ExpectNoMsg(AMoment); // not to itself
        ExpectResponses("X");

        var other = Learner(2);
        other.Tell(new Chosen(B(1), "X"));
        ExpectResponses("X", from: 2);
        Assert.Equal(new Proposal(B(1), "X"), ChosenAt(other));
        Probe(SynodRole.Learner, 1).ExpectNoMsg(AMoment); // only the distinguished one tells
    }

    [Fact]
    public void While_the_distinguished_learner_is_silent_another_counts_for_itself()
    {
        Options = Options with { DistinguishedLearner = N(1) };
        var other = Learner(2);
        StateOf<LearnerState>(other);
        Pass(Options.InquireInterval);
        Probe(SynodRole.Acceptor, 3).ExpectMsg(new Inquire(N(2)), InTime);
        Accepted(other, 3, B(1), "X");
        Accepted(other, 1, B(1), "X");
        ExpectResponses("X", from: 2);
    }

    [Fact]
    public void Two_chosen_values_stop_it_A5()
    {
        var learner = Learner();
        Accepted(learner, 1, B(1), "X");
        Accepted(learner, 2, B(1), "X");
        ExpectResponses("X");
        Accepted(learner, 2, B(2, 2), "Y");
        EventFilter.Exception<InvariantViolationException>(contains: "A5").ExpectOne(() => Accepted(learner, 3, B(2, 2), "Y"));
        ExpectSilence(SynodRole.Client, AMoment);
    }

    [Fact]
    public void Two_values_under_one_number_stop_it_A4()
    {
        var learner = Learner();
        Accepted(learner, 1, B(1), "X");
        EventFilter.Exception<InvariantViolationException>(contains: "A4").ExpectOne(() => Accepted(learner, 2, B(1), "Y"));
    }
}

using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The scout: PMMC figure 6. The test is its leader, probes are the acceptors.</summary>
public class ScoutTests : RoleTestBase
{
    private IActorRef Scout(Ballot ballot, long fromSlot = 1) =>
        Watch(Sys.ActorOf(Props.Create(typeof(Scout), Node(), TestActor, ballot, fromSlot)));

    private static Promise Promise(int from, Ballot promised, params PValue[] accepted) => Page(from, promised, 1, 0, accepted);

    private static Promise Page(int from, Ballot promised, long slot, long next, params PValue[] accepted) =>
        new(new NodeId(from), promised, slot, next, 1, accepted);

    private Adopted ExpectAdopted(IActorRef scout)
    {
        var adopted = ExpectMsg<Adopted>(InTime);
        ExpectTerminated(scout, InTime);
        return adopted;
    }

    [Fact]
    public void It_asks_every_acceptor()
    {
        Scout(B(4), fromSlot: 12);
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Prepare(B(4), 12), InTime);
    }

    [Fact]
    public void A_majority_is_enough_and_it_ends()
    {
        var scout = Scout(B(4));
        scout.Tell(Promise(2, B(4)));
        scout.Tell(Promise(3, B(4)));
        var adopted = ExpectAdopted(scout);
        Assert.Equal((B(4), 1L), (adopted.Ballot, adopted.TruncatedBelow));
        Assert.Empty(adopted.PValues);
    }

    [Fact]
    public void One_acceptor_is_not_enough_however_often_it_answers()
    {
        var scout = Scout(B(4));
        for (var i = 0; i < 3; i++) scout.Tell(Promise(2, B(4)));
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void It_takes_over_the_pvalues_of_two_earlier_ballots_and_for_each_slot_the_highest()
    {
        var scout = Scout(B(4));
        scout.Tell(Promise(1, B(4), P(B(2, 2), 1, "old"), P(B(2, 2), 2, "b"), P(B(3, 3), 5, "e")));
        scout.Tell(Promise(3, B(4), P(B(3, 3), 1, "new"), P(B(2, 2), 5, "older")));
        Assert.Equal([P(B(3, 3), 1, "new"), P(B(2, 2), 2, "b"), P(B(3, 3), 5, "e")], ExpectAdopted(scout).PValues);
    }

    [Fact]
    public void It_pulls_pages_and_an_acceptor_counts_when_its_last_one_has_come()
    {
        var scout = Scout(B(4));
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 1), InTime);
        scout.Tell(Page(1, B(4), 1, 5, P(B(2), 1, "a")));
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 5), InTime);
        ExpectMsg(new ScoutAdvanced(B(4)), InTime);
        scout.Tell(Promise(2, B(4)));
        ExpectNoMsg(AMoment);
        scout.Tell(Page(1, B(4), 5, 0, P(B(3), 5, "e")));
        Assert.Equal([P(B(2), 1, "a"), P(B(3), 5, "e")], ExpectAdopted(scout).PValues);
    }

    [Fact]
    public void A_page_that_comes_twice_or_late_neither_counts_nor_asks_again()
    {
        var scout = Scout(B(4));
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 1), InTime);
        scout.Tell(Page(1, B(4), 1, 5, P(B(2), 1, "a")));
        scout.Tell(Page(1, B(4), 1, 5, P(B(2), 1, "a")));
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 5), InTime);
        scout.Tell(Page(1, B(4), 9, 0)); // a page that it did not ask for
        scout.Tell(Page(1, B(4), 5, 0));
        scout.Tell(Page(1, B(4), 1, 5, P(B(2), 1, "a")));
        Peers.AcceptorProbe(1).ExpectNoMsg(AMoment);
        ExpectMsg(new ScoutAdvanced(B(4)), InTime);
        ExpectNoMsg(TimeSpan.Zero);
        scout.Tell(Promise(3, B(4)));
        ExpectAdopted(scout);
    }

    [Fact]
    public void A_higher_ballot_preempts_it()
    {
        var scout = Scout(B(4));
        scout.Tell(Promise(1, B(4)));
        scout.Tell(Promise(2, B(4, 2)));
        scout.Tell(Promise(3, B(4)));
        ExpectMsg(new Preempted(B(4, 2)), InTime);
        ExpectTerminated(scout, InTime);
    }

    [Fact]
    public void A_promise_for_a_lower_ballot_is_not_for_it()
    {
        var scout = Scout(B(4));
        scout.Tell(Promise(1, B(3)));
        scout.Tell(Promise(2, B(4)));
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void It_asks_those_again_that_owe_an_answer_for_the_page_they_owe()
    {
        var scout = Scout(B(4));
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Prepare(B(4), 1), InTime);
        scout.Tell(Page(1, B(4), 1, 5));
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 5), InTime);
        scout.Tell(Promise(2, B(4)));
        scout.Tell(Resend.Instance);
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(4), 5), InTime);
        Peers.AcceptorProbe(3).ExpectMsg(new Prepare(B(4), 1), InTime);
        Peers.AcceptorProbe(2).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void It_tells_the_highest_truncation_point()
    {
        var scout = Scout(B(4));
        scout.Tell(Promise(1, B(4)) with { TruncatedBelow = 7 });
        scout.Tell(Promise(3, B(4)) with { TruncatedBelow = 3 });
        Assert.Equal(7, ExpectAdopted(scout).TruncatedBelow);
    }
}

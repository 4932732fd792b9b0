using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// When the leader of node 1 tries to lead, and when it leads no more: whom it hears, whom the others say they hear, and whether a quorum answers. Everybody
/// else is a probe, time is virtual.
/// </summary>
public class ElectionTests() : RoleTestBase(GatedJournal.Hocon, virtualTime: true)
{
    private long _question = 1000;

    private TimeSpan Silence => Settings.LeaderTimeout * (1 + Settings.LeaderJitter);

    private int TimeoutTicks => (int)Math.Ceiling(Settings.LeaderTimeout / Settings.HeartbeatInterval);

    private TestProbe Replica => Peers.ReplicaProbe(1);

    private IActorRef StartLeader()
    {
        var leader = Start("leader", typeof(Leader));
        Settle(leader);
        return leader;
    }

    /// <summary>The leader of one node of five: two that are silent are not enough.</summary>
    private IActorRef StartLeaderOfFive()
    {
        var five = new Membership(Enumerable.Range(1, 5).Select(id => new Member(new NodeId(id), $"akka.tcp://akkapaxos@10.0.0.{id}:4053")));
        var leader = Sys.ActorOf(Props.Create(typeof(Leader), Node() with { Membership = five }));
        Settle(leader);
        return leader;
    }

    /// <summary>Returns when the leader, which must not be active, has handled everything that it was sent.</summary>
    private void Settle(IActorRef leader)
    {
        var probe = CreateTestProbe();
        leader.Tell(new ReadIndex(++_question), probe.Ref);
        probe.ExpectMsg(new ReadIndexResult(_question, -1), InTime);
    }

    private void Tick(IActorRef leader, int times = 1)
    {
        for (; times > 0; times--)
        {
            Settle(leader);
            Pass(Settings.HeartbeatInterval);
        }
        Settle(leader);
    }

    /// <summary>Lets the leader bear silence no longer.</summary>
    /// <returns>What it asks the others then.</returns>
    private Poll Asks(IActorRef leader)
    {
        Pass(Silence);
        Settle(leader); // it hears nobody now, if it did
        Pass(Silence);
        Settle(leader);
        var asked = Peers.LeaderProbe(2).FishAll<Poll>();
        Assert.NotEmpty(asked);
        return asked[^1];
    }

    private static PollResult Silent(int node, Poll poll) => new(new NodeId(node), poll.Id, Ballot.Bottom, false, null);

    private static PollResult Hears(int node, Poll poll, Ballot ballot) => new(new NodeId(node), poll.Id, ballot, true, TimeSpan.Zero);

    private static PollResult KnowsOf(int node, Poll poll, Ballot ballot, TimeSpan age) => new(new NodeId(node), poll.Id, ballot, false, age);

    private void ExpectsNoScout(IActorRef leader)
    {
        Settle(leader);
        ExpectNoMsg(AMoment);
        Assert.Empty(Peers.AcceptorProbe(2).FishAll<Prepare>());
    }

    private void ExpectHeartbeat() => Peers.LeaderProbe(3).FishForMessage(m => m is Heartbeat, InTime);

    /// <summary>
    /// Two acceptors answer a confirmer, which has to ask: it is an actor of its own, and how soon it asks and is heard is not for ticks to say. When this returns
    /// the leader has its answer, before whatever comes next.
    /// </summary>
    private void ConfirmBallot(Ballot promised)
    {
        var acceptor = Peers.AcceptorProbe(2);
        var confirm = (Confirm)acceptor.FishForMessage(m => m is Confirm, InTime);
        var confirmer = Watch(acceptor.LastSender);
        foreach (var node in (int[])[2, 3]) confirmer.Tell(new Confirmed(new NodeId(node), promised, confirm.Id));
        ExpectTerminated(confirmer, InTime);
    }

    private Ballot ExpectScout() => ((Prepare)Peers.AcceptorProbe(2).FishForMessage(m => m is Prepare, InTime)).Ballot;

    private LeaderChanged ExpectChange() => Replica.ExpectMsg<LeaderChanged>(InTime);

    /// <summary>The leader leads with the next ballot.</summary>
    private Ballot Lead(IActorRef leader)
    {
        leader.Tell(Silent(2, Asks(leader)));
        var ballot = ExpectScout();
        foreach (var node in (int[])[1, 2]) ExpectPrepare(node).Tell(new Promise(new NodeId(node), ballot, 1, 0, 1, []));
        Replica.FishForMessage(m => m.Equals(new LeaderChanged(ballot, true)), InTime);
        return ballot;

        IActorRef ExpectPrepare(int node)
        {
            if (node != 2) Peers.AcceptorProbe(node).FishForMessage(m => m is Prepare, InTime);
            return Peers.AcceptorProbe(node).LastSender;
        }
    }

    // ---- before it tries ----

    [Fact]
    public void It_asks_the_others_again_and_again_whom_they_hear_and_tries_when_a_quorum_hears_nobody()
    {
        var leader = StartLeader();
        var poll = Asks(leader);
        Peers.LeaderProbe(3).FishAll<Poll>();
        for (var again = 0; again < 3; again++)
        {
            Tick(leader);
            foreach (var node in (int[])[2, 3]) Assert.Equal(poll, Peers.LeaderProbe(node).ExpectMsg<Poll>(InTime));
        }
        ExpectsNoScout(leader);
        leader.Tell(Silent(3, poll));
        Assert.Equal(B(1), ExpectScout());
    }

    [Fact]
    public void Its_round_is_above_all_that_others_tell_of()
    {
        var leader = StartLeader();
        leader.Tell(Silent(3, Asks(leader)) with { Ballot = B(7, 3) });
        Assert.Equal(B(8), ExpectScout());
    }

    [Fact]
    public void It_does_not_try_while_one_of_a_quorum_hears_a_leader()
    {
        var leader = StartLeader();
        var poll = Asks(leader);
        for (var i = 0; i < 30; i++)
        {
            leader.Tell(Hears(2, poll, B(4, 3)));
            Tick(leader);
        }
        ExpectsNoScout(leader);
        leader.Tell(Silent(2, poll));
        Assert.Equal(B(5), ExpectScout());
    }

    [Fact]
    public void An_answer_to_an_earlier_poll_and_one_that_is_old_do_not_count()
    {
        var leader = StartLeader();
        var poll = Asks(leader);
        leader.Tell(Silent(2, new Poll(new NodeId(1), poll.Id - 1)));
        ExpectsNoScout(leader);
        leader.Tell(Hears(2, poll, B(4, 3)));
        Tick(leader, 20); // what node 2 said holds no more, and that it hears nobody it has not said
        ExpectsNoScout(leader);
    }

    [Fact]
    public void Where_leaders_do_not_answer_for_three_time_outs_a_quorum_of_acceptors_that_do_is_enough()
    {
        var leader = StartLeader();
        Pass(Silence);
        Settle(leader);
        Assert.NotEmpty(Peers.LeaderProbe(2).FishAll<Poll>());
        Tick(leader, 3 * TimeoutTicks - 1);
        Assert.Empty(Peers.AcceptorProbe(2).FishAll<Confirm>());
        Tick(leader);
        ConfirmBallot(B(9, 3)); // a higher one, which it does not know
        ExpectsNoScout(leader);
        Tick(leader, TimeoutTicks);
        ConfirmBallot(B(9, 3));
        Assert.Equal(B(10), ExpectScout());
    }

    [Fact]
    public void While_one_of_the_others_hears_a_leader_acceptors_that_answer_are_not_enough()
    {
        var leader = StartLeader();
        var poll = Asks(leader);
        for (var tick = 0; tick < 8 * TimeoutTicks; tick++)
        {
            leader.Tell(Hears(3, poll, B(4, 2)));
            Tick(leader);
        }
        Assert.Empty(Peers.AcceptorProbe(2).FishAll<Confirm>());
        ExpectsNoScout(leader);
    }

    [Fact]
    public void A_cluster_of_one_node_asks_nobody()
    {
        var alone = new Membership([new Member(new NodeId(1), "akka.tcp://akkapaxos@10.0.0.1:4053")]);
        Sys.ActorOf(Props.Create(typeof(Leader), Node() with { Membership = alone }));
        AwaitAssert(() =>
        {
            Pass(Silence);
            Peers.AcceptorProbe(1).ExpectMsg<Prepare>(AMoment);
        }, InTime);
    }

    [Fact]
    public void Told_to_lead_it_asks_nobody_unless_it_knows_of_a_higher_ballot()
    {
        var leader = StartLeader();
        leader.Tell(new Heartbeat(B(7, 3)));
        leader.Tell(new Lead(B(6, 2)));
        ExpectsNoScout(leader);
        leader.Tell(new Lead(B(7, 3)));
        Assert.Equal(B(8), ExpectScout());
    }

    [Fact]
    public void Told_to_lead_it_asks_nobody_for_two_time_outs_either_in_which_the_lease_of_the_other_one_ends()
    {
        var leader = StartLeader();
        leader.Tell(new Lead(B(7, 3)));
        Assert.Equal(B(1), ExpectScout());
        var scout = Watch(Peers.AcceptorProbe(2).LastSender);
        Replica.FishForMessage(m => m.Equals(new LeaderChanged(B(1), false)), InTime);
        Tick(leader, (int)(2 * Settings.LeaderTimeout / Settings.HeartbeatInterval) - 1);
        Assert.Empty(Peers.LeaderProbe(2).FishAll<Poll>());
        Tick(leader, 2);
        leader.Tell(Hears(2, Peers.LeaderProbe(2).FishAll<Poll>()[^1], B(7, 3)));
        ExpectTerminated(scout, InTime);
        Peers.AcceptorProbe(2).FishAll<Prepare>();

        leader.Tell(new Lead(B(0, 3)));
        Assert.Equal(B(8), ExpectScout()); // what it was to overtake is below its own ballot, of which nothing came
    }

    // ---- what it says when it is asked ----

    [Fact]
    public void Asked_it_says_whether_it_hears_a_leader_and_no_more_when_that_has_been_silent_for_almost_a_time_out()
    {
        var leader = StartLeader();
        var poll = new Poll(new NodeId(2), 5);
        Assert.Equal(new PollResult(new NodeId(1), 5, Ballot.Bottom, false, null), Answer());
        leader.Tell(new Heartbeat(B(7, 3)));
        Assert.Equal(new PollResult(new NodeId(1), 5, B(7, 3), true, TimeSpan.Zero), Answer());
        Pass(Settings.LeaderTimeout - 2 * Settings.HeartbeatInterval);
        Assert.True(Answer().IsHeard);
        Pass(Settings.HeartbeatInterval);
        Settle(leader);
        Assert.Equal(new PollResult(new NodeId(1), 5, B(7, 3), false, null), Answer());
        leader.Tell(new Heartbeat(B(8, 3), IsScouting: true));
        Assert.Equal(new PollResult(new NodeId(1), 5, B(8, 3), true, null), Answer()); // one that comes forward is not to be disturbed, and does not lead

        PollResult Answer()
        {
            leader.Tell(poll);
            return (PollResult)Peers.LeaderProbe(2).FishForMessage(m => m is PollResult, InTime);
        }
    }

    [Fact]
    public void An_active_leader_says_that_it_leads()
    {
        var leader = StartLeader();
        var ballot = Lead(leader);
        leader.Tell(new Poll(new NodeId(3), 5));
        Assert.Equal(new PollResult(new NodeId(1), 5, ballot, true, TimeSpan.Zero), Peers.LeaderProbe(3).FishForMessage(m => m is PollResult, InTime));
    }

    [Fact]
    public void When_the_leader_that_it_hears_asks_that_one_leads_no_more()
    {
        var leader = StartLeader();
        leader.Tell(new Heartbeat(B(7, 3)));
        Assert.Equal(new LeaderChanged(B(7, 3), true), ExpectChange());
        leader.Tell(new Poll(new NodeId(3), 5));
        Assert.Equal(new LeaderChanged(B(7, 3), false), ExpectChange());
        Assert.False(((PollResult)Peers.LeaderProbe(3).FishForMessage(m => m is PollResult, InTime)).IsHeard);
        Pass(Settings.LeaderTimeout * Settings.LeaderJitter); // not a whole time-out
        Settle(leader);
        Assert.Single(Peers.LeaderProbe(2).FishAll<Poll>());
    }

    // ---- by way of others ----

    [Fact]
    public void While_others_reach_a_leader_that_it_does_not_hear_its_replica_is_told_by_way_of_whom()
    {
        var leader = StartLeader();
        leader.Tell(new Heartbeat(B(4, 3)));
        Assert.Equal(new LeaderChanged(B(4, 3), true), ExpectChange());
        var poll = Asks(leader);
        Tick(leader);
        Assert.Equal(new LeaderChanged(B(4, 3), false), ExpectChange());
        leader.Tell(Hears(2, poll, B(4, 3)));
        Assert.Equal(new LeaderChanged(B(4, 3), true, new NodeId(2)), ExpectChange());

        for (var i = 0; i < 30; i++)
        {
            leader.Tell(Hears(2, poll, B(4, 3)));
            Tick(leader);
        }
        Replica.ExpectNoMsg(AMoment); // told once
        leader.Tell(new Heartbeat(B(4, 3)));
        Assert.Equal(new LeaderChanged(B(4, 3), true), ExpectChange());
    }

    [Fact]
    public void A_leader_that_nobody_has_heard_for_two_time_outs_is_reached_by_way_of_nobody()
    {
        var leader = StartLeaderOfFive();
        var poll = Asks(leader);
        leader.Tell(KnowsOf(2, poll, B(4, 3), 2 * Settings.LeaderTimeout + TimeSpan.FromMilliseconds(1)));
        leader.Tell(KnowsOf(2, poll, B(4, 3), 2 * Settings.LeaderTimeout - 2 * Settings.HeartbeatInterval));
        Assert.Equal(new LeaderChanged(B(4, 3), true, new NodeId(2)), ExpectChange());
        Tick(leader, 2);
        Replica.ExpectNoMsg(AMoment);
        Tick(leader);
        Assert.False(ExpectChange().IsActive);
    }

    [Fact]
    public void The_highest_ballot_counts_and_then_who_has_heard_its_leader_last_and_that_keeps_nobody_from_trying()
    {
        var leader = StartLeaderOfFive();
        var poll = Asks(leader);
        leader.Tell(KnowsOf(2, poll, B(4, 5), TimeSpan.Zero));
        Assert.Equal(new LeaderChanged(B(4, 5), true, new NodeId(2)), ExpectChange());
        leader.Tell(new PollResult(new NodeId(4), poll.Id, B(6, 5), true, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(new LeaderChanged(B(6, 5), true, new NodeId(4)), ExpectChange());
        leader.Tell(Hears(3, poll, B(6, 5)));
        Assert.Equal(new LeaderChanged(B(6, 5), true, new NodeId(3)), ExpectChange());
        leader.Tell(Silent(4, poll)); // with 2, who only knows of one
        Assert.Equal(B(7), ExpectScout());
    }

    [Fact]
    public void It_says_what_it_knows_of_a_leader_with_the_time_since_and_never_to_the_one_by_whose_way_it_goes()
    {
        var leader = StartLeaderOfFive();
        var poll = Asks(leader);
        leader.Tell(KnowsOf(2, poll, B(4, 3), TimeSpan.FromMilliseconds(30)));
        Tick(leader, 2);
        leader.Tell(new Poll(new NodeId(3), 9));
        Assert.Equal(
            new PollResult(new NodeId(1), 9, B(4, 3), false, TimeSpan.FromMilliseconds(30) + 2 * Settings.HeartbeatInterval),
            Peers.LeaderProbe(3).FishForMessage(m => m is PollResult, InTime));
        leader.Tell(new Poll(new NodeId(2), 9));
        Assert.Null(((PollResult)Peers.LeaderProbe(2).FishForMessage(m => m is PollResult, InTime)).Age);
    }

    [Fact]
    public void A_scout_that_does_not_get_through_is_given_up_when_others_have_a_leader()
    {
        var leader = StartLeader();
        leader.Tell(Silent(2, Asks(leader)));
        Assert.Equal(B(1), ExpectScout());
        var scout = Watch(Peers.AcceptorProbe(2).LastSender);
        Replica.FishForMessage(m => m.Equals(new LeaderChanged(B(1), false)), InTime);
        Peers.LeaderProbe(2).FishAll<Poll>();
        Tick(leader);
        leader.Tell(Hears(2, Peers.LeaderProbe(2).ExpectMsg<Poll>(InTime), B(1, 3)));
        ExpectTerminated(scout, InTime);
        Assert.Equal(new LeaderChanged(B(1, 3), true, new NodeId(2)), ExpectChange());
    }

    [Fact]
    public void A_question_that_may_be_passed_on_goes_to_who_leads_or_by_way_of_another_and_its_answer_back()
    {
        var leader = StartLeader();
        leader.Tell(new ReadIndex(5, Hops: 3), TestActor);
        ExpectMsg(new ReadIndexResult(5, -1), InTime); // nobody is known to lead
        var poll = Asks(leader);
        leader.Tell(Hears(2, poll, B(4, 3)));
        Assert.Equal(2, Asked(2, 6).Hops);
        leader.Tell(new Heartbeat(B(4, 3)));
        Assert.Equal(0, Asked(3, 7).Hops);
        leader.Tell(new ReadIndex(8), TestActor);
        ExpectMsg(new ReadIndexResult(8, -1), InTime);

        ReadIndex Asked(int node, long id)
        {
            leader.Tell(new ReadIndex(id, Hops: 3), TestActor);
            var question = (ReadIndex)Peers.LeaderProbe(node).FishForMessage(m => m is ReadIndex, InTime);
            leader.Tell(new ReadIndexResult(question.Id + 1, 99, 9)); // not awaited
            leader.Tell(new ReadIndexResult(question.Id, 12, 4));
            ExpectMsg(new ReadIndexResult(id, 12, 4), InTime);
            leader.Tell(new ReadIndexResult(question.Id, 13, 4)); // answered already
            ExpectNoMsg(AMoment);
            return question;
        }
    }

    // ---- a leader that no quorum answers ----

    [Fact]
    public void Where_nothing_is_decided_it_asks_acceptors_whether_they_still_answer_and_leads_on_while_a_quorum_does()
    {
        var leader = StartLeader();
        var ballot = Lead(leader);
        ExpectHeartbeat(); // the one that it leads with, of no tick
        for (var question = 0; question < 10; question++)
        {
            Assert.Empty(Peers.AcceptorProbe(2).FishAll<Confirm>());
            for (var tick = 0; tick < TimeoutTicks; tick++)
            {
                Pass(Settings.HeartbeatInterval);
                ExpectHeartbeat();
            }
            ConfirmBallot(ballot);
        }
        Assert.Empty(Replica.FishAll<LeaderChanged>()); // it leads on
    }

    [Fact]
    public void Without_an_answer_of_a_quorum_for_three_time_outs_it_leads_no_more_and_asks_the_others()
    {
        var leader = StartLeader();
        var ballot = Lead(leader);
        ExpectHeartbeat(); // the one that it leads with, of no tick
        leader.Tell(new Propose(1, V("x")));
        foreach (var node in (int[])[2, 3]) Peers.LeaderProbe(node).FishAll<object>();
        var ticks = 0;
        while (Peers.LeaderProbe(3).FishAll<Poll>().Count == 0)
        {
            Assert.True(++ticks < 100);
            Pass(Settings.HeartbeatInterval);
            AwaitCondition(() => Peers.LeaderProbe(3).HasMessages, InTime, TimeSpan.FromMilliseconds(1)); // unless told otherwise it looks every two seconds
        }
        Assert.InRange(ticks, 3 * Settings.LeaderTimeout / Settings.HeartbeatInterval, 3 * Settings.LeaderTimeout / Settings.HeartbeatInterval + 2);
        Assert.Equal(new LeaderChanged(ballot, false), ExpectChange());

        leader.Tell(Silent(3, Peers.LeaderProbe(2).FishAll<Poll>()[^1])); // a majority answers again
        Peers.AcceptorProbe(2).FishAll<Prepare>();
        Peers.AcceptorProbe(3).FishForMessage(m => m is Prepare { Ballot.Round: 2 }, InTime);
    }
}

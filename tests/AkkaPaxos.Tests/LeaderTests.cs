using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The leader of node 1 with its scouts, commanders and confirmers: PMMC figure 7. Everybody else is a probe, time is virtual.</summary>
public class LeaderTests() : RoleTestBase(GatedJournal.Hocon, virtualTime: true)
{
    private long _question = 1000;

    /// <summary>Longer than any silence that a leader bears, at the start.</summary>
    private TimeSpan Silence => Settings.LeaderTimeout * (1 + Settings.LeaderJitter);

    /// <summary>Lets the leader bear silence no longer; the others hear nobody either (<see cref="ElectionTests"/> has what is more to it).</summary>
    private void TimesOut(IActorRef leader, double factor = 1)
    {
        var other = Peers.LeaderProbe(2);
        other.FishAll<object>();
        Pass(Silence * factor);
        Settle(leader); // it hears nobody now, if it did
        Pass(Silence * factor);
        var poll = (Poll)other.FishForMessage(m => m is Poll, InTime);
        other.Reply(new PollResult(new NodeId(2), poll.Id, Ballot.Bottom, false, null));
    }

    private IActorRef Leader()
    {
        var leader = Start("leader", typeof(Leader));
        Settle(leader);
        return leader;
    }

    /// <summary>Returns when the leader has handled everything that it was sent.</summary>
    private void Settle(IActorRef leader)
    {
        var probe = CreateTestProbe();
        leader.Tell(new ReadIndex(++_question), probe.Ref);
        probe.ExpectMsg(new ReadIndexResult(_question, -1), InTime);
    }

    /// <summary>Lets the leader get its next ballot adopted by acceptors 1 and 2, which have accepted <paramref name="accepted"/>.</summary>
    private Ballot Adopt(IActorRef leader, long truncatedBelow, params PValue[] accepted)
    {
        TimesOut(leader);
        return Promise(truncatedBelow, accepted);
    }

    private Ballot Promise(long truncatedBelow, params PValue[] accepted)
    {
        var ballot = Ballot.Bottom;
        foreach (var node in (int[])[1, 2])
        {
            var probe = Peers.AcceptorProbe(node);
            var prepare = (Prepare)probe.FishForMessage(m => m is Prepare, InTime);
            ballot = prepare.Ballot;
            probe.Reply(new Promise(new NodeId(node), ballot, prepare.FromSlot, 0, truncatedBelow, accepted));
        }

        var active = new LeaderChanged(ballot, true);
        Peers.ReplicaProbe(1).FishForMessage(m => active.Equals(m), InTime);
        return ballot;
    }

    private IActorRef ActiveLeader(out Ballot ballot, params PValue[] accepted)
    {
        var leader = Leader();
        ballot = Adopt(leader, 1, accepted);
        return leader;
    }

    /// <summary>What acceptor <paramref name="node"/> is asked to accept next, and by which commander.</summary>
    private (PValue PValue, IActorRef Commander) ExpectAccept(int node)
    {
        var accept = (Accept)Peers.AcceptorProbe(node).FishForMessage(m => m is Accept, InTime);
        return (accept.PValue, Peers.AcceptorProbe(node).LastSender);
    }

    /// <summary>The next <paramref name="count"/> requests to acceptor <paramref name="node"/>, by slot: commanders run side by side.</summary>
    private List<PValue> ExpectAccepts(int node, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => ExpectAccept(node).PValue).OrderBy(p => p.Slot)];

    /// <summary>Acceptors 1 and 2 accept what the next commander asks acceptor 1 for.</summary>
    private PValue Accept()
    {
        var (pvalue, commander) = ExpectAccept(1);
        foreach (var node in (int[])[1, 2]) commander.Tell(new Accepted(new NodeId(node), pvalue.Ballot, pvalue.Slot));
        Peers.ReplicaProbe(1).FishForMessage(m => m is Decision d && d.Slot == pvalue.Slot, InTime);
        return pvalue;
    }

    private void ExpectNoAccept(int node = 3)
    {
        ExpectNoMsg(AMoment);
        Assert.Empty(Peers.AcceptorProbe(node).FishAll<Accept>());
    }

    // ---- watching ----

    [Fact]
    public void It_waits_for_a_time_out_before_it_tries_and_asks_from_the_first_slot_that_its_replica_has_not_executed()
    {
        var leader = Leader();
        leader.Tell(new Executed(12));
        Pass(Settings.LeaderTimeout - TimeSpan.FromMilliseconds(1));
        Settle(leader);
        Peers.AcceptorProbe(1).ExpectNoMsg(AMoment);
        TimesOut(leader);
        Peers.AcceptorProbe(1).ExpectMsg(new Prepare(B(1), 12), InTime);
    }

    [Fact]
    public void While_it_hears_a_leader_it_stays_quiet_and_when_that_falls_silent_it_tries_a_higher_round()
    {
        var leader = Leader();
        for (var i = 0; i < 20; i++)
        {
            leader.Tell(new Heartbeat(B(7, 3)));
            Settle(leader);
            Pass(Settings.HeartbeatInterval);
        }

        Peers.AcceptorProbe(1).ExpectNoMsg(AMoment);
        Peers.ReplicaProbe(1).ExpectMsg(new LeaderChanged(B(7, 3), true), InTime);
        Peers.ReplicaProbe(1).ExpectNoMsg(TimeSpan.Zero); // told once
        TimesOut(leader);
        Assert.Equal(B(8), Peers.AcceptorProbe(1).ExpectMsg<Prepare>(InTime).Ballot);
        Peers.ReplicaProbe(1).FishForMessage(m => m.Equals(new LeaderChanged(B(8), false)), InTime);
    }

    [Fact]
    public void A_heartbeat_under_a_lower_ballot_than_it_has_seen_does_not_count()
    {
        var leader = Leader();
        leader.Tell(new Heartbeat(B(7, 3)));
        Settle(leader);
        for (var i = 0; i < 20; i++)
        {
            leader.Tell(new Heartbeat(B(6, 2)));
            Settle(leader);
            Pass(Settings.HeartbeatInterval);
        }

        TimesOut(leader);
        Assert.Equal(B(8), Peers.AcceptorProbe(1).ExpectMsg<Prepare>(InTime).Ballot);
    }

    // ---- scouting ----

    [Fact]
    public void A_scout_that_gets_no_answer_asks_again()
    {
        TimesOut(Leader());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(B(1), Peers.AcceptorProbe(3).ExpectMsg<Prepare>(InTime).Ballot);
            for (var tick = 0; tick < 5; tick++) Pass(Settings.HeartbeatInterval);
        }
    }

    [Fact]
    public void A_scout_that_comes_forward_is_told_to_the_others_and_one_that_does_not_is_not()
    {
        var leader = Leader();
        TimesOut(leader);
        var acceptor = Peers.AcceptorProbe(2);
        acceptor.ExpectMsg<Prepare>(InTime);
        var other = Peers.LeaderProbe(3);
        for (var page = 1; page <= 3; page++)
        {
            acceptor.Reply(new Promise(new NodeId(2), B(1), page, page + 1, 1, [new PValue(B(0, 3), page, Value.NoOp)]));
            Assert.Equal(page + 1, acceptor.ExpectMsg<Prepare>(InTime).FromSlot);
            Settle(leader);
            Pass(Settings.HeartbeatInterval);
            Assert.Equal(new Heartbeat(B(1), IsScouting: true), other.FishForMessage(m => m is Heartbeat, InTime));
        }
        for (var tick = 0; tick < 5; tick++) Pass(Settings.HeartbeatInterval);
        Settle(leader);
        Assert.Empty(other.FishAll<Heartbeat>());
    }

    [Fact]
    public void It_does_not_start_a_ballot_of_its_own_while_another_leaders_scout_comes_forward()
    {
        var leader = Leader();
        for (var i = 0; i < 40; i++)
        {
            leader.Tell(new Heartbeat(B(7, 3), IsScouting: true));
            Settle(leader);
            Pass(Settings.HeartbeatInterval);
        }
        Peers.AcceptorProbe(1).ExpectNoMsg(AMoment);
        Peers.ReplicaProbe(1).ExpectNoMsg(AMoment); // nobody leads yet
        TimesOut(leader);
        Assert.Equal(B(8), Peers.AcceptorProbe(1).ExpectMsg<Prepare>(InTime).Ballot);
    }

    [Fact]
    public void A_scout_of_another_leader_does_not_end_its_own_lead()
    {
        var leader = Leader();
        Adopt(leader, 1);
        leader.Tell(new Heartbeat(B(7, 3), IsScouting: true));
        leader.Tell(new Propose(1, V("x")));
        Assert.Equal(B(1), Peers.AcceptorProbe(1).ExpectMsg<MultiPaxos.Accept>(InTime).PValue.Ballot);
    }

    [Fact]
    public void Adopted_it_beats_and_tells_its_replica()
    {
        var leader = Leader();
        Adopt(leader, 1);
        foreach (var node in (int[])[2, 3])
            for (var beat = 0; beat < 3; beat++)
            {
                Assert.Equal(new Heartbeat(B(1)), Peers.LeaderProbe(node).FishForMessage(m => m is Heartbeat, InTime));
                Pass(Settings.HeartbeatInterval);
            }
    }

    [Fact]
    public void Preempted_while_scouting_it_watches_the_other_and_tries_above_it_when_that_is_silent()
    {
        var leader = Leader();
        TimesOut(leader);
        Peers.AcceptorProbe(2).ExpectMsg<Prepare>(InTime);
        Peers.AcceptorProbe(2).Reply(new Promise(new NodeId(2), B(5, 2), 1, 0, 1, []));
        Peers.ReplicaProbe(1).ExpectMsg(new LeaderChanged(B(1), false), InTime);
        Peers.ReplicaProbe(1).ExpectMsg(new LeaderChanged(B(5, 2), false), InTime);
        leader.Tell(new Heartbeat(B(5, 2)));
        Peers.ReplicaProbe(1).ExpectMsg(new LeaderChanged(B(5, 2), true), InTime);
        TimesOut(leader, Settings.LeaderTimeoutFactor);
        Assert.Equal(B(6), Peers.AcceptorProbe(2).ExpectMsg<Prepare>(InTime).Ballot);
    }

    [Fact]
    public void After_a_preemption_it_waits_longer()
    {
        var leader = Leader();
        TimesOut(leader);
        Peers.AcceptorProbe(2).ExpectMsg<Prepare>(InTime);
        Peers.AcceptorProbe(2).Reply(new Promise(new NodeId(2), B(5, 2), 1, 0, 1, []));
        Peers.ReplicaProbe(1).FishForMessage(m => m is LeaderChanged { Ballot.Round: 5 }, InTime);
        Settle(leader);
        Pass(Settings.LeaderTimeout * Settings.LeaderTimeoutFactor - TimeSpan.FromMilliseconds(1));
        Settle(leader);
        Peers.AcceptorProbe(2).ExpectNoMsg(AMoment);
        TimesOut(leader, Settings.LeaderTimeoutFactor);
        Assert.Equal(B(6), Peers.AcceptorProbe(2).ExpectMsg<Prepare>(InTime).Ballot);
    }

    [Fact]
    public void A_round_is_never_used_again_after_a_restart_S2()
    {
        var first = Leader();
        first.Tell(new Heartbeat(B(40, 2)));
        Settle(first);
        Assert.Equal(B(41), Adopt(first, 1));
        StopAndWait(first);
        var second = Leader();
        Assert.Equal(B(42), Adopt(second, 1));
    }

    [Fact]
    public void Nobody_hears_of_a_round_before_it_is_in_the_journal_S2()
    {
        var leader = Leader();
        Gate.Of(Sys).Close();
        TimesOut(leader);
        Peers.AcceptorProbe(1).ExpectNoMsg(AMoment);
        Gate.Of(Sys).Open();
        Assert.Equal(B(1), Peers.AcceptorProbe(1).ExpectMsg<Prepare>(InTime).Ballot);
    }

    [Fact]
    public void With_a_journal_that_fails_it_says_why_and_stops()
    {
        var store = new StoreWatch();
        var leader = Watch(Sys.ActorOf(Props.Create(typeof(Leader), Node() with { Store = store })));
        Settle(leader);
        Gate.Of(Sys).Fail("read-only file system");
        TimesOut(leader);
        Assert.IsType<Terminated>(ReceiveOne(InTime));
        Peers.AcceptorProbe(1).ExpectNoMsg(TimeSpan.Zero);
        Assert.StartsWith("the journal cannot be written: read-only file system (since ", store.Problem(Sys.Scheduler.Now));
    }

    // ---- phase 2 ----

    [Fact]
    public void It_has_what_replicas_propose_decided()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new Propose(1, V("a")));
        Assert.Equal(P(ballot, 1, "a"), Accept());
        leader.Tell(new Propose(2, V("b")));
        Assert.Equal(P(ballot, 2, "b"), Accept());
    }

    [Fact]
    public void Proposals_that_came_while_it_watched_are_taken_up_when_it_is_adopted()
    {
        var leader = Leader();
        leader.Tell(new Propose(2, V("b")));
        leader.Tell(new Propose(1, V("a")));
        leader.Tell(new Propose(Settings.Window + 1, V("beyond the window")));
        var ballot = Adopt(leader, 1);
        Assert.Equal([P(ballot, 1, "a"), P(ballot, 2, "b")], ExpectAccepts(3, 2));
        ExpectNoAccept();
    }

    [Fact]
    public void What_acceptors_have_accepted_takes_the_place_of_what_was_proposed_C2()
    {
        var leader = Leader();
        leader.Tell(new Propose(1, V("mine")));
        leader.Tell(new Propose(2, V("mine too")));
        var ballot = Adopt(leader, 1, P(new Ballot(0, new NodeId(3)), 1, "theirs"));
        Assert.Equal([P(ballot, 1, "theirs"), P(ballot, 2, "mine too")], ExpectAccepts(3, 2));
    }

    [Fact]
    public void Gaps_below_the_highest_accepted_slot_are_filled_with_no_ops()
    {
        var leader = Leader();
        leader.Tell(new Executed(3));
        var ballot = Adopt(leader, 1, P(B(0), 2, "executed here"), P(B(0), 4, "d"), P(B(0), 7, "g"));
        Assert.Equal(
            [NoOp(ballot, 3), P(ballot, 4, "d"), NoOp(ballot, 5), NoOp(ballot, 6), P(ballot, 7, "g")],
            ExpectAccepts(3, 5));
        ExpectNoAccept();
    }

    [Fact]
    public void Nothing_is_proposed_below_an_acceptors_truncation_point()
    {
        var leader = Leader();
        leader.Tell(new Propose(3, V("too late")));
        var ballot = Adopt(leader, 10, P(B(0), 5, "of an acceptor that has not truncated yet"), P(B(0), 11, "k"));
        leader.Tell(new Propose(9, V("too late")));
        Assert.Equal([NoOp(ballot, 10), P(ballot, 11, "k")], ExpectAccepts(3, 2));
        ExpectNoAccept();
    }

    [Fact]
    public void For_a_ballot_and_slot_there_is_one_commander_also_after_the_slot_is_chosen_C1()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new Propose(1, V("first")));
        leader.Tell(new Propose(1, V("second")));
        Assert.Equal(P(ballot, 1, "first"), Accept());
        leader.Tell(new Propose(1, V("third")));
        leader.Tell(new Executed(2));
        leader.Tell(new Propose(1, V("fourth")));
        Assert.Equal(P(ballot, 1, "first"), ExpectAccept(3).PValue);
        ExpectNoAccept();
    }

    [Fact]
    public void It_has_no_more_commanders_than_the_window_and_the_rest_waits_its_turn()
    {
        Settings = Settings with { Window = 3 };
        var leader = Leader();
        var ballot = Adopt(leader, 1, [.. Enumerable.Range(1, 8).Select(slot => P(B(0), slot, $"{slot}"))]);
        Assert.Equal([1L, 2L, 3L], ExpectAccepts(3, 3).Select(p => p.Slot));
        ExpectNoAccept();
        for (var i = 0; i < 3; i++) Accept();
        ExpectNoAccept(); // who votes beyond the window is not known before the replica beside has executed more
        leader.Tell(new Executed(3));
        Assert.Equal([P(ballot, 4, "4"), P(ballot, 5, "5")], ExpectAccepts(3, 2));
        ExpectNoAccept();
        leader.Tell(new Executed(4));
        Assert.Equal(P(ballot, 6, "6"), ExpectAccept(3).PValue);
        leader.Tell(new Executed(5)); // which ends the commander of slot 4
        Assert.Equal(P(ballot, 7, "7"), ExpectAccept(3).PValue);
        ExpectNoAccept();
    }

    [Fact]
    public void A_commander_that_gets_no_answer_asks_again()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new Propose(1, V("a")));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(P(ballot, 1, "a"), ExpectAccept(2).PValue);
            for (var tick = 0; tick < 5; tick++) Pass(Settings.HeartbeatInterval);
        }
    }

    [Fact]
    public void Preempted_while_active_it_stops_its_commanders_and_takes_the_proposals_up_again_in_its_next_ballot()
    {
        var leader = ActiveLeader(out _);
        leader.Tell(new Propose(1, V("a")));
        leader.Tell(new Propose(2, V("b")));
        var (one, other) = (ExpectAccept(2), ExpectAccept(2));
        Watch(other.Commander);
        one.Commander.Tell(new Accepted(new NodeId(2), B(2, 2), one.PValue.Slot));
        Peers.ReplicaProbe(1).FishForMessage(m => m is LeaderChanged { IsActive: false, Ballot: { Round: 2 } }, InTime);
        ExpectTerminated(other.Commander, InTime);
        Settle(leader);
        Peers.LeaderProbe(2).FishAll<Heartbeat>();
        for (var tick = 0; tick < 3; tick++) Pass(Settings.HeartbeatInterval);
        Settle(leader);
        Peers.LeaderProbe(2).ExpectNoMsg(AMoment);

        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).FishAll<object>();
        TimesOut(leader, Settings.LeaderTimeoutFactor);
        var ballot = Promise(1, P(B(1), 1, "a"));
        Assert.Equal(B(3), ballot);
        Assert.Equal([P(ballot, 1, "a"), P(ballot, 2, "b")], ExpectAccepts(3, 2));
    }

    [Fact]
    public void The_heartbeat_of_a_higher_ballot_makes_it_passive()
    {
        var leader = ActiveLeader(out _);
        leader.Tell(new Heartbeat(B(9, 3)));
        Peers.ReplicaProbe(1).ExpectMsg(new LeaderChanged(B(9, 3), true), InTime);
        leader.Tell(new Propose(1, V("a")));
        ExpectNoAccept();
        Settle(leader);
    }

    [Fact]
    public void A_commander_that_fails_takes_the_leader_with_it_so_that_its_slot_does_not_hang()
    {
        var leader = ActiveLeader(out _);
        Watch(leader);
        Peers.Put("acceptor", 2, null!);
        leader.Tell(new Propose(1, V("a")));
        ExpectTerminated(leader, InTime); // its node starts it again

        Peers.Put("acceptor", 2, Peers.AcceptorProbe(2).Ref);
        Assert.Equal(B(2), Adopt(Leader(), 1));
    }

    [Fact]
    public void The_last_word_of_an_old_commander_changes_nothing()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new Preempted(B(1)));
        leader.Tell(new SlotChosen(B(0), 1));
        leader.Tell(new Adopted(B(0), 50, []));
        leader.Tell(new Propose(1, V("a")));
        Assert.Equal(P(ballot, 1, "a"), Accept());
    }

    [Fact]
    public void What_its_replica_has_executed_needs_no_commander_any_more()
    {
        var leader = ActiveLeader(out _);
        leader.Tell(new Propose(1, V("a")));
        var commander = Watch(ExpectAccept(2).Commander);
        leader.Tell(new Executed(2)); // a peer's decision came first
        ExpectTerminated(commander, InTime);
    }

    [Fact]
    public void When_its_replica_starts_again_it_is_told_who_leads_and_what_it_lost_is_learned_anew()
    {
        var leader = ActiveLeader(out var first);
        leader.Tell(new Propose(1, V("a")));
        Accept();
        leader.Tell(new Executed(2));
        leader.Tell(new Executed(1)); // it came back from before its first snapshot
        Peers.ReplicaProbe(1).FishForMessage(m => m is LeaderChanged changed && changed.Ballot == first, InTime);
        var second = Promise(1, P(first, 1, "a"));
        Assert.Equal(B(2), second);
        Assert.Equal(P(second, 1, "a"), Accept());
    }

    [Fact]
    public void A_decision_that_its_replica_missed_is_told_again_for_nobody_else_may_know_it()
    {
        Settings = Settings with { Window = 2 };
        var leader = Leader();
        var ballot = Adopt(leader, 1, P(B(0), 1, "a"), P(B(0), 2, "b"), P(B(0), 3, "c"));
        Choose();
        Choose();

        leader.Tell(new Executed(1)); // it still lacks the first slot
        foreach (var slot in (int[])[1, 2]) // as many as it takes
            Peers.ReplicaProbe(1).FishForMessage(m => m.Equals(new Decision(slot, ballot, V(slot == 1 ? "a" : "b"))), InTime);
        leader.Tell(new Executed(3));
        Choose();
        leader.Tell(new Executed(3));
        Peers.ReplicaProbe(1).FishForMessage(m => m.Equals(new Decision(3, ballot, V("c"))), InTime);
        leader.Tell(new Executed(4));
        leader.Tell(new Executed(4));
        Peers.ReplicaProbe(1).FishForMessage(m => m is LeaderChanged, InTime);
        Peers.ReplicaProbe(1).ExpectNoMsg(AMoment);

        void Choose()
        {
            var (pvalue, commander) = ExpectAccept(1);
            Watch(commander);
            foreach (var node in (int[])[1, 2]) commander.Tell(new Accepted(new NodeId(node), pvalue.Ballot, pvalue.Slot));
            ExpectTerminated(commander, InTime); // so its last word has reached the leader
        }
    }

    // ---- linearizable questions ----

    private void Confirm(int node, Ballot promised, TimeSpan lease = default)
    {
        var confirm = (Confirm)Peers.AcceptorProbe(node).FishForMessage(m => m is Confirm, InTime);
        Peers.AcceptorProbe(node).Reply(new Confirmed(new NodeId(node), promised, confirm.Id, lease));
    }

    [Fact]
    public void A_question_is_answered_with_the_highest_slot_found_or_chosen_when_it_came_once_a_majority_has_confirmed_the_ballot()
    {
        var leader = ActiveLeader(out var ballot, P(B(0), 1, "a"), P(B(0), 2, "b"));
        for (var slot = 3; slot <= 6; slot++) leader.Tell(new Propose(slot, V($"{slot}")));
        leader.Tell(new SlotChosen(ballot, 5)); // nobody has an answer from it before 3 and 4 are executed
        leader.Tell(new SlotChosen(ballot, 3));
        leader.Tell(new ReadIndex(7), TestActor);
        leader.Tell(new SlotChosen(ballot, 4));
        Confirm(1, ballot);
        ExpectNoMsg(AMoment);
        Confirm(3, ballot);
        ExpectMsg(new ReadIndexResult(7, 3, ballot.Round), InTime);
        leader.Tell(new ReadIndex(8), TestActor);
        Confirm(1, ballot);
        Confirm(3, ballot);
        ExpectMsg(new ReadIndexResult(8, 5, ballot.Round), InTime);
    }

    [Fact]
    public void Slots_that_its_acceptors_cannot_write_keep_no_question_waiting()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new Propose(1, V("a")));
        leader.Tell(new ReadIndex(7), TestActor);
        Confirm(1, ballot);
        Confirm(2, ballot);
        ExpectMsg(new ReadIndexResult(7, 0, ballot.Round), InTime);
    }

    [Fact]
    public void In_an_empty_log_the_answer_is_0()
    {
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new ReadIndex(7), TestActor);
        Confirm(2, ballot);
        Confirm(3, ballot);
        ExpectMsg(new ReadIndexResult(7, 0, ballot.Round), InTime);
    }

    [Fact]
    public void A_leader_that_learns_of_a_higher_ballot_by_a_question_answers_that_it_does_not_lead()
    {
        var leader = ActiveLeader(out var ballot, P(B(0), 1, "a"));
        leader.Tell(new ReadIndex(7), TestActor);
        leader.Tell(new ReadIndex(8), TestActor);
        Confirm(1, ballot);
        Confirm(3, B(2, 3));
        ExpectMsg(new ReadIndexResult(7, -1), InTime);
        ExpectMsg(new ReadIndexResult(8, -1), InTime);
        Peers.ReplicaProbe(1).FishForMessage(m => m is LeaderChanged { IsActive: false, Ballot: { Round: 2 } }, InTime);
    }

    [Fact]
    public void With_a_lease_it_answers_further_questions_without_asking_until_that_is_over_or_it_steps_down()
    {
        Settings = Settings with { ReadLease = TimeSpan.FromHours(1) };
        var leader = ActiveLeader(out var ballot, P(B(0), 1, "a"));
        leader.Tell(new Executed(2));
        leader.Tell(new ReadIndex(7), TestActor);
        Confirm(1, ballot, TimeSpan.FromHours(1));
        Confirm(3, ballot, TimeSpan.FromHours(1));
        ExpectMsg(new ReadIndexResult(7, 1, ballot.Round), InTime);

        leader.Tell(new Propose(2, V("b")));
        leader.Tell(new ReadIndex(8), TestActor);
        ExpectMsg(new ReadIndexResult(8, 1, ballot.Round), InTime);
        leader.Tell(new SlotChosen(ballot, 2));
        leader.Tell(new ReadIndex(9), TestActor);
        ExpectMsg(new ReadIndexResult(9, 2, ballot.Round), InTime);

        leader.Tell(new Heartbeat(B(ballot.Round + 1, 2)));
        leader.Tell(new ReadIndex(10), TestActor);
        ExpectMsg(new ReadIndexResult(10, -1), InTime);
        TimesOut(leader, factor: 2); // it has become more patient
        ballot = Promise(1);
        leader.Tell(new ReadIndex(11), TestActor);
        ExpectNoMsg(AMoment); // the lease was the other ballot's
        Confirm(1, ballot);
        Confirm(3, ballot);
        ExpectMsg(new ReadIndexResult(11, 1, ballot.Round), InTime);
        leader.Tell(new ReadIndex(12), TestActor);
        ExpectNoMsg(AMoment); // nobody has granted one
    }

    [Fact]
    public void A_lease_that_took_as_long_to_be_confirmed_as_it_lasts_is_over()
    {
        var lease = 2 * AMoment;
        Settings = Settings with { ReadLease = lease };
        var leader = ActiveLeader(out var ballot);
        leader.Tell(new ReadIndex(7), TestActor);
        ExpectNoMsg(lease + AMoment);
        Confirm(1, ballot, lease);
        Confirm(3, ballot, lease);
        ExpectMsg(new ReadIndexResult(7, 0, ballot.Round), InTime);
        leader.Tell(new ReadIndex(8), TestActor);
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_lease_counts_from_before_it_was_asked_for_less_what_clocks_may_drift()
    {
        var lease = new LeaderLease(Settings with { ClockDrift = 0.25 });
        var three = Membership.Latest;
        Assert.False(lease.Holds(TimeSpan.Zero, three));
        lease.Granted(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100), three); // 100 s by a clock that is 5/4 as fast are 80 s, and 60 s by one that is 3/4 as fast
        Assert.True(lease.Holds(TimeSpan.FromSeconds(69.9), three));
        Assert.False(lease.Holds(TimeSpan.FromSeconds(70.1), three));
        lease.Granted(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(10), three); // the earlier one binds all the same
        Assert.True(lease.Holds(TimeSpan.FromSeconds(69.9), three));
        lease.Granted(TimeSpan.FromSeconds(100), TimeSpan.Zero, three);
        Assert.False(lease.Holds(TimeSpan.FromSeconds(99), three));
        lease.Granted(TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(10), three);
        lease.End();
        Assert.False(lease.Holds(TimeSpan.FromSeconds(200), three));
    }

    // ---- bytes in flight ----

    [Fact]
    public void Values_in_flight_stay_within_window_bytes_and_a_larger_one_goes_alone()
    {
        Settings = Settings with { WindowBytes = 1000 };
        static Value Of(int bytes) => Value.Batch([new Command(1, 1, 1, new byte[bytes])]);
        var leader = ActiveLeader(out var ballot);
        var acceptor = Peers.AcceptorProbe(1);
        var commanders = new Dictionary<long, IActorRef>();
        foreach (var (slot, bytes) in ((long, int)[])[(1, 400), (2, 400), (3, 400), (4, 5000), (5, 10)]) leader.Tell(new Propose(slot, Of(bytes)));
        ExpectAccepts(1, 2);
        Accepted(1);
        ExpectAccepts(3);
        Accepted(2);
        ExpectAccepts(); // 4 has to wait until nothing else is in flight, and 5 for its turn
        Accepted(3);
        ExpectAccepts(4);
        Accepted(4);
        ExpectAccepts(5);

        void Accepted(long slot)
        {
            foreach (var node in (int[])[1, 2]) commanders[slot].Tell(new Accepted(new NodeId(node), ballot, slot));
        }

        void ExpectAccepts(params long[] slots)
        {
            var seen = new List<long>();
            while (seen.Count < slots.Length) Seen((MultiPaxos.Accept)acceptor.FishForMessage(m => m is MultiPaxos.Accept, InTime));
            while (acceptor.ReceiveOne(AMoment) is { } more)
                if (more is MultiPaxos.Accept accept) Seen(accept);
            Assert.Equal(slots, seen.Order());

            void Seen(MultiPaxos.Accept accept)
            {
                seen.Add(accept.PValue.Slot);
                commanders[accept.PValue.Slot] = acceptor.LastSender;
            }
        }
    }
}

/// <summary>What tests of the leader need of probes.</summary>
internal static class ProbeExtensions
{
    /// <summary>All messages of one type that have come to the probe; the others are dropped.</summary>
    public static List<T> FishAll<T>(this TestProbe probe)
    {
        var found = new List<T>();
        while (probe.HasMessages)
            if (probe.ReceiveOne(TimeSpan.Zero) is T message)
                found.Add(message);
        return found;
    }
}

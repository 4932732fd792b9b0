using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// The replica of PMMC figure 1: requests, proposals, decisions, and what it does when messages are lost, repeated or out of order.
/// </summary>
public sealed class ReplicaTests : ReplicaTestBase
{
    // --- requests and answers ---

    [Fact]
    public void A_request_is_proposed_to_the_leader_beside_it_and_answered_once_it_is_decided()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1)]), TestActor);

        var proposed = ExpectPropose();
        Assert.Equal(2, proposed.Slot);
        Assert.Equal([1], Sequences(proposed.Value.Commands));
        ExpectNoMsg(AMoment);

        replica.Tell(new Decision(2, B(1), proposed.Value), ActorRefs.NoSender);
        var reply = Assert.Single(ExpectMsg<Response>(InTime).Replies);
        Assert.Equal((1, 1, ReplyStatus.Ok, "1"), (reply.Client, reply.Sequence, reply.Status, Text(reply.Result)));
        Assert.Equal(["c1"], Lines.Lines);
    }

    [Fact]
    public void A_session_is_opened_by_the_log_and_its_number_is_the_answer()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([new Command(0, 4711, 0, default)]), TestActor);
        replica.Tell(new Decision(2, B(1), ExpectPropose().Value), ActorRefs.NoSender);

        var reply = Assert.Single(ExpectMsg<Response>(InTime).Replies);
        Assert.Equal((0, 4711, 2), (reply.Client, reply.Sequence, Session(reply)));
    }

    [Fact]
    public void A_command_that_was_executed_is_answered_at_once_and_takes_no_slot()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        Decide(replica, 2, C(1));
        replica.Tell(new Request([C(1)]), TestActor);

        Assert.Equal("1", Text(Assert.Single(ExpectMsg<Response>(InTime).Replies).Result));
        ExpectNone<Propose>(replica, Leader);
    }

    [Fact]
    public void A_command_under_way_is_proposed_once_and_the_last_one_who_asked_is_answered()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1)]), TestActor);
        var value = ExpectPropose().Value;
        var second = CreateTestProbe();
        replica.Tell(new Request([C(1)]), second.Ref);
        ExpectNone<Propose>(replica, Leader);

        replica.Tell(new Decision(2, B(1), value), ActorRefs.NoSender);
        second.ExpectMsg<Response>(InTime);
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void The_answers_to_a_client_travel_together()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        var other = CreateTestProbe();
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        replica.Tell(new Request([C(3)]), other.Ref);
        Sync(replica);
        // Slot 3 first: both slots are executed when slot 2 is decided.
        Decide(replica, 3, C(2), C(3));
        Decide(replica, 2, C(1));

        Assert.Equal([1, 2], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
        Assert.Equal([3], other.ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void Answers_larger_than_a_page_are_split()
    {
        Settings = Settings with { PageBytes = 1 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        replica.Tell(new Decision(2, B(1), ExpectPropose().Value), ActorRefs.NoSender);
        Assert.Equal([1], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
        Assert.Equal([2], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
    }

    [Fact]
    public void A_command_of_an_unknown_session_is_refused_by_the_log_not_by_guess()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([new Command(55, 1, 1, default)]), TestActor);
        replica.Tell(new Decision(2, B(1), ExpectPropose().Value), ActorRefs.NoSender);
        Assert.Equal(ReplyStatus.SessionUnknown, Assert.Single(ExpectMsg<Response>(InTime).Replies).Status);
    }

    [Fact]
    public void The_session_least_recently_used_is_forgotten_and_its_client_told()
    {
        Settings = Settings with { Sessions = 2 };
        var replica = StartReplica();
        Lead(replica, 1);
        Decide(replica, 2, new Command(0, 100, 0, default));
        Decide(replica, 3, new Command(0, 101, 0, default)); // session 1 goes
        replica.Tell(new Request([C(1)]), TestActor);
        replica.Tell(new Decision(4, B(1), ExpectPropose().Value), ActorRefs.NoSender);
        Assert.Equal(ReplyStatus.NotExecuted, Assert.Single(ExpectMsg<Response>(InTime).Replies).Status);
        Assert.Empty(Lines.Lines);
    }

    // --- batches and the window ---

    [Fact]
    public void Requests_gather_while_a_batch_is_in_flight_and_go_together_when_it_is_decided()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1)]), TestActor);
        var first = ExpectPropose();
        for (var i = 2; i <= 5; i++) replica.Tell(new Request([C(i)]), TestActor);
        ExpectNone<Propose>(replica, Leader);

        replica.Tell(new Decision(2, B(1), first.Value), ActorRefs.NoSender);
        var second = ExpectPropose();
        Assert.Equal(3, second.Slot);
        Assert.Equal([2, 3, 4, 5], Sequences(second.Value.Commands));
    }

    [Fact]
    public void A_full_batch_does_not_wait_for_the_one_in_flight()
    {
        Settings = Settings with { BatchCommands = 2 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1), C(2), C(3), C(4), C(5)]), TestActor);

        Assert.Equal([1, 2], Sequences(ExpectPropose().Value.Commands));
        Assert.Equal([3, 4], Sequences(ExpectPropose().Value.Commands));
        ExpectNone<Propose>(replica, Leader); // the fifth gathers
        Assert.Equal((1, 2), (Sync(replica).Queued, Sync(replica).Proposals));
    }

    [Fact]
    public void A_batch_is_full_by_bytes_too_and_a_larger_command_travels_alone()
    {
        Settings = Settings with { BatchBytes = 10 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1, "1234"), C(2, "a command of its own"), C(3, "1234"), C(4, "1234"), C(5, "1234")]), TestActor);
        Assert.Equal([1], Sequences(ExpectPropose().Value.Commands));
        Assert.Equal([2], Sequences(ExpectPropose().Value.Commands));
        Assert.Equal([3, 4], Sequences(ExpectPropose().Value.Commands));
        ExpectNone<Propose>(replica, Leader);
    }

    [Fact]
    public void It_proposes_nothing_beyond_the_window_until_slotOut_moves()
    {
        Settings = Settings with { Window = 3, BatchCommands = 1 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1), C(2), C(3), C(4), C(5)]), TestActor);
        var proposals = Enumerable.Range(0, 3).Select(_ => ExpectPropose()).ToList();
        Assert.Equal([2L, 3L, 4L], proposals.Select(p => p.Slot)); // R4: slotOut is 2, so below 5
        ExpectNone<Propose>(replica, Leader);

        replica.Tell(new Decision(3, B(1), proposals[1].Value), ActorRefs.NoSender);
        ExpectNone<Propose>(replica, Leader); // slotOut has not moved
        replica.Tell(new Decision(2, B(1), proposals[0].Value), ActorRefs.NoSender);
        Assert.Equal([5L, 6L], [ExpectPropose().Slot, ExpectPropose().Slot]);
        ExpectNone<Propose>(replica, Leader);
    }

    // --- decisions ---

    [Fact]
    public void SlotOut_waits_for_a_decision_that_is_missing()
    {
        var replica = StartReplica();
        Decide(replica, 4, C(3));
        Decide(replica, 3, C(2));
        Assert.Equal(2, Sync(replica).SlotOut);
        Assert.Empty(Lines.Lines);

        Decide(replica, 2, C(1));
        Assert.Equal(5, Sync(replica).SlotOut);
        Assert.Equal(["c1", "c2", "c3"], Lines.Lines);
    }

    [Fact]
    public void A_decision_that_comes_twice_is_executed_once_and_a_command_in_two_slots_too()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        Decide(replica, 2, C(1));
        Decide(replica, 3, C(1), C(2));
        Decide(replica, 4, C(2));
        Assert.Equal(5, Sync(replica).SlotOut);
        Assert.Equal(["c1", "c2"], Lines.Lines);
    }

    [Fact]
    public void Replicas_that_execute_the_same_slots_in_any_order_of_arrival_are_equal()
    {
        var one = StartReplica(1);
        var two = StartReplica(2);
        var decisions = new[] { (2L, C(1)), (3L, C(2)), (4L, C(1)), (5L, C(3)), (6L, C(2)) };
        foreach (var (slot, command) in decisions) Decide(one, slot, command);
        foreach (var (slot, command) in decisions.Reverse().Concat(decisions)) Decide(two, slot, command);
        var (first, second) = (Sync(one), Sync(two));
        Assert.Equal((7, first.SlotOut, first.Checksum), (first.SlotOut, second.SlotOut, second.Checksum));
    }

    [Fact]
    public void A_decision_without_value_is_what_the_own_acceptor_accepted_under_that_ballot()
    {
        var replica = StartReplica();
        replica.Tell(new Learned(new PValue(B(2), 2, Value.Batch([C(1)]))), ActorRefs.NoSender);
        replica.Tell(new Decision(2, B(2), null), ActorRefs.NoSender);
        Assert.Equal(3, Sync(replica).SlotOut);

        replica.Tell(new Decision(3, B(2), null), ActorRefs.NoSender); // the decision overtook it
        Assert.Equal(3, Sync(replica).SlotOut);
        replica.Tell(new Learned(new PValue(B(2), 3, Value.Batch([C(2)]))), ActorRefs.NoSender);
        Assert.Equal(4, Sync(replica).SlotOut);
        Assert.Equal(["c1", "c2"], Lines.Lines);
    }

    [Fact]
    public void A_decision_without_value_is_never_what_was_accepted_under_another_ballot()
    {
        var replica = StartReplica();
        replica.Tell(new Learned(new PValue(B(1), 2, Value.Batch([C(1)]))), ActorRefs.NoSender);
        replica.Tell(new Decision(2, B(2, 2), null), ActorRefs.NoSender);
        Assert.Equal(2, Sync(replica).SlotOut);

        // So its fetcher asks who decided, once it sees that the value does not come.
        Assert.Equal((2, new NodeId(2)), (Sync(replica).Decided, Sync(replica).DecidedBy));
        replica.Tell(new Decisions([new Decision(2, B(2, 2), Value.Batch([C(7)]))]), Peers.FetcherProbe(1).Ref);
        Assert.Equal(3, Sync(replica).SlotOut);
        Assert.Equal(["c7"], Lines.Lines);
    }

    [Fact]
    public void A_slot_that_another_replica_wins_costs_nothing_but_a_later_slot()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        Assert.Equal(2, ExpectPropose().Slot);
        replica.Tell(new Request([C(3)]), TestActor);
        Sync(replica);

        Decide(replica, 2, C(9)); // another one's
        var again = ExpectPropose();
        Assert.Equal(3, again.Slot);
        Assert.Equal([1, 2, 3], Sequences(again.Value.Commands)); // those that lost are first in line
        replica.Tell(new Decision(3, B(1), again.Value), ActorRefs.NoSender);
        Assert.Equal([1, 2, 3], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
        Assert.Equal(["c9", "c1", "c2", "c3"], Lines.Lines);
    }

    [Fact]
    public void A_command_that_lost_its_slot_but_was_decided_in_another_is_not_proposed_again()
    {
        Settings = Settings with { BatchCommands = 1 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        Assert.Equal([2L, 3L], [ExpectPropose().Slot, ExpectPropose().Slot]);
        Decide(replica, 2, C(2)); // by another replica's proposal
        var again = ExpectPropose();
        Assert.Equal((4, 1), (again.Slot, Assert.Single(again.Value.Commands).Sequence));
        Decide(replica, 3, C(8));
        ExpectNone<Propose>(replica, Leader); // command 2 is executed
    }

    [Fact]
    public void Two_values_decided_for_a_slot_stop_the_replica_for_good()
    {
        var replica = StartReplica();
        Watch(replica);
        Decide(replica, 3, C(1));
        EventFilter.Exception<InvariantViolationException>(contains: "R1").ExpectOne(() => Decide(replica, 3, C(2)));
    }

    [Fact]
    public void A_state_machine_that_throws_stops_the_replica_and_says_in_which_slot()
    {
        var replica = StartReplica();
        EventFilter.Exception<AkkaPaxos.StateMachine.StateMachineException>(contains: "slot 2").ExpectOne(() => Decide(replica, 2, C(1, "throw")));
    }

    [Fact]
    public void It_tells_the_leader_beside_it_how_far_it_is()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        Decide(replica, 3, C(2));
        Assert.Contains(new Executed(4), Received<Executed>(replica, Leader));
    }

    // --- lost messages, other leaders ---

    [Fact]
    public void A_proposal_of_which_nothing_is_heard_is_sent_again()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1)]), TestActor);
        var first = ExpectPropose();
        Ticks(replica, 2);
        Assert.Equal(first, ExpectPropose());
        replica.Tell(new Decision(2, B(1), first.Value), ActorRefs.NoSender);
        ExpectMsg<Response>(InTime);
        Received<Propose>(replica, Leader);
        Ticks(replica, 4);
        ExpectNone<Propose>(replica, Leader);
    }

    [Fact]
    public void Where_another_node_leads_commands_are_passed_on_to_its_replica_and_answered_here()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        Assert.Equal([1, 2], Sequences(Next<Forward>(Peers.ReplicaProbe(2)).Commands));
        ExpectNone<Propose>(replica, Leader);

        Decide(replica, 2, C(1), C(2));
        Assert.Equal([1, 2], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
    }

    [Fact]
    public void Commands_passed_on_by_others_are_proposed_and_not_answered_here()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Forward([C(1), C(2)]), Peers.ReplicaProbe(2).Ref);
        replica.Tell(new Forward([C(1)]), Peers.ReplicaProbe(2).Ref);
        var proposed = ExpectPropose();
        Assert.Equal([1, 2], Sequences(proposed.Value.Commands));
        replica.Tell(new Decision(2, B(1), proposed.Value), ActorRefs.NoSender);
        ExpectNone<Response>(replica, Peers.ReplicaProbe(2));
        Assert.Equal(["c1", "c2"], Lines.Lines);
    }

    [Fact]
    public void What_was_passed_on_is_never_passed_on_again()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(new Forward([C(1)]), Peers.ReplicaProbe(3).Ref);
        ExpectNone<Forward>(replica, Peers.ReplicaProbe(2));
        Assert.Equal(0, Sync(replica).Queued); // nor kept: the one that passed it on sees to it
    }

    [Fact]
    public void When_another_leader_takes_over_it_gets_what_the_former_one_was_given()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(new Request([C(1), C(2)]), TestActor);
        Next<Forward>(Peers.ReplicaProbe(2));
        Lead(replica, 3, round: 2);
        Assert.Equal([1, 2], Sequences(Next<Forward>(Peers.ReplicaProbe(3)).Commands));
        Lead(replica, 1, round: 3);
        Assert.Equal([1, 2], Sequences(ExpectPropose().Value.Commands));
    }

    [Fact]
    public void Where_the_leaders_replica_is_silent_it_proposes_itself_to_all_leaders()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(new Request([C(1)]), TestActor);
        Next<Forward>(Peers.ReplicaProbe(2));
        Ticks(replica, (int)Math.Ceiling(Settings.ForwardTimeout / Settings.ResendInterval) + 1);
        for (var node = 1; node <= 3; node++)
        {
            var proposed = ExpectPropose(Peers.LeaderProbe(node));
            Assert.Equal((2, 1), (proposed.Slot, Assert.Single(proposed.Value.Commands).Sequence));
        }
        Decide(replica, 2, C(1));
        ExpectMsg<Response>(InTime);
    }

    [Fact]
    public void While_nobody_leads_commands_wait_and_then_go_to_whoever_does()
    {
        var replica = StartReplica();
        replica.Tell(new Request([C(1)]), TestActor);
        replica.Tell(new Request([C(2)]), TestActor);
        ExpectNone<Propose>(replica, Leader);
        Lead(replica, 2);
        Assert.Equal([1, 2], Sequences(Next<Forward>(Peers.ReplicaProbe(2)).Commands));
    }

    [Fact]
    public void Where_nobody_leads_for_long_it_proposes_to_all_leaders()
    {
        var replica = StartReplica();
        replica.Tell(new Request([C(1)]), TestActor);
        Sync(replica);
        Ticks(replica, (int)Math.Ceiling(Settings.ForwardTimeout / Settings.ResendInterval) + 1);
        for (var node = 1; node <= 3; node++) Assert.Equal(2, ExpectPropose(Peers.LeaderProbe(node)).Slot);
    }

    [Fact]
    public void A_slot_left_undecided_below_decided_ones_is_closed_by_the_leaders_replica()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        Decide(replica, 4, C(2));
        Ticks(replica, 4);
        Assert.Equal([new Propose(2, Value.NoOp), new Propose(3, Value.NoOp)], Received<Propose>(replica, Leader).Distinct().OrderBy(p => p.Slot));
        Decide(replica, 2);
        Decide(replica, 3);
        Assert.Equal(5, Sync(replica).SlotOut);
        Assert.Equal(["c2"], Lines.Lines);
    }

    // --- the state that it starts from ---

    /// <summary>A snapshot of the replica that has executed slots 1 and 2.</summary>
    private ReplicaSnapshot Snapshot()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        return Captured(replica);
    }

    private ReplicaSnapshot Captured(IActorRef replica)
    {
        var snapshotter = CreateTestProbe();
        replica.Tell(CaptureState.Instance, snapshotter.Ref);
        var captured = snapshotter.ExpectMsg<CapturedState>(InTime);
        return new ReplicaSnapshot(captured.SlotOut, captured.Encode());
    }

    [Fact]
    public void It_starts_from_the_snapshot_on_disk()
    {
        var replica = StartFrom(Snapshot());
        var status = Sync(replica);
        Assert.Equal((3, 3, 3), (status.SlotOut, status.SlotIn, status.SnapshotSlot));
        Assert.Equal(["c1"], Lines.Lines);
        replica.Tell(new Request([C(1)]), TestActor);
        Assert.Equal("1", Text(Assert.Single(ExpectMsg<Response>(InTime).Replies).Result)); // the sessions are there too
        Assert.Equal(new Executed(3), Received<Executed>(replica, Leader)[^1]);
    }

    [Fact]
    public void Until_it_has_its_state_it_asks_for_it_and_what_it_is_told_waits()
    {
        var snapshot = Snapshot();
        var replica = StartWaiting();
        Next<GetState>(Peers.SnapshotterProbe(1)); // lost
        var asker = CreateTestProbe();
        replica.Tell(GetReplicaStatus.Instance, asker.Ref);
        Decide(replica, 3, C(2));
        Pass(Settings.ResendInterval);
        Next<GetState>(Peers.SnapshotterProbe(1));
        Assert.False(asker.HasMessages);
        replica.Tell(new RestoreFrom(snapshot), Peers.SnapshotterProbe(1).Ref);
        Assert.Equal(3, asker.ExpectMsg<ReplicaStatus>(InTime).SlotOut);
        Assert.Equal(4, Sync(replica).SlotOut);
        replica.Tell(new RestoreFrom(null), Peers.SnapshotterProbe(1).Ref); // the answer to the first
        Assert.Equal(4, Sync(replica).SlotOut);
    }

    [Fact]
    public void A_snapshot_on_disk_that_does_not_restore_stops_it_and_says_so()
    {
        var state = Snapshot().State;
        var replica = StartWaiting();
        Watch(replica);
        EventFilter.Error(start: "replica of node 1: paxos-default-1-replica cannot be read: ").ExpectOne(() =>
            replica.Tell(new RestoreFrom(new ReplicaSnapshot(9, state)), Peers.SnapshotterProbe(1).Ref)); // it holds slot 3
        ExpectTerminated(replica, InTime);
    }

    // --- what others know, and it does not, or the reverse ---

    [Fact]
    public void What_another_says_of_itself_is_compared_and_told_to_those_beside_it()
    {
        var replica = StartReplica();
        var checksum = Sync(replica).Checksum;
        Decide(replica, 2, C(1));
        var progress = new Progress(new NodeId(2), 2, 1, checksum); // an older slot, equal: fine
        replica.Tell(progress, Peers.ReplicaProbe(2).Ref);
        Peers.FetcherProbe(1).ExpectMsg(progress, InTime);
        Assert.Equal(progress, Next<Progress>(Peers.SnapshotterProbe(1)));
    }

    [Fact]
    public void A_peer_that_differs_at_the_same_slot_stops_the_replica_for_good()
    {
        var replica = StartReplica();
        var checksum = Sync(replica).Checksum;
        EventFilter.Exception<InvariantViolationException>(contains: "R3").ExpectOne(() =>
            replica.Tell(new Progress(new NodeId(3), 2, 1, checksum + 1), Peers.ReplicaProbe(3).Ref));
    }

    [Fact]
    public void It_answers_with_pages_of_consecutive_decisions_while_it_keeps_them()
    {
        Settings = Settings with { PageBytes = 200, SnapshotKeepSlots = 2 };
        var replica = StartReplica();
        for (var slot = 2; slot <= 20; slot++) Decide(replica, slot, C(slot));
        var all = new List<Decision>();
        while (all.Count < 20)
        {
            replica.Tell(new CatchUp(all.Count + 1), TestActor);
            var page = ExpectMsg<Decisions>(InTime).Entries;
            Assert.InRange(page.Count, 1, 10);
            all.AddRange(page);
        }
        Assert.Equal(Enumerable.Range(1, 20).Select(s => (long)s), all.Select(d => d.Slot));
        replica.Tell(new CatchUp(21), TestActor);
        Assert.Empty(ExpectMsg<Decisions>(InTime).Entries);

        replica.Tell(new SnapshotSaved(15), Peers.SnapshotterProbe(1).Ref);
        Assert.Equal(15, Sync(replica).SnapshotSlot);
        replica.Tell(new CatchUp(13), TestActor);
        Assert.Equal(13, ExpectMsg<Decisions>(InTime).Entries[0].Slot);
        replica.Tell(new CatchUp(12), TestActor); // the snapshotter answers
        Assert.Equal(12, Next<CatchUp>(Peers.SnapshotterProbe(1)).FromSlot);
        Assert.Equal(TestActor, Peers.SnapshotterProbe(1).LastSender);
    }

    [Fact]
    public void Decisions_that_its_fetcher_brings_are_executed_and_it_says_how_far()
    {
        var replica = StartReplica();
        var brought = new Decisions([new Decision(2, B(1), Value.Batch([C(1)])), new Decision(3, B(1), Value.NoOp), new Decision(5, B(1), Value.NoOp)]);
        for (var i = 0; i < 2; i++)
        {
            replica.Tell(brought, Peers.FetcherProbe(1).Ref);
            Peers.FetcherProbe(1).ExpectMsg(new CaughtUp(4), InTime);
        }
        Assert.Equal(["c1"], Lines.Lines);
    }

    [Fact]
    public void A_snapshot_that_its_fetcher_brings_takes_the_place_of_its_state_and_goes_to_the_snapshotter()
    {
        var ahead = StartReplica(2);
        for (var slot = 2; slot <= 30; slot++) Decide(ahead, slot, C(slot));
        var snapshot = Captured(ahead);

        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(3), C(500)]), TestActor); // one that was executed elsewhere long ago
        Assert.Equal(2, ExpectPropose().Slot);
        replica.Tell(new InstallSnapshot(snapshot), Peers.FetcherProbe(1).Ref);
        Peers.FetcherProbe(1).ExpectMsg(new CaughtUp(31), InTime);
        Assert.Same(snapshot, Next<SaveInstalled>(Peers.SnapshotterProbe(1)).Snapshot);
        Assert.Equal(Sync(ahead).Checksum, Sync(replica).Checksum);
        Assert.Equal(1, Sync(replica).SnapshotSlot); // it is not on disk
        Assert.Equal([3], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence)); // known from the sessions
        var again = ExpectPropose(); // the slot of the other one was decided otherwise
        Assert.Equal(31, again.Slot);
        Assert.Equal([500], Sequences(again.Value.Commands));

        replica.Tell(new InstallSnapshot(Snapshot()), Peers.FetcherProbe(1).Ref); // an older one
        Peers.FetcherProbe(1).ExpectMsg(new CaughtUp(31), InTime);
    }

    [Fact]
    public void A_snapshot_that_does_not_restore_changes_nothing()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        EventFilter.Error(contains: "cannot use").ExpectOne(() =>
            replica.Tell(new InstallSnapshot(new ReplicaSnapshot(45, new byte[10])), Peers.FetcherProbe(1).Ref));
        Peers.FetcherProbe(1).ExpectMsg(new CaughtUp(3), InTime);
        replica.Tell(Ask(1, serializable: true), TestActor);
        Assert.Equal("c1", Text(ExpectMsg<QueryResponse>(InTime).Results[0].Result));
    }

    [Fact]
    public void Its_state_is_captured_at_a_slot_whatever_is_executed_afterwards()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1, "x"));
        Assert.True(Sync(replica).Uncaptured > 0);
        replica.Tell(CaptureState.Instance, TestActor);
        Decide(replica, 3, C(2));
        Assert.Equal(4, Sync(replica).SlotOut);
        var captured = ExpectMsg<CapturedState>(InTime);
        Assert.Equal(3, captured.SlotOut);
        StopAndWait(replica);
        StartFrom(new ReplicaSnapshot(captured.SlotOut, captured.Encode()));
        Assert.Equal(["x"], Lines.Lines);
    }

    // --- questions ---

    private static QueryRequest Ask(long id, bool serializable = false) => new([new Query(id, serializable, default)]);

    [Fact]
    public void A_serializable_question_is_answered_at_once_from_the_present_state()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        replica.Tell(Ask(5, serializable: true), TestActor);
        var result = Assert.Single(ExpectMsg<QueryResponse>(InTime).Results);
        Assert.Equal((5, "c1"), (result.Id, Text(result.Result)));
    }

    [Fact]
    public void A_linearizable_question_waits_for_the_slot_that_the_leader_names()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(Ask(5), TestActor);
        var question = Next<ReadIndex>(Peers.LeaderProbe(2));
        replica.Tell(new ReadIndexResult(question.Id, 2), Peers.LeaderProbe(2).Ref);
        Sync(replica);
        ExpectNoMsg(AMoment); // slot 2 is not executed here

        Decide(replica, 2, C(1));
        Assert.Equal("c1", Text(Assert.Single(ExpectMsg<QueryResponse>(InTime).Results).Result));
    }

    [Fact]
    public void Answers_carry_the_highest_round_that_is_known_to_have_led()
    {
        var replica = StartReplica();
        replica.Tell(new LeaderChanged(B(9, 3), false), Leader.Ref); // it tries to lead, and nobody knows whether it can
        replica.Tell(new Request([C(1)]), TestActor);
        Decide(replica, 2, C(1));
        Assert.Equal(1, ExpectMsg<Response>(InTime).Round);

        Lead(replica, 2, round: 4);
        replica.Tell(Ask(5), TestActor);
        // Its leader has got another ballot adopted meanwhile, of which this node does not know.
        replica.Tell(new ReadIndexResult(Next<ReadIndex>(Peers.LeaderProbe(2)).Id, 2, 6), Peers.LeaderProbe(2).Ref);
        Assert.Equal(6, ExpectMsg<QueryResponse>(InTime).Round);
        replica.Tell(new Decision(3, B(8, 3), Value.NoOp), ActorRefs.NoSender);
        replica.Tell(Ask(6, serializable: true), TestActor);
        Assert.Equal(8, ExpectMsg<QueryResponse>(InTime).Round);
    }

    [Fact]
    public void Questions_gather_while_the_leader_is_asked_and_never_use_an_answer_from_before_they_came()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(Ask(1), TestActor);
        var first = Next<ReadIndex>(Peers.LeaderProbe(2));
        replica.Tell(Ask(2), TestActor);
        replica.Tell(Ask(3), TestActor);
        ExpectNone<ReadIndex>(replica, Peers.LeaderProbe(2));

        replica.Tell(new ReadIndexResult(first.Id, 1), Peers.LeaderProbe(2).Ref);
        Assert.Equal([1], ExpectMsg<QueryResponse>(InTime).Results.Select(r => r.Id));
        var second = Next<ReadIndex>(Peers.LeaderProbe(2));
        Assert.NotEqual(first.Id, second.Id);
        replica.Tell(new ReadIndexResult(first.Id, 1), Peers.LeaderProbe(2).Ref); // repeated: counts for nobody
        Sync(replica);
        ExpectNoMsg(AMoment);
        replica.Tell(new ReadIndexResult(second.Id, 1), Peers.LeaderProbe(2).Ref);
        Assert.Equal([2, 3], ExpectMsg<QueryResponse>(InTime).Results.Select(r => r.Id));
    }

    [Fact]
    public void An_empty_log_can_be_asked()
    {
        var replica = StartEmpty();
        Lead(replica, 1);
        replica.Tell(Ask(1), TestActor);
        replica.Tell(new ReadIndexResult(Next<ReadIndex>(Leader).Id, 0), Leader.Ref);
        Assert.Equal("", Text(Assert.Single(ExpectMsg<QueryResponse>(InTime).Results).Result));
    }

    [Fact]
    public void A_question_is_asked_again_when_the_leader_is_silent_does_not_lead_or_changes()
    {
        var replica = StartReplica();
        Lead(replica, 2);
        replica.Tell(Ask(1), TestActor);
        var id = Next<ReadIndex>(Peers.LeaderProbe(2)).Id;
        Ticks(replica, 2);
        Assert.Equal(id, Next<ReadIndex>(Peers.LeaderProbe(2)).Id);
        replica.Tell(new ReadIndexResult(id, -1), Peers.LeaderProbe(2).Ref); // it does not lead
        Sync(replica);
        ExpectNoMsg(AMoment);
        Lead(replica, 3, round: 2);
        replica.Tell(new ReadIndexResult(Next<ReadIndex>(Peers.LeaderProbe(3)).Id, 1), Peers.LeaderProbe(3).Ref);
        ExpectMsg<QueryResponse>(InTime);
    }

    [Fact]
    public void While_nobody_leads_questions_wait()
    {
        var replica = StartReplica();
        replica.Tell(Ask(1), TestActor);
        ExpectNone<ReadIndex>(replica, Leader);
        Lead(replica, 1);
        Next<ReadIndex>(Leader);
    }

    // ---- limits ----

    [Fact]
    public void A_request_over_the_limit_is_refused_whether_it_writes_or_asks()
    {
        Settings = Settings with { MaxRequestBytes = 100 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([new Command(1, 1, 1, new byte[101]), new Command(1, 2, 1, new byte[100])]), TestActor);
        var reply = Assert.Single(ExpectMsg<Response>(InTime).Replies);
        Assert.Equal((1L, ReplyStatus.TooLarge, "the request has 101 bytes, and the limit is 100 (akkapaxos.max-request-bytes)"),
            (reply.Sequence, reply.Status, Text(reply.Result)));
        Assert.Equal([2], Sequences(ExpectPropose().Value.Commands));
        replica.Tell(new QueryRequest([new Query(7, true, new byte[101])]), TestActor);
        var result = Assert.Single(ExpectMsg<QueryResponse>(InTime).Results);
        Assert.Equal((7L, QueryStatus.TooLarge), (result.Id, result.Status));
    }

    [Fact]
    public void What_it_has_proposed_stays_within_window_bytes_and_what_waits_within_a_multiple()
    {
        Settings = Settings with { WindowBytes = 1000, BatchBytes = 400, MaxRequestBytes = 400 };
        var replica = StartReplica();
        Lead(replica, 1);
        for (var i = 1; i <= 30; i++) replica.Tell(new Request([new Command(1, i, 1, new byte[350])]), TestActor);
        Assert.Equal(2, Received<Propose>(replica, Leader).Count); // of 350 bytes and what is around them
        Assert.Equal((Settings.PendingBytes / 350) - 2, Sync(replica).Queued); // the others were dropped
    }

    [Fact]
    public void Questions_beyond_what_may_wait_are_refused_at_once()
    {
        Settings = Settings with { WindowBytes = 100, MaxRequestBytes = 800 };
        var replica = StartReplica();
        for (var id = 1; id <= 6; id++) replica.Tell(new QueryRequest([new Query(id, false, new byte[50])]), TestActor);
        var refused = ExpectMsg<QueryResponse>(InTime).Results.Single();
        Assert.Equal((5L, QueryStatus.Overloaded), (refused.Id, refused.Status));
        replica.Tell(new Withdraw([1, 2]), TestActor);
        replica.Tell(new QueryRequest([new Query(7, false, new byte[50])]), TestActor);
        Assert.Equal(6, ExpectMsg<QueryResponse>(InTime).Results.Single().Id);
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void The_largest_request_is_taken_whatever_window_bytes_is()
    {
        Settings = Settings with { WindowBytes = 10, MaxRequestBytes = 200 };
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new QueryRequest([new Query(1, false, new byte[200])]), TestActor);
        Next<ReadIndex>(Leader);
        replica.Tell(new Request([new Command(1, 1, 1, new byte[200])]), TestActor);
        Assert.Equal([1], Sequences(ExpectPropose().Value.Commands));
        ExpectNoMsg(AMoment); // nothing was refused
    }

    // ---- long questions ----

    private static QueryRequest AskLong(params long[] ids) => new([.. ids.Select(id => new Query(id, true, ListMachine.LongQuestion))]);

    private (IActorRef Replica, TaskCompletionSource Gate) WithLongQuestion()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        Sync(replica);
        var gate = new TaskCompletionSource();
        Lines.Long.Enqueue(gate);
        replica.Tell(AskLong(1), TestActor);
        Sync(replica);
        AwaitCondition(() => Lines.Long.Count == 0, InTime);
        return (replica, gate);
    }

    [Fact]
    public void A_long_question_holds_up_nothing_and_is_answered_from_the_state_when_its_turn_came()
    {
        var (replica, gate) = WithLongQuestion();
        replica.Tell(AskLong(2), TestActor); // waits for the first
        Decide(replica, 3, C(2));
        Assert.Equal(4, Sync(replica).SlotOut);
        replica.Tell(Ask(3, serializable: true), TestActor);
        Assert.Equal((3L, "c1,c2"), Answered());
        gate.SetResult();
        Assert.Equal((1L, "c1"), Answered());
        Assert.Equal((2L, "c1,c2"), Answered());
    }

    private (long Id, string Text) Answered()
    {
        var result = ExpectMsg<QueryResponse>(InTime).Results.Single();
        return (result.Id, Text(result.Result));
    }

    [Fact]
    public void What_nobody_waits_for_any_more_is_not_answered_and_its_work_ends()
    {
        var (replica, _) = WithLongQuestion();
        replica.Tell(AskLong(2, 3), TestActor);
        replica.Tell(new Withdraw([1, 2]), TestActor); // the first is being answered, the second waits
        Assert.Equal(3L, Answered().Id);
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void Too_many_long_questions_are_refused_at_once_and_one_that_is_asked_again_counts_once()
    {
        var (replica, gate) = WithLongQuestion();
        long[] waiting = [.. Enumerable.Range(2, 64).Select(i => (long)i)];
        replica.Tell(AskLong(waiting), TestActor);
        replica.Tell(AskLong([1, .. waiting]), TestActor);
        replica.Tell(AskLong(100), TestActor);
        var refused = ExpectMsg<QueryResponse>(InTime).Results.Single();
        Assert.Equal((100L, QueryStatus.Overloaded), (refused.Id, refused.Status));
        gate.SetResult();
        foreach (var id in (long[])[1, .. waiting]) Assert.Equal(id, Answered().Id);
        ExpectNoMsg(AMoment);
    }
}

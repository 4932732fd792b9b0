using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The acceptor against a probe that is scout, commander or confirmer: PMMC figure 4, invariants A1 to A4 and S1, recovery.</summary>
public class AcceptorTests() : RoleTestBase(GatedJournal.Hocon)
{
    private Gate Gate => Gate.Of(Sys);

    private IActorRef Acceptor() => Start("acceptor", typeof(Acceptor));

    private Promise Prepare(IActorRef acceptor, Ballot ballot, long fromSlot = 1)
    {
        acceptor.Tell(new Prepare(ballot, fromSlot), TestActor);
        return ExpectMsg<Promise>(InTime);
    }

    private Accepted Accept(IActorRef acceptor, PValue pvalue)
    {
        acceptor.Tell(new Accept(pvalue), TestActor);
        return ExpectMsg<Accepted>(InTime);
    }

    // ---- phase 1 ----

    [Fact]
    public void It_promises_a_higher_ballot_and_says_it_has_accepted_nothing()
    {
        var promise = Prepare(Acceptor(), B(1));
        Assert.Equal((new NodeId(1), B(1), 1L, 0L, 1L), (promise.From, promise.Promised, promise.FromSlot, promise.NextSlot, promise.TruncatedBelow));
        Assert.Empty(promise.Accepted);
    }

    [Fact]
    public void It_promises_the_same_ballot_again_as_often_as_it_is_asked_and_journals_it_once()
    {
        var acceptor = Acceptor();
        for (var i = 0; i < 3; i++) Assert.Equal(B(2, 3), Prepare(acceptor, B(2, 3)).Promised);
        Assert.Equal(1, Gate.Writes.Sum());
    }

    [Fact]
    public void It_refuses_a_lower_ballot_and_names_the_one_it_has_promised()
    {
        var acceptor = Acceptor();
        Accept(acceptor, P(B(2, 2), 1, "a"));
        var refusal = Prepare(acceptor, B(2, 1));
        Assert.Equal(B(2, 2), refusal.Promised);
        Assert.Empty(refusal.Accepted);
        Assert.Equal(B(2, 2), Prepare(acceptor, B(1, 3)).Promised);
    }

    [Fact]
    public void A_promise_tells_for_each_slot_the_pvalue_with_the_highest_ballot_in_the_order_of_slots()
    {
        var acceptor = Acceptor();
        Accept(acceptor, P(B(1), 3, "c"));
        Accept(acceptor, P(B(1), 1, "a"));
        Accept(acceptor, P(B(1), 2, "b"));
        Accept(acceptor, P(B(2, 2), 1, "a2"));
        Assert.Equal([P(B(2, 2), 1, "a2"), P(B(1), 2, "b"), P(B(1), 3, "c")], Prepare(acceptor, B(3)).Accepted);
        Assert.Equal([P(B(1), 3, "c")], Prepare(acceptor, B(3), fromSlot: 3).Accepted);
    }

    [Fact]
    public void A_promise_comes_in_pages_of_bytes_and_one_value_that_is_larger_travels_alone()
    {
        Settings = Settings with { PageBytes = 300 };
        var acceptor = Acceptor();
        PValue[] pvalues = [P(B(1), 1, new string('a', 100)), P(B(1), 2, new string('b', 100)), P(B(1), 4, new string('c', 900)), P(B(1), 5, "d")];
        foreach (var pvalue in pvalues) Accept(acceptor, pvalue);

        var pages = new List<Promise>();
        for (var slot = 1L; slot > 0; slot = pages[^1].NextSlot) pages.Add(Prepare(acceptor, B(2), slot));

        Assert.Equal([2, 1, 1], pages.Select(p => p.Accepted.Count));
        Assert.Equal([4L, 5L, 0L], pages.Select(p => p.NextSlot));
        Assert.Equal(pvalues, pages.SelectMany(p => p.Accepted));
    }

    // ---- phase 2 ----

    [Fact]
    public void It_accepts_under_its_ballot_and_tells_the_replica_beside_it_the_value()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1, 2));
        Assert.Equal(new Accepted(new NodeId(1), B(1, 2), 7), Accept(acceptor, P(B(1, 2), 7, "x")));
        Assert.Equal(new Learned(P(B(1, 2), 7, "x")), Peers.ReplicaProbe(1).ExpectMsg<Learned>(InTime));
    }

    [Fact]
    public void It_adopts_a_higher_ballot_when_it_accepts_under_it()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Assert.Equal(B(5, 3), Accept(acceptor, P(B(5, 3), 1, "x")).Promised);
        Assert.Equal(B(5, 3), Prepare(acceptor, B(4)).Promised);
    }

    [Fact]
    public void It_accepts_nothing_under_a_lower_ballot()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(3, 2));
        Assert.Equal(B(3, 2), Accept(acceptor, P(B(3, 1), 1, "late")).Promised);
        Peers.ReplicaProbe(1).ExpectNoMsg(AMoment);
        Assert.Empty(Prepare(acceptor, B(4)).Accepted);
    }

    [Fact]
    public void An_accept_that_comes_again_is_answered_again_and_journaled_once()
    {
        var acceptor = Acceptor();
        for (var i = 0; i < 3; i++) Assert.Equal(B(1), Accept(acceptor, P(B(1), 1, "x")).Promised);
        for (var i = 0; i < 3; i++) Peers.ReplicaProbe(1).ExpectMsg(new Learned(P(B(1), 1, "x")), InTime);
        Assert.Equal(1, Gate.Writes.Sum());
    }

    [Fact]
    public void Two_values_for_one_ballot_and_slot_stop_it_A4()
    {
        var acceptor = Acceptor();
        Accept(acceptor, P(B(1), 1, "x"));
        EventFilter.Exception<InvariantViolationException>().ExpectOne(() => acceptor.Tell(new Accept(P(B(1), 1, "y")), TestActor));
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void Whatever_the_order_and_however_often_messages_come_it_answers_as_the_figure_says()
    {
        var random = new Random(20261120);
        var acceptor = Acceptor();
        var (promised, accepted) = (Ballot.Bottom, new SortedDictionary<long, PValue>());
        for (var i = 0; i < 2000; i++)
        {
            var (ballot, slot) = (B(1 + i / 50 + random.Next(4), 1 + random.Next(3)), 1 + random.Next(8));
            var before = promised;
            if (random.Next(3) == 0)
            {
                var promise = Prepare(acceptor, ballot, slot);
                promised = ballot > promised ? ballot : promised;
                Assert.Equal(promised, promise.Promised);
                Assert.Equal(ballot == promised ? accepted.Values.Where(p => p.Slot >= slot) : [], promise.Accepted);
            }
            else
            {
                var pvalue = P(ballot, slot, $"{ballot} in {slot}"); // A4: a leader has one value for a ballot and slot
                var answer = Accept(acceptor, pvalue);
                if (ballot >= promised) (promised, accepted[slot]) = (ballot, pvalue);
                Assert.Equal(promised, answer.Promised);
            }

            Assert.True(promised >= before, "A1");
        }
    }

    // ---- questions ----

    [Fact]
    public void It_confirms_what_it_has_promised_without_journaling()
    {
        var acceptor = Acceptor();
        acceptor.Tell(new Confirm(B(3), 17), TestActor);
        ExpectMsg(new Confirmed(new NodeId(1), Ballot.Bottom, 17), InTime);
        Prepare(acceptor, B(4, 2));
        acceptor.Tell(new Confirm(B(3), 18), TestActor);
        ExpectMsg(new Confirmed(new NodeId(1), B(4, 2), 18), InTime);
        Assert.Equal(1, Gate.Writes.Sum());
    }

    // ---- S1 ----

    [Fact]
    public void No_answer_leaves_before_what_it_says_is_in_the_journal_S1()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Gate.Close();

        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor);
        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor); // asked again
        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);     // asked again
        acceptor.Tell(new Accept(P(B(1), 2, "y")), TestActor); // refused, for a promise that is not on disk yet
        acceptor.Tell(new Accept(P(B(3, 3), 1, "z")), TestActor);
        ExpectNoMsg(AMoment);
        Peers.ReplicaProbe(1).ExpectNoMsg(TimeSpan.Zero);

        Gate.Open();
        ExpectMsg(new Accepted(new NodeId(1), B(1), 1), InTime);
        ExpectMsg(new Accepted(new NodeId(1), B(1), 1), InTime);
        for (var i = 0; i < 2; i++)
        {
            var promise = ExpectMsg<Promise>(InTime);
            Assert.Equal(B(2, 2), promise.Promised);
            Assert.Equal([P(B(1), 1, "x")], promise.Accepted); // not "z", which was on its way to the disk at the time
        }

        ExpectMsg(new Accepted(new NodeId(1), B(2, 2), 2), InTime);
        ExpectMsg(new Accepted(new NodeId(1), B(3, 3), 1), InTime);
    }

    [Fact]
    public void It_confirms_the_ballot_on_disk_while_a_higher_one_is_on_its_way_there()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Gate.Close();
        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
        acceptor.Tell(new Confirm(B(1), 1), TestActor);
        ExpectMsg(new Confirmed(new NodeId(1), B(1), 1), InTime);
        Gate.Open();
        Assert.Equal(B(2, 2), ExpectMsg<Promise>(InTime).Promised);
        acceptor.Tell(new Confirm(B(1), 2), TestActor);
        ExpectMsg(new Confirmed(new NodeId(1), B(2, 2), 2), InTime);
    }

    // ---- leases ----

    private Confirmed Confirm(IActorRef acceptor, Ballot ballot, TimeSpan lease)
    {
        acceptor.Tell(new Confirm(ballot, 1, lease), TestActor);
        return ExpectMsg<Confirmed>(InTime);
    }

    private void Lease(IActorRef acceptor, Ballot ballot, TimeSpan lease) =>
        Assert.True(SpinWait.SpinUntil(() => Confirm(acceptor, ballot, lease).Lease == lease, InTime)); // once it is in the journal

    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public void A_lease_is_granted_once_its_length_is_in_the_journal_and_binds_it_against_other_leaders_only()
    {
        Settings = Settings with { LeaderTimeoutMax = Long };
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Gate.Close();
        Assert.Equal(TimeSpan.Zero, Confirm(acceptor, B(1), Long).Lease);
        Assert.Equal(TimeSpan.Zero, Confirm(acceptor, B(1), Long).Lease);
        Gate.Open();
        Lease(acceptor, B(1), Long);
        Assert.Equal(2, Gate.Writes.Sum());

        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
        ExpectNoMsg(AMoment);
        Accept(acceptor, P(B(1), 1, "x"));
        Assert.Equal(B(3, 1), Prepare(acceptor, B(3, 1)).Promised); // its own leader may go on in another round
    }

    [Fact]
    public void While_another_leader_waits_for_the_end_of_a_lease_it_is_not_granted_anew()
    {
        Settings = Settings with { LeaderTimeoutMax = Long };
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Lease(acceptor, B(1), Long);
        Lease(acceptor, B(1), Long);
        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
        Assert.Equal(new Confirmed(new NodeId(1), B(1), 1), Confirm(acceptor, B(1), Long));
    }

    [Fact]
    public void A_lease_that_is_over_binds_nobody()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Lease(acceptor, B(1), TimeSpan.FromMilliseconds(1));
        Assert.True(SpinWait.SpinUntil(() =>
        {
            acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
            acceptor.Tell(new Confirm(B(1), 1), TestActor);
            return ReceiveOne(InTime) is Promise { Promised: { Round: 2 } };
        }, InTime));
    }

    [Fact]
    public void No_lease_longer_than_any_leader_is_waited_for_nor_for_a_ballot_that_it_has_not_promised()
    {
        Settings = Settings with { LeaderTimeoutMax = Long };
        var acceptor = Acceptor();
        Prepare(acceptor, B(4, 2));
        Assert.Equal(TimeSpan.Zero, Confirm(acceptor, B(5, 3), Long).Lease); // it would not know after a restart to whom it is bound
        Assert.Equal(TimeSpan.Zero, Confirm(acceptor, B(3, 3), Long).Lease);
        Assert.Equal(1, Gate.Writes.Sum());
        Assert.True(SpinWait.SpinUntil(() => Confirm(acceptor, B(4, 2), TimeSpan.MaxValue).Lease == Long, InTime));
    }

    [Fact]
    public void While_a_higher_promise_is_on_its_way_to_the_disk_no_lease_is_granted()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Lease(acceptor, B(1), TimeSpan.FromTicks(1));
        Gate.Close();
        acceptor.Tell(new Prepare(B(2, 2), 1), TestActor);
        Assert.Equal(new Confirmed(new NodeId(1), B(1), 1), Confirm(acceptor, B(1), TimeSpan.FromTicks(1)));
        Gate.Open();
        Assert.Equal(B(2, 2), ExpectMsg<Promise>(InTime).Promised);
    }

    [Fact]
    public void What_waits_while_the_disk_writes_is_journaled_in_one_write()
    {
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Gate.Close();
        for (var slot = 1; slot <= 50; slot++) acceptor.Tell(new Accept(P(B(1), slot, "x")), TestActor);
        acceptor.Tell(new Confirm(B(1), 1), TestActor);
        ExpectMsg<Confirmed>(InTime); // so it has come to all fifty, and all but the first wait behind that one's write
        Gate.Open();
        for (var slot = 1; slot <= 50; slot++) ExpectMsg(new Accepted(new NodeId(1), B(1), slot), InTime);
        Assert.Equal(51, Gate.Writes.Sum());
        Assert.True(Gate.Writes.Count <= 4, $"writes of {string.Join(", ", Gate.Writes)} events");
    }

    [Fact]
    public void With_a_journal_that_fails_it_says_why_answers_nothing_that_is_not_on_disk_and_stops()
    {
        var store = new StoreWatch();
        var acceptor = Sys.ActorOf(Props.Create(typeof(Acceptor), Node() with { Store = store }));
        Prepare(acceptor, B(1));
        Watch(acceptor);
        Gate.Close();
        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor);
        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor);
        acceptor.Tell(new Prepare(B(2), 1), TestActor);
        ExpectNoMsg(AMoment);
        Gate.Fail("no space left on device");
        Assert.IsType<Terminated>(ReceiveOne(InTime)); // and no answer before it
        Peers.ReplicaProbe(1).ExpectNoMsg(TimeSpan.Zero);
        Assert.StartsWith("the journal cannot be written: no space left on device (since ", store.Problem(Sys.Scheduler.Now));
    }

    [Fact]
    public void A_journal_that_hangs_keeps_nobody_from_what_is_in_it()
    {
        var acceptor = Acceptor();
        Accept(acceptor, P(B(2), 1, "x"));
        Gate.Close();
        acceptor.Tell(new Accept(P(B(2), 2, "y")), TestActor);
        acceptor.Tell(new Prepare(B(3), 1), TestActor);
        Assert.Equal((B(2), 1L), (Accept(acceptor, P(B(2), 1, "x")).Promised, 1L)); // once more
        Assert.Equal(B(2), Accept(acceptor, P(B(1), 1, "z")).Promised); // too low
        var promise = Prepare(acceptor, B(2));
        Assert.Equal(B(2), promise.Promised);
        Assert.Equal([P(B(2), 1, "x")], promise.Accepted); // nothing of slot 2, which is not on disk
        Assert.Equal(B(2), Prepare(acceptor, B(1)).Promised);
        Gate.Open();
        Assert.Equal(2, ExpectMsg<Accepted>(InTime).Slot);
        Assert.Equal([P(B(2), 1, "x"), P(B(2), 2, "y")], ExpectMsg<Promise>(InTime).Accepted);
    }

    [Fact]
    public void Soon_after_a_write_that_failed_it_serves_what_is_on_disk_and_then_tries_again()
    {
        var store = new StoreWatch();
        store.Failed("the journal cannot be written: full", Sys.Scheduler.Now);
        var acceptor = Sys.ActorOf(Props.Create(typeof(Acceptor), Node() with { Store = store, WritesAfter = TimeSpan.FromSeconds(2) }));
        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor);
        acceptor.Tell(new Prepare(B(1), 1), TestActor);
        acceptor.Tell(new Truncate(5), TestActor);
        acceptor.Tell(new Confirm(B(1), 7), TestActor);
        Assert.Equal(Ballot.Bottom, ExpectMsg<Confirmed>(InTime).Promised); // the only answer
        AwaitAssert(() => Assert.Null(store.Problem(Sys.Scheduler.Now)), InTime); // by itself
        Assert.Equal([1], Gate.Writes);
        Assert.Equal(B(1), Accept(acceptor, P(B(1), 5, "x")).Promised);
        Assert.Equal(5, Prepare(acceptor, B(1)).TruncatedBelow);
    }

    // ---- truncation and recovery ----

    [Fact]
    public void It_forgets_what_is_below_the_truncation_point_and_accepts_nothing_there_A3()
    {
        var acceptor = Acceptor();
        for (var slot = 1; slot <= 5; slot++) Accept(acceptor, P(B(1), slot, $"{slot}"));
        acceptor.Tell(new Truncate(4), TestActor);
        acceptor.Tell(new Truncate(2), TestActor); // an old one
        acceptor.Tell(new Accept(P(B(1), 3, "3")), TestActor);
        var promise = Prepare(acceptor, B(2));
        Assert.Equal(4, promise.TruncatedBelow);
        Assert.Equal([P(B(1), 4, "4"), P(B(1), 5, "5")], promise.Accepted);
    }

    [Fact]
    public void It_finds_its_ballot_and_pvalues_again()
    {
        var first = Acceptor();
        Accept(first, P(B(1), 1, "a"));
        Accept(first, P(B(1), 2, "b"));
        Accept(first, P(B(2, 2), 1, "a2"));
        Prepare(first, B(3, 3));
        StopAndWait(first);

        var second = Acceptor();
        Assert.Equal(B(3, 3), Prepare(second, B(3, 2)).Promised);
        Assert.Equal([P(B(2, 2), 1, "a2"), P(B(1), 2, "b")], Prepare(second, B(3, 3)).Accepted);
    }

    [Fact]
    public void It_finds_its_truncation_point_and_ballot_again_after_the_entries_before_were_deleted()
    {
        var first = Acceptor();
        Prepare(first, B(7, 3));
        for (var slot = 1; slot <= 10; slot++) Accept(first, P(B(7, 3), slot, $"{slot}"));
        first.Tell(new Truncate(11), TestActor);
        Prepare(first, B(7, 3));
        StopAndWait(first);

        var second = Acceptor();
        Assert.Equal(B(7, 3), Prepare(second, B(7, 2)).Promised);
        var promise = Prepare(second, B(7, 3));
        Assert.Equal(11, promise.TruncatedBelow);
        Assert.Empty(promise.Accepted);
        second.Tell(new Accept(P(B(7, 3), 10, "10")), TestActor);
        Accept(second, P(B(7, 3), 11, "11"));
        StopAndWait(second);

        var third = Acceptor();
        Assert.Equal([P(B(7, 3), 11, "11")], Prepare(third, B(8)).Accepted);
    }

    [Fact]
    public void Truncation_keeps_the_entries_that_pvalues_above_it_need()
    {
        var first = Acceptor();
        Accept(first, P(B(1), 9, "nine")); // the first entry, and it stays needed
        for (var slot = 1; slot <= 8; slot++) Accept(first, P(B(1), slot, $"{slot}"));
        first.Tell(new Truncate(9), TestActor);
        Prepare(first, B(1));
        StopAndWait(first);
        Assert.Equal([P(B(1), 9, "nine")], Prepare(Acceptor(), B(2)).Accepted);
    }

    [Fact]
    public void It_does_not_answer_by_another_acceptors_journal()
    {
        Accept(Acceptor(), P(B(1), 1, "a"));
        var other = Start("acceptor", typeof(Acceptor), node: 2);
        var promise = Prepare(other, B(1));
        Assert.Equal(new NodeId(2), promise.From);
        Assert.Empty(promise.Accepted);
    }

    // ---- bulk ----

    [Fact]
    public void Large_values_are_signs_of_life_of_who_sends_them()
    {
        var acceptor = Acceptor();
        for (var slot = 1; slot <= 10; slot++) Accept(acceptor, new PValue(B(3, 2), slot, Value.Batch([new Command(1, slot, 1, new byte[40_000])])));
        var leader = Peers.LeaderProbe(1);
        for (var i = 0; i < 5; i++) Assert.Equal(new Heartbeat(B(3, 2)), leader.ExpectMsg<Heartbeat>(InTime));
        leader.ExpectNoMsg(AMoment);
        Accept(acceptor, P(B(3, 2), 11, "small"));
        leader.ExpectNoMsg(AMoment);
    }

    [Fact]
    public void What_the_journal_does_not_keep_up_with_is_not_taken_and_what_it_has_written_makes_room()
    {
        Settings = Settings with { WindowBytes = 1000 };
        static PValue Of(long slot) => new(B(1), slot, Value.Batch([new Command(1, slot, 1, new byte[900])]));
        var acceptor = Acceptor();
        Prepare(acceptor, B(1));
        Gate.Close();
        for (var slot = 1; slot <= 5; slot++) acceptor.Tell(new Accept(Of(slot)), TestActor);
        ExpectNoMsg(AMoment);
        Gate.Open();
        Assert.Equal([1, 2], ((long[])[ExpectMsg<Accepted>(InTime).Slot, ExpectMsg<Accepted>(InTime).Slot]));
        ExpectNoMsg(AMoment);
        Assert.Equal(5, Accept(acceptor, Of(5)).Slot);
    }
}

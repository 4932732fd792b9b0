using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>A replica among its like: progress, what one lacks, snapshots, and checksums that must agree (invariant R3).</summary>
public sealed class ReplicaCatchUpTests : ReplicaTestBase
{
    private TestProbe Peer(int node) => Peers.ReplicaProbe(node);

    private void SayProgress(IActorRef replica, int from, long slotOut, long snapshot = 1, ulong checksum = 0)
    {
        replica.Tell(new Progress(new NodeId(from), slotOut, snapshot, checksum), Peer(from).Ref);
        Sync(replica);
    }

    /// <summary>The decisions of slots 1 to <paramref name="last"/>: a session, then a command each.</summary>
    private static List<Decision> History(int last) =>
    [
        new Decision(1, B(1), Value.Batch([new Command(0, 99, 0, default)])),
        .. Enumerable.Range(2, last - 1).Select(slot => new Decision(slot, B(1), Value.Batch([C(slot - 1)]))),
    ];

    private static void Feed(IActorRef replica, IEnumerable<Decision> history)
    {
        foreach (var decision in history) replica.Tell(decision, ActorRefs.NoSender);
    }

    // --- progress ---

    [Fact]
    public void It_tells_the_other_replicas_how_far_it_is_and_its_own_leader_too()
    {
        var replica = StartReplica();
        Decide(replica, 2, C(1));
        var status = Sync(replica);
        Received<object>(replica, Leader);
        Looks(replica, 1);
        foreach (var node in (int[])[2, 3]) Assert.Equal(new Progress(new NodeId(1), 3, 1, status.Checksum), Next<Progress>(Peer(node)));
        Assert.Equal(new Executed(3), Next<Executed>(Leader));
    }

    [Fact]
    public void A_peer_that_differs_at_the_same_slot_stops_the_replica_for_good()
    {
        var replica = StartReplica();
        var checksum = Sync(replica).Checksum;
        Decide(replica, 2, C(1));
        SayProgress(replica, 2, 2, checksum: checksum); // an older slot, equal: fine
        Sync(replica);
        EventFilter.Exception<InvariantViolationException>(contains: "R3").ExpectOne(() =>
            replica.Tell(new Progress(new NodeId(3), 2, 1, checksum + 1), Peer(3).Ref));
    }

    [Fact]
    public void Slots_in_the_snapshots_of_a_majority_are_truncated()
    {
        Settings = Settings with { SnapshotSlots = 5 };
        var replica = StartEmpty();
        Feed(replica, History(7)); // a snapshot is taken at slot 6 or later
        AwaitAssert(() => Assert.InRange(Sync(replica).SnapshotSlot, 6, 8));
        var own = Sync(replica).SnapshotSlot;
        SayProgress(replica, 2, 1000, snapshot: 3);
        Assert.Equal(3, Next<Truncate>(Peers.AcceptorProbe(1)).BelowSlot); // nodes 1 and 2 have slots below 3
        SayProgress(replica, 3, 1000, snapshot: 100);
        Assert.Equal(own, Next<Truncate>(Peers.AcceptorProbe(1)).BelowSlot); // nodes 1 and 3 have slots below the own one
        SayProgress(replica, 2, 1000, snapshot: 4);
        ExpectNone<Truncate>(replica, Peers.AcceptorProbe(1));
    }

    // --- asking for decisions ---

    [Fact]
    public void A_replica_that_is_behind_for_long_asks_one_that_is_ahead()
    {
        var replica = StartEmpty();
        SayProgress(replica, 2, 5);
        SayProgress(replica, 3, 3);
        Looks(replica, 1);
        ExpectNone<CatchUp>(replica, Peer(2)); // the decisions may be on their way
        Looks(replica, 1);
        Assert.Equal(1, Next<CatchUp>(Peer(2)).FromSlot);
        ExpectNone<CatchUp>(replica, Peer(3));

        replica.Tell(new Decisions(History(2)), Peer(2).Ref);
        Assert.Equal(3, Next<CatchUp>(Peer(2)).FromSlot); // there is more: at once
        replica.Tell(new Decisions(History(4).Skip(2).ToList()), Peer(2).Ref);
        Assert.Equal(5, Sync(replica).SlotOut);
        Looks(replica, 5);
        ExpectNone<CatchUp>(replica, Peer(2));
        Assert.Equal(["c1", "c2", "c3"], Lines.Lines);
    }

    // Seed 832 of the simulation: a leader that told its replica one slot after the other made it wait a progress interval for each.
    [Fact]
    public void Decisions_that_come_another_way_first_do_not_keep_it_from_asking_for_more()
    {
        var replica = StartEmpty();
        SayProgress(replica, 2, 6);
        Looks(replica, 2);
        Assert.Equal(1, Next<CatchUp>(Peer(2)).FromSlot);
        Feed(replica, History(2));

        replica.Tell(new Decisions(History(1)), Peer(2).Ref);
        Assert.Equal(3, Next<CatchUp>(Peer(2)).FromSlot);
        replica.Tell(new Decisions(History(1)), Peer(2).Ref); // the network's copy of it
        ExpectNone<CatchUp>(replica, Peer(2));
        replica.Tell(new Decisions(History(5).Skip(2).ToList()), Peer(2).Ref);
        Assert.Equal(6, Sync(replica).SlotOut);
    }

    [Fact]
    public void A_replica_that_is_behind_for_a_moment_asks_nobody()
    {
        var replica = StartReplica();
        for (var slot = 2; slot < 10; slot++)
        {
            SayProgress(replica, 2, slot + 1, checksum: Sync(replica).Checksum);
            Looks(replica, 1);
            Decide(replica, slot, C(slot));
        }
        ExpectNone<CatchUp>(replica, Peer(2));
    }

    [Fact]
    public void It_asks_another_one_when_the_first_is_silent()
    {
        var replica = StartEmpty();
        SayProgress(replica, 2, 5);
        SayProgress(replica, 3, 4);
        Looks(replica, 2);
        Next<CatchUp>(Peer(2));
        Looks(replica, 4);
        Assert.Equal(1, Next<CatchUp>(Peer(3)).FromSlot);
    }

    [Fact]
    public void It_answers_with_pages_of_consecutive_decisions()
    {
        Settings = Settings with { PageBytes = 200 };
        var replica = StartEmpty();
        Feed(replica, History(20));
        Sync(replica);
        var all = new List<Decision>();
        while (all.Count < 20)
        {
            replica.Tell(new CatchUp(all.Count + 1), TestActor);
            var page = ExpectMsg<Decisions>(InTime).Entries;
            Assert.InRange(page.Count, 1, 10);
            all.AddRange(page);
        }
        Assert.Equal(History(20), all);
        replica.Tell(new CatchUp(21), TestActor);
        Assert.Empty(ExpectMsg<Decisions>(InTime).Entries);
    }

    [Fact]
    public void Repeated_and_useless_answers_do_no_harm()
    {
        var replica = StartEmpty();
        SayProgress(replica, 2, 9);
        Looks(replica, 2);
        Next<CatchUp>(Peer(2));
        replica.Tell(new Decisions([]), Peer(2).Ref);
        replica.Tell(new Decisions(History(3)), Peer(2).Ref);
        replica.Tell(new Decisions(History(3)), Peer(2).Ref);
        Assert.Equal(4, Sync(replica).SlotOut);
        Assert.Equal(["c1", "c2"], Lines.Lines);
    }

    // --- snapshots ---

    [Fact]
    public void It_recovers_from_its_snapshot_and_fetches_only_what_came_later()
    {
        Settings = Settings with { SnapshotSlots = 3 };
        var replica = StartEmpty();
        Feed(replica, History(5));
        AwaitAssert(() => Assert.InRange(Sync(replica).SnapshotSlot, 4, 6));
        var saved = Sync(replica).SnapshotSlot;
        StopAndWait(replica);

        var again = StartEmpty();
        Assert.Equal((saved, saved, saved), (Sync(again).SlotOut, Sync(again).SlotIn, Sync(again).SnapshotSlot));
        Assert.Equal(saved - 2, Lines.Lines.Count);
        Feed(again, History(8).Skip((int)saved - 1));
        Assert.Equal(9, Sync(again).SlotOut);
        // The sessions are there too: what was executed before is not executed again.
        Decide(again, 9, C(1), C(7), C(8));
        Sync(again);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"c{i}"), Lines.Lines);
    }

    [Fact]
    public void Each_snapshot_takes_the_place_of_the_one_before_also_after_restarts()
    {
        Settings = Settings with { SnapshotSlots = 2 };
        var slots = 0L;
        for (var run = 1; run <= 3; run++)
        {
            var replica = StartEmpty();
            Assert.True(Sync(replica).SlotOut >= slots, "a restart went back");
            Feed(replica, History(run * 20));
            AwaitAssert(() => Assert.True(Sync(replica).SnapshotSlot > slots));
            slots = Sync(replica).SnapshotSlot;
            StopAndWait(replica);
        }
    }

    [Fact]
    public void Where_the_decisions_are_no_longer_kept_a_replica_gets_the_snapshot_in_parts_and_goes_on_from_it()
    {
        Settings = Settings with { SnapshotSlots = 10, SnapshotKeepSlots = 1, PageBytes = 64 };
        var ahead = StartEmpty(2);
        Feed(ahead, History(30));
        AwaitAssert(() => Assert.InRange(Sync(ahead).SnapshotSlot, 11, 31));
        var lines = Lines;

        var behind = StartEmpty(1);
        Lead(behind, 3);
        behind.Tell(new Request([C(2), C(500)]), TestActor); // one that was executed elsewhere long ago
        Sync(behind);
        SayProgress(behind, 2, 31, checksum: Sync(ahead).Checksum);
        Looks(behind, 2);
        AwaitAssert(() =>
        {
            Looks(behind, 1);
            Assert.Equal(31, Sync(behind).SlotOut);
        });

        Assert.Equal(Sync(ahead).Checksum, Sync(behind).Checksum);
        Assert.Equal(lines.Lines, Lines.Lines);
        Assert.Equal([2], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence)); // known from the sessions
        AwaitAssert(() => Assert.InRange(Sync(behind).SnapshotSlot, 11, 31)); // and on disk here too
    }

    [Fact]
    public void A_proposal_below_a_received_snapshot_gets_another_slot()
    {
        Settings = Settings with { SnapshotSlots = 10, SnapshotKeepSlots = 1 };
        var ahead = StartEmpty(2);
        Feed(ahead, History(30));
        AwaitAssert(() => Assert.InRange(Sync(ahead).SnapshotSlot, 11, 31));

        var behind = StartEmpty(1);
        Lead(behind, 1);
        behind.Tell(new Request([C(500)]), TestActor);
        Assert.Equal(1, ExpectPropose().Slot);
        SayProgress(behind, 2, 31, checksum: Sync(ahead).Checksum);
        Looks(behind, 2);
        AwaitAssert(() =>
        {
            Looks(behind, 1);
            Assert.Equal(31, Sync(behind).SlotOut);
        });
        Assert.Contains(Received<Propose>(behind, Leader), p => p.Slot >= 11 && Sequences(p.Value.Commands).SequenceEqual([500L]));
    }

    [Fact]
    public void A_transfer_that_is_cut_off_starts_again_with_another_replica()
    {
        var behind = StartEmpty();
        SayProgress(behind, 2, 50);
        SayProgress(behind, 3, 40);
        Looks(behind, 2);
        Next<CatchUp>(Peer(2));
        behind.Tell(new SnapshotOffer(45, 1000), Peer(2).Ref);
        Assert.Equal(new FetchSnapshot(45, 0), Next<FetchSnapshot>(Peer(2)));
        behind.Tell(new SnapshotChunk(45, 0, 1000, new byte[10]), Peer(2).Ref);
        Assert.Equal(new FetchSnapshot(45, 10), Next<FetchSnapshot>(Peer(2)));
        behind.Tell(new SnapshotChunk(45, 0, 1000, new byte[10]), Peer(2).Ref); // repeated
        ExpectNone<FetchSnapshot>(behind, Peer(2));
        Looks(behind, 4);
        Assert.Equal(1, Next<CatchUp>(Peer(3)).FromSlot);
        behind.Tell(new SnapshotChunk(45, 10, 1000, new byte[990]), Peer(2).Ref); // too late
        Assert.Equal(1, Sync(behind).SlotOut);
    }

    [Fact]
    public void A_snapshot_that_does_not_restore_changes_nothing()
    {
        var behind = StartReplica();
        Decide(behind, 2, C(1));
        SayProgress(behind, 2, 50);
        Looks(behind, 2);
        Next<CatchUp>(Peer(2));
        behind.Tell(new SnapshotOffer(45, 10), Peer(2).Ref);
        EventFilter.Error(contains: "cannot use").ExpectOne(() => behind.Tell(new SnapshotChunk(45, 0, 10, new byte[10]), Peer(2).Ref));
        behind.Tell(new QueryRequest([new Query(1, true, default)]), TestActor);
        Assert.Equal("c1", Text(ExpectMsg<QueryResponse>(InTime).Results[0].Result));
        Assert.Equal(3, Sync(behind).SlotOut);
    }
}

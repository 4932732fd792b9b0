using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The fetcher of node 1 among probes, the replica beside it one of them, in virtual time: whom it tells what, whom it asks, and what it makes of the answers.</summary>
public sealed class FetcherTests() : RoleTestBase(virtualTime: true)
{
    private TestProbe Replica => Peers.ReplicaProbe(1);

    private TestProbe Peer(int node) => Peers.ReplicaProbe(node);

    private IActorRef Start()
    {
        var fetcher = Start("fetcher", typeof(Fetcher));
        Sync(fetcher); // its timer runs
        return fetcher;
    }

    /// <summary>Where the replica beside it says it is.</summary>
    private static ReplicaStatus At(long slotOut, long decided = 0, int decidedBy = 0) =>
        new(slotOut, slotOut, decided, new NodeId(decidedBy), B(1), true, 77, 3, 0, 0, 0);

    /// <summary>Progress intervals pass, at which the replica says that it is there.</summary>
    private void Looks(IActorRef fetcher, int count, ReplicaStatus status)
    {
        for (var i = 0; i < count; i++)
        {
            Pass(Settings.ProgressInterval);
            Replica.ExpectMsg<GetReplicaStatus>(InTime);
            Replica.Reply(status);
            Sync(fetcher);
        }
    }

    private IReadOnlyList<Progress> Sync(IActorRef fetcher)
    {
        var probe = CreateTestProbe();
        fetcher.Tell(GetOthersProgress.Instance, probe.Ref);
        return probe.ExpectMsg<OthersProgress>(InTime).Peers;
    }

    private void Say(IActorRef fetcher, int from, long slotOut) => fetcher.Tell(new Progress(new NodeId(from), slotOut, 1, 0), Replica.Ref);

    /// <summary>The next message of a type; progress is passed over.</summary>
    private static T Next<T>(TestProbe probe) => (T)probe.FishForMessage(m => m is T, InTime);

    private void ExpectNone<T>(IActorRef fetcher, TestProbe probe)
    {
        Sync(fetcher);
        while (probe.HasMessages) Assert.IsNotType<T>(probe.ReceiveOne(TimeSpan.Zero));
    }

    private static Decisions Slots(long from, int count) =>
        new([.. Enumerable.Range(0, count).Select(i => new Decision(from + i, B(1), V($"{from + i}")))]);

    private IActorRef StartBehind(params (int Node, long SlotOut)[] ahead)
    {
        var fetcher = Start();
        foreach (var (node, slotOut) in ahead) Say(fetcher, node, slotOut);
        Looks(fetcher, 2, At(1));
        return fetcher;
    }

    // --- progress ---

    [Fact]
    public void It_tells_the_other_nodes_what_the_replica_beside_it_says()
    {
        var fetcher = Start();
        Looks(fetcher, 1, At(9));
        foreach (var node in (int[])[2, 3]) Peer(node).ExpectMsg(new Progress(new NodeId(1), 9, 3, 77), InTime);
        Replica.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void While_the_replica_is_silent_it_tells_nobody_anything()
    {
        var fetcher = Start();
        Say(fetcher, 2, 9);
        for (var i = 0; i < 5; i++) Pass(Settings.ProgressInterval);
        Sync(fetcher);
        Peer(2).ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void It_knows_how_far_the_others_last_said_they_were()
    {
        var fetcher = Start();
        Say(fetcher, 3, 4);
        Say(fetcher, 2, 9);
        Say(fetcher, 3, 5);
        Say(fetcher, 1, 6); // the network's echo of its own
        Assert.Equal([(2, 9L), (3, 5L)], Sync(fetcher).Select(p => (p.From.Value, p.SlotOut)));
    }

    // --- decisions ---

    [Fact]
    public void Where_the_replica_stays_behind_it_asks_the_one_that_is_farthest_and_brings_what_that_one_says()
    {
        var fetcher = Start();
        Say(fetcher, 2, 6);
        Say(fetcher, 3, 4);
        Looks(fetcher, 1, At(1));
        ExpectNone<CatchUp>(fetcher, Peer(2)); // the decisions may be on their way
        Looks(fetcher, 1, At(1));
        Assert.Equal(1, Next<CatchUp>(Peer(2)).FromSlot);
        ExpectNone<CatchUp>(fetcher, Peer(3));

        fetcher.Tell(Slots(1, 2), Peer(2).Ref);
        Assert.Equal(2, Replica.ExpectMsg<Decisions>(InTime).Entries.Count);
        ExpectNone<CatchUp>(fetcher, Peer(2)); // not before the replica has executed them
        Replica.Reply(new CaughtUp(3));
        Assert.Equal(3, Next<CatchUp>(Peer(2)).FromSlot); // there is more: at once
        fetcher.Tell(Slots(3, 3), Peer(2).Ref);
        Replica.ExpectMsg<Decisions>(InTime);
        Replica.Reply(new CaughtUp(6));
        ExpectNone<CatchUp>(fetcher, Peer(2));
        Looks(fetcher, 5, At(6));
        ExpectNone<CatchUp>(fetcher, Peer(2));
    }

    [Fact]
    public void A_replica_that_is_behind_for_a_moment_makes_it_ask_nobody()
    {
        var fetcher = Start();
        for (var slot = 2; slot < 10; slot++)
        {
            Say(fetcher, 2, slot + 1);
            Looks(fetcher, 1, At(slot));
        }
        ExpectNone<CatchUp>(fetcher, Peer(2));
    }

    [Fact]
    public void Where_nobody_says_to_be_ahead_it_asks_who_decided()
    {
        var fetcher = Start();
        Looks(fetcher, 2, At(2, decided: 2, decidedBy: 3));
        Assert.Equal(2, Next<CatchUp>(Peer(3)).FromSlot);
    }

    // Seed 832 of the simulation: a leader that told its replica one slot after the other made it wait a progress interval for each.
    [Fact]
    public void Decisions_that_came_another_way_first_do_not_keep_it_from_asking_for_more()
    {
        var fetcher = StartBehind((2, 6));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(Slots(1, 1), Peer(2).Ref);
        Replica.ExpectMsg<Decisions>(InTime);
        Replica.Reply(new CaughtUp(3)); // slots 1 and 2, from the leader
        Assert.Equal(3, Next<CatchUp>(Peer(2)).FromSlot);
    }

    [Fact]
    public void An_answer_that_comes_twice_is_brought_once_and_does_not_count_for_a_later_question()
    {
        var fetcher = StartBehind((2, 9));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(Slots(1, 2), Peer(2).Ref);
        fetcher.Tell(Slots(1, 2), Peer(2).Ref);
        Replica.ExpectMsg<Decisions>(InTime);
        Replica.Reply(new CaughtUp(3));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(Slots(1, 2), Peer(2).Ref);
        Replica.Reply(new CaughtUp(3)); // of nothing that it was brought
        ExpectNone<CatchUp>(fetcher, Peer(2));
        Replica.ExpectNoMsg(TimeSpan.Zero);
        fetcher.Tell(Slots(3, 1), Peer(2).Ref);
        Assert.Equal(3, Replica.ExpectMsg<Decisions>(InTime).Entries[0].Slot);
    }

    [Fact]
    public void It_asks_another_one_when_the_first_is_silent_or_does_not_have_them()
    {
        var fetcher = StartBehind((2, 5), (3, 4));
        Next<CatchUp>(Peer(2));
        Looks(fetcher, 4, At(1));
        Assert.Equal(1, Next<CatchUp>(Peer(3)).FromSlot);
        fetcher.Tell(new Decisions([]), Peer(3).Ref);
        Looks(fetcher, 1, At(1));
        Assert.Equal(1, Next<CatchUp>(Peer(2)).FromSlot);
    }

    [Fact]
    public void Where_the_replica_starts_again_meanwhile_it_asks_again()
    {
        var fetcher = StartBehind((2, 5));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(Slots(1, 4), Peer(2).Ref);
        Replica.ExpectMsg<Decisions>(InTime); // and forgets them
        Looks(fetcher, 4, At(1));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(Slots(1, 4), Peer(2).Ref);
        Replica.ExpectMsg<Decisions>(InTime);
    }

    // --- a snapshot ---

    [Fact]
    public void A_snapshot_that_is_offered_is_fetched_part_by_part_and_brought_as_a_whole()
    {
        var fetcher = StartBehind((2, 50));
        Next<CatchUp>(Peer(2));
        var snapshotter = CreateTestProbe();
        fetcher.Tell(new SnapshotOffer(45, 5), snapshotter.Ref);
        snapshotter.ExpectMsg(new FetchSnapshot(45, 0), InTime);
        fetcher.Tell(new SnapshotChunk(45, 0, 5, new byte[] { 1, 2, 3 }), snapshotter.Ref);
        snapshotter.ExpectMsg(new FetchSnapshot(45, 3), InTime);
        fetcher.Tell(new SnapshotChunk(45, 3, 5, new byte[] { 4, 5 }), snapshotter.Ref);
        var brought = Replica.ExpectMsg<InstallSnapshot>(InTime).Snapshot;
        Assert.Equal(45, brought.SlotOut);
        Assert.Equal([1, 2, 3, 4, 5], brought.State.ToArray());
        Replica.Reply(new CaughtUp(45));
        Assert.Equal(45, Next<CatchUp>(Peer(2)).FromSlot);
    }

    [Fact]
    public void A_transfer_that_is_cut_off_starts_again_with_another_node()
    {
        var fetcher = StartBehind((2, 50), (3, 40));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(new SnapshotOffer(45, 1000), Peer(2).Ref);
        Assert.Equal(new FetchSnapshot(45, 0), Next<FetchSnapshot>(Peer(2)));
        fetcher.Tell(new SnapshotChunk(45, 0, 1000, new byte[10]), Peer(2).Ref);
        Assert.Equal(new FetchSnapshot(45, 10), Next<FetchSnapshot>(Peer(2)));
        fetcher.Tell(new SnapshotChunk(45, 0, 1000, new byte[10]), Peer(2).Ref); // repeated
        ExpectNone<FetchSnapshot>(fetcher, Peer(2));
        Looks(fetcher, 4, At(1));
        Assert.Equal(1, Next<CatchUp>(Peer(3)).FromSlot);
        fetcher.Tell(new SnapshotChunk(45, 10, 1000, new byte[990]), Peer(2).Ref); // too late
        Sync(fetcher);
        Replica.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_snapshot_that_helps_nobody_is_not_fetched()
    {
        var fetcher = StartBehind((2, 50), (3, 40));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(new SnapshotOffer(1, 10), Peer(2).Ref); // of where the replica is already
        Looks(fetcher, 1, At(1));
        Next<CatchUp>(Peer(3));
        ExpectNone<FetchSnapshot>(fetcher, Peer(2));
    }

    [Fact]
    public void A_snapshot_that_the_replica_cannot_use_makes_it_ask_another_one()
    {
        var fetcher = StartBehind((2, 50), (3, 40));
        Next<CatchUp>(Peer(2));
        fetcher.Tell(new SnapshotOffer(45, 1), Peer(2).Ref);
        fetcher.Tell(new SnapshotChunk(45, 0, 1, new byte[1]), Peer(2).Ref);
        Replica.ExpectMsg<InstallSnapshot>(InTime);
        Replica.Reply(new CaughtUp(1));
        Looks(fetcher, 1, At(1));
        Assert.Equal(1, Next<CatchUp>(Peer(3)).FromSlot);
    }

    [Fact]
    public void An_offer_that_nobody_asked_for_is_passed_over()
    {
        var fetcher = Start();
        fetcher.Tell(new SnapshotOffer(45, 1000), Peer(2).Ref);
        ExpectNone<FetchSnapshot>(fetcher, Peer(2));
    }
}

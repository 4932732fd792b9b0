using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// The snapshotter of node 1 among probes, the replica beside it one of them, in virtual time: when it takes a snapshot, what it serves, what survives which restart, and what
/// the acceptor may forget (invariant A3).
/// </summary>
public sealed class SnapshotterTests() : RoleTestBase(GatedSnapshotStore.Hocon, virtualTime: true)
{
    private TestProbe Replica => Peers.ReplicaProbe(1);

    private TestProbe Acceptor => Peers.AcceptorProbe(1);

    /// <summary>A snapshotter that the replica has asked for its state.</summary>
    private IActorRef Start(out ReplicaSnapshot? found)
    {
        var snapshotter = Start("snapshotter", typeof(Snapshotter));
        found = State(snapshotter);
        return snapshotter;
    }

    private IActorRef Start() => Start(out _);

    private ReplicaSnapshot? State(IActorRef snapshotter)
    {
        snapshotter.Tell(GetState.Instance, Replica.Ref);
        return Replica.ExpectMsg<RestoreFrom>(InTime).Snapshot;
    }

    private static void AssertIs(ReplicaSnapshot? snapshot, long slotOut, params byte[] state)
    {
        Assert.Equal(slotOut, snapshot?.SlotOut);
        Assert.Equal(state, snapshot!.State.ToArray());
    }

    /// <summary>Where the replica beside it says it is.</summary>
    private static ReplicaStatus At(long slotOut, long uncaptured = 1000) => new(slotOut, slotOut, 0, NodeId.None, B(1), true, 0, 1, uncaptured, 0, 0);

    /// <summary>A progress interval passes, at which the replica says that it is there.</summary>
    private void Look(IActorRef snapshotter, ReplicaStatus status)
    {
        Pass(Settings.ProgressInterval);
        Replica.ExpectMsg<GetReplicaStatus>(InTime);
        snapshotter.Tell(status, Replica.Ref);
    }

    /// <summary>Returns when the snapshotter has handled what it was told before.</summary>
    private void Sync(IActorRef snapshotter)
    {
        var probe = CreateTestProbe();
        snapshotter.Tell(new Identify(0), probe.Ref);
        probe.ExpectMsg<ActorIdentity>(InTime);
    }

    private void ExpectNotDue(IActorRef snapshotter, ReplicaStatus status)
    {
        Look(snapshotter, status);
        Sync(snapshotter);
        Replica.ExpectNoMsg(TimeSpan.Zero);
    }

    /// <summary>The replica is asked for its state, and gives it.</summary>
    private void Give(IActorRef snapshotter, long slotOut, byte[] state)
    {
        Replica.ExpectMsg<CaptureState>(InTime);
        snapshotter.Tell(new CapturedState(slotOut, () => state), Replica.Ref);
    }

    /// <summary>A snapshot is taken, and on disk.</summary>
    private void Take(IActorRef snapshotter, long slotOut, params byte[] state)
    {
        Look(snapshotter, At(slotOut));
        Give(snapshotter, slotOut, state);
        Replica.ExpectMsg(new SnapshotSaved(slotOut), InTime);
    }

    private void SayProgress(IActorRef snapshotter, int from, long snapshot) =>
        snapshotter.Tell(new Progress(new NodeId(from), 1000, snapshot, 0), Replica.Ref);

    // --- when ---

    [Fact]
    public void After_enough_slots_a_snapshot_is_taken_of_the_replicas_state_and_it_is_told_when_that_is_on_disk()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start(out var found);
        Assert.Null(found);
        ExpectNotDue(snapshotter, At(10));
        Gate.Of(Sys).Close();
        Look(snapshotter, At(11));
        Give(snapshotter, 12, [1, 2]); // one slot was executed meanwhile
        AwaitCondition(() => Gate.Of(Sys).Writes.Count == 1, InTime);
        Assert.Null(State(snapshotter));
        ExpectNotDue(snapshotter, At(100)); // one after the other
        Gate.Of(Sys).Open();
        Replica.ExpectMsg(new SnapshotSaved(12), InTime);
        AssertIs(State(snapshotter), 12, 1, 2);
        ExpectNotDue(snapshotter, At(21));
        Look(snapshotter, At(22));
        Replica.ExpectMsg<CaptureState>(InTime);
    }

    [Fact]
    public void After_enough_bytes_too_but_not_before_half_as_many_are_written_as_the_last_one_has()
    {
        Settings = Settings with { SnapshotBytes = 50 };
        var snapshotter = Start();
        ExpectNotDue(snapshotter, At(2, uncaptured: 49));
        Look(snapshotter, At(2, uncaptured: 50));
        Give(snapshotter, 2, new byte[200]);
        Replica.ExpectMsg(new SnapshotSaved(2), InTime);
        ExpectNotDue(snapshotter, At(3, uncaptured: 99));
        Look(snapshotter, At(3, uncaptured: 100));
        Replica.ExpectMsg<CaptureState>(InTime);
    }

    [Fact]
    public void Nodes_take_turns()
    {
        Settings = Settings with { SnapshotSlots = 30 };
        var second = Sys.ActorOf(Props.Create(typeof(Snapshotter), Node(2))); // a third of the interval ahead
        var probe = Peers.ReplicaProbe(2);
        second.Tell(GetState.Instance, probe.Ref);
        probe.ExpectMsg<RestoreFrom>(InTime);
        second.Tell(At(20), probe.Ref);
        Sync(second);
        Assert.False(probe.HasMessages);
        second.Tell(At(21), probe.Ref);
        probe.ExpectMsg<CaptureState>(InTime);
    }

    [Fact]
    public void A_state_that_is_asked_for_twice_is_asked_for_once_more_only_when_it_is_on_disk_or_the_replica_starts_again()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        Look(snapshotter, At(11));
        Replica.ExpectMsg<CaptureState>(InTime);
        ExpectNotDue(snapshotter, At(12));

        var again = CreateTestProbe(); // the replica did not answer: it is another one now
        Peers.Put("replica", 1, again.Ref);
        snapshotter.Tell(GetState.Instance, again.Ref);
        again.ExpectMsg<RestoreFrom>(InTime);
        snapshotter.Tell(At(11), again.Ref);
        again.ExpectMsg<CaptureState>(InTime);
    }

    // --- the disk ---

    [Fact]
    public void What_is_on_disk_is_there_after_a_restart_and_only_the_latest()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        Take(snapshotter, 11, 1);
        Take(snapshotter, 21, 2);
        StopAndWait(snapshotter);
        snapshotter = Start(out var found);
        AssertIs(found, 21, 2);
        ExpectNotDue(snapshotter, At(30));
        Take(snapshotter, 31, 3);
    }

    [Fact]
    public void A_snapshot_that_could_not_be_saved_costs_nothing_but_time_and_is_tried_again_when_there_is_something_new_in_it()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var store = new StoreWatch();
        var snapshotter = Sys.ActorOf(Props.Create(typeof(Snapshotter), Node() with { Store = store }));
        State(snapshotter);
        Take(snapshotter, 11, 1);
        Gate.Of(Sys).Fail("no space left on device");
        Look(snapshotter, At(21));
        Give(snapshotter, 21, [2]);
        AwaitCondition(() => store.Problem(Sys.Scheduler.Now) is not null, InTime);
        Assert.StartsWith("the snapshot of slot 21 could not be saved: no space left on device (since ", store.Problem(Sys.Scheduler.Now));
        Assert.Equal(11, State(snapshotter)!.SlotOut);
        ExpectNotDue(snapshotter, At(22));

        Gate.Of(Sys).Heal();
        Pass(TimeSpan.FromSeconds(10));
        Sync(snapshotter);
        while (Replica.HasMessages) Replica.ReceiveOne(TimeSpan.Zero); // it was asked all the time
        ExpectNotDue(snapshotter, At(21)); // the same number might be dropped by the failure, late
        Look(snapshotter, At(22));
        Give(snapshotter, 22, [3]);
        Replica.ExpectMsg(new SnapshotSaved(22), InTime);
        Assert.Null(store.Problem(Sys.Scheduler.Now));
    }

    [Fact]
    public void A_snapshot_that_the_replica_got_from_elsewhere_goes_to_the_disk_after_one_that_is_on_its_way_there()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        Gate.Of(Sys).Close();
        Look(snapshotter, At(11));
        Give(snapshotter, 11, [1]);
        AwaitCondition(() => Gate.Of(Sys).Writes.Count == 1, InTime);
        snapshotter.Tell(new SaveInstalled(new ReplicaSnapshot(90, new byte[] { 9 })), Replica.Ref);
        Gate.Of(Sys).Open();
        Replica.ExpectMsg(new SnapshotSaved(11), InTime);
        Replica.ExpectMsg(new SnapshotSaved(90), InTime);
        snapshotter.Tell(new SaveInstalled(new ReplicaSnapshot(80, new byte[] { 8 })), Replica.Ref); // older than what is there
        Assert.Equal(90, State(snapshotter)!.SlotOut);
        ExpectNotDue(snapshotter, At(99));
        Assert.Equal(2, Gate.Of(Sys).Writes.Count);
    }

    [Fact]
    public void A_state_that_cannot_be_encoded_stops_it_and_says_in_which_slot()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        Look(snapshotter, At(11));
        Replica.ExpectMsg<CaptureState>(InTime);
        EventFilter.Exception<AkkaPaxos.StateMachine.StateMachineException>(contains: "slot 11").ExpectOne(() =>
            snapshotter.Tell(new CapturedState(11, () => throw new InvalidOperationException("asked to throw")), Replica.Ref));
    }

    // --- nodes that are far behind ---

    [Fact]
    public void A_replica_whose_decisions_are_no_longer_kept_is_offered_the_snapshot_and_gets_it_in_parts()
    {
        Settings = Settings with { SnapshotSlots = 10, PageBytes = 2 };
        var snapshotter = Start();
        Take(snapshotter, 11, 1, 2, 3);
        var behind = CreateTestProbe();
        snapshotter.Tell(new CatchUp(4), behind.Ref); // passed on by the replica
        behind.ExpectMsg(new SnapshotOffer(11, 3), InTime);
        snapshotter.Tell(new FetchSnapshot(11, 0), behind.Ref);
        Assert.Equal([1, 2], behind.ExpectMsg<SnapshotChunk>(InTime).Bytes.ToArray());
        snapshotter.Tell(new FetchSnapshot(11, 2), behind.Ref);
        var last = behind.ExpectMsg<SnapshotChunk>(InTime);
        Assert.Equal((11, 2, 3), (last.Slot, last.Offset, last.Size));
        Assert.Equal([3], last.Bytes.ToArray());
        snapshotter.Tell(new FetchSnapshot(11, 3), behind.Ref); // there is no such part
        behind.ExpectMsg(new SnapshotOffer(11, 3), InTime);
        Take(snapshotter, 21, 4, 5);
        snapshotter.Tell(new FetchSnapshot(11, 2), behind.Ref); // it is not there any more
        behind.ExpectMsg(new SnapshotOffer(21, 2), InTime);
    }

    [Fact]
    public void Where_its_snapshot_would_not_help_it_says_that_it_has_nothing()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        snapshotter.Tell(new CatchUp(4), TestActor);
        Assert.Empty(ExpectMsg<Decisions>(InTime).Entries);
        Take(snapshotter, 11, 1);
        snapshotter.Tell(new CatchUp(11), TestActor);
        Assert.Empty(ExpectMsg<Decisions>(InTime).Entries);
    }

    [Fact]
    public void While_no_replica_runs_beside_it_it_hands_its_snapshot_to_nobody_else()
    {
        Settings = Settings with { SnapshotSlots = 10 };
        var snapshotter = Start();
        Take(snapshotter, 11, 1);
        Sys.Stop(Replica.Ref); // it may have found an invariant violated
        AwaitAssert(() =>
        {
            var behind = CreateTestProbe();
            snapshotter.Tell(new FetchSnapshot(11, 0), behind.Ref);
            Sync(snapshotter);
            Assert.False(behind.HasMessages);
        });
        var again = CreateTestProbe();
        snapshotter.Tell(GetState.Instance, again.Ref);
        Assert.Equal(11, again.ExpectMsg<RestoreFrom>(InTime).Snapshot!.SlotOut);
        snapshotter.Tell(new FetchSnapshot(11, 0), TestActor);
        ExpectMsg<SnapshotChunk>(InTime);
    }

    // --- what the acceptor may forget ---

    [Fact]
    public void Slots_in_the_snapshots_of_a_majority_are_truncated()
    {
        Settings = Settings with { SnapshotSlots = 5 };
        var snapshotter = Start();
        SayProgress(snapshotter, 2, 7);
        Sync(snapshotter);
        Assert.False(Acceptor.HasMessages);
        Take(snapshotter, 6, 1);
        SayProgress(snapshotter, 2, 3);
        Acceptor.ExpectMsg(new Truncate(3), InTime); // nodes 1 and 2 have slots below 3
        SayProgress(snapshotter, 3, 100);
        Acceptor.ExpectMsg(new Truncate(6), InTime); // nodes 1 and 3 have slots below the own one
        SayProgress(snapshotter, 2, 4);
        SayProgress(snapshotter, 1, 1000); // the network's echo of its own
        Sync(snapshotter);
        Assert.False(Acceptor.HasMessages);
    }

    [Fact]
    public void What_is_on_its_way_to_the_disk_is_not_there()
    {
        Settings = Settings with { SnapshotSlots = 5 };
        var snapshotter = Start();
        Gate.Of(Sys).Close();
        Look(snapshotter, At(6));
        Give(snapshotter, 6, [1]);
        AwaitCondition(() => Gate.Of(Sys).Writes.Count == 1, InTime);
        SayProgress(snapshotter, 2, 100);
        Sync(snapshotter);
        Assert.False(Acceptor.HasMessages);
        Gate.Of(Sys).Open();
        Replica.ExpectMsg(new SnapshotSaved(6), InTime);
        SayProgress(snapshotter, 2, 100);
        Acceptor.ExpectMsg(new Truncate(6), InTime);
    }
}

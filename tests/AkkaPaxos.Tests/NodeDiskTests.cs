using Akka.Actor;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>The identity of a node's disk over journal and snapshots that outlive its actor; this test is its node.</summary>
public sealed class NodeDiskTests() : RoleTestBase(GatedJournal.Hocon)
{
    private ulong _incarnations;

    private IActorRef Begin(ulong incarnation = 0, bool hasMarks = true) =>
        ChildActorOf(Props.Create(typeof(NodeDisk), Node(), incarnation == 0 ? ++_incarnations : incarnation, hasMarks));

    private DiskMemory Started(out IActorRef disk, ulong incarnation = 0, bool hasMarks = true)
    {
        disk = Begin(incarnation, hasMarks);
        return ExpectMsg<DiskMemory>(InTime);
    }

    private DiskMemory Started() => Started(out _);

    private void End(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor, InTime);
    }

    private DiskMemory Restarted(IActorRef disk)
    {
        End(disk);
        return Started();
    }

    /// <summary>Journals records under a role's id, as that role would have.</summary>
    private sealed class Writer : UntypedPersistentActor
    {
        private readonly IActorRef _told;

        public Writer(string id, object[] records, IActorRef told)
        {
            (PersistenceId, _told) = (id, told);
            foreach (var record in records) Self.Tell(record, Self);
        }

        public override string PersistenceId { get; }

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message) => Persist(message, _ => _told.Tell("written", Self));
    }

    private void Write(string role, params object[] records)
    {
        var writer = Sys.ActorOf(Props.Create(typeof(Writer), Node().PersistenceId(role), records, TestActor));
        foreach (var _ in records) ExpectMsg("written", InTime);
        End(writer);
    }

    private void Save(string role, object state)
    {
        Persistence.Instance.Apply(Sys).SnapshotStoreFor("").Tell(new SaveSnapshot(new SnapshotMetadata(Node().PersistenceId(role), 5, DateTime.UtcNow), state), TestActor);
        ExpectMsg<SaveSnapshotSuccess>(InTime);
    }

    private void Delete(string role)
    {
        Persistence.Instance.Apply(Sys).SnapshotStoreFor("").Tell(new DeleteSnapshots(Node().PersistenceId(role), SnapshotSelectionCriteria.Latest), TestActor);
        ExpectMsg<DeleteSnapshotsSuccess>(InTime);
    }

    [Fact]
    public void An_empty_disk_gets_an_id_and_keeps_it_and_each_start_is_counted()
    {
        var first = Started(out var disk);
        Assert.NotEqual(DiskId.None, first.Own!.Disk);
        Assert.Equal((1L, 1UL, 1L, false, null), (first.Own.Number, first.Own.Incarnation, first.Marked, first.IsMember, first.Unfit));
        var second = Restarted(disk);
        Assert.Equal(new DiskStart(first.Own.Disk, 2, 2), second.Own);
        Assert.Equal((2L, null), (second.Marked, second.Unfit));
    }

    [Fact]
    public void No_two_empty_disks_get_the_same_id()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => NodeDisk.Draw()).ToHashSet();
        Assert.Equal(1000, ids.Count);
        Assert.DoesNotContain(0UL, ids);
    }

    [Fact]
    public void Nothing_is_said_before_the_start_is_on_disk()
    {
        Gate.Of(Sys).Close();
        Begin();
        ExpectNoMsg(AMoment);
        Gate.Of(Sys).Open();
        Assert.Equal(1, ExpectMsg<DiskMemory>(InTime).Own!.Number);
    }

    [Fact]
    public void The_actor_alone_that_is_started_again_is_no_new_start()
    {
        Started(out var disk, incarnation: 7);
        End(disk);
        Assert.Equal(1, Started(out _, incarnation: 7).Own!.Number);
    }

    [Fact]
    public void What_it_is_told_of_others_and_of_the_founding_is_there_after_a_restart()
    {
        Started(out var disk);
        var (peer, founding) = (new DiskStart(new DiskId(7), 3, 9), new Configuration([new Member(new NodeId(1), "a"), new Member(new NodeId(2), "b")]));
        foreach (var told in (object[])[new RecordPeer(new NodeId(2), peer), new RecordFounding(founding), new Found()])
        {
            disk.Tell(told);
            ExpectMsg<DiskMemory>(InTime);
        }
        // Said again, or refuted by what is there: nothing is written.
        disk.Tell(new RecordPeer(new NodeId(2), peer));
        disk.Tell(new RecordPeer(new NodeId(2), peer with { Number = 2 }));
        disk.Tell(new RecordPeer(new NodeId(2), new DiskStart(new DiskId(8), 4, 9)));
        disk.Tell(new RecordFounding(new Configuration([new Member(new NodeId(1), "a")])));
        disk.Tell(new Found());
        ExpectNoMsg(AMoment);
        var memory = Restarted(disk);
        Assert.Equal(peer, Assert.Single(memory.Peers).Value);
        Assert.Equal((founding, true, true), (memory.Founding, memory.IsFounded, memory.IsMember));
    }

    [Theory]
    [InlineData("acceptor")]
    [InlineData("leader")]
    public void A_disk_of_a_release_that_knew_no_ids_is_adopted(string role)
    {
        Write(role, new LeaderRound(1), new LeaderRound(2));
        var memory = Started(out var disk);
        Assert.Equal((true, true, 1L), (memory.IsAdopted, memory.IsMember, memory.Own!.Number));
        disk.Tell(new RecordFounding(new Configuration([new Member(new NodeId(1), "a")])));
        ExpectNoMsg(AMoment);
        Assert.Equal((memory.Own.Disk, true), (Restarted(disk).Own!.Disk, true));
    }

    [Fact]
    public void Snapshots_without_their_journal_are_half_a_disk_and_nothing_is_written_to_it()
    {
        Save("replica", new ReplicaSnapshot(5, new byte[] { 1 }));
        Assert.Equal("it has snapshots, and their journal is missing", Started(out var disk).Unfit);
        End(disk);
        Save("disk-mark", new DiskMark(new DiskStart(new DiskId(7), 4, 4)));
        Assert.Equal("its snapshots are those of disk 0000000000000007, and their journal is missing", Started(out disk).Unfit);
        Assert.Null(Restarted(disk).Own);
    }

    [Fact]
    public void A_journal_without_its_snapshots_is_half_a_disk_and_a_whole_one_again_with_them()
    {
        var first = Started(out var disk);
        End(disk);
        Delete("disk-mark");
        var half = Started(out disk);
        Assert.Equal($"its journal is that of disk {first.Own!.Disk}, and the snapshots which it says were saved are missing", half.Unfit);
        Assert.False(half.IsMember);
        End(disk);
        Save("disk-mark", new DiskMark(first.Own));
        Assert.Equal((null, 2L), (Started() is var whole ? whole.Unfit : "", whole.Own!.Number));
    }

    [Fact]
    public void A_journal_in_memory_has_no_marks_and_snapshots_that_outlived_it_do_not_matter()
    {
        Save("replica", new ReplicaSnapshot(5, new byte[] { 1 }));
        Assert.Equal((null, 0L), (Started(out _, hasMarks: false) is var memory ? memory.Unfit : "", memory.Marked));
    }

    [Fact]
    public void A_journal_that_refuses_the_start_is_told_to_the_node()
    {
        Gate.Of(Sys).Fail("no space left on device");
        Begin();
        Assert.Contains("no space left on device", ExpectMsg<WriteFailed>(InTime).Cause.Message);
    }
}

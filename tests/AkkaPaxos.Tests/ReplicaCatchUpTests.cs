using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// A replica with its snapshotter and its fetcher beside it: what one of them says, the others understand. Two whole nodes, one of which is behind; the third one is probes.
/// </summary>
public sealed class ReplicaCatchUpTests : ReplicaTestBase
{
    private IActorRef StartWhole(int node = 1)
    {
        Start("snapshotter", typeof(Snapshotter), node);
        Start("fetcher", typeof(Fetcher), node);
        var replica = StartWaiting(node);
        Sync(replica);
        return replica;
    }

    private void Stop(IActorRef replica, int node = 1)
    {
        StopAndWait(replica);
        StopAndWait(Peers.Snapshotter(new NodeId(node)));
        StopAndWait(Peers.Fetcher(new NodeId(node)));
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

    /// <summary>Time passes until that holds.</summary>
    private void Until(IActorRef replica, Action holds) => AwaitAssert(() =>
    {
        Looks(replica, 1);
        holds();
    });

    /// <summary>Node 2, which has executed slots 1 to 30 and forgotten most of the decisions.</summary>
    private IActorRef StartAhead()
    {
        Settings = Settings with { SnapshotSlots = 10, SnapshotKeepSlots = 1, PageBytes = 64 };
        var ahead = StartWhole(2);
        Feed(ahead, History(30));
        Until(ahead, () => Assert.Equal(31, Sync(ahead).SnapshotSlot));
        return ahead;
    }

    [Fact]
    public void A_replica_that_is_behind_gets_the_decisions()
    {
        Settings = Settings with { PageBytes = 64 };
        var ahead = StartWhole(2);
        Feed(ahead, History(30));
        var behind = StartWhole(1);
        Until(behind, () => Assert.Equal(31, Sync(behind).SlotOut));
        Assert.Equal(Sync(ahead).Checksum, Sync(behind).Checksum);
    }

    [Fact]
    public void Where_the_decisions_are_no_longer_kept_it_gets_the_snapshot_and_goes_on_from_it()
    {
        var ahead = StartAhead();
        var lines = Lines;
        var behind = StartWhole(1);
        Lead(behind, 3);
        behind.Tell(new Request([C(2), C(500)]), TestActor); // one that was executed elsewhere long ago
        Until(behind, () => Assert.Equal(31, Sync(behind).SlotOut));
        Assert.Equal(Sync(ahead).Checksum, Sync(behind).Checksum);
        Assert.Equal(lines.Lines, Lines.Lines);
        Assert.Equal([2], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence)); // known from the sessions
        Until(behind, () => Assert.Equal(31, Sync(behind).SnapshotSlot)); // and on disk here too
    }

    [Fact]
    public void It_recovers_from_its_snapshot_and_executes_only_what_came_later()
    {
        Settings = Settings with { SnapshotSlots = 3 };
        var replica = StartWhole();
        Feed(replica, History(5));
        Until(replica, () => Assert.Equal(6, Sync(replica).SnapshotSlot));
        Stop(replica);

        var again = StartWhole();
        Assert.Equal((6, 6, 6), (Sync(again).SlotOut, Sync(again).SlotIn, Sync(again).SnapshotSlot));
        Assert.Equal(4, Lines.Lines.Count);
        Feed(again, History(8).Skip(5));
        // The sessions are there too: what was executed before is not executed again.
        Decide(again, 9, C(1), C(7), C(8));
        Sync(again);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"c{i}"), Lines.Lines);
    }

    [Theory]
    [InlineData("replica")]
    [InlineData("snapshotter")]
    [InlineData("fetcher")]
    public void Each_of_them_can_start_again_while_the_others_go_on(string role)
    {
        var ahead = StartAhead();
        var behind = StartWhole(1);
        Until(behind, () => Assert.Equal(31, Sync(behind).SnapshotSlot));
        StopAndWait(role switch { "replica" => behind, "fetcher" => Peers.Fetcher(new NodeId(1)), _ => Peers.Snapshotter(new NodeId(1)) });
        if (role == "replica") behind = StartWaiting();
        else Start(role, role == "fetcher" ? typeof(Fetcher) : typeof(Snapshotter));
        Assert.Equal(31, Sync(behind).SlotOut);
        Feed(ahead, History(60).Skip(30));
        Until(behind, () => Assert.Equal(61, Sync(behind).SlotOut));
        Until(behind, () => Assert.True(Sync(behind).SnapshotSlot > 31));
        Assert.Equal(Sync(ahead).Checksum, Sync(behind).Checksum);
    }

    [Fact]
    public void Each_snapshot_takes_the_place_of_the_one_before_also_after_restarts()
    {
        Settings = Settings with { SnapshotSlots = 2 };
        var before = 0;
        foreach (var slots in (int[])[20, 60, 180]) // much more each time than the state is large
        {
            var replica = StartWhole();
            Assert.Equal(before + 1, Sync(replica).SlotOut);
            Feed(replica, History(slots));
            Until(replica, () => Assert.Equal(slots + 1, Sync(replica).SnapshotSlot));
            Stop(replica);
            before = slots;
        }
    }
}

using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>A replica of node 1 that is asked to change the members, among probes (PMMC 4.4).</summary>
public sealed class ReconfigurationTests : ReplicaTestBase
{
    private readonly TestProbe _client;

    public ReconfigurationTests() => _client = CreateTestProbe("client");

    private static string At(int node) => $"akka.tcp://akkapaxos@10.0.0.{node}:4053";

    private static MemberChange Add(int node) => new(MemberChangeKind.Add, new NodeId(node), At(node));

    private static MemberChange Promote(int node) => new(MemberChangeKind.Promote, new NodeId(node));

    private static MemberChange Remove(int node) => new(MemberChangeKind.Remove, new NodeId(node));

    private IActorRef StartLeading(bool alone = false)
    {
        var replica = StartReplica();
        Lead(replica, 1);
        if (!alone) Hear(replica, 2);
        return replica;
    }

    private void Ask(IActorRef replica, params MemberChange[] changes) => replica.Tell(new Reconfigure(changes), _client.Ref);

    /// <summary>Node <paramref name="node"/> says how far it is: ahead, unless told, where its checksum cannot be compared yet.</summary>
    private static void Hear(IActorRef replica, int node, long slotOut = 100_000, long snapshotSlot = 1, ulong disk = 0, ulong checksum = 0) =>
        replica.Tell(new Progress(new NodeId(node), slotOut, snapshotSlot, checksum, new DiskId(disk)), ActorRefs.NoSender);

    private (long Slot, Configuration Configuration) ExpectProposed()
    {
        var proposed = (Propose)Leader.FishForMessage(m => m is Propose { Value.IsReconfiguration: true }, InTime);
        return (proposed.Slot, proposed.Value.Configuration!);
    }

    private List<(long Slot, Configuration Configuration)> Proposed(IActorRef replica) =>
        [.. Received<Propose>(replica, Leader).Where(p => p.Value.IsReconfiguration).Select(p => (p.Slot, p.Value.Configuration!))];

    private static void Decide(IActorRef replica, long slot, Configuration configuration) =>
        replica.Tell(new Decision(slot, B(1), Value.Reconfiguration(configuration)), ActorRefs.NoSender);

    private static void DecideNoOps(IActorRef replica, long from, long to)
    {
        for (var slot = from; slot <= to; slot++) Decide(replica, slot);
    }

    private Reconfigured Answer() => _client.ExpectMsg<Reconfigured>(InTime);

    private string Refusal()
    {
        var answer = Answer();
        Assert.Null(answer.Configuration);
        Assert.DoesNotContain('\n', answer.Refusal);
        return answer.Refusal;
    }

    private Configuration With(params Member[] members) => Membership.Latest.Next(members);

    private static Member Voter(int node, ulong disk = 0) => new(new NodeId(node), At(node), Disk: new DiskId(disk));

    private static Member Learner(int node, ulong disk = 0) => new(new NodeId(node), At(node), Votes: false, new DiskId(disk));

    [Fact]
    public void A_change_is_proposed_decided_and_then_answered()
    {
        var replica = StartLeading();
        Ask(replica, Add(4));
        var (slot, next) = ExpectProposed();
        Assert.Equal((2, 1), (slot, next.Version));
        Assert.Equal([Voter(1), Voter(2), Voter(3), Learner(4)], next.Members);
        Sync(replica);
        _client.ExpectNoMsg(TimeSpan.Zero);
        Decide(replica, slot, next);
        var answer = Answer();
        Assert.Equal(("", next), (answer.Refusal, answer.Configuration));
        Assert.Equal((next, 2 + next.Window), (Membership.Latest, Membership.History.LatestFrom)); // the other roles of the node ask there
    }

    [Fact]
    public void On_an_idle_cluster_no_ops_fill_the_window_and_it_takes_effect()
    {
        var replica = StartLeading();
        Ask(replica, Add(4));
        var (slot, next) = ExpectProposed();
        Decide(replica, slot, next);
        Answer();
        var filled = Received<Propose>(replica, Leader);
        Assert.All(filled, p => Assert.True(p.Value.IsNoOp));
        Assert.Equal(Enumerable.Range(3, (int)next.Window - 1).Select(s => (long)s), filled.Select(p => p.Slot)); // up to the last that it does not govern
        DecideNoOps(replica, 3, next.Window + 1);
        Assert.Equal(next.Window + 2, Sync(replica).SlotOut);
        ExpectNone<Propose>(replica, Leader);
    }

    [Fact]
    public void What_cannot_be_is_refused_and_nothing_is_proposed()
    {
        var replica = StartLeading();
        Ask(replica, Remove(9));
        Assert.Equal("node 9 is no member; members are 1, 2, 3", Refusal());
        Ask(replica, Remove(1), Remove(2), Remove(3));
        Assert.Equal("no voter would be left", Refusal());
        Ask(replica);
        Assert.Equal("nothing is to be changed", Refusal());
        Assert.Empty(Proposed(replica));
    }

    [Fact]
    public void Two_are_made_in_order_the_second_from_what_the_first_led_to()
    {
        var replica = StartLeading();
        Ask(replica, Add(4));
        Ask(replica, Add(5));
        Ask(replica, Add(4));
        var (slot, first) = ExpectProposed();
        Assert.Empty(Proposed(replica));
        Decide(replica, slot, first);
        Assert.Equal(first, Answer().Configuration);
        var (later, second) = ExpectProposed();
        Assert.Equal((3, 2), (later, second.Version));
        Assert.Equal([1, 2, 3, 4, 5], second.Ids.Select(i => i.Value));
        Decide(replica, later, second);
        Assert.Equal(second, Answer().Configuration);
        Assert.Equal($"node 4 is a member already, at {At(4)}", Refusal());
    }

    [Fact]
    public void Where_another_replicas_change_is_decided_in_its_slot_it_is_made_anew_from_that()
    {
        var replica = StartLeading();
        Ask(replica, Add(4));
        var (slot, _) = ExpectProposed();
        Decide(replica, slot, With(Voter(1), Voter(2), Voter(3), Learner(5)));
        var (later, anew) = ExpectProposed();
        Assert.Equal((3, 2), (later, anew.Version));
        Assert.Equal([1, 2, 3, 4, 5], anew.Ids.Select(i => i.Value));
        Decide(replica, later, anew);
        Assert.Equal(anew, Answer().Configuration);
    }

    [Fact]
    public void Where_another_replicas_change_is_decided_in_an_earlier_slot_its_own_has_no_effect_and_is_made_anew()
    {
        var replica = StartLeading();
        replica.Tell(new Request([C(1)]), CreateTestProbe().Ref);
        ExpectPropose(); // for slot 2
        Ask(replica, Add(4));
        var (slot, first) = ExpectProposed();
        Assert.Equal(3, slot);
        Decide(replica, 2, With(Voter(1), Voter(2), Voter(3), Learner(5)));
        var (later, anew) = ExpectProposed();
        Assert.Equal((true, 2), (later > 3, anew.Version));
        Decide(replica, 3, first);
        Sync(replica);
        _client.ExpectNoMsg(TimeSpan.Zero);
        DecideNoOps(replica, 4, later - 1);
        Decide(replica, later, anew);
        Assert.Equal(anew, Answer().Configuration);
        Assert.Equal([1, 2, 3, 4, 5], Membership.Latest.Ids.Select(i => i.Value));
    }

    [Fact]
    public void Who_asked_a_leader_that_leads_no_more_is_told_so()
    {
        var replica = StartLeading();
        Ask(replica, Add(4));
        Ask(replica, Add(5));
        ExpectProposed();
        Lead(replica, 2, round: 2);
        Assert.Equal(Reconfigured.LeadsNoMore, Refusal());
        Assert.Equal(Reconfigured.LeadsNoMore, Refusal());
        Lead(replica, 1, round: 3);
        Ask(replica, Add(6));
        Leader.FishForMessage(m => m is Propose p && p.Value.Configuration?.Find(new NodeId(6)) is not null, InTime); // what was given up stands in nobody's way
    }

    [Fact]
    public void Another_replica_passes_it_on_to_the_leaders_which_answers_the_client()
    {
        var replica = StartReplica();
        Ask(replica, Add(4));
        Assert.Equal(Reconfigured.Unled, Refusal());
        Lead(replica, 2);
        Ask(replica, Add(4));
        var passed = Next<Reconfigure>(Peers.ReplicaProbe(2));
        Assert.Equal((Add(4), Reconfigure.MostHops - 1), (Assert.Single(passed.Changes), passed.Hops));
        Assert.Equal(_client.Ref, Peers.ReplicaProbe(2).LastSender);
        replica.Tell(new Reconfigure([Add(4)], Hops: 0), _client.Ref);
        Assert.Equal(Reconfigured.Unled, Refusal()); // it never circles
    }

    [Fact]
    public void What_would_leave_no_majority_that_is_heard_of_is_done_only_by_force()
    {
        var replica = StartLeading(alone: true);
        Ask(replica, Remove(3));
        Assert.StartsWith("no majority would be left: of 1, 2, nothing is heard of 2", Refusal());
        Hear(replica, 2, disk: 7); // none is known, so any will do
        Ask(replica, Remove(3));
        var (slot, next) = ExpectProposed();
        Assert.Equal([1, 2], next.Voters.Select(i => i.Value));
        Decide(replica, slot, next);
        Assert.Equal(next, Answer().Configuration);
        replica.Tell(new Reconfigure([Add(5), Promote(5)], Force: true), _client.Ref);
        Assert.Equal([1, 2, 5], ExpectProposed().Configuration.Voters.Select(i => i.Value));
    }

    [Fact]
    public void A_node_is_not_heard_of_where_it_has_another_disk_or_has_been_silent()
    {
        var replica = StartLeading(alone: true);
        Decide(replica, 2, With(Voter(1), Voter(2, 7), Voter(3, 8)));
        Hear(replica, 2, disk: 9);
        Ask(replica, Remove(3));
        Assert.Contains("nothing is heard of 2, or its disk is not the one that is known", Refusal());
        Hear(replica, 2, disk: 7);
        Ticks(replica, 3 + (int)Math.Ceiling(TimeSpan.FromSeconds(5) / Settings.ResendInterval));
        Ask(replica, Remove(3));
        Assert.Contains("nothing is heard of 2", Refusal());
    }

    [Fact]
    public void A_learner_is_promoted_when_it_is_there_and_close_and_its_disk_is_known()
    {
        var replica = StartLeading();
        Decide(replica, 2, With(Voter(1), Voter(2), Voter(3), Learner(4)));
        DecideNoOps(replica, 3, 271);
        var tooFar = Sync(replica);
        DecideNoOps(replica, 272, 272);
        var close = Sync(replica);
        DecideNoOps(replica, 273, 400);
        Ask(replica, Promote(4));
        Assert.Equal("nothing is heard of node 4: a node is promoted when it is there and has caught up", Refusal());
        Hear(replica, 4, tooFar.SlotOut, checksum: tooFar.Checksum);
        Ask(replica, Promote(4));
        Assert.Equal("node 4 is 129 slots behind: it is promoted when it has caught up", Refusal()); // more than two windows of 64
        Hear(replica, 4, close.SlotOut, checksum: close.Checksum);
        Ask(replica, Promote(4));
        Assert.Equal([1, 2, 3, 4], ExpectProposed().Configuration.Voters.Select(i => i.Value));
    }

    [Fact]
    public void A_learner_without_a_disk_that_is_known_is_not_promoted_among_such_as_have_one()
    {
        var replica = StartLeading();
        Decide(replica, 2, With(Voter(1), Voter(2, 7), Voter(3, 8), Learner(4)));
        Hear(replica, 2, disk: 7);
        Hear(replica, 4, disk: 9);
        Ask(replica, Promote(4));
        Assert.Equal("the disk of node 4 is not known yet", Refusal());
    }

    /// <summary>What was decided before votes changed is only on the disks of those who voted then, one of whom is to go.</summary>
    [Fact]
    public void Votes_change_again_once_a_quorum_has_on_disk_what_was_decided_before_they_changed_last()
    {
        var replica = StartLeading();
        Ask(replica, Remove(3));
        var (slot, next) = ExpectProposed();
        Decide(replica, slot, next);
        Answer();
        var from = Membership.History.QuorumsFrom;
        Assert.Equal(2 + next.Window, from);
        DecideNoOps(replica, 3, from);

        Ask(replica, Remove(2));
        Ask(replica, Add(4));
        Ticks(replica, 2);
        Assert.Empty(Proposed(replica)); // nor what comes behind it
        replica.Tell(new SnapshotSaved(from), Peers.SnapshotterProbe(1).Ref);
        Ticks(replica, 2);
        Assert.Empty(Proposed(replica));
        Hear(replica, 2, snapshotSlot: from - 1);
        Ticks(replica, 2);
        Assert.Empty(Proposed(replica));
        _client.ExpectNoMsg(TimeSpan.Zero);
        Hear(replica, 2, snapshotSlot: from);
        Ticks(replica, 1);
        Assert.Equal([1], ExpectProposed().Configuration.Voters.Select(i => i.Value));
    }
}

using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>A replica where a link between some node and the active leader's is cut: what it sends by way of others, and what it does for them.</summary>
public class ReplicaRelayTests : ReplicaTestBase
{
    private static readonly NodeId Two = new(2);

    private TestProbe Peer(int node) => Peers.ReplicaProbe(node);

    /// <summary>Node 3 leads, and is reached by way of node 2.</summary>
    private void LeadByWayOf2(IActorRef replica, long round = 1)
    {
        replica.Tell(new LeaderChanged(B(round, 3), true, Two), Leader.Ref);
        Sync(replica);
    }

    private static QueryRequest Ask(long id) => new([new Query(id, false, default)]);

    [Fact]
    public void Commands_and_questions_go_by_way_of_the_one_that_reaches_the_leader()
    {
        var replica = StartReplica();
        LeadByWayOf2(replica);
        replica.Tell(new Request([C(1)]), TestActor);
        var relay = Next<Relay>(Peer(2));
        Assert.Equal([1], Sequences(relay.Commands));
        Assert.Equal(3, relay.Hops);
        replica.Tell(Ask(7), TestActor);
        var question = Next<ReadIndex>(Peers.LeaderProbe(2));
        Assert.Equal(3, question.Hops);
        ExpectNone<Forward>(replica, Peer(3));

        replica.Tell(new ReadIndexResult(question.Id, 2, 1), Peers.LeaderProbe(2).Ref);
        Decide(replica, 2, C(1));
        Assert.Equal([1], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
        Assert.Equal("c1", Text(Assert.Single(ExpectMsg<QueryResponse>(InTime).Results).Result));

        Lead(replica, 3); // the link is whole again
        replica.Tell(new Request([C(2)]), TestActor);
        Assert.Equal([2], Sequences(Next<Forward>(Peer(3)).Commands));
    }

    [Fact]
    public void Decisions_come_from_there_one_question_after_the_other()
    {
        var replica = StartReplica();
        LeadByWayOf2(replica);
        Assert.Equal(new CatchUp(2, Waits: true), Next<CatchUp>(Peer(2)));
        replica.Tell(new Decisions([new Decision(2, B(1, 3), V("a")), new Decision(3, B(1, 3), V("b"))]), Peer(2).Ref);
        Assert.Equal(new CatchUp(4, Waits: true), Next<CatchUp>(Peer(2)));
        Assert.Equal(4, Sync(replica).SlotOut);
        replica.Tell(new Decisions([new Decision(2, B(1, 3), V("a")), new Decision(3, B(1, 3), V("b"))]), Peer(2).Ref); // repeated by the network
        Assert.Empty(Received<CatchUp>(replica, Peer(2)));
        Ticks(replica, 3); // the question may be lost
        Assert.Equal(new CatchUp(4, Waits: true), Next<CatchUp>(Peer(2)));
        Lead(replica, 3);
        Received<CatchUp>(replica, Peer(2));
        Ticks(replica, 5);
        Assert.Empty(Received<CatchUp>(replica, Peer(2)));
    }

    [Fact]
    public void Who_asks_for_what_is_not_there_yet_gets_it_when_it_is()
    {
        var replica = StartReplica();
        replica.Tell(new CatchUp(2, Waits: true), Peer(2).Ref);
        replica.Tell(new CatchUp(2, Waits: true), Peer(3).Ref);
        replica.Tell(new CatchUp(2, Waits: true), Peer(3).Ref); // asked again: answered once
        Assert.Empty(Received<Decisions>(replica, Peer(2)));
        Decide(replica, 2, C(1));
        foreach (var node in (int[])[2, 3])
            Assert.Equal(2, Assert.Single(Assert.Single(Received<Decisions>(replica, Peer(node))).Entries).Slot);
        Decide(replica, 3, C(2));
        Assert.Empty(Received<Decisions>(replica, Peer(2)));
        replica.Tell(new CatchUp(2, Waits: true), Peer(2).Ref);
        Assert.Equal([2, 3], Next<Decisions>(Peer(2)).Entries.Select(e => e.Slot));
    }

    [Fact]
    public void What_others_send_by_way_of_it_goes_to_the_leader_and_what_has_lost_its_way_ends()
    {
        var replica = StartReplica();
        replica.Tell(new Relay([C(1)], 3), Peer(2).Ref); // nobody leads
        Assert.Equal(0, Sync(replica).Queued);
        Lead(replica, 3);
        replica.Tell(new Relay([C(2)], 0), Peer(2).Ref);
        replica.Tell(new Relay([C(3)], 1), Peer(2).Ref);
        Assert.Equal([3], Sequences(Assert.Single(Received<Forward>(replica, Peer(3))).Commands));

        LeadByWayOf2(replica);
        replica.Tell(new Relay([C(4)], 2), Peer(3).Ref);
        var further = Next<Relay>(Peer(2));
        Assert.Equal(1, further.Hops);
        Assert.Equal([4], Sequences(further.Commands));

        Lead(replica, 1, round: 2);
        Received<Propose>(replica, Leader);
        replica.Tell(new Relay([C(5)], 0), Peer(2).Ref);
        Assert.Equal([5], Sequences(ExpectPropose().Value.Commands));
        Assert.Equal(0, Sync(replica).Queued);
    }

    [Fact]
    public void What_it_had_proposed_goes_by_way_of_the_other_too_and_again_where_nothing_comes_of_it()
    {
        var replica = StartReplica();
        Lead(replica, 1);
        replica.Tell(new Request([C(1)]), TestActor);
        Assert.Equal(2, ExpectPropose().Slot);
        replica.Tell(new Request([C(2)]), TestActor); // waits for a slot
        LeadByWayOf2(replica, round: 2);
        Assert.Equal([1, 2], Sequences(Next<Relay>(Peer(2)).Commands).Order());
        Assert.Equal((2, 0), (Sync(replica).SlotIn, Sync(replica).Proposals));
        Received<Propose>(replica, Leader);

        Ticks(replica, (int)Math.Ceiling(Settings.ForwardTimeout / Settings.ResendInterval) + 1);
        Assert.Equal([1, 2], Sequences(Next<Relay>(Peer(2)).Commands).Order());
        Assert.Empty(Received<Propose>(replica, Leader)); // no leader that leads would get it

        replica.Tell(new Decisions([new Decision(2, B(2, 3), Value.Batch([C(2), C(1)]))]), Peer(2).Ref);
        Assert.Equal([2, 1], ExpectMsg<Response>(InTime).Replies.Select(r => r.Sequence));
    }

    [Fact]
    public void Where_a_leader_that_is_heard_does_not_answer_commands_and_questions_go_by_way_of_another_too()
    {
        var replica = StartReplica();
        Lead(replica, 3);
        replica.Tell(new Request([C(1)]), TestActor);
        replica.Tell(Ask(7), TestActor);
        Next<Forward>(Peer(3));
        Next<ReadIndex>(Peers.LeaderProbe(3));
        Ticks(replica, (int)Math.Ceiling(Settings.ForwardTimeout / Settings.ResendInterval) + 1);
        Assert.Equal([1], Sequences(Next<Relay>(Peer(2)).Commands));
        Assert.Equal(3, Next<ReadIndex>(Peers.LeaderProbe(2)).Hops);
        Assert.Equal(0, Next<ReadIndex>(Peers.LeaderProbe(3)).Hops); // it is asked too, in turn
    }
}

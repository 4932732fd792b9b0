using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>A journal that hangs, which no failure tells of: the acceptor says so to the leader beside it, and that one makes way for another while others can write.</summary>
public class HandOverTests() : RoleTestBase(GatedJournal.Hocon, virtualTime: true)
{
    private static readonly StoreStalls Stalls = new(HandOver.Patience);

    private int TimeoutTicks => (int)Math.Ceiling(Settings.LeaderTimeout / Settings.HeartbeatInterval);

    [Fact]
    public void An_acceptor_whose_journal_hangs_says_so_to_the_leader_beside_it_when_that_one_asks_for_something()
    {
        var acceptor = Start("acceptor", typeof(Acceptor));
        var gate = Gate.Of(Sys);
        gate.Close();
        acceptor.Tell(new Accept(P(B(1), 1, "x")), TestActor);
        AwaitCondition(() => gate.Writes.Count == 1, InTime, TimeSpan.FromMilliseconds(5));
        Pass(HandOver.Patience - TimeSpan.FromMilliseconds(1));
        acceptor.Tell(new Accept(P(B(1), 2, "x")), TestActor);
        Answers();
        Assert.Empty(Peers.LeaderProbe(1).FishAll<StoreStalls>());
        Pass(TimeSpan.FromMilliseconds(1));
        acceptor.Tell(new Accept(P(B(1), 3, "x")), TestActor);
        Assert.Equal(Stalls, Peers.LeaderProbe(1).ExpectMsg<StoreStalls>(InTime));
        acceptor.Tell(new Accept(P(B(2, 3), 4, "x")), TestActor); // another node's leader: it has no use for it
        Answers();
        Assert.Empty(Peers.LeaderProbe(1).FishAll<StoreStalls>());

        gate.Open();
        foreach (var slot in (long[])[1, 2, 3, 4]) Assert.Equal(slot, ExpectMsg<Accepted>(InTime).Slot);
        acceptor.Tell(new Accept(P(B(3), 5, "x")), TestActor);
        ExpectMsg<Accepted>(InTime);
        Pass(2 * HandOver.Patience); // with nothing to write
        acceptor.Tell(new Accept(P(B(3), 6, "x")), TestActor);
        ExpectMsg<Accepted>(InTime);
        Assert.Empty(Peers.LeaderProbe(1).FishAll<StoreStalls>());

        // It has handled what came before; what the disk alone decides it answers at once.
        void Answers()
        {
            acceptor.Tell(new Confirm(B(1), 7), TestActor);
            ExpectMsg<Confirmed>(InTime);
        }
    }

    [Fact]
    public void A_leader_whose_journal_hangs_tells_one_after_the_other_to_lead_while_slots_are_chosen()
    {
        var (leader, ballot) = Lead();
        leader.Tell(Stalls); // nothing has been chosen: nobody else could write either
        Choose(1);
        leader.Tell(new StoreStalls(HandOver.Patience - TimeSpan.FromTicks(1)));
        Handled();
        Assert.Empty(Told(2));
        leader.Tell(Stalls);
        Assert.Equal(new Lead(ballot), Peers.LeaderProbe(2).FishForMessage(m => m is Lead, InTime));
        for (var slot = 2; slot <= 2 * TimeoutTicks; slot++)
        {
            Choose(slot); // and a tick each
            leader.Tell(Stalls);
        }
        Handled();
        Assert.Empty(Told(2).Concat(Told(3))); // the one that was told has that long
        Choose(2 * TimeoutTicks + 1);
        leader.Tell(Stalls);
        Assert.Equal(new Lead(ballot), Peers.LeaderProbe(3).FishForMessage(m => m is Lead, InTime));
        leader.Tell(new Heartbeat(B(9, 3)));
        leader.Tell(Stalls); // it leads no more
        Peers.ReplicaProbe(1).FishForMessage(m => m.Equals(new LeaderChanged(B(9, 3), true)), InTime);

        List<Lead> Told(int node) => Peers.LeaderProbe(node).FishAll<Lead>();

        void Choose(long slot)
        {
            leader.Tell(new Propose(slot, V("x")));
            var acceptor = Peers.AcceptorProbe(2);
            acceptor.FishForMessage(m => m is Accept a && a.PValue.Slot == slot, InTime);
            var commander = Watch(acceptor.LastSender);
            foreach (var node in (int[])[2, 3]) commander.Tell(new Accepted(new NodeId(node), ballot, slot));
            ExpectTerminated(commander, InTime);
            Pass(Settings.HeartbeatInterval);
            Handled();
        }

        // A question is passed to a confirmer: all that came to the leader before is handled.
        void Handled()
        {
            leader.Tell(new ReadIndex(1), TestActor);
            Peers.AcceptorProbe(3).FishForMessage(m => m is Confirm, InTime);
        }
    }

    private (IActorRef Leader, Ballot Ballot) Lead()
    {
        var leader = Start("leader", typeof(Leader));
        leader.Tell(MultiPaxos.Lead.InsteadOfAnybody);
        var ballot = ((Prepare)Peers.AcceptorProbe(2).FishForMessage(m => m is Prepare, InTime)).Ballot;
        foreach (var node in (int[])[2, 3]) Peers.AcceptorProbe(2).LastSender.Tell(new Promise(new NodeId(node), ballot, 1, 0, 1, []));
        Peers.ReplicaProbe(1).FishForMessage(m => m.Equals(new LeaderChanged(ballot, true)), InTime);
        return (leader, ballot);
    }
}

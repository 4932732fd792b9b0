using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The commander: PMMC figure 6. The test is its leader, probes are the acceptors and replicas.</summary>
public class CommanderTests : RoleTestBase
{
    private static readonly PValue PValue = P(B(4), 9, "x");

    private IActorRef Commander() => Watch(Sys.ActorOf(Props.Create(typeof(Commander), Node(), TestActor, PValue)));

    private static Accepted Accepted(int from, Ballot promised, long slot = 9) => new(new NodeId(from), promised, slot);

    private void ExpectNoDecision()
    {
        ExpectNoMsg(AMoment);
        foreach (var node in (int[])[1, 2, 3]) Peers.ReplicaProbe(node).ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void It_asks_every_acceptor()
    {
        Commander();
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Accept(PValue), InTime);
    }

    [Fact]
    public void When_a_majority_has_accepted_it_tells_all_replicas_and_its_leader_and_ends()
    {
        var commander = Commander();
        commander.Tell(Accepted(1, B(4)));
        commander.Tell(Accepted(3, B(4)));
        Peers.ReplicaProbe(1).ExpectMsg(new Decision(9, B(4), null), InTime);        // its acceptor told it the value
        Peers.ReplicaProbe(3).ExpectMsg(new Decision(9, B(4), null), InTime);
        Peers.ReplicaProbe(2).ExpectMsg(new Decision(9, B(4), PValue.Value), InTime); // its acceptor has not answered
        ExpectMsg(new SlotChosen(B(4), 9), InTime);
        ExpectTerminated(commander, InTime);
    }

    [Fact]
    public void One_acceptor_is_not_enough_however_often_it_answers()
    {
        var commander = Commander();
        for (var i = 0; i < 3; i++) commander.Tell(Accepted(2, B(4)));
        ExpectNoDecision();
    }

    [Fact]
    public void An_answer_for_another_slot_or_a_lower_ballot_does_not_count()
    {
        var commander = Commander();
        commander.Tell(Accepted(1, B(4)));
        commander.Tell(Accepted(2, B(4), slot: 8));
        commander.Tell(Accepted(3, B(3)));
        ExpectNoDecision();
    }

    [Fact]
    public void A_higher_ballot_preempts_it_and_nothing_is_decided()
    {
        var commander = Commander();
        commander.Tell(Accepted(1, B(4)));
        commander.Tell(Accepted(2, B(5, 2)));
        commander.Tell(Accepted(3, B(4)));
        ExpectMsg(new Preempted(B(5, 2)), InTime);
        ExpectTerminated(commander, InTime);
        foreach (var node in (int[])[1, 2, 3]) Peers.ReplicaProbe(node).ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void It_asks_those_again_that_owe_an_answer()
    {
        var commander = Commander();
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Accept(PValue), InTime);
        commander.Tell(Accepted(2, B(4)));
        commander.Tell(Resend.Instance);
        foreach (var node in (int[])[1, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Accept(PValue), InTime);
        Peers.AcceptorProbe(2).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void Where_tracing_is_on_each_message_is_published_when_it_is_sent()
    {
        var trace = CreateTestProbe();
        Sys.EventStream.Subscribe(trace.Ref, typeof(MessageSent));
        Settings = Settings with { Trace = true };
        Commander();
        foreach (var node in (int[])[1, 2, 3])
        {
            var sent = trace.ExpectMsg<MessageSent>(InTime);
            Assert.Equal(
                (new NodeId(1), "commander", new NodeId(node), "acceptor", 9L, (object)new Accept(PValue)),
                (sent.From, sent.FromRole, sent.To, sent.ToRole, sent.Slot, sent.Message));
        }
    }

    [Fact]
    public void Where_tracing_is_off_nothing_is_published()
    {
        var trace = CreateTestProbe();
        Sys.EventStream.Subscribe(trace.Ref, typeof(MessageSent));
        Commander();
        Peers.AcceptorProbe(3).ExpectMsg(new Accept(PValue), InTime);
        trace.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void The_last_acceptors_answer_finds_nobody_and_that_is_not_worth_a_log_line()
    {
        Assert.IsAssignableFrom<Akka.Event.IDeadLetterSuppression>(Accepted(1, B(4)));
    }
}

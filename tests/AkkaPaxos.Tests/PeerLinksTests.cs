using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What is on its way to another node is bounded in bytes; what is small always goes.</summary>
public sealed class PeerLinksTests : RoleTestBase
{
    private const int Limit = 1 << 20;
    private static readonly NodeId Two = new(2);
    private readonly PeerLinks _links = new(Limit);
    private readonly TestProbe _asker;
    private readonly TestProbe _acceptor;
    private readonly TestProbe _replica;

    public PeerLinksTests()
    {
        (_asker, _acceptor, _replica) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _links.Asker = _asker.Ref;
    }

    /// <summary>A peer that has stopped: what it was sent is with the probe, and the question is not answered before the test does it.</summary>
    private IActorRef Stopped(TestProbe sees, string role) => _links.Add(Two, role, new Deaf(sees.Ref));

    /// <summary>Passes everything on as a plain message, so that nobody answers an <see cref="Identify"/>.</summary>
    private sealed class Deaf(IActorRef sees) : ActorRefBase
    {
        public override ActorPath Path => sees.Path;

        protected override void TellInternal(object message, IActorRef sender) =>
            sees.Tell(message is Identify question ? $"{question.MessageId}" : message, sender);
    }

    private static Accept OfBytes(int bytes, long slot) =>
        new(new PValue(B(1), slot, Value.Batch([new Command(1, slot, 1, new byte[bytes])])));

    [Fact]
    public void A_peer_that_takes_nothing_is_sent_values_up_to_the_limit_and_everything_small()
    {
        var link = Stopped(_acceptor, "acceptor");
        for (var slot = 1; slot <= 100; slot++) link.Tell(OfBytes(100_000, slot), TestActor);
        for (var round = 1; round <= 100; round++) link.Tell(new Prepare(B(round), 1), TestActor);
        var got = new List<object>();
        do got.Add(_acceptor.ReceiveOne(InTime));
        while (got[^1] is not Prepare { Ballot.Round: 100 });
        Assert.Equal(Limit / 100_000, got.OfType<Accept>().Count());
        Assert.Equal(100, got.OfType<Prepare>().Count());
    }

    [Fact]
    public void What_it_has_taken_makes_room_and_a_late_answer_does_too()
    {
        var link = Stopped(_acceptor, "acceptor");
        link.Tell(OfBytes(900_000, 1), TestActor);
        link.Tell(OfBytes(900_000, 2), TestActor); // no room
        _acceptor.ExpectMsg<Accept>(InTime);
        var question = _acceptor.ExpectMsg<string>(InTime);
        _acceptor.ExpectNoMsg(AMoment);
        _links.Answered(question);
        link.Tell(OfBytes(900_000, 3), TestActor);
        Assert.Equal(3, _acceptor.ExpectMsg<Accept>(InTime).PValue.Slot);
        _links.Answered(question); // once more: it says nothing of what came later
        link.Tell(OfBytes(900_000, 4), TestActor);
        _acceptor.ExpectMsg<string>(InTime);
        _acceptor.ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_large_value_that_is_still_on_its_way_is_not_sent_again_and_one_that_has_arrived_is()
    {
        var link = Stopped(_acceptor, "acceptor");
        var accept = OfBytes(100_000, 1);
        link.Tell(accept, TestActor);
        link.Tell(new Accept(accept.PValue), TestActor);
        _acceptor.ExpectMsg<Accept>(InTime);
        var question = _acceptor.ExpectMsg<string>(InTime);
        _acceptor.ExpectNoMsg(AMoment);
        _links.Answered(question);
        link.Tell(new Accept(accept.PValue), TestActor);
        _acceptor.ExpectMsg<Accept>(InTime);
    }

    [Fact]
    public void Roles_of_one_node_share_the_room_and_other_nodes_have_their_own()
    {
        var (acceptor, replica) = (Stopped(_acceptor, "acceptor"), Stopped(_replica, "replica"));
        acceptor.Tell(OfBytes(900_000, 1), TestActor);
        replica.Tell(new Forward([new Command(1, 1, 1, new byte[900_000])]), TestActor);
        replica.Tell(new CatchUp(1), TestActor);
        _replica.ExpectMsg<CatchUp>(InTime);
        var other = _links.Add(new NodeId(3), "replica", new Deaf(_replica.Ref));
        other.Tell(new Forward([new Command(1, 1, 1, new byte[900_000])]), TestActor);
        _replica.ExpectMsg<Forward>(InTime);
    }

    [Fact]
    public void A_value_over_the_limit_goes_alone()
    {
        var link = Stopped(_acceptor, "acceptor");
        link.Tell(OfBytes(3 * Limit, 1), TestActor);
        link.Tell(OfBytes(3 * Limit, 2), TestActor);
        Assert.Equal(1, _acceptor.ExpectMsg<Accept>(InTime).PValue.Slot);
        _links.Answered(_acceptor.ExpectMsg<string>(InTime));
        link.Tell(OfBytes(3 * Limit, 3), TestActor);
        Assert.Equal(3, _acceptor.ExpectMsg<Accept>(InTime).PValue.Slot);
    }

    [Fact]
    public void A_question_that_was_lost_is_asked_again_and_little_that_has_none_gets_one()
    {
        var link = Stopped(_acceptor, "acceptor");
        link.Tell(OfBytes(900_000, 1), TestActor);
        _acceptor.ExpectMsg<Accept>(InTime);
        _acceptor.ExpectMsg<string>(InTime); // lost
        _links.Look(); // it may still come
        _acceptor.ExpectNoMsg(AMoment);
        _links.Look();
        _links.Answered(_acceptor.ExpectMsg<string>(InTime));
        link.Tell(OfBytes(10, 2), TestActor);
        _acceptor.ExpectMsg<Accept>(InTime);
        _acceptor.ExpectNoMsg(AMoment);
        _links.Look();
        _links.Answered(_acceptor.ExpectMsg<string>(InTime));
        link.Tell(OfBytes(Limit, 3), TestActor);
        _acceptor.ExpectMsg<Accept>(InTime);
    }

    [Fact]
    public void Any_actor_answers_the_questions()
    {
        var echo = CreateTestProbe(); // a test actor, as any other, answers Identify itself
        var answers = Sys.ActorOf(Props.Create(typeof(PeerLinkAnswers), _links));
        _links.Asker = answers;
        var link = _links.Add(Two, "acceptor", echo.Ref);
        for (var slot = 1; slot <= 30; slot++)
        {
            link.Tell(OfBytes(900_000, slot), TestActor);
            Assert.Equal(slot, echo.ExpectMsg<Accept>(InTime).PValue.Slot);
            AwaitCondition(() => link is PeerLink { IsIdle: true }, InTime, TimeSpan.FromMilliseconds(10));
        }
    }
}

using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The confirmer, which makes linearizable reads safe. The test is its leader, probes are the acceptors.</summary>
public class ConfirmerTests : RoleTestBase
{
    private IActorRef Confirmer() => Watch(Sys.ActorOf(Props.Create(typeof(Confirmer), Node(), TestActor, B(4), 17L, 9L)));

    private static Confirmed Confirmed(int from, Ballot promised, long id = 17) => new(new NodeId(from), promised, id);

    [Fact]
    public void A_majority_that_has_promised_nothing_higher_is_enough_and_it_ends()
    {
        var confirmer = Confirmer();
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Confirm(B(4), 17), InTime);
        confirmer.Tell(Confirmed(1, B(4)));
        confirmer.Tell(Confirmed(3, B(2))); // it missed the scout, and has not promised more to anyone else
        ExpectMsg(new BallotConfirmed(17), InTime);
        ExpectTerminated(confirmer, InTime);
    }

    [Fact]
    public void One_acceptor_twice_or_an_answer_to_another_question_is_not_enough()
    {
        var confirmer = Confirmer();
        confirmer.Tell(Confirmed(1, B(4)));
        confirmer.Tell(Confirmed(1, B(4)));
        confirmer.Tell(Confirmed(2, B(4), id: 16));
        ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_higher_ballot_preempts_it()
    {
        var confirmer = Confirmer();
        confirmer.Tell(Confirmed(1, B(4)));
        confirmer.Tell(Confirmed(2, B(4, 3)));
        ExpectMsg(new Preempted(B(4, 3)), InTime);
        ExpectTerminated(confirmer, InTime);
    }

    [Fact]
    public void It_asks_those_again_that_owe_an_answer()
    {
        var confirmer = Confirmer();
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Confirm(B(4), 17), InTime);
        confirmer.Tell(Confirmed(3, B(4)));
        confirmer.Tell(Resend.Instance);
        foreach (var node in (int[])[1, 2]) Peers.AcceptorProbe(node).ExpectMsg(new Confirm(B(4), 17), InTime);
        Peers.AcceptorProbe(3).ExpectNoMsg(AMoment);
    }

    [Fact]
    public void It_asks_for_a_lease_where_one_is_set_and_tells_the_shortest_that_its_quorum_has_granted()
    {
        Settings = Settings with { ReadLease = TimeSpan.FromMilliseconds(200) };
        var confirmer = Confirmer();
        foreach (var node in (int[])[1, 2, 3]) Peers.AcceptorProbe(node).ExpectMsg(new Confirm(B(4), 17, TimeSpan.FromMilliseconds(200)), InTime);
        confirmer.Tell(Confirmed(1, B(4)) with { Lease = TimeSpan.FromMilliseconds(200) });
        confirmer.Tell(Confirmed(3, B(4)) with { Lease = TimeSpan.FromMilliseconds(120) });
        ExpectMsg(new BallotConfirmed(17, TimeSpan.FromMilliseconds(120)), InTime);
    }

    [Fact]
    public void Under_another_leaders_ballot_it_asks_for_no_lease()
    {
        Settings = Settings with { ReadLease = TimeSpan.FromMilliseconds(200) };
        Sys.ActorOf(Props.Create(typeof(Confirmer), Node(), TestActor, B(4, 3), 17L, 9L));
        Peers.AcceptorProbe(1).ExpectMsg(new Confirm(B(4, 3), 17), InTime);
    }

    [Fact]
    public void An_acceptor_that_confirms_without_a_lease_leaves_none()
    {
        Settings = Settings with { ReadLease = TimeSpan.FromMilliseconds(200) };
        var confirmer = Confirmer();
        confirmer.Tell(Confirmed(1, B(4)) with { Lease = TimeSpan.FromMilliseconds(200) });
        confirmer.Tell(Confirmed(3, B(4))); // of an earlier version, or one that has to write first
        ExpectMsg(new BallotConfirmed(17), InTime);
    }
}

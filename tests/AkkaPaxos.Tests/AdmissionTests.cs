using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>The admission of node 1, the replica beside it a probe, in virtual time: what it asks for, how often, and when no more.</summary>
public sealed class AdmissionTests() : RoleTestBase(virtualTime: true)
{
    private static readonly DiskId Lost = new(7), New = new(9);

    private readonly Membership _membership = new(Three(new Member(new NodeId(1), "akka.tcp://akkapaxos@10.0.0.1:4053", Disk: Lost)));

    private TestProbe Replica => Peers.ReplicaProbe(1);

    private static Configuration Three(Member first) =>
        new([first, .. ((int[])[2, 3]).Select(id => new Member(new NodeId(id), $"akka.tcp://akkapaxos@10.0.0.{id}:4053", Disk: new DiskId((ulong)id)))]);

    private IActorRef StartWith(DiskId disk) => Sys.ActorOf(Props.Create(typeof(Admission), Node() with { Membership = _membership, Disk = disk }));

    // A progress interval passes, and what it does then is done.
    private void Look(IActorRef admission)
    {
        admission.Tell(new Identify(0), TestActor);
        ExpectMsg<ActorIdentity>(InTime); // its timer runs
        Pass(Settings.ProgressInterval);
        admission.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>(InTime);
    }

    private void Asks(params MemberChange[] changes) => Assert.Equal(changes, Replica.ExpectMsg<Reconfigure>(InTime).Changes);

    private void Decide(Func<Member, Member> change)
    {
        var latest = _membership.Latest;
        var next = latest.Next(latest.Members.Select(m => m.Id.Value == 1 ? change(m) : m));
        Assert.True(_membership.Learn(_membership.History.Decided(_membership.History.LatestFrom, next)));
    }

    [Fact]
    public void A_new_disk_is_asked_to_be_admitted_again_and_again_until_it_is_and_then_the_node_to_vote()
    {
        var admission = StartWith(New);
        var readmit = new MemberChange(MemberChangeKind.Readmit, new NodeId(1), Disk: New);
        Look(admission);
        Asks(readmit);
        admission.Tell(new Reconfigured("no leader is known", null));
        for (var look = 0; look < 4; look++) Look(admission);
        Replica.ExpectNoMsg(AMoment);
        Look(admission);
        Asks(readmit);

        Decide(m => m with { Disk = New, Votes = false, Returns = true });
        Look(admission);
        Asks(new MemberChange(MemberChangeKind.Promote, new NodeId(1)));
        Decide(m => m with { Votes = true, Returns = false });
        for (var look = 0; look < 10; look++) Look(admission);
        Replica.ExpectNoMsg(AMoment);
    }

    [Fact]
    public void The_disk_that_the_log_knows_needs_nothing()
    {
        var admission = StartWith(Lost);
        for (var look = 0; look < 10; look++) Look(admission);
        Replica.ExpectNoMsg(AMoment);
    }

    [Fact]
    public void Who_is_no_member_or_only_a_learner_by_an_operators_wish_asks_for_nothing()
    {
        Decide(m => m with { Votes = false });
        var admission = StartWith(Lost);
        for (var look = 0; look < 5; look++) Look(admission);
        var latest = _membership.Latest;
        _membership.Learn(_membership.History.Decided(_membership.History.LatestFrom, latest.Next(latest.Members.Where(m => m.Id.Value != 1))));
        for (var look = 0; look < 5; look++) Look(admission);
        Replica.ExpectNoMsg(AMoment);
    }

    [Fact]
    public void A_disk_without_a_name_is_not_told_of()
    {
        var admission = StartWith(DiskId.None);
        for (var look = 0; look < 10; look++) Look(admission);
        Replica.ExpectNoMsg(AMoment);
    }
}

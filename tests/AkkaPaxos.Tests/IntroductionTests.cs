using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Node 1 of five introduces itself: this test is its node, and says hello in the name of the others.</summary>
public sealed class IntroductionTests : RoleTestBase
{
    private readonly PaxosSettings _settings;
    private readonly IActorRef _introduction;

    public IntroductionTests()
    {
        _settings = new PaxosSettings(ConfigurationFactory.ParseString($$"""
            akkapaxos {
              node-id = 1
              members = [{{string.Join(", ", Enumerable.Range(1, 5).Select(id => $$"""{ id = {{id}}, address = "akka.tcp://a@10.0.0.{{id}}:4053" }"""))}}]
              state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests"
            }
            """));
        _introduction = ChildActorOf(Props.Create(typeof(Introduction), _settings, new PeerDirectory(Sys, _settings, null)));
        ExpectMsg<GetDisk>(InTime);
    }

    private static DiskStart StartOf(int node, long number = 1) => new(new DiskId((ulong)node), number, (ulong)(node * 100 + number));

    private Configuration Map => new(_settings.Membership.Members.Select(m => m with { Disk = new DiskId((ulong)m.Id.Value) }));

    private static DiskMemory Empty => DiskMemory.Empty.With(new DiskStarted(StartOf(1), false));

    private DiskMemory Founded => Empty.With(new FoundingRecorded(Map)).With(new ClusterFounded());

    private static DiskMemory Adopted => DiskMemory.Empty.With(new DiskStarted(StartOf(1), true));

    private void Hello(int node, DiskClaim? disk, string problem = "") =>
        _introduction.Tell(new Hello(new NodeId(node), $"akka.tcp://a@10.0.0.{node}:4053", _settings.Membership.Members, problem, disk), TestActor);

    private DiskClaim Claim(int node, DiskStage stage, params KnownStart[] known) =>
        new(stage, StartOf(node), 64, stage is DiskStage.Recorded or DiskStage.Member ? Map : null, known);

    private static KnownStart Known(int node, params int[] by) => new(new NodeId(node), StartOf(node), [.. by.Select(n => new NodeId(n))]);

    private Standing UntilStanding(Func<Standing, bool> condition) => FishForMessage<Standing>(s => condition(s), InTime);

    private Standing MayRun() => UntilStanding(s => s.MayRun);

    private void NobodyRuns()
    {
        foreach (var message in ReceiveWhile(AMoment, m => m)) Assert.False(message is Standing { MayRun: true });
    }

    [Fact]
    public void Of_nodes_whose_release_knows_no_disks_it_is_welcomed_as_ever_and_welcomes_them()
    {
        _introduction.Tell(Adopted);
        Hello(2, null);
        FishForMessage<Welcome>(_ => true, InTime);
        _introduction.Tell(new Welcome(new NodeId(2)));
        NobodyRuns();
        _introduction.Tell(new Welcome(new NodeId(3)));
        MayRun();
    }

    [Fact]
    public void An_empty_disk_welcomes_nobody()
    {
        _introduction.Tell(Empty);
        Hello(2, null);
        foreach (var message in ReceiveWhile(AMoment, m => m)) Assert.IsNotType<Welcome>(message);
    }

    [Fact]
    public void All_empty_disks_found_a_cluster_and_then_a_majority_welcomes_the_node()
    {
        _introduction.Tell(Empty);
        for (var node = 2; node <= 5; node++) Hello(node, Claim(node, DiskStage.Empty));
        Assert.Equal(Map, FishForMessage<RecordFounding>(_ => true, InTime).Configuration);
        _introduction.Tell(Empty.With(new FoundingRecorded(Map)));
        for (var node = 2; node <= 5; node++) Hello(node, Claim(node, DiskStage.Recorded));
        FishForMessage<Found>(_ => true, InTime);
        _introduction.Tell(Founded);
        Hello(2, Claim(2, DiskStage.Member, Known(1, 2)));
        Assert.Equal(StartOf(2), FishForMessage<RecordPeer>(_ => true, InTime).Start);
        NobodyRuns();
        Hello(3, Claim(3, DiskStage.Member, Known(1, 3)));
        MayRun();
    }

    [Fact]
    public void It_is_welcomed_by_way_of_the_only_one_that_it_hears()
    {
        _introduction.Tell(Founded);
        Hello(2, Claim(2, DiskStage.Member, Known(1, 2)));
        NobodyRuns();
        Hello(2, Claim(2, DiskStage.Member, Known(1, 2, 3)));
        MayRun();
    }

    [Fact]
    public void A_welcome_from_a_disk_that_is_empty_or_another_or_older_does_not_count()
    {
        _introduction.Tell(Founded.With(new PeerStarted(new NodeId(4), StartOf(4, 2))));
        Hello(2, Claim(2, DiskStage.Empty, Known(1, 1, 2, 3)));
        Hello(3, Claim(3, DiskStage.Member, Known(1, 1, 2, 3)) with { Start = StartOf(7) });
        Hello(4, Claim(4, DiskStage.Member, Known(1, 1, 2, 3)));
        Hello(5, Claim(5, DiskStage.Unknown, Known(1, 1, 2, 3)), "its disk is half");
        var why = UntilStanding(s => s.Problem?.Contains("node 5 does not vote: its disk is half") == true).Problem;
        Assert.Contains("node 2 is not to vote: its disk 0000000000000002 is empty, and it is known by disk 0000000000000002", why);
        Assert.Contains("node 3 is not to vote: it has disk 0000000000000007, and is known by disk 0000000000000003", why);
        Assert.Contains("node 4 is not to vote: it says start 1, and start 2 has been before", why);
        NobodyRuns();
    }

    [Fact]
    public void A_disk_that_others_have_seen_further_ends_what_runs_already()
    {
        _introduction.Tell(Founded);
        Hello(2, Claim(2, DiskStage.Member, Known(1, 2, 3)));
        MayRun();
        Hello(4, Claim(4, DiskStage.Member, new KnownStart(new NodeId(1), StartOf(1, 2), [new NodeId(4)])));
        var over = UntilStanding(s => s.IsOver);
        Assert.StartsWith("its disk is at start 1, and node 4 has seen start 2 before this one: its folder is an older copy", over.Problem);
        Hello(3, Claim(3, DiskStage.Member, Known(1, 2, 3, 4, 5)));
        NobodyRuns();
    }

    [Fact]
    public void Half_a_disk_is_over_at_once_and_welcomes_nobody()
    {
        _introduction.Tell(DiskMemory.Empty with { Unfit = "its journal is missing" });
        Assert.Equal(new Standing(false, "its journal is missing: it does not vote or answer; put back both as they were last", true), UntilStanding(s => s.IsOver));
        Hello(2, null);
        foreach (var message in ReceiveWhile(AMoment, m => m)) Assert.IsNotType<Welcome>(message);
    }

    [Fact]
    public void A_disk_of_a_cluster_that_was_founded_otherwise_is_none_of_this_one()
    {
        _introduction.Tell(Founded);
        var other = new Configuration(_settings.Membership.Members.Select(m => m with { Disk = new DiskId((ulong)m.Id.Value + 10) }));
        Hello(2, new DiskClaim(DiskStage.Member, StartOf(12), 64, other, [Known(1, 2, 3)]));
        UntilStanding(s => s.Problem?.Contains("node 2 is not to vote: its disk belongs to another cluster") == true);
        NobodyRuns();
    }
}

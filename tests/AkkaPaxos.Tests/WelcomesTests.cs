using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Who has whose start on disk, and how that gets about.</summary>
public sealed class WelcomesTests
{
    private static readonly NodeId One = new(1), Two = new(2), Three = new(3), Four = new(4);
    private readonly Welcomes _one = new(One, new Membership(((NodeId[])[One, Two, Three, Four]).Select(n => new Member(n, $"akka.tcp://akkapaxos@10.0.0.{n}:4053"))));

    private static DiskStart Start(ulong disk, long number = 1) => new(new DiskId(disk), number, disk * 100 + (ulong)number);

    private static DiskMemory Memory(params (NodeId Node, DiskStart Start)[] peers) =>
        peers.Aggregate(DiskMemory.Empty.With(new DiskStarted(Start(1, 5), true)), (memory, peer) => memory.With(new PeerStarted(peer.Node, peer.Start)));

    private static DiskClaim Claim(DiskStart start, params KnownStart[] known) => new(DiskStage.Member, start, 64, null, known);

    [Fact]
    public void What_it_says_it_knows_is_on_its_disk()
    {
        Assert.Empty(_one.Known);
        _one.Remember(Memory());
        Assert.Equal(new RecordPeer(Two, Start(2)), Assert.Single(_one.Heard(Two, Claim(Start(2)))));
        Assert.Equal([One], _one.Known.Select(k => k.Node)); // not before it is recorded
        _one.Remember(Memory((Two, Start(2))));
        Assert.Equal([(One, Start(1, 5)), (Two, Start(2))], _one.Known.Select(k => (k.Node, k.Start)));
        Assert.Empty(_one.Heard(Two, Claim(Start(2))));
    }

    [Fact]
    public void A_welcome_is_passed_on_and_so_is_anothers_start()
    {
        _one.Remember(Memory((Two, Start(2))));
        var news = _one.Heard(Two, Claim(Start(2), new KnownStart(One, Start(1, 5), [Two, Three]), new KnownStart(Three, Start(3), [Two, Three])));
        Assert.Equal([One, Two, Three], _one.OfSelf);
        Assert.Equal(new RecordPeer(Three, Start(3)), Assert.Single(news));
    }

    [Fact]
    public void A_welcome_is_for_one_start()
    {
        _one.Remember(Memory());
        _one.Heard(Two, Claim(Start(2), new KnownStart(One, Start(1, 4), [Two, Three])));
        Assert.Equal([One], _one.OfSelf);
        Assert.Null(_one.Refuted);
        // One that it passes on ends with the next start of that node.
        _one.Remember(Memory((Three, Start(3))));
        _one.Heard(Two, Claim(Start(2), new KnownStart(Three, Start(3), [Two])));
        Assert.Equal([One, Two], _one.Known.Single(k => k.Node == Three).By);
        _one.Remember(Memory((Three, Start(3, 2))));
        Assert.Equal([One], _one.Known.Single(k => k.Node == Three).By);
    }

    [Theory]
    [InlineData(1, 6, 7UL, "its folder is an older copy")]
    [InlineData(1, 5, 7UL, "its folder is an older copy")]
    [InlineData(8, 1, 7UL, "node 2 knows it by disk 0000000000000008")]
    public void A_disk_learns_from_others_that_it_has_forgotten(ulong disk, long number, ulong incarnation, string why)
    {
        _one.Remember(Memory());
        _one.Heard(Two, Claim(Start(2), new KnownStart(One, new DiskStart(new DiskId(disk), number, incarnation), [Two])));
        Assert.Contains(why, _one.Refuted);
    }

    [Fact]
    public void What_is_said_of_others_is_believed_only_where_nothing_speaks_against_it()
    {
        _one.Remember(Memory((Three, Start(3, 4))));
        Assert.Equal(new RecordPeer(Two, Start(2)), Assert.Single(_one.Heard(Two, Claim(
            Start(2), new KnownStart(Three, Start(3, 2), [Two]), new KnownStart(Three, Start(7), [Two]), new KnownStart(new NodeId(9), Start(9), [Two])))));
    }
}

using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What a disk says of itself and of others, and what speaks against another's word.</summary>
public sealed class DiskMemoryTests
{
    private static readonly NodeId Two = new(2);

    private static DiskStart Start(long number, ulong disk = 1, ulong incarnation = 0) => new(new DiskId(disk), number, incarnation == 0 ? (ulong)number : incarnation);

    private static DiskMemory Knows(DiskStart start) => DiskMemory.Empty.With(new DiskStarted(Start(1, 9), false)).With(new PeerStarted(Two, start));

    [Fact]
    public void A_later_start_of_the_same_disk_is_news_and_the_same_one_is_not()
    {
        Assert.True(Knows(Start(3)).IsNews(Two, Start(4)));
        Assert.True(Knows(Start(3)).IsNews(Two, Start(7)));
        Assert.False(Knows(Start(3)).IsNews(Two, Start(3)));
        Assert.Null(Knows(Start(3)).Refutes(Two, Start(3)));
    }

    [Fact]
    public void An_earlier_start_a_number_that_comes_again_and_another_disk_are_refuted()
    {
        Assert.Equal("it says start 2, and start 3 has been before: its folder is an older copy of itself", Knows(Start(3)).Refutes(Two, Start(2)));
        Assert.Equal("it says start 3, and start 3 has been before: its folder is an older copy of itself", Knows(Start(3)).Refutes(Two, Start(3, incarnation: 8)));
        Assert.Equal("it has disk 0000000000000005, and is known by disk 0000000000000001", Knows(Start(3)).Refutes(Two, Start(9, disk: 5)));
        Assert.False(Knows(Start(3)).IsNews(Two, Start(2)));
    }

    [Fact]
    public void A_member_is_known_by_the_disk_that_it_was_founded_with_before_it_is_heard_of()
    {
        var founded = DiskMemory.Empty.With(new FoundingRecorded(new Configuration([new Member(Two, "akka://b", Disk: new DiskId(7))])));
        Assert.Equal(new DiskId(7), founded.DiskOf(Two));
        Assert.NotNull(founded.Refutes(Two, Start(1, disk: 5)));
        Assert.Null(founded.Refutes(Two, Start(1, disk: 7)));
        Assert.Equal(DiskId.None, founded.DiskOf(new NodeId(3)));
    }

    [Fact]
    public void A_disk_is_a_member_once_it_is_founded_or_adopted_and_whole()
    {
        var empty = DiskMemory.Empty.With(new DiskStarted(Start(1), false));
        Assert.False(empty.IsMember);
        var recorded = empty.With(new FoundingRecorded(new Configuration([new Member(Two, "akka://b")])));
        Assert.False(recorded.IsMember);
        Assert.True(recorded.With(new ClusterFounded()).IsMember);
        Assert.True(DiskMemory.Empty.With(new DiskStarted(Start(1), IsAdopted: true)).IsMember);
        Assert.False((recorded.With(new ClusterFounded()) with { Unfit = "half" }).IsMember);
    }

    [Fact]
    public void Journal_and_snapshots_that_do_not_belong_together_are_found_out()
    {
        var journal = DiskMemory.Empty.With(new DiskStarted(Start(3), false)).With(new DiskMarked(2));
        Assert.Null(DiskMemory.Empty.WhyHalf(null));
        Assert.Null(DiskMemory.Empty.With(new DiskStarted(Start(1), false)).WhyHalf(null)); // it was stopped before the first mark was there
        Assert.Null(journal.WhyHalf(Start(2)));
        Assert.Null(journal.WhyHalf(Start(3))); // it was stopped between the mark and its record
        Assert.Contains("their journal is missing", DiskMemory.Empty.WhyHalf(Start(1)));
        Assert.Contains("the snapshots which it says were saved are missing", journal.WhyHalf(null));
        Assert.Contains("and its snapshots are those of disk 0000000000000005", journal.WhyHalf(Start(2, disk: 5)));
        Assert.Contains("its snapshots are an older copy (start 1) than its journal (start 2)", journal.WhyHalf(Start(1)));
        Assert.Contains("its journal is an older copy (start 3) than its snapshots (start 4)", journal.WhyHalf(Start(4)));
        Assert.Contains("its journal is an older copy (start 3) than its snapshots (start 3)", journal.WhyHalf(Start(3, incarnation: 8)));
    }
}

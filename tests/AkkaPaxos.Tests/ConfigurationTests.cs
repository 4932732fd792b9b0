using AkkaPaxos.Consensus;
using Proto = AkkaPaxos.Consensus.Proto;

namespace AkkaPaxos.Tests;

/// <summary>Who takes part in which slot, as values: no actors.</summary>
public sealed class ConfigurationTests
{
    private static string At(int node) => $"akka.tcp://akkapaxos@10.0.0.{node}:4053";

    private static Member Voter(int node, ulong disk = 0) => new(new NodeId(node), At(node), Disk: new DiskId(disk));

    private static Member Learner(int node, ulong disk = 0, bool returns = false) => new(new NodeId(node), At(node), Votes: false, new DiskId(disk), returns);

    private static Configuration Of(params Member[] members) => new(members, version: 3, window: 8);

    private static readonly Configuration Three = Of(Voter(1), Voter(2), Voter(3));

    private static MemberChange Change(MemberChangeKind kind, int node, string address = "", ulong disk = 0) => new(kind, new NodeId(node), address, new DiskId(disk));

    private static MemberChange Add(int node, string? address = null) => Change(MemberChangeKind.Add, node, address ?? At(node));

    private static MemberChange Promote(int node) => Change(MemberChangeKind.Promote, node);

    private static MemberChange Remove(int node) => Change(MemberChangeKind.Remove, node);

    private static Configuration Made(Configuration from, params MemberChange[] changes)
    {
        var made = MemberChange.Apply(from, changes, out var refusal);
        Assert.Equal("", refusal);
        Assert.Equal((from.Version + 1, from.Window), (made!.Version, made.Window));
        return made;
    }

    private static string Refused(Configuration from, params MemberChange[] changes)
    {
        Assert.Null(MemberChange.Apply(from, changes, out var refusal));
        Assert.DoesNotContain('\n', refusal);
        return refusal;
    }

    // changes ------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_node_is_added_as_a_learner_then_promoted_and_another_one_removed()
    {
        var added = Made(Three, Add(4));
        Assert.Equal([1, 2, 3, 4], added.Ids.Select(i => i.Value));
        Assert.Equal([1, 2, 3], added.Voters.Select(i => i.Value));
        var replaced = Made(added, Promote(4), Remove(1));
        Assert.Equal([2, 3, 4], replaced.Voters.Select(i => i.Value));
        Assert.Equal([2, 3, 4], replaced.Ids.Select(i => i.Value));
        Assert.Equal(At(9), Made(replaced, Change(MemberChangeKind.Update, 4, At(9))).Find(new NodeId(4))!.Address);
        Assert.Equal(5ul, Made(replaced, Remove(2), Change(MemberChangeKind.Add, 2, At(2), disk: 5)).Find(new NodeId(2))!.Disk.Value); // its number may come back
    }

    [Fact]
    public void Another_disk_makes_a_voter_a_learner_that_returns_and_the_first_one_known_changes_no_vote()
    {
        var known = Made(Three, Change(MemberChangeKind.Readmit, 2, disk: 7));
        Assert.Equal(Voter(2, 7), known.Find(new NodeId(2)));
        var lost = Made(known, Change(MemberChangeKind.Readmit, 2, disk: 8));
        Assert.Equal(Learner(2, 8, returns: true), lost.Find(new NodeId(2)));
        Assert.Equal(Learner(2, 9, returns: true), Made(lost, Change(MemberChangeKind.Readmit, 2, disk: 9)).Find(new NodeId(2))); // lost again before it voted
        Assert.Equal(Voter(2, 8), Made(lost, Promote(2)).Find(new NodeId(2)));
        var learner = Of(Voter(1), Learner(4, 7));
        Assert.False(Made(learner, Change(MemberChangeKind.Readmit, 4, disk: 8)).Find(new NodeId(4))!.Returns); // it never voted
    }

    [Fact]
    public void What_cannot_be_is_refused_and_says_why()
    {
        Assert.Equal("nothing is to be changed", Refused(Three));
        Assert.Equal($"node 3 is a member already, at {At(3)}", Refused(Three, Add(3)));
        Assert.Equal($"address {At(3)} is that of node 3", Refused(Three, Add(4, At(3))));
        Assert.Equal($"address {At(3)} is that of node 3", Refused(Three, Change(MemberChangeKind.Update, 2, At(3))));
        Assert.Equal("a node's number is positive, not 0", Refused(Three, Add(0)));
        Assert.Equal("node 9 is no member; members are 1, 2, 3", Refused(Three, Remove(9)));
        Assert.Equal("node 9 is no member; members are 1, 2, 3", Refused(Three, Promote(9)));
        Assert.Equal("node 2 votes already", Refused(Three, Promote(2)));
        Assert.Equal($"node 2 is at {At(2)} already", Refused(Three, Change(MemberChangeKind.Update, 2, At(2))));
        Assert.Equal($"node 2 has disk {new DiskId(7)} already", Refused(Of(Voter(1), Voter(2, 7)), Change(MemberChangeKind.Readmit, 2, disk: 7)));
        Assert.Equal("no voter would be left", Refused(Of(Voter(1), Learner(2)), Remove(1)));
        Assert.Equal("no voter would be left", Refused(Of(Voter(1, 7)), Change(MemberChangeKind.Readmit, 1, disk: 8)));
        Assert.Equal("node 9 is no member; members are 1, 2, 3, 4", Refused(Three, Add(4), Remove(9))); // of more than one, none is made
    }

    // configurations -----------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_vote_counts_from_the_disk_that_is_known_and_a_learners_never()
    {
        var one = Of(Voter(1), Voter(2, 7), Learner(4, 9));
        Assert.True(one.Counts(new NodeId(1), new DiskId(5))); // none is known
        Assert.True(one.Counts(new NodeId(2), new DiskId(7)));
        Assert.False(one.Counts(new NodeId(2), new DiskId(8)));
        Assert.False(one.Counts(new NodeId(2), DiskId.None));
        Assert.False(one.Counts(new NodeId(4), new DiskId(9)));
        Assert.False(one.Counts(new NodeId(5), DiskId.None));
    }

    [Fact]
    public void Quorums_are_the_same_where_the_same_vote_with_the_same_disks()
    {
        Assert.True(Three.HasQuorumsOf(Made(Three, Add(4))));
        Assert.True(Three.HasQuorumsOf(Made(Three, Change(MemberChangeKind.Update, 2, At(9)))));
        Assert.False(Three.HasQuorumsOf(Made(Three, Remove(3))));
        Assert.False(Three.HasQuorumsOf(Made(Three, Change(MemberChangeKind.Readmit, 2, disk: 7))));
        Assert.False(Three.HasQuorumsOf(Made(Three, Add(4), Promote(4))));
    }

    [Fact]
    public void A_value_brings_a_configuration_there_and_back()
    {
        var one = new Configuration([Voter(1, ulong.MaxValue), Voter(2), Learner(4, 9, returns: true)], version: 7, window: 16);
        var value = Value.Decode(Value.Reconfiguration(one).Encoded);
        Assert.True(value.IsReconfiguration);
        Assert.False(value.IsNoOp);
        Assert.Empty(value.Commands);
        Assert.Equal(one, value.Configuration);
        Assert.Equal(one.Members, value.Configuration!.Members);
        Assert.Equal("configuration 7 of 1, 2, 4 (learner)", value.ToString());
        foreach (var other in (Value[])[Value.NoOp, Value.Batch([new Command(1, 1, 1, new byte[] { 18, 1 })])])
        {
            Assert.False(other.IsReconfiguration);
            Assert.Null(other.Configuration);
        }
    }

    [Fact]
    public void Bytes_that_are_no_configuration_are_refused()
    {
        var cut = Value.Reconfiguration(Three).Encoded;
        Assert.Throws<FormatException>(() => Value.Decode(cut[..^1]).Configuration);
        Assert.Throws<FormatException>(() => Configuration.FromProto(new Proto.Configuration { Window = 8, Members = { new Proto.Member { Id = 1, Address = At(1), Learner = true } } }));
        Assert.Throws<FormatException>(() => Configuration.FromProto(new Proto.Configuration { Window = 0, Members = { new Proto.Member { Id = 1, Address = At(1) } } }));
    }

    // the history --------------------------------------------------------------------------------------------------------------------------

    private static readonly Configuration Founding = new([Voter(1), Voter(2), Voter(3)], window: 8);

    [Fact]
    public void What_a_slot_decides_governs_a_window_later()
    {
        var added = Founding.Next([.. Founding.Members, Learner(4)]);
        var voting = added.Next([.. Founding.Members, Voter(4)]);
        var history = new ConfigurationHistory(Founding).Decided(5, added).Decided(9, voting);
        Assert.Equal((voting, 17, 17), (history.Latest, history.LatestFrom, history.QuorumsFrom));
        foreach (var (slot, governs) in new[] { (1, Founding), (12, Founding), (13, added), (16, added), (17, voting), (1000, voting) }) Assert.Same(governs, history.At(slot));
        Assert.Equal([Founding, added, voting], history.From(1));
        Assert.Equal([added, voting], history.From(13));
        Assert.Equal([voting], history.From(17));
        Assert.Equal([Founding], history.Between(1, 12));
        Assert.Equal([Founding, added], history.Between(12, 13));
        Assert.Equal([added], history.Between(14, 16));
        Assert.Equal([Founding, added, voting], history.Between(1, 99));
    }

    [Fact]
    public void Of_two_that_were_made_from_the_same_one_the_later_has_no_effect()
    {
        var first = new ConfigurationHistory(Founding).Decided(5, Founding.Next([.. Founding.Members, Learner(4)]));
        Assert.Same(first, first.Decided(6, Founding.Next([.. Founding.Members, Learner(5)])));
        Assert.Same(first, first.Decided(6, new Configuration(Founding.Members, version: 3, window: 8)));
        Assert.Same(first, first.Decided(6, new Configuration(Founding.Members, version: 2, window: 9)));
    }

    [Fact]
    public void Votes_are_counted_anew_from_where_who_votes_has_changed_last()
    {
        var history = new ConfigurationHistory(Founding);
        Assert.Equal(1, history.QuorumsFrom);
        var fewer = Founding.Next([Voter(1), Voter(2)]);
        history = history.Decided(5, fewer);
        Assert.Equal(13, history.QuorumsFrom);
        history = history.Decided(6, fewer.Next([Voter(1), Voter(2), Learner(4)]));
        Assert.Equal((14, 13), (history.LatestFrom, history.QuorumsFrom));
    }

    [Fact]
    public void What_governs_no_slot_any_more_is_forgotten()
    {
        var history = new ConfigurationHistory(Founding);
        for (var slot = 20; slot <= 200; slot += 20) history = history.Decided(slot, history.Latest.Next(Founding.Members));
        Assert.Equal([188, 208], history.Entries.Select(e => e.From));
        Assert.Equal(9, history.At(1).Version); // the earliest that is remembered
    }

    [Fact]
    public void A_history_in_no_order_is_none()
    {
        var next = Founding.Next(Founding.Members);
        Assert.Throws<FormatException>(() => ConfigurationHistory.Of([]));
        Assert.Throws<FormatException>(() => ConfigurationHistory.Of([new Governing(9, Founding, 9), new Governing(9, next, 9)]));
        Assert.Throws<FormatException>(() => ConfigurationHistory.Of([new Governing(1, next, 1), new Governing(9, Founding, 9)]));
        Assert.Equal(next, ConfigurationHistory.Of([new Governing(1, Founding, 1), new Governing(9, next, 9)]).Latest);
    }
}

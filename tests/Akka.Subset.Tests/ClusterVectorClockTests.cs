using System.Collections.Immutable;
using Akka.Cluster;
using FsCheck;
using FsCheck.Fluent;

namespace Akka.Subset.Tests;

/// <summary>The laws on which gossip rests: versions are partially ordered, and merging gives the least one that has both.</summary>
public class ClusterVectorClockTests
{
    /// <summary>A clock of up to four nodes with up to four changes each, so that all orderings come up often.</summary>
    private static readonly Arbitrary<VectorClock> Clocks = Arb.From(Gen.Choose(0, 4).ArrayOf(4).Select(counts => Clock(counts)));

    private static VectorClock Clock(params int[] counts) => VectorClock.Create(counts
        .Select((count, i) => (Node: VectorClock.Node.FromHash("n" + i), Count: (long)count))
        .Where(e => e.Count > 0)
        .ToImmutableSortedDictionary(e => e.Node, e => e.Count));

    [Fact]
    public void An_increment_comes_after_what_it_changed()
    {
        Prop.ForAll(Clocks, Gen.Choose(0, 5).ToArbitrary(), (clock, node) =>
        {
            var next = clock.Increment(VectorClock.Node.FromHash("n" + node));
            return next.IsAfter(clock) && clock.IsBefore(next) && next > clock && clock < next && next != clock;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Comparing_the_other_way_round_gives_the_opposite()
    {
        Prop.ForAll(Clocks, Clocks, (a, b) => b.CompareTo(a) == a.CompareTo(b) switch
        {
            VectorClock.Ordering.Before => VectorClock.Ordering.After,
            VectorClock.Ordering.After => VectorClock.Ordering.Before,
            var same => same,
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_merge_contains_both_and_nothing_more()
    {
        Prop.ForAll(Clocks, Clocks, (a, b) =>
        {
            var merged = a.Merge(b);
            var containsBoth = !merged.IsBefore(a) && !merged.IsConcurrentWith(a) && !merged.IsBefore(b) && !merged.IsConcurrentWith(b);
            return containsBoth && merged.Versions.All(v => a.Versions.Contains(v) || b.Versions.Contains(v));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Merging_is_commutative_associative_and_idempotent()
    {
        Prop.ForAll(Clocks, Clocks, Clocks, (a, b, c) =>
            a.Merge(b) == b.Merge(a) && a.Merge(b).Merge(c) == a.Merge(b.Merge(c)) && a.Merge(a) == a).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Before_is_transitive()
    {
        Prop.ForAll(Clocks, Clocks, Clocks, (a, b, c) => !(a < b && b < c) || a < c).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Changes_that_do_not_know_of_each_other_are_concurrent()
    {
        var common = Clock(1, 1);
        var left = common.Increment(VectorClock.Node.FromHash("n0"));
        var right = common.Increment(VectorClock.Node.FromHash("n1"));

        Assert.True(left.IsConcurrentWith(right));
        Assert.True(left.Merge(right).IsAfter(left));
        Assert.True(left.Merge(right).IsAfter(right));
        Assert.True(left.Prune(VectorClock.Node.FromHash("n0")).IsBefore(common));
    }

    [Fact]
    public void Nodes_are_named_by_a_hash_of_their_name()
    {
        Assert.Equal(VectorClock.Node.Create("a"), VectorClock.Node.Create("a"));
        Assert.NotEqual(VectorClock.Node.Create("a"), VectorClock.Node.Create("b"));
        Assert.NotEqual(VectorClock.Node.Create("a"), VectorClock.Node.FromHash("a"));
        Assert.True(VectorClock.Create().IsSameAs(Clock(0, 0)));
    }
}

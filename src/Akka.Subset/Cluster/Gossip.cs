using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster;

/// <summary>
/// The shared state of the cluster: members, who sees whom as unreachable, who has seen this version, and the version. Immutable;
/// two of them merge into one that contains the changes of both, in whatever order that happens.
/// </summary>
internal sealed record Gossip(
    ImmutableSortedSet<Member> Members,
    ImmutableHashSet<UniqueAddress> SeenBy,
    Reachability Reachability,
    VectorClock Version)
{
    public static readonly Gossip Empty = new([], [], Reachability.Empty, VectorClock.Create());

    private Reachability? _withoutDownedObservers;

    /// <summary>Reachability without what Down members say.</summary>
    public Reachability ReachabilityExcludingDownedObservers => _withoutDownedObservers ??=
        Reachability.RemoveObservers(Members.Where(m => m.Status == MemberStatus.Down).Select(m => m.UniqueAddress).ToArray());

    public Member? FindMember(UniqueAddress node) => Members.FirstOrDefault(m => m.UniqueAddress == node);

    /// <summary>The member, or one in state Removed for a node that is none.</summary>
    public Member GetMember(UniqueAddress node) => FindMember(node) ?? Member.Removed(node);

    public Member? FindMember(Address address) => Members.FirstOrDefault(m => m.Address.Equals(address));

    public bool HasMember(UniqueAddress node) => FindMember(node) is not null;

    public bool SeenByNode(UniqueAddress node) => SeenBy.Contains(node);

    public Gossip WithMembers(ImmutableSortedSet<Member> members) => this with { Members = members, _withoutDownedObservers = null };

    public Gossip WithReachability(Reachability reachability) => this with { Reachability = reachability, _withoutDownedObservers = null };

    /// <summary>The member's new view in place of its old one.</summary>
    public Gossip Update(Member member) => WithMembers(Members.Remove(member).Add(member));

    public Gossip Seen(UniqueAddress node) => SeenByNode(node) ? this : this with { SeenBy = SeenBy.Add(node) };

    public Gossip OnlySeen(UniqueAddress node) => this with { SeenBy = [node] };

    public Gossip MergeSeen(Gossip that)
    {
        var seen = SeenBy.Union(that.SeenBy);
        return ReferenceEquals(seen, SeenBy) ? this : this with { SeenBy = seen };
    }

    public Gossip Increment(UniqueAddress node) => this with { Version = Version.Increment(ClockNode(node)) };

    /// <summary>Forgets a removed member's part of the version.</summary>
    public Gossip Prune(UniqueAddress node) => this with { Version = Version.Prune(ClockNode(node)) };

    /// <summary>Takes a member out of all parts of the state.</summary>
    public Gossip Remove(IReadOnlyCollection<UniqueAddress> nodes) => nodes.Aggregate(
        this with
        {
            Members = Members.Where(m => !nodes.Contains(m.UniqueAddress)).ToImmutableSortedSet(),
            SeenBy = SeenBy.Except(nodes),
            Reachability = Reachability.Remove(nodes),
            _withoutDownedObservers = null,
        },
        (gossip, node) => gossip.Prune(node));

    public Gossip Merge(Gossip that)
    {
        var members = Member.PickHighestPriority(Members, that.Members);
        var nodes = members.Select(m => m.UniqueAddress).ToArray();
        return new Gossip(members, [], Reachability.Merge(nodes, that.Reachability), Version.Merge(that.Version));
    }

    /// <summary>
    /// Before a merge: a removal shows as a member that may be removed in one gossip and is absent in the other. Whoever removed it
    /// also pruned it from the version, so the same is done here.
    /// </summary>
    public Gossip PruneRemovedIn(Gossip that) => Members
        .Where(m => MembershipState.MayBeRemoved(m.Status) && !that.HasMember(m.UniqueAddress))
        .Aggregate(this, (gossip, m) => gossip.Prune(m.UniqueAddress));

    public bool Equals(Gossip? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Version.GetHashCode();

    private static VectorClock.Node ClockNode(UniqueAddress node) => VectorClock.Node.Create($"{node.Address}-{node.Uid}");
}

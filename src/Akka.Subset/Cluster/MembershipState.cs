using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>The gossip as one node sees it: who leads, whether all have seen it, whom to gossip to.</summary>
internal readonly record struct MembershipState(Gossip Gossip, UniqueAddress Self)
{
    /// <summary>A member with this status needs no observer's consent to be removed, nor hinders convergence while it is unreachable.</summary>
    public static bool MayBeRemoved(MemberStatus status) => status is MemberStatus.Down or MemberStatus.Exiting;

    private static bool Decides(MemberStatus status) => status is MemberStatus.Up or MemberStatus.Leaving;

    public Member SelfMember => Gossip.GetMember(Self);

    /// <summary>All members that count have seen this state, and none of them is unreachable.</summary>
    public bool Convergence(ImmutableHashSet<UniqueAddress> exitingConfirmed)
    {
        foreach (var node in Gossip.ReachabilityExcludingDownedObservers.AllUnreachableOrTerminated)
            if (node != Self && !exitingConfirmed.Contains(node) && Gossip.FindMember(node) is { } m && !MayBeRemoved(m.Status)) return false;
        foreach (var m in Gossip.Members)
            if (Decides(m.Status) && !Gossip.SeenByNode(m.UniqueAddress) && !exitingConfirmed.Contains(m.UniqueAddress)) return false;
        return true;
    }

    public UniqueAddress? Leader => LeaderOf(Gossip.Members);

    public bool IsLeader(UniqueAddress node) => Leader == node;

    public UniqueAddress? RoleLeader(string role) => LeaderOf(Gossip.Members.Where(m => m.HasRole(role)));

    public UniqueAddress? LeaderOf(IEnumerable<Member> members)
    {
        var reachability = Gossip.Reachability;
        var self = Self;
        var candidates = members
            .Where(m => m.Status != MemberStatus.Down && (m.UniqueAddress == self || reachability.IsReachable(m.UniqueAddress)))
            .Order(Member.LeaderStatusOrdering)
            .ToArray();
        return (candidates.FirstOrDefault(m => Decides(m.Status)) ?? candidates.FirstOrDefault())?.UniqueAddress;
    }

    /// <summary>The highest up number given so far, 0 if none.</summary>
    public int YoungestUpNumber => Gossip.Members.Select(m => m.UpNumber).Where(n => n != int.MaxValue).DefaultIfEmpty(0).Max();

    public bool IsValidNodeForGossip(UniqueAddress node) =>
        node != Self && (Gossip.ReachabilityExcludingDownedObservers.IsReachable(node) || Gossip.Reachability.IsReachable(Self, node));
}

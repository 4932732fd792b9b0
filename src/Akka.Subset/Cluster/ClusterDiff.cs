using System.Collections.Immutable;
using Akka.Actor;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

/// <summary>The events that lead from one state to the next, and the state as users see it.</summary>
internal static class ClusterDiff
{
    /// <summary>Removals first, so that a new incarnation never precedes the end of the one at its address.</summary>
    public static IEnumerable<IClusterDomainEvent> Events(MembershipState before, MembershipState after)
    {
        if (ReferenceEquals(before.Gossip, after.Gossip)) return [];
        return MemberEvents(before.Gossip, after.Gossip)
            .Concat(ReachabilityEvents(before, after))
            .Concat(LeaderEvents(before, after));
    }

    public static CurrentClusterState Snapshot(MembershipState state)
    {
        var gossip = state.Gossip;
        var unreachable = Unreachable(state).Select(gossip.GetMember).ToImmutableHashSet();
        var leaders = Roles(gossip).ToImmutableDictionary(role => role, role => state.RoleLeader(role)?.Address);
        return new CurrentClusterState(
            gossip.Members, unreachable, gossip.SeenBy.Select(n => n.Address).ToImmutableHashSet(), state.Leader?.Address, leaders);
    }

    private static IEnumerable<IClusterDomainEvent> MemberEvents(Gossip before, Gossip after)
    {
        foreach (var old in before.Members)
            if (!after.HasMember(old.UniqueAddress)) yield return new MemberRemoved(RemovedCopy(old), old.Status);
        foreach (var member in after.Members)
            if (before.FindMember(member.UniqueAddress)?.Status != member.Status && Event(member) is { } change) yield return change;
    }

    /// <summary>Keeps the roles, which subscribers may want to know of the one that is gone.</summary>
    private static Member RemovedCopy(Member member) => new(member.UniqueAddress, member.UpNumber, MemberStatus.Removed, member.Roles);

    private static IMemberEvent? Event(Member member) => member.Status switch
    {
        MemberStatus.Joining => new MemberJoined(member),
        MemberStatus.WeaklyUp => new MemberWeaklyUp(member),
        MemberStatus.Up => new MemberUp(member),
        MemberStatus.Leaving => new MemberLeft(member),
        MemberStatus.Exiting => new MemberExited(member),
        MemberStatus.Down => new MemberDowned(member),
        _ => null,
    };

    private static IEnumerable<IClusterDomainEvent> ReachabilityEvents(MembershipState before, MembershipState after)
    {
        if (ReferenceEquals(before.Gossip.Reachability, after.Gossip.Reachability)) yield break;
        var was = Unreachable(before);
        var now = Unreachable(after);
        foreach (var node in now)
            if (!was.Contains(node)) yield return new UnreachableMember(after.Gossip.GetMember(node));
        foreach (var node in was)
            if (!now.Contains(node) && after.Gossip.FindMember(node) is { } member) yield return new ReachableMember(member);
    }

    private static IEnumerable<IClusterDomainEvent> LeaderEvents(MembershipState before, MembershipState after)
    {
        var leader = after.Leader?.Address;
        if (!Equals(leader, before.Leader?.Address)) yield return new LeaderChanged(leader);
        foreach (var role in Roles(before.Gossip).Union(Roles(after.Gossip)))
        {
            var roleLeader = after.RoleLeader(role)?.Address;
            if (!Equals(roleLeader, before.RoleLeader(role)?.Address)) yield return new RoleLeaderChanged(role, roleLeader);
        }
    }

    private static ImmutableSortedSet<string> Roles(Gossip gossip) =>
        gossip.Members.SelectMany(m => m.Roles).ToImmutableSortedSet(StringComparer.Ordinal);

    /// <summary>What others say of this node itself does not count.</summary>
    private static ImmutableSortedSet<UniqueAddress> Unreachable(MembershipState state) =>
        state.Gossip.Reachability.AllUnreachableOrTerminated.Remove(state.Self).Where(state.Gossip.HasMember).ToImmutableSortedSet();
}

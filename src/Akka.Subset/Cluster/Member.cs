using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster;

/// <summary>The states of a member; <see cref="Member.Copy"/> allows the transitions of Akka's membership life cycle only.</summary>
public enum MemberStatus
{
    Joining,
    Up,
    Leaving,
    Exiting,
    Down,
    Removed,
    WeaklyUp,
}

/// <summary>A member of the cluster. Equality is that of its incarnation, whatever its status.</summary>
public class Member : IComparable<Member>, IComparable
{
    public static readonly IComparer<Address> AddressOrdering = Comparer<Address>.Create(CompareAddresses);

    /// <summary>Oldest first; <see cref="IsOlderThan"/> as an ordering.</summary>
    public static readonly IComparer<Member> AgeOrdering =
        Comparer<Member>.Create((a, b) => a.Equals(b) ? 0 : a.IsOlderThan(b) ? -1 : 1);

    /// <summary>The order in which members are candidates for the leader's part: by address, those not yet or no longer Up last.</summary>
    internal static readonly IComparer<Member> LeaderStatusOrdering = Comparer<Member>.Create((a, b) =>
    {
        var byRank = LeaderRank(a.Status).CompareTo(LeaderRank(b.Status));
        return byRank != 0 ? byRank : a.CompareTo(b);
    });

    internal Member(UniqueAddress uniqueAddress, int upNumber, MemberStatus status, ImmutableHashSet<string> roles)
    {
        UniqueAddress = uniqueAddress;
        UpNumber = upNumber;
        Status = status;
        Roles = roles;
    }

    public UniqueAddress UniqueAddress { get; }

    public Address Address => UniqueAddress.Address;

    public MemberStatus Status { get; }

    public ImmutableHashSet<string> Roles { get; }

    /// <summary>The order in which members came Up: 1 is the oldest; int.MaxValue before that.</summary>
    internal int UpNumber { get; }

    internal static Member Create(UniqueAddress node, ImmutableHashSet<string> roles) => new(node, int.MaxValue, MemberStatus.Joining, roles);

    internal static Member Removed(UniqueAddress node) => new(node, int.MaxValue, MemberStatus.Removed, ImmutableHashSet<string>.Empty);

    public bool HasRole(string role) => Roles.Contains(role);

    /// <summary>Came Up earlier than the other member (equal up numbers, seen after merged splits, are ordered by address).</summary>
    public bool IsOlderThan(Member other) =>
        UpNumber != other.UpNumber ? UpNumber < other.UpNumber : AddressOrdering.Compare(Address, other.Address) < 0;

    /// <exception cref="InvalidOperationException">The life cycle has no such transition.</exception>
    public Member Copy(MemberStatus status)
    {
        if (status == Status) return this;
        if (!MayBecome(Status, status)) throw new InvalidOperationException($"Invalid member status transition {Status} -> {status}");
        return new Member(UniqueAddress, UpNumber, status, Roles);
    }

    public Member CopyUp(int upNumber) => new Member(UniqueAddress, upNumber, Status, Roles).Copy(MemberStatus.Up);

    public int CompareTo(Member? other) => UniqueAddress.CompareTo(other?.UniqueAddress);

    int IComparable.CompareTo(object? obj) => CompareTo(obj as Member);

    public override bool Equals(object? obj) => obj is Member other && UniqueAddress.Equals(other.UniqueAddress);

    public override int GetHashCode() => UniqueAddress.GetHashCode();

    public override string ToString() =>
        $"Member(address = {Address}, Uid={UniqueAddress.Uid} status = {Status}, role=[{string.Join(",", Roles)}], upNumber={UpNumber})";

    /// <summary>Of two views of one member, the one further along its life cycle; of equal ones, the one that came Up first.</summary>
    internal static Member HighestPriorityOf(Member a, Member b)
    {
        if (a.Status == b.Status) return a.IsOlderThan(b) ? a : b;
        return Priority(a.Status) > Priority(b.Status) ? a : b;
    }

    /// <summary>
    /// Merges the members of two gossips. A member that only one of them has was added or removed in the other: it is taken for
    /// removed if its status is one that only removal follows.
    /// </summary>
    internal static ImmutableSortedSet<Member> PickHighestPriority(IEnumerable<Member> a, IEnumerable<Member> b)
    {
        var merged = ImmutableSortedSet.CreateBuilder<Member>();
        foreach (var views in a.Concat(b).GroupBy(m => m.UniqueAddress))
        {
            var pair = views.ToArray();
            if (pair.Length == 2) merged.Add(HighestPriorityOf(pair[0], pair[1]));
            else if (!MembershipState.MayBeRemoved(pair[0].Status)) merged.Add(pair[0]);
        }
        return merged.ToImmutable();
    }

    private static int CompareAddresses(Address? a, Address? b)
    {
        if (ReferenceEquals(a, b)) return 0;
        if (a is null) return -1;
        if (b is null) return 1;
        var byHost = string.CompareOrdinal(a.Host ?? "", b.Host ?? "");
        return byHost != 0 ? byHost : (a.Port ?? 0).CompareTo(b.Port ?? 0);
    }

    private static bool MayBecome(MemberStatus from, MemberStatus to) => from switch
    {
        MemberStatus.Joining => to is MemberStatus.WeaklyUp or MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.WeaklyUp => to is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Up => to is MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Leaving => to is MemberStatus.Exiting or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Exiting => to is MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Down => to is MemberStatus.Removed,
        _ => false,
    };

    private static int Priority(MemberStatus status) => status switch
    {
        MemberStatus.Removed => 6,
        MemberStatus.Down => 5,
        MemberStatus.Exiting => 4,
        MemberStatus.Leaving => 3,
        MemberStatus.Up => 2,
        MemberStatus.WeaklyUp => 1,
        _ => 0,
    };

    private static int LeaderRank(MemberStatus status) => status switch
    {
        MemberStatus.WeaklyUp => 1,
        MemberStatus.Joining => 2,
        MemberStatus.Exiting => 3,
        MemberStatus.Down => 4,
        _ => 0,
    };
}

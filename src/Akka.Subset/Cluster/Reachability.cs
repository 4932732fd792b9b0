using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>
/// Who sees whom as not reachable. Each observer keeps a version of its own rows, so that of two views the later one is known.
/// No row means reachable.
/// </summary>
internal sealed class Reachability
{
    internal enum ReachabilityStatus
    {
        Reachable,
        Unreachable,
        /// <summary>Final: that incarnation is gone for good.</summary>
        Terminated,
    }

    internal sealed record Record(UniqueAddress Observer, UniqueAddress Subject, ReachabilityStatus Status, long Version);

    public static readonly Reachability Empty = new([], ImmutableSortedDictionary<UniqueAddress, long>.Empty);

    public Reachability(ImmutableList<Record> records, ImmutableSortedDictionary<UniqueAddress, long> versions)
    {
        Records = records;
        Versions = versions;
    }

    public ImmutableList<Record> Records { get; }

    public ImmutableSortedDictionary<UniqueAddress, long> Versions { get; }

    public Reachability Unreachable(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Unreachable);

    public Reachability Reachable(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Reachable);

    public Reachability Terminated(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Terminated);

    public ReachabilityStatus Status(UniqueAddress observer, UniqueAddress subject) =>
        Records.Find(r => r.Observer == observer && r.Subject == subject)?.Status ?? ReachabilityStatus.Reachable;

    /// <summary>The worst that any observer says of the subject.</summary>
    public ReachabilityStatus Status(UniqueAddress subject) =>
        Records.Where(r => r.Subject == subject).Select(r => r.Status).DefaultIfEmpty(ReachabilityStatus.Reachable).Max();

    public bool IsReachable(UniqueAddress subject) => Status(subject) == ReachabilityStatus.Reachable;

    public bool IsReachable(UniqueAddress observer, UniqueAddress subject) => Status(observer, subject) == ReachabilityStatus.Reachable;

    public ImmutableSortedSet<UniqueAddress> AllUnreachableOrTerminated =>
        Records.Where(r => r.Status != ReachabilityStatus.Reachable).Select(r => r.Subject).ToImmutableSortedSet();

    public ImmutableSortedSet<UniqueAddress> AllUnreachableFrom(UniqueAddress observer) =>
        Records.Where(r => r.Observer == observer && r.Status == ReachabilityStatus.Unreachable).Select(r => r.Subject).ToImmutableSortedSet();

    /// <summary>Forgets what is said by and of these nodes.</summary>
    public Reachability Remove(IReadOnlyCollection<UniqueAddress> nodes) => nodes.Count == 0 ? this : new Reachability(
        Records.RemoveAll(r => nodes.Contains(r.Observer) || nodes.Contains(r.Subject)),
        Versions.RemoveRange(nodes));

    /// <summary>Forgets what these nodes say of others.</summary>
    public Reachability RemoveObservers(IReadOnlyCollection<UniqueAddress> nodes) => nodes.Count == 0 ? this : new Reachability(
        Records.RemoveAll(r => nodes.Contains(r.Observer)),
        Versions.RemoveRange(nodes));

    /// <summary>Takes each allowed observer's rows from the view that has more of its changes; subjects that are not allowed drop out.</summary>
    public Reachability Merge(IReadOnlyCollection<UniqueAddress> allowed, Reachability other)
    {
        var records = ImmutableList.CreateBuilder<Record>();
        var versions = ImmutableSortedDictionary.CreateBuilder<UniqueAddress, long>();
        foreach (var observer in allowed)
        {
            var mine = Versions.GetValueOrDefault(observer);
            var theirs = other.Versions.GetValueOrDefault(observer);
            if (mine == 0 && theirs == 0) continue;
            versions[observer] = Math.Max(mine, theirs);
            records.AddRange((mine >= theirs ? this : other).Records.Where(r => r.Observer == observer && allowed.Contains(r.Subject)));
        }
        return new Reachability(records.ToImmutable(), versions.ToImmutable());
    }

    public override string ToString() =>
        string.Join(", ", Records.Select(r => $"{r.Observer.Address} -> {r.Subject.Address}: {r.Status} ({r.Version})"));

    private Reachability Change(UniqueAddress observer, UniqueAddress subject, ReachabilityStatus status)
    {
        var old = Records.Find(r => r.Observer == observer && r.Subject == subject);
        var before = old?.Status ?? ReachabilityStatus.Reachable;
        if (before == status || before == ReachabilityStatus.Terminated) return this;

        var version = Versions.GetValueOrDefault(observer) + 1;
        var row = new Record(observer, subject, status, version);
        var records = old is null ? Records.Add(row) : Records.Replace(old, row);
        // A row that says "reachable" is kept only while its observer has others, so that the table empties itself.
        if (records.TrueForAll(r => r.Observer != observer || r.Status == ReachabilityStatus.Reachable))
            records = records.RemoveAll(r => r.Observer == observer);
        return new Reachability(records, Versions.SetItem(observer, version));
    }
}

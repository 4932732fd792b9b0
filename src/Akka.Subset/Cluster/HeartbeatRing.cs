using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>
/// The members in a circle; each watches the next few after itself. Unreachable ones among those are watched on but do not count,
/// so that everybody is watched by enough living members. Ordered by uid, so that neighbors in address space are spread. Immutable.
/// </summary>
internal sealed class HeartbeatRing
{
    private static readonly IComparer<UniqueAddress> ByUid = Comparer<UniqueAddress>.Create(
        (a, b) => a.Uid != b.Uid ? a.Uid.CompareTo(b.Uid) : a.CompareTo(b));

    private readonly UniqueAddress _self;
    private readonly int _count;
    private readonly ImmutableHashSet<UniqueAddress> _unreachable;
    private readonly ImmutableHashSet<UniqueAddress> _keptForSilence;

    private HeartbeatRing(
        UniqueAddress self,
        int count,
        ImmutableSortedSet<UniqueAddress> nodes,
        ImmutableHashSet<UniqueAddress> unreachable,
        ImmutableHashSet<UniqueAddress> keptForSilence)
    {
        _self = self;
        _count = count;
        Nodes = nodes;
        _unreachable = unreachable;
        _keptForSilence = keptForSilence;
        Receivers = Next();
        Watched = Receivers.Union(keptForSilence);
    }

    public ImmutableSortedSet<UniqueAddress> Nodes { get; }

    /// <summary>Those whose turn it is by their place in the circle.</summary>
    public ImmutableSortedSet<UniqueAddress> Receivers { get; }

    public ImmutableSortedSet<UniqueAddress> Watched { get; }

    public static HeartbeatRing Create(UniqueAddress self, int count) => new(self, count, ImmutableSortedSet.Create(ByUid, self), [], []);

    public HeartbeatRing With(IEnumerable<UniqueAddress> nodes, IEnumerable<UniqueAddress> unreachable) =>
        Copy(nodes.Append(_self).ToImmutableSortedSet(ByUid), unreachable.ToImmutableHashSet(), _keptForSilence);

    public HeartbeatRing WithMember(UniqueAddress node) => Nodes.Contains(node) ? this : Copy(Nodes.Add(node), _unreachable, _keptForSilence);

    public HeartbeatRing Without(UniqueAddress node) => Copy(Nodes.Remove(node), _unreachable.Remove(node), _keptForSilence.Remove(node));

    public HeartbeatRing WithUnreachable(UniqueAddress node) => Copy(Nodes, _unreachable.Add(node), _keptForSilence);

    public HeartbeatRing WithReachable(UniqueAddress node) => Copy(Nodes, _unreachable.Remove(node), _keptForSilence);

    public HeartbeatRing KeepWatching(UniqueAddress node) => Copy(Nodes, _unreachable, _keptForSilence.Add(node));

    public HeartbeatRing Answered(UniqueAddress node) =>
        _keptForSilence.Contains(node) ? Copy(Nodes, _unreachable, _keptForSilence.Remove(node)) : this;

    private HeartbeatRing Copy(
        ImmutableSortedSet<UniqueAddress> nodes, ImmutableHashSet<UniqueAddress> unreachable, ImmutableHashSet<UniqueAddress> kept) =>
        new(_self, _count, nodes, unreachable, kept);

    private ImmutableSortedSet<UniqueAddress> Next()
    {
        var watched = ImmutableSortedSet.CreateBuilder(ByUid);
        var living = 0;
        var own = Nodes.IndexOf(_self);
        for (var i = 1; i < Nodes.Count && living < _count; i++)
        {
            var node = Nodes[(own + i) % Nodes.Count];
            watched.Add(node);
            if (!_unreachable.Contains(node)) living++;
        }
        return watched.ToImmutable();
    }
}

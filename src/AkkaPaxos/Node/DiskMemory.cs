using System.Collections.Immutable;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// What a node's disk says of itself, of the cluster that it was founded with and of the other members' disks: all that <see cref="NodeDisk"/> has journaled.
/// Immutable.
/// </summary>
internal sealed record DiskMemory : INodeMessage
{
    /// <summary>Nothing: what an empty disk says.</summary>
    public static readonly DiskMemory Empty = new();

    /// <summary>The latest start; null before the first.</summary>
    public DiskStart? Own { get; init; }

    /// <summary>Whether it takes part without having been founded; see <see cref="DiskStarted"/>.</summary>
    public bool IsAdopted { get; init; }

    /// <summary>The latest start that the snapshot store is known to hold the mark of; 0: none.</summary>
    public long Marked { get; init; }

    /// <summary>What it was founded with, or is to be; null where that is not known.</summary>
    public Configuration? Founding { get; init; }

    /// <summary>Whether <see cref="Founding"/> is in force.</summary>
    public bool IsFounded { get; init; }

    /// <summary>Whether it has come to a cluster that was founded without it.</summary>
    public bool IsJoined { get; init; }

    /// <summary>Who takes part, as the node last knew; null where the members have not changed.</summary>
    public ConfigurationHistory? Configurations { get; init; }

    /// <summary>The latest start of each other member that was heard of.</summary>
    public ImmutableSortedDictionary<NodeId, DiskStart> Peers { get; init; } = ImmutableSortedDictionary<NodeId, DiskStart>.Empty;

    /// <summary>Why nothing on this disk counts: half of it is missing, or older than the other half; null where it is whole.</summary>
    public string? Unfit { get; init; }

    /// <summary>Whether the disk belongs to a cluster.</summary>
    public bool IsMember => Unfit is null && (IsFounded || IsAdopted || IsJoined);

    /// <summary>With what was journaled.</summary>
    /// <exception cref="ArgumentException">It is none of a disk's records.</exception>
    public DiskMemory With(object record) => record switch
    {
        DiskStarted r => this with { Own = r.Start, IsAdopted = r.IsAdopted },
        DiskMarked r => this with { Marked = r.Number },
        FoundingRecorded r => this with { Founding = r.Configuration },
        ClusterFounded => this with { IsFounded = true },
        ClusterJoined r => this with { Founding = r.Founding, IsJoined = true },
        MembersChanged r => this with { Configurations = ConfigurationHistory.Of(r.Configurations) },
        PeerStarted r => this with { Peers = Peers.SetItem(r.Node, r.Start) },
        _ => throw new ArgumentException($"{record} is no record of a disk", nameof(record)),
    };

    /// <summary>The disk that a member is known by; <see cref="DiskId.None"/> where it is not known by any.</summary>
    public DiskId DiskOf(NodeId node) =>
        Configurations?.Latest.Find(node)?.Disk is { Value: > 0 } admitted ? admitted
        : Peers.TryGetValue(node, out var start) ? start.Disk : Founding?.Find(node)?.Disk ?? DiskId.None;

    /// <summary>Why a start of another member is not to be believed; null where nothing speaks against it.</summary>
    public string? Refutes(NodeId node, DiskStart start)
    {
        var known = DiskOf(node);
        if (known != DiskId.None && known != start.Disk) return $"it has disk {start.Disk}, and is known by disk {known}";
        return Peers.TryGetValue(node, out var latest) && latest.Disk == start.Disk && start.IsRefutedBy(latest)
            ? $"it says start {start.Number}, and start {latest.Number} has been before: its folder is an older copy of itself"
            : null;
    }

    /// <summary>Whether a start of another member is one that it can have made, and later than what is remembered.</summary>
    public bool IsNews(NodeId node, DiskStart start) =>
        Refutes(node, start) is null && (!Peers.TryGetValue(node, out var latest) || latest != start);

    /// <summary>Whether members are later ones than those that are remembered.</summary>
    public bool IsNews(ConfigurationHistory configurations) => configurations.Latest.Version > (Configurations?.Latest.Version ?? 0);

    /// <summary>What can be said against a mark that was found in the snapshot store, if any was; null where both stores belong together.</summary>
    public string? WhyHalf(DiskStart? mark)
    {
        if (Own is null)
            return mark is null ? null : $"its snapshots are those of disk {mark.Disk}, and their journal is missing";
        if (mark is null)
            return Marked == 0 ? null : $"its journal is that of disk {Own.Disk}, and the snapshots which it says were saved are missing";
        if (mark.Disk != Own.Disk) return $"its journal is that of disk {Own.Disk}, and its snapshots are those of disk {mark.Disk}";
        if (mark.Number < Marked) return $"its snapshots are an older copy (start {mark.Number}) than its journal (start {Marked})";
        return mark.Number > Own.Number || (mark.Number == Own.Number && mark.Incarnation != Own.Incarnation)
            ? $"its journal is an older copy (start {Own.Number}) than its snapshots (start {mark.Number})"
            : null;
    }
}

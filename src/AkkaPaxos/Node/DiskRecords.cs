using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>One start of a node on a disk. No two are equal: of a disk that was put back as it was earlier the counter comes a second time, with another incarnation.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="Number">How many starts it has seen, this one among them.</param>
/// <param name="Incarnation">Drawn at random for this start.</param>
public sealed record DiskStart(DiskId Disk, long Number, ulong Incarnation)
{
    /// <summary>Whether this cannot be, where the other one has been: it is of another disk, or of a copy of the same one from before that start.</summary>
    public bool IsRefutedBy(DiskStart other) => Disk != other.Disk || Number < other.Number || (Number == other.Number && Incarnation != other.Incarnation);

    /// <inheritdoc/>
    public override string ToString() => $"start {Number} of disk {Disk}";
}

/// <summary>In a node's disk journal: it starts. Nothing else of the node writes before.</summary>
/// <param name="Start">The start.</param>
/// <param name="IsAdopted">The disk holds what a release before disk ids has promised, or what was restored: it takes part without having been founded.</param>
public sealed record DiskStarted(DiskStart Start, bool IsAdopted) : IPaxosRecord;

/// <summary>In the snapshot store: the disk that its journal is on, and the start at which that was said. By it half a disk is told from a whole one.</summary>
/// <param name="Start">The start.</param>
public sealed record DiskMark(DiskStart Start) : IPaxosRecord;

/// <summary>In a node's disk journal: the snapshot store holds the mark of this start, or of a later one.</summary>
/// <param name="Number">The start's number.</param>
public sealed record DiskMarked(long Number) : IPaxosRecord;

/// <summary>In a node's disk journal: the one configuration that this disk can ever found a cluster with.</summary>
/// <param name="Configuration">All members with their disks.</param>
public sealed record FoundingRecorded(Configuration Configuration) : IPaxosRecord;

/// <summary>In a node's disk journal: every member has recorded the same <see cref="FoundingRecorded"/>, so it is in force.</summary>
public sealed record ClusterFounded : IPaxosRecord;

/// <summary>In a node's disk journal: it has come, empty, to a cluster that was founded without it. What it says counts once the log knows it.</summary>
/// <param name="Founding">What the cluster was founded with.</param>
public sealed record ClusterJoined(Configuration Founding) : IPaxosRecord;

/// <summary>In a node's disk journal: who takes part, by what the node's replica has executed. Where all that founded the cluster are gone it finds the others by this.</summary>
/// <param name="Configurations">Which configuration governs which slots.</param>
public sealed record MembersChanged(IReadOnlyList<Governing> Configurations) : IPaxosRecord;

/// <summary>In a node's disk journal: another member was heard of with this start.</summary>
/// <param name="Node">The member.</param>
/// <param name="Start">Its latest start.</param>
public sealed record PeerStarted(NodeId Node, DiskStart Start) : IPaxosRecord;

using AkkaPaxos.Consensus;

namespace AkkaPaxos.Node;

/// <summary>How far a node's disk is.</summary>
public enum DiskStage
{
    /// <summary>It has not been read yet, or nothing on it counts.</summary>
    Unknown,

    /// <summary>There is nothing on it.</summary>
    Empty,

    /// <summary>It has recorded what it is to found a cluster with, and waits until every member has.</summary>
    Recorded,

    /// <summary>It belongs to a cluster.</summary>
    Member,
}

/// <summary>What a node says of its disk.</summary>
/// <param name="Stage">How far it is.</param>
/// <param name="Start">This start.</param>
/// <param name="Window">The number of slots in flight that it would found a cluster with.</param>
/// <param name="Founding">What it is founded with, or is to be; null where nothing is recorded.</param>
/// <param name="Known">The latest start of each member that it has on disk, its own among them.</param>
/// <param name="Configurations">Who takes part, as far as it knows; null where the members have not changed.</param>
public sealed record DiskClaim(
    DiskStage Stage, DiskStart Start, long Window, Configuration? Founding, IReadOnlyList<KnownStart> Known, ConfigurationHistory? Configurations = null);

/// <summary>The latest start of a member, and who has it on disk: that they have is their welcome, passed on by others too.</summary>
/// <param name="Node">The member.</param>
/// <param name="Start">Its start.</param>
/// <param name="By">Who has it on disk.</param>
public sealed record KnownStart(NodeId Node, DiskStart Start, IReadOnlyList<NodeId> By);

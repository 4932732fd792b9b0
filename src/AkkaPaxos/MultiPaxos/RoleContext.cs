using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>What a role is given when its node creates it.</summary>
/// <param name="Self">The node's number.</param>
/// <param name="Group">The log's name.</param>
/// <param name="Membership">Who votes on, leads and learns which slot.</param>
/// <param name="Peers">References to the other roles, here and on other nodes.</param>
/// <param name="Settings">The protocol's settings.</param>
/// <param name="StateMachine">Makes an empty application; a replica calls it at each start.</param>
/// <param name="Seed">Seeds the role's random numbers: differs by node, repeats with <c>akkapaxos.random-seed</c>.</param>
public sealed record RoleContext(
    NodeId Self,
    string Group,
    Membership Membership,
    IPeerDirectory Peers,
    ProtocolSettings Settings,
    Func<IStateMachine> StateMachine,
    int Seed)
{
    /// <summary>
    /// How long after its start the role leaves its store alone, as it was last refused. It serves meanwhile with what it has on disk, and does not
    /// answer what would have to be written.
    /// </summary>
    public TimeSpan WritesAfter { get; init; }

    /// <summary>The disk that the role's store is on; <see cref="DiskId.None"/> where nobody has given it a name.</summary>
    public DiskId Disk { get; init; }

    /// <summary>Where the role says how its store does.</summary>
    public StoreWatch Store { get; init; } = new();

    /// <summary>PMMC's WINDOW: as the node is set, and never beyond the slots whose configuration is known (M1, R4).</summary>
    public long Window => Math.Min(Settings.Window, Membership.Latest.Window);

    /// <summary>The persistence id of this node's <paramref name="role"/>: <c>paxos-default-1-acceptor</c>.</summary>
    public string PersistenceId(string role) => PersistenceId(Group, Self, role);

    /// <summary>The persistence id of a node's role.</summary>
    internal static string PersistenceId(string group, NodeId node, string role) => $"paxos-{group}-{node}-{role}";
}

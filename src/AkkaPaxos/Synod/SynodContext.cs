using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>The roles of single-decree Paxos.</summary>
public enum SynodRole
{
    /// <summary>Asks for a value.</summary>
    Client,

    /// <summary>Proposes values under numbers.</summary>
    Proposer,

    /// <summary>Promises and accepts.</summary>
    Acceptor,

    /// <summary>Finds out which value is chosen.</summary>
    Learner,
}

/// <summary>
/// Who takes part in which role, and where a role finds the others. No role looks up an address: whoever makes the roles hands them
/// references that stay good over a peer's restart; a test hands them probes, the simulator simulated links.
/// </summary>
/// <param name="clients">The clients; they are told what is chosen.</param>
/// <param name="proposers">The proposers: the server ids in proposal numbers.</param>
/// <param name="acceptors">The acceptors: whose majorities choose.</param>
/// <param name="learners">The learners.</param>
/// <param name="find">The reference of a participant, asked for at each message; <see cref="ActorRefs.Nobody"/> where there is none.</param>
public sealed class SynodPeers(
    IEnumerable<NodeId> clients, IEnumerable<NodeId> proposers, IEnumerable<NodeId> acceptors, IEnumerable<NodeId> learners,
    Func<SynodRole, NodeId, IActorRef> find)
{
    /// <summary>The clients, by id.</summary>
    public IReadOnlyList<NodeId> Clients { get; } = [.. clients.Order()];

    /// <summary>The proposers, by id.</summary>
    public IReadOnlyList<NodeId> Proposers { get; } = [.. proposers.Order()];

    /// <summary>The acceptors, by id.</summary>
    public IReadOnlyList<NodeId> Acceptors { get; } = [.. acceptors.Order()];

    /// <summary>The learners, by id.</summary>
    public IReadOnlyList<NodeId> Learners { get; } = [.. learners.Order()];

    /// <summary>The participants in a role, by id.</summary>
    public IReadOnlyList<NodeId> In(SynodRole role) => role switch
    {
        SynodRole.Client => Clients,
        SynodRole.Proposer => Proposers,
        SynodRole.Acceptor => Acceptors,
        SynodRole.Learner => Learners,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a role of single-decree Paxos"),
    };

    /// <summary>The reference of one participant.</summary>
    public IActorRef Find(SynodRole role, NodeId id) => find(role, id);
}

/// <summary>What a role is given when it is created.</summary>
/// <param name="Self">Its number, unique within its role.</param>
/// <param name="Instance">The decree's name: part of every persistence id.</param>
/// <param name="Peers">The participants.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Seed">Seeds the role's random numbers: must differ between proposers, or their delays do not part them.</param>
public sealed record SynodContext(NodeId Self, string Instance, SynodPeers Peers, SynodSettings Settings, int Seed)
{
    /// <summary>Which acceptors are enough, in both phases; a majority of them unless another is handed in.</summary>
    public Quorum Quorum { get; init; } = Quorum.Majority(Peers.Acceptors);

    /// <summary>The persistence id of this participant's role: <c>synod-decree-1-acceptor</c>.</summary>
    public string PersistenceId(string role) => $"synod-{Instance}-{Self}-{role}";
}

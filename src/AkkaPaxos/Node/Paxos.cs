using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.Hocon;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>Makes <see cref="Paxos"/> an extension of an actor system.</summary>
public sealed class PaxosProvider : ExtensionIdProvider<Paxos>
{
    /// <summary>Starts the node that the system's configuration describes.</summary>
    /// <exception cref="ConfigurationException">The configuration describes none; one line that names the key.</exception>
    public override Paxos CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary>
/// The way in: one Paxos node in your actor system. <c>Paxos.Get(system)</c> starts it from the section <c>akkapaxos</c> of the system's
/// configuration, which needs <see cref="PaxosSettings.DefaultConfig"/> behind it; then operations of your state machine are submitted here.
/// </summary>
public sealed class Paxos : IExtension
{
    private static readonly TimeSpan StatusPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HandOverPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MoveLook = TimeSpan.FromMilliseconds(20);
    private const int LooksUntilToldAgain = 25;
    private readonly ExtendedActorSystem _system;
    private readonly PeerDirectory _peers;
    private readonly PaxosSession _session;
    private readonly TaskCompletionSource<NodeFailedException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Paxos(ExtendedActorSystem system)
    {
        _system = system;
        system.Settings.InjectTopLevelFallback(PaxosSettings.DefaultConfig());
        Settings = new PaxosSettings(system.Settings.Config);
        PaxosSettings.RequireSerializer(system);
        var own = system.Provider.DefaultAddress;
        if (own != Address.Parse(Settings.Address))
            throw new SettingException("akkapaxos.members",
                $"akkapaxos.members has node {Settings.NodeId} at {Settings.Address}, but this actor system is at {own}; "
                + "make akka.remote.dot-netty.tcp and the member's address agree");
        Durability = system.Settings.Setup.Get<DurabilitySetup>() is { HasValue: true } verified
            ? verified.Value.Durability
            : Durability.Unopened(system.Settings.Config);
        if (Durability.Level != DurabilityLevel.Full) system.Log.Warning("node {0}: durability is {1}", Settings.NodeId, Durability);
        if (Settings.FrameProblem(system.Settings.Config) is { } lost) system.Log.Warning("node {0}: {1}", Settings.NodeId, lost);
        _peers = new PeerDirectory(system, Settings, Settings.Links.IsDirect ? new LinkHub(system, Settings.NodeId.Value, Settings.Links) : null);
        Action<NodeFailedException> failed = why => _failed.TrySetResult(why);
        var node = Props.Create(typeof(PaxosNode), Settings, _peers, failed);
        system.ActorOf(Props.Create(typeof(PaxosGroups), Settings.Group, node, failed), "paxos");
        var session = new SessionSettings { MaxRequestBytes = Settings.Protocol.MaxRequestBytes };
        _session = PaxosSession.Open(system, () => _peers.Replica(Settings.NodeId), session, $"paxos-session-{Settings.Group}");
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, $"paxos-{Settings.Group}-hands-over", async () =>
        {
            await HandOver().ConfigureAwait(false);
            return Done.Instance;
        });
    }

    /// <summary>The node of an actor system; started where it is not.</summary>
    /// <exception cref="ConfigurationException">The system's configuration describes no node; one line that names the key.</exception>
    public static Paxos Get(ActorSystem system) => system.WithExtension<Paxos, PaxosProvider>();

    /// <summary>What the node was started with.</summary>
    public PaxosSettings Settings { get; }

    /// <summary>What an acknowledged write survives on this node.</summary>
    public Durability Durability { get; }

    /// <summary>
    /// Ends when the node can no longer take part, with the reason: another node has its number, for example. Then it is to be shut down.
    /// </summary>
    public Task<NodeFailedException> Failed => _failed.Task;

    /// <summary>Executes an operation of the state machine, once, on every node.</summary>
    /// <param name="operation">The operation; it must not be changed before the task ends.</param>
    /// <param name="cancellation">Stops the waiting. The operation may still be executed later.</param>
    /// <returns>The state machine's answer. Tries until there is one: without a majority only <paramref name="cancellation"/> ends it.</returns>
    /// <exception cref="OutcomeUnknownException">It may have been executed or not, and it cannot be found out any more.</exception>
    /// <exception cref="SessionsForgottenException">It was not executed: more clients are at work than the cluster remembers sessions.</exception>
    public Task<ReadOnlyMemory<byte>> Submit(ReadOnlyMemory<byte> operation, CancellationToken cancellation = default) =>
        _session.Submit(operation, cancellation);

    /// <summary>Asks the state machine without changing it.</summary>
    /// <param name="query">The question; it must not be changed before the task ends.</param>
    /// <param name="serializable">True: this node's present state, which may be old. False: linearizable, reflects every write acknowledged
    /// before.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public Task<ReadOnlyMemory<byte>> Query(ReadOnlyMemory<byte> query, bool serializable = false, CancellationToken cancellation = default) =>
        _session.Query(query, serializable, cancellation);

    /// <summary>Makes a node lead: it overtakes the one that does, whose ballot is given up, and goes on with what that one had under way.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellation">Stops the waiting; it may come to lead all the same.</param>
    /// <returns>Ends when this node knows that the other one leads. Without a majority, or where that node is not there, only
    /// <paramref name="cancellation"/> ends it.</returns>
    /// <exception cref="ArgumentException">It is none of the members, or a learner.</exception>
    public async Task MoveLeader(NodeId node, CancellationToken cancellation = default)
    {
        var members = Settings.Membership.Latest;
        if (members.Find(node) is not { } member) throw new ArgumentException($"node {node} is none of the members {string.Join(", ", members.Ids)}");
        if (!member.Votes) throw new ArgumentException($"node {node} is a learner, and only a voter leads; the voters are {string.Join(", ", members.Voters)}");
        for (var look = 0; ; look++)
        {
            var replica = await Ask<ReplicaStatus>(_peers.Replica(Settings.NodeId), GetReplicaStatus.Instance, cancellation).ConfigureAwait(false);
            if (replica is { IsLed: true } && replica.Ballot.Leader == node) return;
            if (look % LooksUntilToldAgain == 0 && replica is not null) _peers.Leader(node).Tell(new Lead(replica.Ballot), ActorRefs.NoSender);
            await Task.Delay(MoveLook, cancellation).ConfigureAwait(false);
        }
    }

    // The one that has executed most of those that are there. What is under way goes on there, so nobody waits for the others to miss this node.
    private async Task HandOver()
    {
        using var patience = new CancellationTokenSource(HandOverPatience);
        try
        {
            var status = await Status(patience.Token).ConfigureAwait(false);
            if (status.Leader != Settings.NodeId) return;
            var successor = status.Successor(Settings.Membership.Latest);
            if (successor != NodeId.None) await MoveLeader(successor, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _system.Log.Warning("node {0} stops, and no other one has taken over from it: they will miss it", Settings.NodeId);
        }
    }

    /// <summary>
    /// Changes who takes part: all of the changes as one step, which the log decides like a command (PMMC 4.4; DESIGN 8). Where the node that leads is to vote no more another
    /// one leads first, so that clients see no gap. Tries until there is an answer; a change that is found to be made when its answer was lost counts as made.
    /// </summary>
    /// <param name="changes">What to change, in this order. A node is added as a learner, which executes what is decided, and promoted once it has caught up.</param>
    /// <param name="force">Also where no majority of those who are to vote is heard of, or who is promoted is behind: for disaster recovery.</param>
    /// <param name="cancellation">Stops the waiting. The change may still be made later. Without a majority, or while a quorum does not have on disk what was decided before votes
    /// changed last, only this ends it.</param>
    /// <returns>The configuration in which they are made. It governs slots a window later, which the cluster fills by itself.</returns>
    /// <exception cref="ReconfigurationRefusedException">It was refused, and nothing was changed; one line that says why.</exception>
    /// <exception cref="ArgumentException">An address is not one that a node of this cluster can have; nothing was changed.</exception>
    public Task<Configuration> Reconfigure(IReadOnlyList<MemberChange> changes, bool force = false, CancellationToken cancellation = default) =>
        new Reconfiguring(this, () => _peers.Replica(Settings.NodeId), changes, force).Run(cancellation);

    /// <summary>The highest round of a ballot that is known to have led; see <see cref="PaxosSession.Round"/>.</summary>
    public long Round => _session.Round;

    /// <summary>What the node has sent by direct links; null where it has none.</summary>
    internal LinkTraffic? Traffic => _peers.Direct?.Traffic;

    /// <summary>How often the node's journal has synced what waited for it; null where the journal does not say.</summary>
    internal long? JournalCommits => Journal.JournalCommits.Of(_system).Count;

    /// <summary>What the node says of itself. Parts that do not answer within a second are reported as a problem, not waited for.</summary>
    public async Task<NodeStatus> Status(CancellationToken cancellation = default)
    {
        // Asked side by side, so that one part which does not answer costs no more than its own second.
        var rolesAsked = Ask<RolesStatus>(_system.Provider.ResolveActorRef(PathOf("")), new GetRoles(), cancellation);
        var replicaAsked = Ask<ReplicaStatus>(_peers.Replica(Settings.NodeId), GetReplicaStatus.Instance, cancellation);
        var othersAsked = Ask<OthersProgress>(_peers.Fetcher(Settings.NodeId), GetOthersProgress.Instance, cancellation);
        // Not the gossip: it keeps members that are gone until a majority agrees on that, and hides such as this node talks to but another cannot reach.
        var seen = await Ask<Seen>(_peers.Find(Settings.NodeId, "introduction"), new GetSeen(), cancellation).ConfigureAwait(false);
        HashSet<NodeId> reachable = [.. seen?.Nodes ?? []];
        var inCluster = InCluster();
        var members = Settings.Membership.Latest;
        var roles = await rolesAsked.ConfigureAwait(false);
        var replica = await replicaAsked.ConfigureAwait(false);
        var others = await othersAsked.ConfigureAwait(false);
        var problem = roles is null ? "the node does not answer"
            : roles.Problem ?? (replica is null ? "the replica does not answer" : WhyUnled(replica, reachable));
        return new NodeStatus(
            Settings.NodeId,
            Settings.Group,
            roles?.Roles ?? [.. Settings.Roles.Select(name => new RoleStatus(name, false, null))],
            replica?.Ballot ?? Ballot.Bottom,
            replica is { IsLed: true } ? replica.Ballot.Leader : NodeId.None,
            replica?.SlotIn ?? 0,
            replica?.SlotOut ?? 0,
            replica?.Checksum ?? 0,
            replica?.SnapshotSlot ?? 0,
            [.. members.Members.Select(m => new PeerStatus(
                m.Id,
                m.Address,
                m.Id == Settings.NodeId || reachable.Contains(m.Id),
                inCluster.Contains(m.Id),
                (m.Id == Settings.NodeId ? replica?.SlotOut : others?.Peers.FirstOrDefault(p => p.From == m.Id)?.SlotOut) ?? 0,
                seen?.Problems.GetValueOrDefault(m.Id),
                m.Id != Settings.NodeId && _peers.Direct?.Node(m.Address).IsConnected == true,
                m.Votes,
                m.Disk))],
            problem,
            Durability,
            roles?.Disk ?? DiskId.None,
            members.Version);
    }

    /// <summary>This node's whole state as it is now. What other nodes were told of later is not in it: after a linearizable <c>Query</c>, all that was before.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its bytes, and how far it is.</returns>
    public async Task<ReplicaSnapshot> Snapshot(CancellationToken cancellation = default)
    {
        var captured = await _peers.Replica(Settings.NodeId).Ask<CapturedState>(GetSnapshot.Instance, Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        return new ReplicaSnapshot(captured.SlotOut, await Task.Run(captured.Encode, cancellation).ConfigureAwait(false));
    }

    /// <summary>What this node's roles sent for some slots, in order, as far as <c>akkapaxos.trace-slots</c> keeps it.</summary>
    /// <param name="from">The first slot.</param>
    /// <param name="to">The last slot.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <returns>Nothing where tracing is off.</returns>
    public async Task<IReadOnlyList<MessageSent>> Trace(long from, long to, CancellationToken cancellation = default)
    {
        if (Settings.TraceSlots == 0) return [];
        var trace = await Ask<Trace>(_system.Provider.ResolveActorRef(PathOf("/tracer")), new GetTrace(from, to), cancellation).ConfigureAwait(false);
        return trace?.Messages ?? [];
    }

    // What leads keeps doing so while nobody contradicts it; so whether others are there to contradict, or to agree, is asked beside it.
    private string? WhyUnled(ReplicaStatus replica, HashSet<NodeId> heard)
    {
        if (replica is { IsLed: true } && replica.Via != NodeId.None) return null; // the others are heard of by way of that one
        var governing = Settings.Membership.At(replica.SlotIn);
        var silent = governing.Voters.Where(v => !heard.Contains(v)).ToList();
        var hasQuorum = governing.Phase2.IsMetBy(heard) && (replica.IsLed || governing.Phase1.IsMetBy(heard));
        return !hasQuorum ? $"no majority answers: nothing is heard of node{(silent.Count > 1 ? "s" : "")} {string.Join(", ", silent)}"
            : !replica.IsLed ? "no leader is known"
            : null;
    }

    private string PathOf(string child) => $"{_system.Provider.RootPath}user/paxos/{Settings.Group}{child}";

    // The gossip feeds the report, and nothing else asks for it.
    private HashSet<NodeId> InCluster()
    {
        if (!_system.Settings.HasCluster) return [];
        var state = Cluster.Get(_system).State;
        var up = state.Members.Except(state.Unreachable).Where(m => m.Status is MemberStatus.Up or MemberStatus.WeaklyUp).Select(m => m.Address.ToString()).ToHashSet();
        return [.. Settings.Membership.Members.Where(m => up.Contains(m.Address)).Select(m => m.Id)];
    }

    private static async Task<T?> Ask<T>(IActorRef actor, object question, CancellationToken cancellation) where T : class
    {
        try
        {
            return actor is Nobody ? null : await actor.Ask<T>(question, StatusPatience, cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}

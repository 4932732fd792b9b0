using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Remote;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.Node;

/// <summary>To the node: how are your roles? Answered with <see cref="RolesStatus"/>.</summary>
internal sealed record GetRoles : INodeMessage;

/// <summary>How a node's roles are.</summary>
/// <param name="Roles">The roles.</param>
/// <param name="Problem">What keeps the node from its work; null where nothing does.</param>
/// <param name="Disk">The disk that it is on; <see cref="DiskId.None"/> before that is known.</param>
internal sealed record RolesStatus(IReadOnlyList<RoleStatus> Roles, string? Problem, DiskId Disk) : INodeMessage;

/// <summary>
/// One node of one group, <c>/user/paxos/&lt;group&gt;</c>: starts the roles and starts them again when they fail, ever more slowly; a role that
/// found an invariant violated, or what is on disk changed, stays stopped. They start after a majority has welcomed this node and its disk, so that a node with a
/// number that is not its own tells nobody anything, and one whose disk has forgotten what it promised does not vote.
/// </summary>
internal sealed class PaxosNode : UntypedActor, IWithTimers
{
    // A journal that comes back is used again within this: a role that is started in vain costs no more than the attempt.
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(3);
    // A role that has run for this long is well again.
    private static readonly TimeSpan WellAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(1);

    private sealed record StartRole(string Name);

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private readonly PaxosSettings _settings;
    private readonly PeerDirectory _peers;
    private readonly Action<NodeFailedException> _failed;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<NodeRole> _roles;
    private readonly NodeRole _disk = new("disk");
    private readonly ulong _incarnation = NodeDisk.Draw();
    private DiskMemory? _memory;
    private IActorRef? _linkFinder;
    private Standing _standing = new(false, "its disk has not been read yet", false);
    private string? _problem;

    public PaxosNode(PaxosSettings settings, PeerDirectory peers, Action<NodeFailedException> failed)
    {
        (_settings, _peers, _failed) = (settings, peers, failed);
        _roles = [.. settings.Roles.Select(name => new NodeRole(name))];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        if (_settings.Warning is { } warning) _log.Warning(warning);
        if (_settings.TraceSlots > 0) Context.ActorOf(Props.Create(typeof(Tracer), _settings.TraceSlots), "tracer");
        _peers.Links.Asker = Context.ActorOf(Props.Create(typeof(PeerLinkAnswers), _peers.Links), "links");
        if (_peers.Direct is { } direct)
        {
            _linkFinder = Context.ActorOf(Props.Create(typeof(LinkFinder), direct), "link-finder");
            SeekLinks();
        }
        _peers.SetOwn("introduction", Context.ActorOf(Props.Create(typeof(Introduction), _settings, _peers), "introduction"));
        StartDisk();
        foreach (var role in _roles)
        {
            _peers.SetOwn(role.Name, ActorRefs.Nobody);
            Context.ActorOf(new RoleDoor(() => _peers.Find(_settings.NodeId, role.Name)).Props(), role.Name);
            Start(role);
        }
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookInterval);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DiskMemory memory:
                _memory = memory;
                if (memory is { IsMember: true, Founding: { } founding }) _settings.Membership.Found(founding);
                if (memory.Configurations is { } configurations) _settings.Membership.Learn(configurations);
                Introduction.Tell(memory, Self);
                break;
            case GetDisk:
                if (_memory is not null) Sender.Tell(_memory, Self);
                break;
            case RecordPeer or RecordFounding or Found or Join:
                _disk.Actor?.Tell(message, Self);
                break;
            case Standing standing:
                OnStanding(standing);
                break;
            case StartAgain again:
                StopForGood(again.Reason, startAgain: true);
                break;
            case TurnedAway turned:
                StopForGood(turned.Reason);
                break;
            case ThisActorSystemQuarantinedEvent e:
                // Its messages do not reach that peer any more, and never will before it is another incarnation.
                StopForGood($"{e.RemoteAddress} has quarantined this node, as one that was taken out of the cluster while it was cut off", startAgain: true);
                break;
            case StartRole start:
                if (start.Name == _disk.Name) StartDisk();
                else Start(_roles.First(r => r.Name == start.Name));
                break;
            case RecoveryFailed failed:
                // Before its Terminated, as both are from the role.
                if (RoleOf(Sender) is { } unread) Failed(unread, failed.Cause);
                break;
            case WriteFailed failed:
                if (RoleOf(Sender) is { } unwritten)
                {
                    Failed(unwritten, failed.Cause);
                    unwritten.WriteFailed = true;
                }
                break;
            case Look:
                foreach (var role in AllRoles) SayHowStoreDoes(role);
                Introduction.Tell(new OwnProblem(Problem()), Self);
                LookWhoTakesPart();
                break;
            case OthersProgress others: StopIfRemoved(others); break;
            case Terminated terminated:
                if (RoleOf(terminated.ActorRef) is { } stopped) Ended(stopped);
                break;
            case GetRoles:
                Sender.Tell(
                    new RolesStatus([.. _roles.Select(r => new RoleStatus(r.Name, r.Actor is not null, ProblemNow(r) ?? r.Problem))], Problem(), Disk), Self);
                break;
            default: Unhandled(message); break;
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(failure =>
    {
        // The message tells who it is about: the strategy runs as the child's failure is handled.
        if (RoleOf(Sender) is not { } role) return Directive.Restart;
        Failed(role, failure);
        return Directive.Stop;
    });

    private DiskId Disk => _memory?.Own?.Disk ?? DiskId.None;

    private IEnumerable<NodeRole> AllRoles => _roles.Append(_disk);

    private NodeRole? RoleOf(IActorRef actor) => AllRoles.FirstOrDefault(r => actor.Equals(r.Actor));

    private IActorRef Introduction => _peers.Find(_settings.NodeId, "introduction");

    private void OnStanding(Standing standing)
    {
        var mayRun = _standing.MayRun;
        _standing = standing;
        if (standing.IsOver)
        {
            foreach (var role in _roles.Where(r => r.Actor is not null)) Context.Stop(role.Actor);
            return;
        }
        foreach (var role in _roles) Start(role);
        // Not sooner: a node with a number that is not its own would drive the rightful one out of the cluster.
        if (standing.MayRun && !mayRun && _settings.JoinCluster && Context.System.Settings.HasCluster
            && Akka.Cluster.Cluster.Get(Context.System).Settings.SeedNodes.IsEmpty && Context.Child(ClusterJoin.Name).IsNobody())
            Context.ActorOf(Props.Create(typeof(ClusterJoin), _settings, _peers), ClusterJoin.Name);
    }

    // ---- the members change ----

    private void LookWhoTakesPart()
    {
        var membership = _settings.Membership;
        SeekLinks();
        if (_memory is not { IsMember: true } memory) return;
        if (memory.IsNews(membership.History)) _disk.Actor?.Tell(new RecordMembers(membership.History), Self);
        if (membership.Latest.Find(_settings.NodeId) is null) _peers.Fetcher(_settings.NodeId).Tell(GetOthersProgress.Instance, Self);
    }

    // Not before a majority of the others has on disk what was decided while this one voted.
    private void StopIfRemoved(OthersProgress others)
    {
        var (latest, from) = (_settings.Membership.Latest, _settings.Membership.History.QuorumsFrom);
        if (latest.Find(_settings.NodeId) is not null || !latest.Phase1.IsMetBy(others.Peers.Where(p => p.SnapshotSlot >= from).Select(p => p.From).ToHashSet())) return;
        StopForGood($"it is no member any more: configuration {latest.Version} is of {string.Join(", ", latest.Ids)}", removed: true);
    }

    private void SeekLinks()
    {
        if (_peers.Direct is not { } direct || _linkFinder is null) return;
        foreach (var other in _settings.Membership.Members.Where(m => m.Id != _settings.NodeId))
            _linkFinder.Tell(new LinkFinder.Seek(direct.Node(other.Address), PeerDirectory.Path("", _settings.Group, "introduction")));
    }

    private static void Failed(NodeRole role, Exception failure)
    {
        var cause = Innermost(failure);
        role.Problem = cause.OneLine();
        role.IsOver = IsFinal(cause);
    }

    private void Start(NodeRole role)
    {
        if (role.Actor is not null || role.IsOver || _problem is not null || _standing.IsOver) return;
        if (!_standing.MayRun)
        {
            role.Problem = "it waits until a majority of the members has welcomed this node";
            return;
        }
        if (role.StartedAt == default) role.Problem = null;
        var context = ContextFor(role);
        Run(role, _settings.Registry.Props(role.Name, context));
        _peers.SetOwn(role.Name, role.Actor!);
    }

    private void StartDisk()
    {
        if (_disk.Actor is not null || _disk.IsOver || _problem is not null) return;
        var outlives = Durability.UnopenedStore(Context.System.Settings.Config, "journal").Level != DurabilityLevel.InMemory;
        Run(_disk, Props.Create(typeof(NodeDisk), ContextFor(_disk), _incarnation, outlives));
    }

    private void Run(NodeRole role, Props props)
    {
        role.Actor = Context.Watch(Context.ActorOf(props, $"{role.Name}-{++role.Starts}"));
        role.StartedAt = Now;
    }

    private RoleContext ContextFor(NodeRole role)
    {
        var writesAfter = role.WritesAfter;
        role.WritesAfter = TimeSpan.Zero;
        return new RoleContext(
            _settings.NodeId, _settings.Group, _settings.Membership, _peers, _settings.Protocol, _settings.NewStateMachine, _settings.Seed(role.Name))
        {
            Store = role.Store, WritesAfter = writesAfter, Disk = Disk,
        };
    }

    private void Ended(NodeRole role)
    {
        role.Actor = null;
        if (role != _disk) _peers.SetOwn(role.Name, ActorRefs.Nobody);
        if (_problem is not null) return;
        if (_standing.IsOver && role != _disk)
        {
            role.Problem = "it must not run";
            return;
        }
        role.Problem ??= "it stopped itself; the log says why";
        if (role.IsOver)
        {
            _log.Error("role {0} of node {1} stopped for good: {2}", role.Name, _settings.NodeId, role.Problem);
            return;
        }
        if (Now - role.StartedAt > WellAfter) role.Backoff = NodeRole.MinBackoff;
        var pause = role.Backoff;
        role.Backoff = role.Backoff * 2 < MaxBackoff ? role.Backoff * 2 : MaxBackoff;
        if (role.WriteFailed)
        {
            role.WriteFailed = false;
            SayHowStoreDoes(role);
            if (role == _disk)
            {
                Timers.StartSingleTimer(role.Name, new StartRole(role.Name), pause); // what it has to write it writes as it starts
                return;
            }
            // What it has on disk is good, and others ask for it: it only waits before it writes again.
            role.WritesAfter = pause;
            Start(role);
            return;
        }
        role.Store.Stops();
        _log.Error("role {0} of node {1} stopped, and starts again in {2} ms: {3}", role.Name, _settings.NodeId, pause.TotalMilliseconds, role.Problem);
        Timers.StartSingleTimer(role.Name, new StartRole(role.Name), pause);
    }

    // At its first sign, each minute while it lasts, and when it is over.
    private void SayHowStoreDoes(NodeRole role)
    {
        if (role.Store.Problem(Now) is { } problem)
        {
            if (role.StoreBadSince is not null && Now - role.StoreSaidAt < SayAgain) return;
            role.StoreBadSince ??= Now;
            role.StoreSaidAt = Now;
            _log.Error("{0} of node {1}: {2}; it does what needs no write, and tries again", role.Name, _settings.NodeId, problem);
        }
        else if (role.StoreBadSince is { } since)
        {
            role.StoreBadSince = null;
            _log.Info("{0} of node {1}: its store works again, after {2:0} s", role.Name, _settings.NodeId, (Now - since).TotalSeconds);
        }
    }

    private DateTimeOffset Now => Context.System.Scheduler.Now;

    /// <summary>What keeps a role from its work now; null where nothing does.</summary>
    private string? ProblemNow(NodeRole role) => role.Actor is null ? role.Problem : role.Store.Problem(Now);

    private string? Problem() =>
        _problem ?? (_disk.IsOver || ProblemNow(_disk) is not null ? $"disk: {ProblemNow(_disk)}" : null) ?? _standing.Problem ?? _roles.Select(r => ProblemNow(r) is { } problem ? $"{r.Name}: {problem}" : null).FirstOrDefault(p => p is not null);

    private void StopForGood(string reason, bool startAgain = false, bool removed = false)
    {
        if (_problem is not null) return;
        _problem = reason;
        if (startAgain) _log.Warning("node {0} is to be started again: {1}", _settings.NodeId, reason);
        else if (removed) _log.Info("node {0} stops: {1}", _settings.NodeId, reason);
        else _log.Error("node {0} stops: {1}", _settings.NodeId, reason);
        foreach (var role in _roles.Where(r => r.Actor is not null)) Context.Stop(role.Actor);
        _failed(new NodeFailedException(reason, startAgain, removed));
    }

    // A restart would only repeat it: a record that the disk has changed does not read the next time either, nor do the entries of two writers, which
    // is what the journal's replay filter calls an illegal state.
    private static bool IsFinal(Exception cause) =>
        cause is InvariantViolationException or StateMachineException or SerializationException or IllegalStateException;

    private static Exception Innermost(Exception failure)
    {
        while (!IsFinal(failure) && failure.InnerException is { } inner) failure = inner;
        return failure;
    }
}

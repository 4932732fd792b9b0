using Akka.Actor;
using Akka.Dispatch.SysMsg;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A top role of a simulated node.</summary>
/// <param name="Name">Its name, as messages show it: <c>acceptor</c>.</param>
/// <param name="Props">How to create its actor.</param>
public sealed record SimulatedRole(string Name, Props Props);

/// <summary>What the roles of a node may need when the node starts; new at each start.</summary>
public sealed class NodeStart
{
    private readonly Incarnation _incarnation;

    internal NodeStart(Incarnation incarnation) => _incarnation = incarnation;

    /// <summary>The node's name.</summary>
    public string Name => _incarnation.Node.Name;

    /// <summary>How often the node was started, this time included.</summary>
    public int Number => _incarnation.Number;

    /// <summary>The node's actor system.</summary>
    public ActorSystem System => _incarnation.System;

    /// <summary>A role of any node, this one included; it stays good when that node restarts.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="role">The role's name there.</param>
    public IActorRef Peer(string node, string role)
    {
        var provider = (SimulatedActorRefProvider)_incarnation.System.Provider;
        var path = ActorPath.Parse(SimulatedNode.PathOf(node, role));
        return node != Name || _incarnation.Node.HoldsOwnMessages ? new SimulatedLink(path, provider) : new OwnRole(path, provider);
    }

    private IActorRef PeerOrOwn(string node, string role)
    {
        var provider = (SimulatedActorRefProvider)_incarnation.System.Provider;
        return node == Name ? new OwnRole(ActorPath.Parse(SimulatedNode.PathOf(node, role)), provider) : Peer(node, role);
    }

    /// <summary>
    /// A directory of MultiPaxos roles for this node, where each has the name that <c>akkapaxos.role</c> gives it. Snapshotter and fetcher are told at once what they are
    /// told, also where what a node's roles tell each other is held.
    /// </summary>
    /// <param name="nodeName">The name of the node with a number; by default <c>n1</c> for 1.</param>
    public IPeerDirectory Peers(Func<NodeId, string>? nodeName = null) => new LinkDirectory(this, nodeName ?? (id => $"n{id}"), Peer);

    /// <summary>The same for snapshotter and fetcher: all of the own node's roles are told at once.</summary>
    internal IPeerDirectory DirectPeers() => new LinkDirectory(this, id => $"n{id}", PeerOrOwn);

    private sealed class LinkDirectory(NodeStart node, Func<NodeId, string> nodeName, Func<string, string, IActorRef> peer) : IPeerDirectory
    {
        private readonly Dictionary<(NodeId, string), IActorRef> _known = [];

        public IActorRef Acceptor(NodeId id) => Find(id, "acceptor");

        public IActorRef Leader(NodeId id) => Find(id, "leader");

        public IActorRef Replica(NodeId id) => Find(id, "replica");

        public IActorRef Snapshotter(NodeId id) => Find(id, "snapshotter", node.PeerOrOwn);

        public IActorRef Fetcher(NodeId id) => Find(id, "fetcher", node.PeerOrOwn);

        private IActorRef Find(NodeId id, string role, Func<string, string, IActorRef>? how = null)
        {
            if (!_known.TryGetValue((id, role), out var found)) _known.Add((id, role), found = (how ?? peer)(nodeName(id), role));
            return found;
        }
    }

    /// <summary>A role of the own node, found when it is told something: it may not run yet, or have been started again.</summary>
    private sealed class OwnRole(ActorPath path, SimulatedActorRefProvider provider) : SimulatedRef
    {
        public override ActorPath Path => path;

        public override IActorRefProvider Provider => provider;

        protected override void TellInternal(object message, IActorRef sender)
        {
            provider.System.Life?.Driver.CheckThread();
            provider.ResolveActorRef(path).Tell(message, sender);
        }
    }
}

/// <summary>One life of a node, from start to crash. What belongs to one that is over goes nowhere.</summary>
internal sealed class Incarnation(SimulatedNode node, int number)
{
    private SimulatedSystem _system = null!;

    public SimulatedNode Node => node;

    public int Number => number;

    public SimulationDriver Driver => node.World.Driver;

    public bool IsAlive { get; private set; } = true;

    public ExtendedActorSystem System => _system.Actors;

    /// <summary>Hands one of the node's actors a message that is Akka's own; false where there is no such actor.</summary>
    public bool TrySend(ActorPath actor, SystemMessage message) => _system.Dispatcher.TrySend(actor, message);

    public void Boot() => _system = node.World.SystemFor(this);

    /// <summary>A role of the node, as it is now.</summary>
    public IActorRef Role(string role) => System.Provider.ResolveActorRef(SimulatedNode.PathOf(node.Name, role));

    /// <summary>Asks a role, as from within the node; returns the answers that need neither the network nor time.</summary>
    public IReadOnlyList<object> Ask(string role, object question)
    {
        var asker = new Asker(System);
        Role(role).Tell(question, asker);
        Driver.RunReady();
        return asker.Answers;
    }

    public void End()
    {
        IsAlive = false;
        _system.End();
    }

    private sealed class Asker(ExtendedActorSystem system) : SimulatedRef
    {
        public List<object> Answers { get; } = [];

        public override ActorPath Path { get; } = system.Provider.RootPath / "asker";

        public override IActorRefProvider Provider => system.Provider;

        protected override void TellInternal(object message, IActorRef sender) => Answers.Add(message);
    }
}

/// <summary>A node: a name, a disk, and at times an actor system.</summary>
internal sealed class SimulatedNode
{
    /// <summary>The name of the actor above its roles.</summary>
    public const string Supervisor = "node";

    private const string Prefix = $"/user/{Supervisor}/";
    private readonly Func<NodeStart, IEnumerable<SimulatedRole>> _roles;

    public SimulatedNode(SimulatedWorld world, string name, Func<NodeStart, IEnumerable<SimulatedRole>> roles) =>
        (World, Name, _roles) = (world, name, roles);

    public SimulatedWorld World { get; }

    public string Name { get; }

    public SimulatedDisk Disk { get; set; } = new();

    /// <summary>Whether messages between the node's own roles also wait in the network.</summary>
    public bool HoldsOwnMessages { get; init; }

    /// <summary>Where not null, a role that fails or stops is started again after this long, unless it found an invariant violated.</summary>
    public TimeSpan? RestartRolesAfter { get; init; }

    /// <summary>How much longer than virtual time the node's timers take, and how much slower its monotonic clock goes: 1 is just as long.</summary>
    public double TimerRate { get; init; } = 1;

    /// <summary>How far the node's wall clock is ahead of virtual time.</summary>
    public TimeSpan ClockOffset { get; set; }

    public DateTimeOffset Clock => SimulatedWorld.Epoch + World.Driver.Now + ClockOffset;

    /// <summary>The present life; null while the node is down.</summary>
    public Incarnation? Current { get; private set; }

    public int Starts { get; private set; }

    /// <summary>Where a role's actor is: <c>akka://n1/user/node/acceptor</c>.</summary>
    public static string PathOf(string node, string role) => $"akka://{node}{Prefix}{role}";

    /// <summary>The part of a path below the node: <c>leader/scout-1</c>; the whole path of an actor that belongs to no role.</summary>
    public static string RoleOf(string path)
    {
        var at = path.IndexOf(Prefix, StringComparison.Ordinal);
        return at < 0 ? path : path[(at + Prefix.Length)..];
    }

    public void Start()
    {
        var incarnation = Current = new Incarnation(this, ++Starts);
        incarnation.Boot();
        var roles = _roles(new NodeStart(incarnation)).ToArray();
        incarnation.System.ActorOf(Props.Create(typeof(NodeSupervisor), incarnation, roles), Supervisor);
    }

    public void Crash()
    {
        Current?.End();
        Current = null;
    }

    public void Told(ActorCell cell, Envelope envelope) => World.OnTold(this, cell, envelope);

    public void TimerFired(VirtualTimer timer) => World.OnTimer(this, timer);

    public void Failed(string role, Exception cause) => World.OnFailed(this, role, cause);

    public void RecoveryFailed(string role, Exception cause) => World.OnRecoveryFailed(this, role, cause);

    public void Synced(IReadOnlyList<IDiskOperation> operations) => World.OnSynced(this, operations);
}

/// <summary>Runs a node's roles at <c>/user/node</c>. A role that fails is stopped, and reported.</summary>
internal sealed class NodeSupervisor(Incarnation incarnation, SimulatedRole[] roles) : UntypedActor, IWithTimers
{
    private readonly HashSet<string> _over = [];

    private sealed record StartRole(string Name);

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        foreach (var role in roles) Start(role);
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(failure =>
    {
        // The strategy runs as the child's failure is handled.
        var cause = Innermost(failure);
        if (cause is InvariantViolationException) _over.Add(Sender.Path.Name);
        incarnation.Node.Failed(Sender.Path.Name, cause);
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated m:
                var name = m.ActorRef.Path.Name;
                if (!_over.Contains(name) && incarnation.Node.RestartRolesAfter is { } delay)
                    Timers.StartSingleTimer(name, new StartRole(name), delay);
                break;
            case RecoveryFailed m:
                // It stops; unless it found an invariant violated it is tried again, as any other.
                if (Innermost(m.Cause) is InvariantViolationException) _over.Add(Sender.Path.Name);
                incarnation.Node.RecoveryFailed(Sender.Path.Name, Innermost(m.Cause));
                break;
            case WriteFailed:
                break; // it stops, and is started again as any other
            case StartRole m:
                Start(roles.First(r => r.Name == m.Name));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private static Exception Innermost(Exception failure)
    {
        while (failure is not InvariantViolationException && failure.InnerException is { } inner) failure = inner;
        return failure;
    }

    private void Start(SimulatedRole role) => Context.Watch(Context.ActorOf(role.Props, role.Name));
}

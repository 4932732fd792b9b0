using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// The roles of several nodes in one actor system, between whose nodes messages are serialized, lost, repeated and delayed, on the way there and
/// on the way back. A role can be crashed and started again; what is in its journal stays.
/// </summary>
internal sealed class LossyNodes(ActorSystem system, Func<int, IPeerDirectory, RoleContext> context, int seed)
{
    private static readonly Dictionary<string, Type> Roles = new()
    {
        ["acceptor"] = typeof(Acceptor), ["leader"] = typeof(Leader), ["snapshotter"] = typeof(Snapshotter), ["replica"] = typeof(Replica),
        ["fetcher"] = typeof(Fetcher),
    };

    private readonly Dictionary<(string Role, int Node), IActorRef> _actors = [];
    private readonly Dictionary<(int From, string Role, int To), IActorRef> _links = [];
    private int _incarnation;

    /// <summary>One in so many messages is lost, and one in so many comes twice; 0: none.</summary>
    public int Trouble { get; set; } = 10;

    /// <summary>The node that can neither send to another nor hear from it; 0: none.</summary>
    public int CutOff { get; set; }

    /// <summary>Starts a role of a node; first ends it where it runs.</summary>
    public async Task Start(string role, int node)
    {
        if (_actors.TryGetValue((role, node), out var former)) await former.GracefulStop(TimeSpan.FromSeconds(20));
        var props = Props.Create(Roles[role], context(node, new Directory(this, node)));
        lock (_actors) _actors[(role, node)] = system.ActorOf(props, $"{role}-{node}-{++_incarnation}");
    }

    /// <summary>Starts all roles of a node.</summary>
    public async Task Start(int node)
    {
        foreach (var role in Roles.Keys) await Start(role, node);
    }

    /// <summary>A node's role as a client reaches it.</summary>
    public IActorRef AsSeenBy(int from, string role, int to)
    {
        lock (_actors)
        {
            if (from == to) return _actors.GetValueOrDefault((role, to), ActorRefs.Nobody);
            if (!_links.TryGetValue((from, role, to), out var link))
            {
                var target = (Func<IActorRef>)(() => AsSeenBy(to, role, to));
                _links.Add((from, role, to), link = system.ActorOf(Props.Create(typeof(Link), this, target, from, to, seed + _links.Count)));
            }
            return link;
        }
    }

    private sealed class Directory(LossyNodes nodes, int self) : IPeerDirectory
    {
        public IActorRef Acceptor(NodeId node) => nodes.AsSeenBy(self, "acceptor", node.Value);

        public IActorRef Leader(NodeId node) => nodes.AsSeenBy(self, "leader", node.Value);

        public IActorRef Replica(NodeId node) => nodes.AsSeenBy(self, "replica", node.Value);

        public IActorRef Snapshotter(NodeId node) => nodes.AsSeenBy(self, "snapshotter", node.Value);

        public IActorRef Fetcher(NodeId node) => nodes.AsSeenBy(self, "fetcher", node.Value);
    }

    private sealed class Link(LossyNodes nodes, Func<IActorRef> target, int from, int to, int seed) : UntypedActor, IWithTimers
    {
        private sealed record Late(object Message, IActorRef Sender);

        private readonly Random _random = new(seed);
        private readonly Dictionary<IActorRef, IActorRef> _back = [];
        private long _late;

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is Late late)
            {
                target().Tell(late.Message, late.Sender);
                return;
            }
            if (nodes.CutOff != 0 && (nodes.CutOff == from || nodes.CutOff == to)) return;
            var sender = Back(Sender);
            var copy = Copy(message);
            var copies = nodes.Trouble == 0 ? 1 : _random.Next(nodes.Trouble) switch { 0 => 0, 1 => 2, _ => 1 };
            for (; copies > 0; copies--)
            {
                if (_random.Next(3) > 0) target().Tell(copy, sender);
                else Timers.StartSingleTimer(_late++, new Late(copy, sender), TimeSpan.FromMilliseconds(_random.Next(1, 30)));
            }
        }

        private IActorRef Back(IActorRef sender)
        {
            if (sender.IsNobody() || sender.Equals(Context.System.DeadLetters)) return ActorRefs.NoSender!;
            var target = (Func<IActorRef>)(() => sender);
            if (!_back.TryGetValue(sender, out var back))
                _back.Add(sender, back = Context.ActorOf(Props.Create(typeof(Link), nodes, target, to, from, _random.Next())));
            return back;
        }

        private object Copy(object message)
        {
            var serializer = (Akka.Serialization.SerializerWithStringManifest)Context.System.Serialization.FindSerializerFor(message);
            return serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        }
    }
}

using Akka.Actor;
using Akka.Configuration;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// Nodes with real roles on a network that does nothing by itself: every message between two nodes waits in <see cref="InFlight"/> until the caller
/// delivers, drops, duplicates or delays it, and time moves only by <see cref="Advance"/>. Within a node everything runs at once. Two equal
/// sequences of calls have equal outcomes.
/// </summary>
/// <remarks>
/// All runs on the calling thread, inside of these calls; use one network from one thread at a time. Roles may use no tasks, threads or wall
/// clocks. Nodes are named n1, a1, client: letters, digits, - and _, which also name their actor systems.
/// </remarks>
public sealed class SteppingNetwork
{
    private readonly World _world;

    /// <summary>A network without nodes, at virtual time 0.</summary>
    /// <param name="syncDelay">How long a disk takes to make a write safe; zero: it is safe at once. A crash loses what is not safe.</param>
    /// <param name="config">More HOCON for the nodes' actor systems.</param>
    public SteppingNetwork(TimeSpan syncDelay = default, Config? config = null) => _world = new World(this, syncDelay, config);

    /// <summary>Tells what happens, as it happens.</summary>
    public event Action<SimulationEvent>? Happened;

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now => _world.Driver.Now;

    /// <summary>The messages that wait, in the order of sending.</summary>
    public IReadOnlyList<MessageInFlight> InFlight => [.. _world.Waiting.Values.Select(w => w.Message)];

    /// <summary>The roles' timers, by the time they are due.</summary>
    public IReadOnlyList<PendingTimer> Timers => [.. _world.Driver.Timers.Where(World.IsOfRole).Select(World.Describe)];

    /// <summary>Roles that threw, with why; they are stopped.</summary>
    public IReadOnlyList<RoleFailed> Failures => _world.Failures;

    /// <summary>What the nodes logged as warning or error, what nobody handled, and dead letters but those that are meant to be suppressed.</summary>
    public IReadOnlyList<string> Log => _world.Published;

    /// <summary>The nodes, clients among them, by name.</summary>
    public IReadOnlyList<string> Nodes => [.. _world.Nodes.Keys];

    /// <summary>A number for all that happened: equal for equal runs, also in different processes.</summary>
    public ulong TraceHash => _world.Driver.Trace.Value;

    /// <summary>Adds a node and starts it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="roles">Makes its roles, at this start and after each restart.</param>
    /// <param name="holdOwnMessages">Whether what its roles tell each other by <see cref="NodeStart.Peer"/> waits as well.</param>
    public void AddNode(string name, Func<NodeStart, IEnumerable<SimulatedRole>> roles, bool holdOwnMessages = false)
    {
        using var _ = _world.Driver.Enter();
        _world.AddNode(new SimulatedNode(_world, name, roles) { HoldsOwnMessages = holdOwnMessages });
    }

    /// <summary>Adds a node whose only role, <c>client</c>, keeps what it receives. See <see cref="Send"/> and <see cref="Received"/>.</summary>
    public void AddClient(string name)
    {
        var received = new List<object>();
        _world.Received.Add(name, received);
        AddNode(name, _ => [new SimulatedRole("client", Props.Create(typeof(Recorder), received))]);
    }

    /// <summary>A client sends a message to a role; it waits in <see cref="InFlight"/> like any other.</summary>
    public void Send(string client, string node, string role, object message)
    {
        using var _ = _world.Driver.Enter();
        var up = _world.Up(client);
        var self = up.Role("client");
        up.System.Provider.ResolveActorRef(SimulatedNode.PathOf(node, role)).Tell(message, self);
        _world.Driver.RunReady();
    }

    /// <summary>What a client has received, in order.</summary>
    public IReadOnlyList<object> Received(string client) =>
        _world.Received.TryGetValue(client, out var received) ? received : throw new ArgumentException($"there is no client {client}");

    /// <summary>Tells a role of a node something directly, as from within that node.</summary>
    public void Tell(string node, string role, object message)
    {
        using var _ = _world.Driver.Enter();
        _world.Tell(node, role, message);
        _world.Driver.RunReady();
    }

    /// <summary>
    /// Asks a role of a node directly, as from within that node; returns its answers, none where it does not answer without the network or time.
    /// </summary>
    public IReadOnlyList<object> Ask(string node, string role, object question)
    {
        using var _ = _world.Driver.Enter();
        return _world.Up(node).Ask(role, question);
    }

    /// <summary>Delivers a message, and runs its node until nothing there is left to do.</summary>
    /// <exception cref="ArgumentException">No message with this id waits.</exception>
    public void Deliver(long id)
    {
        using var _ = _world.Driver.Enter();
        _world.Deliver(id);
    }

    /// <summary>Loses a message.</summary>
    /// <exception cref="ArgumentException">No message with this id waits.</exception>
    public void Drop(long id)
    {
        using var _ = _world.Driver.Enter();
        _world.Drop(id, "dropped");
    }

    /// <summary>Makes a second copy of a message.</summary>
    /// <returns>The copy's id.</returns>
    /// <exception cref="ArgumentException">No message with this id waits.</exception>
    public long Duplicate(long id)
    {
        using var _ = _world.Driver.Enter();
        return _world.Duplicate(id);
    }

    /// <summary>Holds a message back: it arrives when that much time has passed, unless it is delivered or dropped before.</summary>
    /// <exception cref="ArgumentException">No message with this id waits.</exception>
    public void Delay(long id, TimeSpan delay)
    {
        using var _ = _world.Driver.Enter();
        _world.Delay(id, delay);
    }

    /// <summary>Moves time on, and fires each timer that comes due on the way. What is sent waits; what was delayed until then arrives.</summary>
    public void Advance(TimeSpan by) => RunTo(Now + by, false);

    /// <summary>Moves time on as <see cref="Advance"/> does, and delivers every message as soon as it is sent.</summary>
    public void RunFor(TimeSpan by) => RunTo(Now + by, true);

    /// <summary>
    /// Delivers what waits, in the order of sending, and what is sent meanwhile, until nothing waits that is not delayed. Time does not move.
    /// </summary>
    /// <param name="limit">The number of messages after which it gives up.</param>
    /// <returns>How many messages were delivered.</returns>
    /// <exception cref="InvalidOperationException">There is no end: <paramref name="limit"/> messages were delivered.</exception>
    public int RunUntilQuiet(int limit = 100_000)
    {
        using var _ = _world.Driver.Enter();
        return _world.DeliverAll(limit);
    }

    /// <summary>Fires a timer now, without moving time: for example an election of one node's leader.</summary>
    /// <exception cref="ArgumentException">There is no such timer.</exception>
    public void Fire(long timer)
    {
        using var _ = _world.Driver.Enter();
        var found = _world.Driver.Timers.FirstOrDefault(t => t.Number == timer) ?? throw new ArgumentException($"there is no timer {timer}");
        _world.Driver.Fire(found);
        _world.Driver.RunReady();
    }

    /// <summary>Whether a node is up.</summary>
    public bool IsUp(string node) => _world.Find(node).Current is not null;

    /// <summary>A node loses its memory, and of its disk what is not safe. Messages that it sent are still on their way.</summary>
    /// <param name="node">The node.</param>
    /// <param name="keepUnsynced">Of the writes that are not safe yet, how many of the oldest reached the disk all the same.</param>
    public void Crash(string node, int keepUnsynced = 0)
    {
        using var _ = _world.Driver.Enter();
        _world.Crash(node, keepUnsynced);
    }

    /// <summary>Starts a node that is down; its roles recover from its disk.</summary>
    public void Restart(string node)
    {
        using var _ = _world.Driver.Enter();
        _world.Restart(node);
    }

    /// <summary>A node that is down loses its disk. Paxos does not survive an acceptor that comes back so: for teaching.</summary>
    public void LoseDisk(string node)
    {
        using var _ = _world.Driver.Enter();
        _world.LoseDisk(node);
    }

    /// <summary>From now on messages from one node to another are lost, those on their way too.</summary>
    public void CutOneWay(string from, string to)
    {
        using var _ = _world.Driver.Enter();
        _world.Cut(from, to);
    }

    /// <summary>From now on messages between two nodes are lost, those on their way too.</summary>
    public void Cut(string a, string b)
    {
        CutOneWay(a, b);
        CutOneWay(b, a);
    }

    /// <summary>Ends what <see cref="Cut"/> and <see cref="CutOneWay"/> did between two nodes.</summary>
    public void Heal(string a, string b)
    {
        using var _ = _world.Driver.Enter();
        _world.Heal(a, b);
        _world.Heal(b, a);
    }

    /// <summary>The safe events in the journal of a persistent actor, in order.</summary>
    public IReadOnlyList<object> Journal(string node, string persistenceId)
    {
        using var _ = _world.Driver.Enter();
        var (found, reader) = (_world.Find(node), _world.Nodes.Values.FirstOrDefault(n => n.Current is not null)?.Current);
        if (reader is null) throw new InvalidOperationException("no node is up whose serializers could read a journal");
        return [.. found.Disk.Journal(persistenceId).Events.Values.Select(e => e.Object.Load(reader.System))];
    }

    private void RunTo(TimeSpan until, bool deliver)
    {
        using var _ = _world.Driver.Enter();
        if (until < Now) throw new ArgumentOutOfRangeException(nameof(until), "time does not go back");
        do
        {
            if (deliver) _world.DeliverAll(int.MaxValue);
            _world.Driver.RunReady();
        }
        while (_world.Driver.FireNext(until));
        _world.Driver.MoveTo(until);
        if (deliver) _world.DeliverAll(int.MaxValue);
    }

    private sealed class Recorder(List<object> received) : UntypedActor
    {
        protected override void OnReceive(object message) => received.Add(message);
    }

    private sealed record InTransit(Frame Frame, MessageInFlight Message);

    private sealed class World(SteppingNetwork network, TimeSpan syncDelay, Config? config) : SimulatedWorld(null, config)
    {
        private readonly HashSet<(string From, string To)> _cut = [];
        private long _sent;

        public SortedDictionary<long, InTransit> Waiting { get; } = [];

        public List<RoleFailed> Failures { get; } = [];

        public List<string> Published { get; } = [];

        public Dictionary<string, List<object>> Received { get; } = [];

        private TimeSpan Now => Driver.Now;

        public static bool IsOfRole(VirtualTimer timer) =>
            timer.Owner is not null && timer.Key.Length > 0 && timer.Receiver.StartsWith("/user/node/", StringComparison.Ordinal);

        public static PendingTimer Describe(VirtualTimer timer) =>
            new(timer.Number, timer.Owner!.Node.Name, SimulatedNode.RoleOf(timer.Receiver), timer.Key, timer.Due);

        public SimulatedNode Find(string name) => Node(name);

        public void AddNode(SimulatedNode node)
        {
            Add(node);
            Start(node);
        }

        private void Start(SimulatedNode node)
        {
            node.Start();
            Tell(new NodeStarted(Now, node.Name, node.Starts));
            Driver.RunReady();
        }

        public override void Send(Frame frame)
        {
            var message = frame.InFlight(++_sent, Now);
            Driver.Trace.Add(frame.From.Name);
            Driver.Trace.Add(frame.To);
            if (frame.Bytes is not null) Driver.Trace.Add(frame.Bytes);
            Waiting.Add(message.Id, new InTransit(frame, message));
            Tell(new MessageLeft(Now, message));
            if (_cut.Contains((message.From, message.To))) Drop(message.Id, $"{message.From} is cut off from {message.To}");
        }

        public override TimeSpan SyncDelay(SimulatedNode node) => syncDelay;

        public void Deliver(long id)
        {
            var (frame, message) = Take(id);
            if (!Nodes.TryGetValue(frame.To, out var node) || node.Current is not { } target)
            {
                Tell(new MessageDropped(Now, message, node is null ? $"there is no node {frame.To}" : $"{frame.To} is down"));
                return;
            }
            Tell(new MessageDelivered(Now, message));
            frame.Arrive(target);
            Driver.RunReady();
        }

        public int DeliverAll(int limit)
        {
            var delivered = 0;
            while (Next() is { } id)
            {
                if (delivered == limit)
                    throw new InvalidOperationException($"{limit} messages were delivered and no end; the next is {Waiting[id].Message}");
                Deliver(id);
                delivered++;
            }
            return delivered;

            long? Next()
            {
                foreach (var (id, waiting) in Waiting)
                    if (waiting.Message.NotBefore <= Now) return id;
                return null;
            }
        }

        public void Drop(long id, string reason) => Tell(new MessageDropped(Now, Take(id).Message, reason));

        public long Duplicate(long id)
        {
            var original = Peek(id);
            var copy = original.Message with { Id = ++_sent };
            Waiting.Add(copy.Id, original with { Message = copy });
            Tell(new MessageDuplicated(Now, original.Message, copy));
            return copy.Id;
        }

        public void Delay(long id, TimeSpan delay)
        {
            var waiting = Peek(id);
            var delayed = waiting.Message with { NotBefore = Now + delay };
            Waiting[id] = waiting with { Message = delayed };
            Tell(new MessageDelayed(Now, delayed));
            Driver.Schedule(null, delay, null, null, null, () =>
            {
                if (Waiting.TryGetValue(id, out var still) && still.Message.NotBefore == delayed.NotBefore) Deliver(id);
            }, null);
        }

        public void Crash(string name, int keepUnsynced)
        {
            Up(name);
            var node = Node(name);
            node.Crash();
            node.Disk.JournalTail.Crash(Math.Min(keepUnsynced, node.Disk.JournalTail.Unsynced));
            node.Disk.SnapshotTail.Crash(0);
            Tell(new NodeCrashed(Now, name));
        }

        public void Restart(string name)
        {
            if (Node(name).Current is not null) throw new InvalidOperationException($"{name} is up: crash it first");
            Start(Node(name));
        }

        public void LoseDisk(string name)
        {
            if (Node(name).Current is not null) throw new InvalidOperationException($"{name} is up: crash it first");
            Node(name).Disk.Lose();
            Tell(new DiskLost(Now, name));
        }

        public void Cut(string from, string to)
        {
            Node(from);
            Node(to);
            if (!_cut.Add((from, to))) return;
            Tell(new LinkCut(Now, from, to));
            foreach (var lost in Waiting.Values.Where(w => w.Message.From == from && w.Message.To == to).ToList())
                Drop(lost.Message.Id, $"{from} is cut off from {to}");
        }

        public void Heal(string from, string to)
        {
            if (_cut.Remove((from, to))) Tell(new LinkHealed(Now, from, to));
        }

        public override void OnTold(SimulatedNode node, ActorCell cell, Envelope envelope)
        {
            if (network.Happened is null || envelope.Sender is not { } sender) return;
            // Akka's own messages say nothing about the protocol.
            if (envelope.Message.GetType().Namespace is { } name && (name == "Akka" || name.StartsWith("Akka.", StringComparison.Ordinal))) return;
            var (from, to) = (sender.Path, cell.Self.Path);
            if (from.Address != to.Address || sender is SimulatedLink) return;
            var (fromRole, toRole) = (SimulatedNode.RoleOf(from.ToStringWithoutAddress()), SimulatedNode.RoleOf(to.ToStringWithoutAddress()));
            if (fromRole.StartsWith('/') || toRole.StartsWith('/') || fromRole == toRole) return;
            Tell(new ToldWithinNode(Now, node.Name, fromRole, toRole, envelope.Message));
        }

        public override void OnTimer(SimulatedNode node, VirtualTimer timer)
        {
            if (network.Happened is not null && IsOfRole(timer)) Tell(new TimerDue(Now, node.Name, SimulatedNode.RoleOf(timer.Receiver), timer.Key));
        }

        public override void OnFailed(SimulatedNode node, string role, Exception cause)
        {
            var failed = new RoleFailed(Now, node.Name, role, cause);
            Failures.Add(failed);
            Tell(failed);
        }

        public override void OnPublished(SimulatedNode node, object what)
        {
            if (what is not MultiPaxos.MessageSent) Published.Add($"{node.Name}: {what}");
        }

        private InTransit Peek(long id) =>
            Waiting.TryGetValue(id, out var waiting) ? waiting : throw new ArgumentException($"no message {id} is in flight");

        private InTransit Take(long id)
        {
            var waiting = Peek(id);
            Waiting.Remove(id);
            return waiting;
        }

        private void Tell(SimulationEvent what) => network.Happened?.Invoke(what);
    }
}

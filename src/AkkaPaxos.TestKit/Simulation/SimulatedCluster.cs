using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A whole cluster of real MultiPaxos roles, n1, n2, ..., with clients, in virtual time and one thread. What goes wrong, when, and in which order
/// everything runs follows from the seed alone; the invariants of the protocol are checked at every step.
/// </summary>
public sealed class SimulatedCluster
{
    private static readonly TimeSpan TimeToDecide = TimeSpan.FromSeconds(60);
    private readonly World _world;

    private SimulatedCluster(World world) => _world = world;

    /// <summary>Starts a cluster.</summary>
    /// <param name="seed">All chance comes from it.</param>
    /// <param name="nodes">The number of nodes.</param>
    /// <param name="settings">What goes wrong; nothing by default.</param>
    public static SimulatedCluster Start(int seed, int nodes = 3, SimulationSettings? settings = null)
    {
        var world = new World(seed, nodes, settings ?? SimulationSettings.Calm);
        world.Start();
        return new SimulatedCluster(world);
    }

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now => _world.Driver.Now;

    /// <summary>What did not hold; empty where all is well.</summary>
    public IReadOnlyList<Violation> Violations => _world.Observer.Violations;

    /// <summary>How often each invariant was checked.</summary>
    public IReadOnlyDictionary<string, long> Checks => _world.Observer.Checks;

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<string, long> Faults => _world.Faults;

    /// <summary>A number for all that happened: equal for equal seeds and settings, also in different processes.</summary>
    public ulong TraceHash => _world.Driver.Trace.Value;

    /// <summary>Messages that left a node.</summary>
    public long Messages => _world.Messages;

    /// <summary>Messages to actors that were not there, other than those that are meant to be suppressed: none where nothing goes wrong.</summary>
    public long DeadLetters => _world.DeadLetters;

    /// <summary>Mailbox runs: one message each.</summary>
    public long Steps => _world.Driver.Steps;

    /// <summary>Slots in which a value is chosen.</summary>
    public long Chosen => _world.Observer.Chosen;

    /// <summary>Writes that clients were told of.</summary>
    public long Written => _world.Clients.Written;

    /// <summary>Linearizable questions that were answered.</summary>
    public long Read => _world.Clients.Read;

    /// <summary>Runs for that much virtual time, or until an invariant is violated.</summary>
    public void RunFor(TimeSpan time)
    {
        using var _ = _world.Driver.Enter();
        _world.RunTo(Now + time);
    }

    /// <summary>
    /// Ends all faults, and sees that the cluster then answers every client and that all replicas come to the same slot, within a minute of virtual
    /// time; otherwise liveness is violated.
    /// </summary>
    public void Quiet()
    {
        using var _ = _world.Driver.Enter();
        _world.EndFaults();
        var until = Now + TimeToDecide;
        while (Violations.Count == 0 && !_world.IsQuiet())
        {
            if (Now >= until)
            {
                _world.Observer.Violated("liveness", $"{TimeToDecide.TotalSeconds} s after the last fault: {_world.Describe()}");
                return;
            }
            _world.RunTo(Now + TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Chaos for that much virtual time, then <see cref="Quiet"/>.</summary>
    public SimulatedCluster Run(TimeSpan chaos)
    {
        RunFor(chaos);
        if (Violations.Count == 0) Quiet();
        return this;
    }

    /// <summary>Gives the cluster an operation of <see cref="SimulationSettings.StateMachine"/>; it is done, once, while the cluster runs.</summary>
    public SimulatedOperation Submit(ReadOnlyMemory<byte> operation) => Give(new SimulatedOperation(operation, false));

    /// <summary>Asks <see cref="SimulationSettings.StateMachine"/> a linearizable question; it is answered while the cluster runs.</summary>
    public SimulatedOperation Ask(ReadOnlyMemory<byte> question) => Give(new SimulatedOperation(question, true));

    private SimulatedOperation Give(SimulatedOperation operation)
    {
        using var _ = _world.Driver.Enter();
        _world.Give(operation);
        return operation;
    }

    /// <summary>Crashes a node.</summary>
    public void Crash(string node)
    {
        using var _ = _world.Driver.Enter();
        _world.Crash(node);
    }

    /// <summary>Starts a node that is down.</summary>
    public void Restart(string node)
    {
        using var _ = _world.Driver.Enter();
        _world.Restart(node);
    }

    /// <summary>Parts the nodes in <paramref name="side"/> from all others, clients excepted, until <see cref="Heal"/>.</summary>
    public void Partition(params string[] side)
    {
        using var _ = _world.Driver.Enter();
        _world.Partition(side);
    }

    /// <summary>Ends every partition.</summary>
    public void Heal()
    {
        using var _ = _world.Driver.Enter();
        _world.Heal();
    }

    private sealed class World : SimulatedWorld
    {
        private const string ClientNode = "clients";
        private readonly int _seed;
        private readonly int _size;
        private readonly Random _network;
        private readonly Random _faults;
        private readonly Random _disks;
        private readonly Random _encoders;
        private readonly HashSet<(string From, string To)> _cut = [];
        private readonly Dictionary<(string, string), TimeSpan> _lastArrival = [];
        private readonly SortedDictionary<string, TimeSpan> _slowUntil = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, TimeSpan> _failingUntil = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
        private readonly ProtocolSettings _protocol;
        private SimulationSettings _settings;

        public World(int seed, int size, SimulationSettings settings) : base(new Random(Mix(seed, 1)), null)
        {
            (_seed, _size, _settings) = (seed, size, settings);
            (_network, _faults) = (new Random(Mix(seed, 2)), new Random(Mix(seed, 3)));
            (_disks, _encoders) = (new Random(Mix(seed, 4)), new Random(Mix(seed, 5)));
            _protocol = settings.Protocol ?? MultiPaxosNode.Settings();
            Observer = new ClusterObserver(() => Driver.Now, size, _protocol.Window);
        }

        public ClusterObserver Observer { get; }

        public ClientCounts Clients { get; } = new();

        public IReadOnlyDictionary<string, long> Faults => _counts;

        public long Messages { get; private set; }

        public long DeadLetters { get; private set; }

        private TimeSpan Now => Driver.Now;

        private static int Mix(int seed, int salt) => unchecked((seed * 486187739 + salt) * 16777619);

        public void Start()
        {
            using var _ = Driver.Enter();
            var membership = MultiPaxosNode.Membership(_size);
            for (var id = 1; id <= _size; id++)
            {
                var (self, name) = (id, $"n{id}");
                var node = new SimulatedNode(this, name,
                    n => MultiPaxosNode.Roles(n, self, membership, _protocol, _settings.StateMachine ?? (() => new AppendLog(name, Observer)), _seed,
                        _settings.Roles))
                {
                    RestartRolesAfter = TimeSpan.FromMilliseconds(200),
                    TimerRate = 1 + (_faults.NextDouble() * 2 - 1) * _settings.ClockDrift,
                };
                Add(node);
                node.Start();
            }
            var clients = new SimulatedNode(this, ClientNode, ClientRoles);
            Add(clients);
            clients.Start();
            Every(() => _settings.Crashes, CrashSomeone);
            Every(() => _settings.Partitions, PartitionSomehow);
            Every(() => _settings.SlowDisks, SlowDown);
            Every(() => _settings.FailingDisks, FailDisk);
            Every(() => _settings.ClockJumps, MoveClock);
        }

        private IEnumerable<SimulatedRole> ClientRoles(NodeStart node)
        {
            var replicas = Enumerable.Range(1, _size).Select(id => node.Peer($"n{id}", "replica")).ToArray();
            yield return new SimulatedRole("user", Props.Create(typeof(UserClient), replicas, Clients, Mix(_seed, 100)));
            if (_settings.StateMachine is not null) yield break;
            for (var i = 1; i <= _settings.Clients; i++)
                yield return new SimulatedRole($"c{i}",
                    Props.Create(typeof(SimulatedClient), $"c{i}", i, replicas, _settings, Observer, Clients, Mix(_seed, 100 + i)));
        }

        public void Give(SimulatedOperation operation) =>
            Node(ClientNode).Current!.System.Provider.ResolveActorRef(SimulatedNode.PathOf(ClientNode, "user")).Tell(operation, ActorRefs.NoSender);

        public void RunTo(TimeSpan until)
        {
            do Driver.RunReady();
            while (Observer.Violations.Count == 0 && Driver.FireNext(until));
            if (Observer.Violations.Count == 0) Driver.MoveTo(until);
        }

        // ---- the network ----

        public override void Send(Frame frame)
        {
            Messages++;
            Driver.Trace.Add(frame.From.Name);
            Driver.Trace.Add(frame.To);
            if (frame.Bytes is not null) Driver.Trace.Add(frame.Bytes);
            var toRole = SimulatedNode.RoleOf(frame.Target.ToStringWithoutAddress());
            Observer.Sent(frame.From.Name, frame.Message, frame.Sender, frame.From.Starts, frame.To, toRole);
            if (_cut.Contains((frame.From.Name, frame.To)) || Chance(_settings.Drop, "drop")) return;
            Carry(frame);
            if (Chance(_settings.Duplicate, "duplicate")) Carry(frame);
        }

        private bool Chance(double rate, string fault)
        {
            if (rate <= 0 || _network.NextDouble() >= rate) return false;
            Count(fault);
            return true;
        }

        private void Carry(Frame frame)
        {
            var delay = TimeSpan.FromMicroseconds(_network.Next(100, 3000));
            if (Chance(_settings.Delay, "delay")) delay += _settings.LongDelay * _network.NextDouble();
            var arrival = Now + delay;
            var link = (frame.From.Name, frame.To);
            if (!_settings.Reorder)
            {
                if (_lastArrival.TryGetValue(link, out var last) && last >= arrival) arrival = last + TimeSpan.FromTicks(1);
                _lastArrival[link] = arrival;
            }
            Driver.Schedule(null, arrival - Now, null, null, "", () =>
            {
                if (!_cut.Contains(link) && Nodes.TryGetValue(frame.To, out var node) && node.Current is { } target) frame.Arrive(target);
            }, null);
        }

        public override TimeSpan SyncDelay(SimulatedNode node) => TimeSpan.FromMicroseconds(
            _slowUntil.TryGetValue(node.Name, out var until) && until > Now ? _disks.Next(20_000, 300_000) : _disks.Next(50, 2000));

        // It works beside its replica: on a large state for seconds.
        public override TimeSpan TurnDelay(string path) =>
            path.EndsWith("/replica/encoder", StringComparison.Ordinal) ? TimeSpan.FromMicroseconds(_encoders.Next(100, 100_000)) : TimeSpan.Zero;

        // ---- faults ----

        private void Every(Func<TimeSpan?> mean, Action fault)
        {
            if (mean() is null) return;
            Again();

            void Again()
            {
                if (mean() is not { } m) return;
                // Exponential: as likely just after the last one as any time later.
                After(m * -Math.Log(1 - _faults.NextDouble()), () =>
                {
                    if (mean() is null) return;
                    fault();
                    Again();
                });
            }
        }

        private void After(TimeSpan delay, Action action) => Driver.Schedule(null, delay, null, null, "", action, null);

        private IReadOnlyList<SimulatedNode> Members => [.. Nodes.Values.Where(n => n.Name != ClientNode)];

        private void CrashSomeone()
        {
            var up = Members.Where(n => n.Current is not null).ToList();
            if (up.Count == 0) return;
            var node = up[_faults.Next(up.Count)];
            Crash(node.Name);
            After(_settings.Downtime * _faults.NextDouble(), () =>
            {
                if (node.Current is null) Restart(node.Name);
            });
        }

        public void Crash(string name)
        {
            Count("crash");
            Driver.Trace.Add("crash " + name);
            var node = Node(name);
            node.Crash();
            node.Synced(node.Disk.JournalTail.Crash(_disks.Next(node.Disk.JournalTail.Unsynced + 1)));
            node.Synced(node.Disk.SnapshotTail.Crash(_disks.Next(node.Disk.SnapshotTail.Unsynced + 1)));
        }

        public void Restart(string name)
        {
            if (Node(name).Current is not null) throw new InvalidOperationException($"{name} is up: crash it first");
            Driver.Trace.Add("restart " + name);
            Node(name).Start();
        }

        private void PartitionSomehow()
        {
            Count("partition");
            var cuts = new List<(string, string)>();
            var all = Members.Select(n => n.Name).ToList();
            switch (_faults.Next(4))
            {
                case 0: // two sides
                    var side = all.Where(_ => _faults.Next(2) == 0).ToList();
                    foreach (var a in side)
                        foreach (var b in all.Except(side)) cuts.AddRange([(a, b), (b, a)]);
                    break;
                case 1: // one node hears nothing, or is not heard
                    var one = all[_faults.Next(all.Count)];
                    var deaf = _faults.Next(2) == 0;
                    cuts.AddRange(all.Where(n => n != one).Select(n => deaf ? (n, one) : (one, n)));
                    break;
                case 2: // partial: A-B-C with A-C cut
                    var (x, y) = (all[_faults.Next(all.Count)], all[_faults.Next(all.Count)]);
                    cuts.AddRange([(x, y), (y, x)]);
                    break;
                default: // one node alone
                    var alone = all[_faults.Next(all.Count)];
                    foreach (var n in all.Where(n => n != alone)) cuts.AddRange([(n, alone), (alone, n)]);
                    break;
            }
            foreach (var cut in cuts) _cut.Add(cut);
            After(_settings.PartitionTime * _faults.NextDouble(), () =>
            {
                foreach (var cut in cuts) _cut.Remove(cut);
            });
        }

        public void Partition(IReadOnlyCollection<string> side)
        {
            Count("partition");
            foreach (var a in side)
                foreach (var b in Members.Select(n => n.Name).Except(side))
                {
                    Node(a);
                    _cut.Add((a, b));
                    _cut.Add((b, a));
                }
        }

        public void Heal() => _cut.Clear();

        private void SlowDown()
        {
            Count("slow disk");
            _slowUntil[Members[_faults.Next(_size)].Name] = Now + TimeSpan.FromSeconds(3 * _faults.NextDouble());
        }

        private void FailDisk()
        {
            Count("failing disk");
            _failingUntil[Members[_faults.Next(_size)].Name] = Now + TimeSpan.FromSeconds(_faults.NextDouble());
        }

        public override bool DiskFails(SimulatedNode node, out bool stored)
        {
            stored = false;
            if (!_failingUntil.TryGetValue(node.Name, out var until) || until <= Now || _disks.Next(3) > 0) return false;
            Count("failed write");
            stored = _disks.Next(2) == 0;
            return true;
        }

        private void MoveClock()
        {
            Count("clock jump");
            Members[_faults.Next(_size)].ClockOffset = TimeSpan.FromSeconds(_faults.Next(-3600, 3600));
        }

        private void Count(string fault) => _counts[fault] = _counts.GetValueOrDefault(fault) + 1;

        // ---- the end ----

        public void EndFaults()
        {
            _settings = _settings.WithoutFaults();
            _slowUntil.Clear();
            _failingUntil.Clear();
            Heal();
            foreach (var node in Members.Where(n => n.Current is null)) Restart(node.Name);
            Clients.Stopped = true;
        }

        public bool IsQuiet()
        {
            if (Clients.Open.Values.Any(open => open > 0)) return false;
            var slots = Members.Select(SlotOut).ToList();
            return slots.All(s => s == slots[0] && s > 0);
        }

        public string Describe() =>
            $"operations open: {string.Join(", ", Clients.Open.Select(c => $"c{c.Key} {c.Value}"))}; "
            + $"slotOut: {string.Join(", ", Members.Select(n => $"{n.Name} {SlotOut(n)}"))}";

        private static long SlotOut(SimulatedNode node) =>
            node.Current?.Ask("replica", GetReplicaStatus.Instance).OfType<ReplicaStatus>().FirstOrDefault()?.SlotOut ?? 0;

        // ---- what nodes do ----

        public override void OnSynced(SimulatedNode node, IReadOnlyList<IDiskOperation> operations)
        {
            foreach (var operation in operations)
                switch (operation)
                {
                    case AppendEvents append:
                        foreach (var (_, _, payload) in append.Events) Observer.Synced(node.Name, payload);
                        break;
                    case PutSnapshot put: Observer.Synced(node.Name, put.Payload); break;
                }
        }

        public override void OnTold(SimulatedNode node, ActorCell cell, Envelope envelope)
        {
            // Messages over links were seen when they left; these go between the roles of one node.
            if (envelope.Message is not (Accepted or Promise or Accept or Prepare or Executed or Propose) || envelope.Sender is SimulatedLink) return;
            var role = SimulatedNode.RoleOf(cell.Self.Path.ToStringWithoutAddress());
            Observer.Sent(node.Name, envelope.Message, envelope.Sender?.Path, node.Starts, node.Name, role);
        }

        public override void OnFailed(SimulatedNode node, string role, Exception cause) =>
            Observer.Violated(cause is InvariantViolationException known ? known.Invariant : "failure", $"{node.Name}/{role}: {cause}");

        public override void OnPublished(SimulatedNode node, object what)
        {
            switch (what)
            {
                case UnhandledMessage m: Observer.Violated("unhandled", $"{node.Name}: {m.Recipient} does not handle {m.Message}"); break;
                case DeadLetter m:
                    DeadLetters++;
                    // How far a replica is counts also while the leader beside it is down.
                    if (m.Message is Executed executed) Observer.Sent(node.Name, executed, null, node.Starts, node.Name, "leader");
                    break;
                case Error e when !_counts.ContainsKey("failed write"): Observer.Violated("failure", $"{node.Name}: {e}"); break;
            }
        }
    }
}

using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>The nodes, clients, network and disks of a seeded cluster, and what goes wrong with them.</summary>
internal sealed partial class ClusterWorld : SimulatedWorld
{
    private const string ClientNode = "clients";
    private const int Spares = 2;
    private const long MostSteps = 1_000_000; // of the search for an order that explains a history: a limit that is the same on each machine
    private static readonly KvModel Model = new();
    private readonly int _seed;
    private readonly int _size; // with those that may become members
    private readonly Configuration _founding;
    private readonly bool _keepsSystems;
    private readonly ProtocolSettings _protocol;
    private SimulationSettings _settings;
    private string _firstDeadLetter = "";

    /// <param name="seed">All chance comes from it.</param>
    /// <param name="size">The number of nodes.</param>
    /// <param name="settings">What goes wrong.</param>
    /// <param name="keepsSystems">
    /// Whether actor systems serve one life after the other: only where no role leaves anything in its system, or does anything when it is stopped.
    /// </param>
    public ClusterWorld(int seed, int size, SimulationSettings settings, bool keepsSystems)
        : base(new Random(SeededChance.Seed(seed, "schedule")), null)
    {
        (_seed, _settings, _keepsSystems) = (seed, settings, keepsSystems);
        _size = settings.Reconfigurations is null ? size : size + Spares;
        _disks = new Random(SeededChance.Seed(seed, "disks"));
        _protocol = settings.Protocol ?? MultiPaxosNode.Settings();
        Events = new EventTrail(settings.KeepEvents);
        Faults = new FaultSchedule(seed, Driver, () => _settings);
        _founding = MultiPaxosNode.Founding(size, _protocol.Window, id => Disk($"n{id}"));
        Observer = new ClusterObserver(() => Driver.Now, _founding, Disk);
    }

    public ClusterObserver Observer { get; }

    public ClientCounts Clients { get; } = new();

    public FaultSchedule Faults { get; }

    public EventTrail Events { get; }

    public long Messages { get; private set; }

    /// <summary>What clients saw, where no order explains it.</summary>
    public HistoryReport? Unexplained { get; private set; }

    public long DeadLetters { get; private set; }

    public TimeSpan TimeToDecide => _settings.TimeToDecide;

    private TimeSpan Now => Driver.Now;

    private IReadOnlyList<SimulatedNode> Members => [.. Nodes.Values.Where(n => n.Name != ClientNode)];

    public override SimulatedSystem SystemFor(Incarnation life) => SimulatedSystem.Ready(life, Config, _keepsSystems);

    public void Start()
    {
        using var _ = Driver.Enter();
        for (var id = 1; id <= _size; id++)
        {
            var (self, name) = (id, $"n{id}");
            var drifts = _settings.ClockDrift > 0 && Faults.Has("clock-drift");
            if (drifts) Faults.Count("clock-drift");
            var drift = drifts ? (new SeededChance(_seed, "clock-drift", id).NextDouble() * 2 - 1) * _settings.ClockDrift : 0;
            var node = new SimulatedNode(this, name,
                n => MultiPaxosNode.Roles(
                    n, self, _founding, _protocol, _settings.StateMachine ?? (() => new SimulatedStore(name, Observer)), _seed, _settings.Roles, Disk(name)))
            {
                RestartRolesAfter = TimeSpan.FromMilliseconds(200), TimerRate = 1 + drift,
                Disk = EmptyDisk(id, name),
            };
            Add(node);
            node.Start();
        }
        var clients = new SimulatedNode(this, ClientNode, ClientRoles);
        Add(clients);
        clients.Start();
        ScheduleFaults();
        Driver.RunReady(); // so that every role is there for whoever is told something now
    }

    private IEnumerable<SimulatedRole> ClientRoles(NodeStart node)
    {
        var replicas = Enumerable.Range(1, _size).Select(id => node.Peer($"n{id}", "replica")).ToArray();
        yield return new SimulatedRole("user", Props.Create(typeof(UserClient), replicas, Clients, SeededChance.Seed(_seed, "client")));
        yield return new SimulatedRole("operator", Props.Create(typeof(Operator), replicas, _founding, SeededChance.Seed(_seed, "operator")));
        yield return new SimulatedRole("probe", Props.Create(typeof(Probe), replicas, Clients, SeededChance.Seed(_seed, "probe")));
        if (_settings.StateMachine is not null) yield break;
        for (var i = 1; i <= _settings.Clients; i++)
            yield return new SimulatedRole($"c{i}",
                Props.Create(typeof(SimulatedClient), $"c{i}", i, replicas, _settings, Observer, Clients, SeededChance.Seed(_seed, "client", i)));
    }

    public void RunTo(TimeSpan until)
    {
        do Driver.RunReady();
        while (Observer.Violations.Count == 0 && Driver.FireNext(until));
        if (Observer.Violations.Count == 0) Driver.MoveTo(until);
    }

    public void Give(SimulatedOperation operation) => Tell(ClientNode, "user", operation);

    public string? Leader() => Members
        .Select(n => (n.Name, Status: StatusOf(n)))
        .Where(n => n.Status is { IsLed: true } && $"n{n.Status.Ballot.Leader}" == n.Name)
        .OrderByDescending(n => n.Status!.Ballot).Select(n => n.Name).FirstOrDefault();

    private static ReplicaStatus? StatusOf(SimulatedNode node) =>
        node.Current?.Ask("replica", GetReplicaStatus.Instance).OfType<ReplicaStatus>().FirstOrDefault();

    // ---- the end ----

    public void EndFaults()
    {
        _settings = _settings.WithoutFaults();
        _slowUntil.Clear();
        _failingUntil.Clear();
        foreach (var node in _corrupt.Keys.ToList()) Repair(node);
        Heal();
        foreach (var node in Members.Where(n => n.Current is null)) Restart(node.Name);
        Clients.Stopped = true;
        Clients.Open["probe"] = 1;
        Tell(ClientNode, "probe", Probe.Begin.Instance);
    }

    public bool IsQuiet()
    {
        if (!Observer.CanDecide) return true;
        if (Clients.Open.Values.Any(open => open > 0) || !Observer.IsWhole) return false;
        var slots = Members.Where(n => Observer.IsMember(n.Name)).Select(n => StatusOf(n)?.SlotOut ?? 0).ToList();
        return slots.All(s => s == slots[0] && s > 0);
    }

    public string Describe() =>
        $"{Observer.Members}; open: {string.Join(", ", Clients.Open.Select(c => $"{c.Key} {c.Value}"))}; "
        + $"slotOut: {string.Join(", ", Members.Select(n => $"{n.Name} {StatusOf(n)?.SlotOut ?? 0}"))}";

    /// <summary>It is all over; what was counted stays.</summary>
    public void End()
    {
        using var _ = Driver.Enter();
        foreach (var node in Nodes.Values) node.Crash();
    }

    /// <summary>What can be said only of a whole run.</summary>
    public void CheckWhole()
    {
        var history = History();
        if (history.Count > 0) CheckHistory(history);
        if (_wasCalm)
            Observer.Check("dead letters", DeadLetters == 0, () => $"{DeadLetters} where nothing went wrong; the first: {_firstDeadLetter}");
    }

    private void CheckHistory(List<Operation<KvCall, KvResult>> history)
    {
        // Where the log's own order does not explain it any other would do.
        var verdict = Verdict.Ok;
        if (!Witness.Explains(Model, history))
        {
            var result = LinearizabilityChecker.Check(Model, history, new CheckLimit { Steps = MostSteps });
            verdict = result.Verdict;
            if (verdict == Verdict.Violation) Unexplained = HistoryReport.Of(Model, history.Count, result);
        }
        if (verdict == Verdict.Unknown) Observer.Count("history unknown");
        else Observer.Check("history", verdict == Verdict.Ok, () => $"{HistoryWords.Reason(Unexplained!)} that clients saw answered");
    }

    /// <summary>
    /// What clients asked for and were answered, in the order of the log. Of a write whose client gave it up the log knows whether it was executed
    /// and what the answer would have been.
    /// </summary>
    private List<Operation<KvCall, KvResult>> History()
    {
        var history = new List<(long Position, bool IsRead, Operation<KvCall, KvResult> Operation)>();
        foreach (var operation in Clients.History.Operations)
            if (Clients.ReadAfter.TryGetValue(operation.Call, out var after))
                history.Add((after, true, operation));
            else if (Clients.Entries.TryGetValue(operation.Call, out var entry) && Observer.TryGetResult(entry, out var executed))
                history.Add((executed.Position, false, operation.IsOpen
                    ? operation with { Result = executed.Result, Returned = long.MaxValue }
                    : operation));
            else if (!operation.IsOpen)
                history.Add((long.MaxValue, false, operation)); // answered, and never executed: nothing will explain it
        return [.. history.OrderBy(h => h.Position).ThenBy(h => h.IsRead).ThenBy(h => h.Operation.Invoked).Select(h => h.Operation)];
    }

    // ---- what nodes do ----

    public override void OnSynced(SimulatedNode node, IReadOnlyList<IDiskOperation> operations)
    {
        foreach (var operation in operations)
            switch (operation)
            {
                case AppendEvents append:
                    foreach (var (_, payload) in append.Events) Observer.Synced(node.Name, payload);
                    break;
                case PutSnapshot put: Observer.Synced(node.Name, put.Payload); break;
            }
    }

    public override void OnTold(SimulatedNode node, ActorCell cell, Envelope envelope)
    {
        // Messages over links were seen when they left; these go between the roles of one node.
        if (envelope.Sender is SimulatedLink) return;
        if (envelope.Message is Accepted or Promise or Accept or Prepare or Executed or Propose or Decision)
            Observer.Sent(node.Name, envelope.Message, envelope.Sender?.Path, node.Starts, node.Name, cell.Self.Path.Name);
        if (Events.IsKept && envelope.Sender is { } sender) Events.ToldWithin(Now, node.Name, sender.Path, cell.Self.Path, envelope.Message);
    }

    public override void OnTimer(SimulatedNode node, VirtualTimer timer)
    {
        if (Events.IsKept && timer.Key == "Silence")
            Events.Add(new TimerDue(Now, node.Name, SimulatedNode.RoleOf(timer.Receiver), timer.Key));
    }

    public override void OnFailed(SimulatedNode node, string role, Exception cause)
    {
        Events.Add(new RoleFailed(Now, node.Name, role, cause));
        Observer.Violated(cause is InvariantViolationException known ? known.Invariant : "failure", $"{node.Name}/{role}: {cause}");
    }

    public override void OnRecoveryFailed(SimulatedNode node, string role, Exception cause)
    {
        var isExpected = cause is SerializationException ? _corrupt.ContainsKey(node.Name) : cause is IOException && HasJustFailed(node);
        if (!isExpected) OnFailed(node, role, cause);
    }

    public override void OnCorruptRead(SimulatedNode node, object? payload) => Observer.Check("corruption", payload is null,
        () => $"{node.Name} read {payload} from its disk, where a bit of it was flipped, and did not notice");

    public override void OnPublished(SimulatedNode node, object what)
    {
        switch (what)
        {
            case UnhandledMessage m:
                Observer.Violated("unhandled", $"{node.Name}: {m.Recipient.Path.ToStringWithoutAddress()} does not handle {m.Message}");
                break;
            case DeadLetter m:
                if (DeadLetters++ == 0) _firstDeadLetter = $"{m.Message} to {m.Recipient.Path.ToStringWithoutAddress()}";
                // How far a replica is counts also while the leader beside it is down.
                if (m.Message is Executed executed) Observer.ExecutedAtLeast(node.Name, executed.SlotOut);
                break;
            // A disk that refuses what is written, or has changed it, is to be told of.
            case Error e when !_corrupt.ContainsKey(node.Name) && !HasJustFailed(node):
                Observer.Violated("failure", $"{node.Name}: {e}");
                break;
        }
    }
}

using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A whole cluster of real MultiPaxos roles, n1, n2, ..., with clients, in virtual time and one thread. What goes wrong, when, and in which order
/// everything runs follows from the seed alone; the invariants of the protocol are checked at every step.
/// </summary>
public sealed class SimulatedCluster
{
    private readonly ClusterWorld _world;

    private SimulatedCluster(ClusterWorld world) => _world = world;

    /// <summary>Starts a cluster.</summary>
    /// <param name="seed">All chance comes from it.</param>
    /// <param name="nodes">The number of nodes.</param>
    /// <param name="settings">What goes wrong; nothing by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no node.</exception>
    public static SimulatedCluster Start(int seed, int nodes = 3, SimulationSettings? settings = null) =>
        Start(seed, nodes, settings ?? SimulationSettings.Calm, false);

    /// <param name="seed">All chance comes from it.</param>
    /// <param name="nodes">The number of nodes.</param>
    /// <param name="settings">What goes wrong.</param>
    /// <param name="keepsSystems">Whether to use actor systems of runs before this one, which ended in <see cref="End"/>.</param>
    internal static SimulatedCluster Start(int seed, int nodes, SimulationSettings settings, bool keepsSystems)
    {
        if (nodes < 1) throw new ArgumentOutOfRangeException(nameof(nodes), nodes, "a cluster has at least one node");
        var world = new ClusterWorld(seed, nodes, settings, keepsSystems);
        world.Start();
        return new SimulatedCluster(world);
    }

    /// <summary>Nothing will happen any more: its actor systems may serve another run.</summary>
    internal void End() => _world.End();

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now => _world.Driver.Now;

    /// <summary>What did not hold; empty where all is well.</summary>
    public IReadOnlyList<Violation> Violations => _world.Observer.Violations;

    /// <summary>What the simulation's own clients saw, where no order explains it; null otherwise.</summary>
    public HistoryReport? Unexplained => _world.Unexplained;

    /// <summary>How often each invariant was checked.</summary>
    public IReadOnlyDictionary<string, long> Checks => _world.Observer.Checks;

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<string, long> Faults => _world.Faults.Counts;

    /// <summary>
    /// The faults that have a number, in the order in which they happened: <c>crash.1</c>, as <see cref="SimulationSettings.Without"/> takes it.
    /// </summary>
    public IReadOnlyList<string> NumberedFaults => _world.Faults.Happened;

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

    /// <summary>Operations that the simulation's own clients began.</summary>
    public long Operations => _world.Clients.Begun;

    /// <summary>Writes that clients were told of.</summary>
    public long Written => _world.Clients.Written;

    /// <summary>Linearizable questions that were answered.</summary>
    public long Read => _world.Clients.Read;

    /// <summary>
    /// How long the cluster took, after the last fault, to answer every client and to bring all replicas to one slot; null before
    /// <see cref="Quiet"/>.
    /// </summary>
    public TimeSpan? Recovery { get; private set; }

    /// <summary>The node whose leader is active, the one with the highest ballot where two believe that; null where none is.</summary>
    public string? Leader
    {
        get
        {
            using var _ = _world.Driver.Enter();
            return _world.Leader();
        }
    }

    /// <summary>Runs for that much virtual time, or until an invariant is violated.</summary>
    public void RunFor(TimeSpan time)
    {
        using var _ = _world.Driver.Enter();
        _world.RunTo(Now + time);
    }

    /// <summary>Runs until something is so; looks every 10 ms of virtual time.</summary>
    /// <returns>False where it was not so within <paramref name="limit"/>, or an invariant is violated.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        for (var end = Now + limit; Violations.Count == 0 && Now < end; RunFor(TimeSpan.FromMilliseconds(10)))
            if (condition()) return true;
        return Violations.Count == 0 && condition();
    }

    /// <summary>
    /// Ends all faults, and sees that the cluster then answers every client and that all replicas come to the same slot, within
    /// <see cref="SimulationSettings.TimeToDecide"/>; otherwise liveness is violated. Then checks what the clients have seen.
    /// </summary>
    public void Quiet()
    {
        using var _ = _world.Driver.Enter();
        _world.EndFaults();
        var (from, until) = (Now, Now + _world.TimeToDecide);
        while (Violations.Count == 0 && !_world.IsQuiet())
        {
            if (Now >= until)
                _world.Observer.Violated("liveness", $"{_world.TimeToDecide.TotalSeconds} s after the last fault: {_world.Describe()}");
            else
                _world.RunTo(Now + TimeSpan.FromMilliseconds(100));
        }
        if (Violations.Count > 0) return;
        _world.Observer.Count(_world.Observer.CanDecide ? "liveness" : "no disks left");
        Recovery = Now - from;
        _world.CheckWhole();
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

    /// <summary>Loses all that one node sends to another, until <see cref="Heal"/>; the other way is not touched.</summary>
    public void Cut(string from, string to)
    {
        using var _ = _world.Driver.Enter();
        _world.Cut(from, to);
    }

    /// <summary>Ends every partition and cut.</summary>
    public void Heal()
    {
        using var _ = _world.Driver.Enter();
        _world.Heal();
    }

    /// <summary>Tells a role of a node something, as from within that node.</summary>
    /// <exception cref="InvalidOperationException">The node is down.</exception>
    public void Tell(string node, string role, object message)
    {
        using var _ = _world.Driver.Enter();
        _world.Tell(node, role, message);
    }

    /// <summary>
    /// Asks a role of a node directly, as from within that node; returns its answers, none where it does not answer without the network or time.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is down.</exception>
    public IReadOnlyList<object> Ask(string node, string role, object question)
    {
        using var _ = _world.Driver.Enter();
        return _world.Up(node).Ask(role, question);
    }

    /// <summary>
    /// The latest events, <see cref="SimulationSettings.KeepEvents"/> of them, as a sequence diagram; heartbeats and what else is only said again
    /// and again are left out.
    /// </summary>
    public string Draw(DiagramFormat format = DiagramFormat.Text) => _world.Events.Diagram().Draw(format);
}

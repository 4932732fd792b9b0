using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>Named in HOCON as the type of the default dispatcher, of which all others are aliases.</summary>
internal sealed class SimulatedDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly SimulatedDispatcher _dispatcher;

    public SimulatedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _dispatcher = new SimulatedDispatcher(this);

    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>
/// Hands a node's mailboxes to the driver, one message a run; what a crashed node still does goes nowhere. While its system serves no life it runs
/// them itself.
/// </summary>
internal sealed class SimulatedDispatcher : MessageDispatcher
{
    private const string Unsubscriber = "/system/EventStreamUnsubscriber";

    private readonly SimulatedSystem _system = SimulatedSystem.Creating;
    private readonly Dictionary<object, (string Text, ulong Hash, ActorCell Cell)> _paths = new(ReferenceEqualityComparer.Instance); // by mailbox
    private readonly Queue<IRunnable> _own = new();

    public SimulatedDispatcher(MessageDispatcherConfigurator configurator) : base(configurator)
    {
        // Exactly one message a run, and no look at a real clock.
        Throughput = 1;
        ThroughputDeadlineTime = 0;
        _system.Dispatcher = this;
    }

    /// <summary>Whether no actor runs but those of the system itself.</summary>
    public bool IsEmpty => !_paths.Values.Any(p => p.Text.Contains("/user/", StringComparison.Ordinal));

    /// <summary>Runs all that there is to do while the system serves no life.</summary>
    public void RunAll()
    {
        // Some have been handed to a driver that dropped them. Parents first: whom they stop handles no further message.
        foreach (var (mailbox, _) in _paths.OrderBy(m => m.Value.Text, StringComparer.Ordinal)) _own.Enqueue((IRunnable)mailbox);
        while (_own.TryDequeue(out var run)) run.Run();
    }

    /// <summary>Hands an actor a message that is Akka's own; false where there is no such actor.</summary>
    public bool TrySend(ActorPath actor, SystemMessage message)
    {
        if (_paths.Values.FirstOrDefault(p => p.Cell.Self.Path.Equals(actor)).Cell is not { } cell) return false;
        SystemDispatch(cell, message);
        return true;
    }

    public override void Attach(ActorCell cell)
    {
        var path = cell.Self.Path.ToStringWithoutAddress();
        // Akka.NET numbers it by process.
        if (path.StartsWith(Unsubscriber, StringComparison.Ordinal)) path = Unsubscriber;
        path = cell.Self.Path.Address.System + path;
        _paths[cell.Mailbox!] = (path, TraceHash.Of(path), cell);
        base.Attach(cell);
    }

    public override void Detach(ActorCell cell)
    {
        _paths.Remove(cell.Mailbox!);
        base.Detach(cell);
    }

    public override void Dispatch(ActorCell cell, Envelope envelope)
    {
        if (_system.Life is { } life)
        {
            if (!life.IsAlive) return;
            life.Driver.CheckThread();
            life.Driver.Trace.Add(PathOf(cell.Mailbox!).Hash);
            life.Driver.Trace.Add(envelope.Message.GetType());
            life.Node.Told(cell, envelope);
        }
        base.Dispatch(cell, envelope);
    }

    public override void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        if (_system.Life is { } life)
        {
            if (!life.IsAlive) return;
            life.Driver.CheckThread();
        }
        base.SystemDispatch(cell, message);
    }

    protected override void ExecuteTask(IRunnable run)
    {
        if (_system.Life is not { } life)
        {
            _own.Enqueue(run);
            return;
        }
        if (!life.IsAlive) return;
        var (driver, path) = (life.Driver, PathOf(run).Text);
        if (life.Node.World.TurnDelay(path) is var delay && delay == TimeSpan.Zero) driver.Enqueue(life, path, run);
        else driver.Schedule(life, delay, null, null, null, () => driver.Enqueue(life, path, run), null);
    }

    /// <summary>Nothing runs here that could be shut down.</summary>
    protected override void Shutdown()
    {
    }

    private (string Text, ulong Hash) PathOf(object mailbox) =>
        _paths.TryGetValue(mailbox, out var path) ? (path.Text, path.Hash) : (_system.Actors.Name, TraceHash.Of(_system.Actors.Name));
}

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

/// <summary>Hands a node's mailboxes to the driver, one message a run; what a crashed node still does goes nowhere.</summary>
internal sealed class SimulatedDispatcher : MessageDispatcher
{
    private const string Unsubscriber = "/system/EventStreamUnsubscriber";

    private readonly Incarnation _incarnation = Incarnation.Booting;
    private readonly Dictionary<object, string> _paths = new(ReferenceEqualityComparer.Instance); // by mailbox

    public SimulatedDispatcher(MessageDispatcherConfigurator configurator) : base(configurator)
    {
        // Exactly one message a run, and no look at a real clock.
        Throughput = 1;
        ThroughputDeadlineTime = 0;
    }

    public override void Attach(ActorCell cell)
    {
        var path = cell.Self.Path.ToStringWithoutAddress();
        // Akka.NET numbers it by process.
        if (path.StartsWith(Unsubscriber, StringComparison.Ordinal)) path = Unsubscriber;
        _paths[cell.Mailbox!] = _incarnation.Node.Name + path;
        base.Attach(cell);
    }

    public override void Detach(ActorCell cell)
    {
        _paths.Remove(cell.Mailbox!);
        base.Detach(cell);
    }

    public override void Dispatch(ActorCell cell, Envelope envelope)
    {
        if (!_incarnation.IsAlive) return;
        var driver = _incarnation.Driver;
        driver.CheckThread();
        driver.Trace.Add(PathOf(cell.Mailbox!));
        driver.Trace.Add(envelope.Message.GetType());
        _incarnation.Node.Told(cell, envelope);
        base.Dispatch(cell, envelope);
    }

    public override void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        if (!_incarnation.IsAlive) return;
        _incarnation.Driver.CheckThread();
        base.SystemDispatch(cell, message);
    }

    protected override void ExecuteTask(IRunnable run)
    {
        if (!_incarnation.IsAlive) return;
        var (driver, path) = (_incarnation.Driver, PathOf(run));
        if (_incarnation.Node.World.TurnDelay(path) is var delay && delay == TimeSpan.Zero) driver.Enqueue(_incarnation, path, run);
        else driver.Schedule(_incarnation, delay, null, null, "", () => driver.Enqueue(_incarnation, path, run), null);
    }

    /// <summary>Nothing runs here that could be shut down.</summary>
    protected override void Shutdown()
    {
    }

    private string PathOf(object mailbox) => _paths.GetValueOrDefault(mailbox, _incarnation.Node.Name);
}

using System.Linq.Expressions;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>An actor system under test, a test actor whose mailbox the test reads, and what a test expects of it.</summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private const string TestActorDispatcher = "akka.test.test-actor.dispatcher";
    private static int _testActors;
    private readonly ITestKitAssertions _assertions;
    private readonly MessageQueue _queue = new();
    private readonly ActorCell? _ownCell;
    private readonly SynchronizationContext? _outerContext;
    private MessageEnvelope _last = NullMessageEnvelope.Instance;
    private TimeSpan? _end;
    private bool _lastWasNoMsg; // the time that ExpectNoMsg waits is no failure of the Within around it

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem? system = null, string? testActorName = null)
        : this(assertions, system, DefaultConfig, null, testActorName) { }

    protected TestKitBase(ITestKitAssertions assertions, Config config, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, null, config, actorSystemName, testActorName) { }

    private TestKitBase(ITestKitAssertions assertions, ActorSystem? system, Config config, string? actorSystemName, string? testActorName)
    {
        ArgumentNullException.ThrowIfNull(assertions);
        _assertions = assertions;
        if (!ReferenceEquals(config, DefaultConfig)) config = config.WithFallback(DefaultConfig);
        Sys = system ?? ActorSystem.Create(actorSystemName ?? "test", config);
        Sys.RegisterExtension(new TestKitExtension());
        TestKitSettings = TestKitExtension.For(Sys);
        Log = Logging.GetLogger(Sys, GetType());
        EventFilter = new EventFilterFactory(this, Sys);
        // A system made elsewhere does not know these dispatchers.
        var dispatcher = new CallingThreadDispatcherConfigurator(Sys.Settings.Config, Sys.Dispatchers.Prerequisites);
        foreach (var id in new[] { CallingThreadDispatcher.Id, TestActorDispatcher }) Sys.Dispatchers.RegisterConfigurator(id, dispatcher);
        TestActor = CreateTestActor(string.IsNullOrEmpty(testActorName) ? "testActor" + Interlocked.Increment(ref _testActors) : testActorName);
        if (this is TestProbe) return;
        // From here on this thread, and the continuations of an asynchronous test, send as the test actor.
        _ownCell = this is INoImplicitSender ? null : (TestActor as ActorRefWithCell)?.Underlying as ActorCell;
        InternalCurrentActorCellKeeper.Current = _ownCell;
        _outerContext = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new ActorCellKeepingSynchronizationContext(_ownCell));
    }

    public static Config DefaultConfig { get; } = ConfigurationFactory.FromResource<TestKitBase>("Akka.TestKit.Internal.Reference.conf");

    public static Config FullDebugConfig { get; } = ConfigurationFactory.ParseString("""
        akka.log-dead-letters-during-shutdown = true
        akka.actor.debug { receive = true, autoreceive = true, lifecycle = true, event-stream = true, unhandled = true }
        akka.log-dead-letters = true
        akka.loglevel = DEBUG
        akka.stdout-loglevel = DEBUG
        """);

    public static TimeSpan Now => TimeSpan.FromTicks(DateTime.UtcNow.Ticks);

    public ActorSystem Sys { get; }
    public TestKitSettings TestKitSettings { get; }
    public ILoggingAdapter Log { get; }
    public EventFilterFactory EventFilter { get; }

    /// <summary>Gets what the code under test answers; the implicit sender of a test.</summary>
    public IActorRef TestActor { get; }

    public IActorRef LastSender => _last.Sender;
    public object LastMessage => _last.Message;
    public bool HasMessages => _queue.Count > 0;
    internal ITestKitAssertions Assertions => _assertions;

    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) =>
        TestActor.Tell(new TestKit.TestActor.SetIgnore(m => shouldIgnoreMessage(m)), ActorRefs.NoSender);
    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) => IgnoreMessages(m => m is TMsg typed && shouldIgnoreMessage(typed));
    public void IgnoreMessages<TMsg>() => IgnoreMessages(m => m is TMsg);
    public void IgnoreNoMessages() => TestActor.Tell(new TestKit.TestActor.SetIgnore(null), ActorRefs.NoSender);

    /// <summary>Has the test actor watch another, so that <see cref="ExpectTerminated"/> hears of its end.</summary>
    public IActorRef Watch(IActorRef actorToWatch)
    {
        TestActor.Tell(new TestKit.TestActor.Watch(actorToWatch), ActorRefs.NoSender);
        return actorToWatch;
    }

    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        TestActor.Tell(new TestKit.TestActor.Unwatch(actorToUnwatch), ActorRefs.NoSender);
        return actorToUnwatch;
    }

    public void SetAutoPilot(AutoPilot pilot) => TestActor.Tell(new TestKit.TestActor.SetAutoPilot(pilot), ActorRefs.NoSender);

    public TimeSpan Dilated(TimeSpan duration) =>
        duration == Timeout.InfiniteTimeSpan ? duration : TimeSpan.FromTicks((long)(duration.Ticks * TestKitSettings.TestTimeFactor));

    /// <summary>Stops the system of this test.</summary>
    protected virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) => Shutdown(Sys, duration, verifySystemShutdown);

    /// <summary>Stops a system. If it takes longer than the duration (5 s unless given), that is logged, or thrown if asked for.</summary>
    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? TimeSpan.FromSeconds(Math.Clamp(Dilated(TimeSpan.FromSeconds(5)).TotalSeconds, 5, 10));
        if (system.Terminate().Wait(limit)) return;
        var message = $"Failed to stop [{system.Name}] within [{limit}]";
        if (verifySystemShutdown) throw new TimeoutException(message);
        system.Log.Warning(message);
    }

    /// <summary>Gives up this thread's role as the test actor, so that what runs on it next does not send in its name.</summary>
    internal void LeaveThread()
    {
        if (_ownCell is not null && ReferenceEquals(InternalCurrentActorCellKeeper.Current, _ownCell)) InternalCurrentActorCellKeeper.Current = null;
        if (SynchronizationContext.Current is ActorCellKeepingSynchronizationContext) SynchronizationContext.SetSynchronizationContext(_outerContext);
    }

    public IActorRef CreateTestActor(string name) =>
        ((ExtendedActorSystem)Sys).SystemActorOf(Props.Create(() => new InternalTestActor(_queue)).WithDispatcher(TestActorDispatcher), name);

    public virtual TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);
    public virtual TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, _assertions, name);
    public virtual TestLatch CreateTestLatch(int count = 1) => new(Dilated, TestLatch.DefaultTimeout, count);

    public IActorRef ActorOf(Props props) => Sys.ActorOf(props, null);
    public IActorRef ActorOf(Props props, string? name) => Sys.ActorOf(props, name);
    public IActorRef ActorOf<TActor>() where TActor : ActorBase, new() => Sys.ActorOf(Props.Create<TActor>(), null);
    public IActorRef ActorOf<TActor>(string name) where TActor : ActorBase, new() => Sys.ActorOf(Props.Create<TActor>(), name);
    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory) where TActor : ActorBase => Sys.ActorOf(Props.Create(factory), null);
    public IActorRef ActorOf<TActor>(
        Expression<Func<TActor>> factory, string name) where TActor : ActorBase => Sys.ActorOf(Props.Create(factory), name);
    public ActorSelection ActorSelection(ActorPath actorPath) => Sys.ActorSelection(actorPath);
    public ActorSelection ActorSelection(string actorPath) => Sys.ActorSelection(actorPath);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(
        Props props, IActorRef supervisor, string? name = null) where TActor : ActorBase => new(Sys, props, supervisor, name);
    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(
        Props props, string? name = null) where TActor : ActorBase => new(Sys, props, null, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(
        Expression<Func<TActor>> factory, IActorRef supervisor, string? name = null) where TActor : ActorBase =>
        new(Sys, Props.Create(factory), supervisor, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(Expression<Func<TActor>> factory, string? name = null) where TActor : ActorBase =>
        new(Sys, Props.Create(factory), null, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(string? name = null) where TActor : ActorBase, new() =>
        new(Sys, Props.Create<TActor>(), null, name);
}

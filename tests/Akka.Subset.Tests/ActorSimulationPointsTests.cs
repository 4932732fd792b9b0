using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Serialization;

namespace Akka.Subset.Tests;

/// <summary>The extension points on which deterministic simulation stands: dispatcher, scheduler and provider of one's own.</summary>
public sealed class ActorSimulationPointsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static string Name<T>() => typeof(T).AssemblyQualifiedName!;

    private static Config Simulated => ConfigurationFactory.ParseString($$"""
        akka {
          loggers = []
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          scheduler.implementation = "{{Name<VirtualScheduler>()}}"
          actor.provider = "{{Name<LinkProvider>()}}"
          actor.default-dispatcher { type = "{{Name<StepConfigurator>()}}" }
          actor.internal-dispatcher = akka.actor.default-dispatcher
          actor.default-blocking-io-dispatcher = akka.actor.default-dispatcher
          coordinated-shutdown { run-by-clr-shutdown-hook = off, run-by-actor-system-terminate = off }
        }
        """);

    /// <summary>Runs everything on the caller's thread, one message a step.</summary>
    private sealed class Driver
    {
        [ThreadStatic] public static Driver? Current;
        public readonly Queue<IRunnable> Ready = new();
        public readonly PriorityQueue<Action, (TimeSpan, long)> Timers = new();
        public readonly List<string> Trace = [];
        public TimeSpan Time;
        public long Sequence;
        public int Steps;

        public void Run()
        {
            while (true)
            {
                if (Ready.TryDequeue(out var next))
                {
                    Steps++;
                    next.Run();
                }
                else if (Timers.TryDequeue(out var due, out var at))
                {
                    Time = at.Item1;
                    due();
                }
                else return;
            }
        }
    }

    public sealed class StepConfigurator : MessageDispatcherConfigurator
    {
        private readonly StepDispatcher _dispatcher;
        public StepConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) => _dispatcher = new StepDispatcher(this);
        public override MessageDispatcher Dispatcher() => _dispatcher;
    }

    private sealed class StepDispatcher : MessageDispatcher
    {
        private readonly Driver _driver = Driver.Current!;
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public StepDispatcher(MessageDispatcherConfigurator configurator) : base(configurator)
        {
            Throughput = 1;
            ThroughputDeadlineTime = 0;
        }

        protected override void ExecuteTask(IRunnable run)
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            _driver.Ready.Enqueue(run);
        }

        protected override void Shutdown() { }

        public override void Dispatch(ActorCell cell, Envelope envelope)
        {
            var what = envelope.Message is string or int or long ? envelope.Message : envelope.Message.GetType().Name;
            _driver.Trace.Add($"{_driver.Time.TotalMilliseconds} {cell.Self.Path.ToStringWithoutAddress()} {what}");
            base.Dispatch(cell, envelope);
        }

        public override void SystemDispatch(ActorCell cell, SystemMessage message)
        {
            Assert.NotNull(cell.Self);
            base.SystemDispatch(cell, message);
        }
    }

    public sealed class VirtualScheduler : SchedulerBase
    {
        private readonly Driver _driver = Driver.Current!;
        public VirtualScheduler(Config config, ILoggingAdapter log) : base(config, log) { }
        protected override DateTimeOffset TimeNow => DateTimeOffset.UnixEpoch + _driver.Time;
        public override TimeSpan MonotonicClock => _driver.Time;
        public override TimeSpan HighResMonotonicClock => _driver.Time;

        private void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable) => _driver.Timers.Enqueue(
            () =>
            {
                if (cancelable is { IsCancellationRequested: true }) return;
                action();
                if (interval is { } again) Add(again, interval, action, cancelable);
            },
            (_driver.Time + delay, _driver.Sequence++));

        protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
            Add(delay, null, () => receiver.Tell(message, sender), cancelable);

        protected override void InternalScheduleTellRepeatedly(
            TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
            Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

        protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Add(delay, null, action, cancelable);
        protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Add(delay, null, action.Run, cancelable);

        protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
            Add(initialDelay, interval, action, cancelable);

        protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
            Add(initialDelay, interval, action.Run, cancelable);
    }

    /// <summary>Local actors are the local provider's; foreign addresses become links.</summary>
    public sealed class LinkProvider(string systemName, Settings settings, EventStream eventStream) : IActorRefProvider
    {
        internal static readonly ConcurrentDictionary<string, ActorSystem> Nodes = new();
        private readonly LocalActorRefProvider _local = new(systemName, settings, eventStream);

        public IInternalActorRef RootGuardian => _local.RootGuardian;
        public LocalActorRef Guardian => _local.Guardian;
        public LocalActorRef SystemGuardian => _local.SystemGuardian;
        public IActorRef DeadLetters => _local.DeadLetters;
        public IActorRef IgnoreRef => _local.IgnoreRef;
        public ActorPath RootPath => _local.RootPath;
        public Settings Settings => _local.Settings;
        public Deployer Deployer => _local.Deployer;
        public IInternalActorRef TempContainer => _local.TempContainer;
        public Task TerminationTask => _local.TerminationTask;
        public Address DefaultAddress => _local.DefaultAddress;
        public Information SerializationInformation => _local.SerializationInformation;
        public void Init(ActorSystemImpl system) => _local.Init(system);
        public ActorPath TempPath() => _local.TempPath();
        public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _local.RegisterTempActor(actorRef, path);
        public void UnregisterTempActor(ActorPath path) => _local.UnregisterTempActor(path);
        public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => _local.CreateFutureRef(tcs);

        public IInternalActorRef ActorOf(
            ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService, Deploy deploy, bool lookupDeploy,
            bool async) => _local.ActorOf(system, props, supervisor, path, systemService, deploy, lookupDeploy, async);

        public IActorRef ResolveActorRef(string path) => ResolveActorRef(ActorPath.Parse(path));
        public IActorRef ResolveActorRef(ActorPath path) => path.Address == DefaultAddress ? _local.ResolveActorRef(path) : new Link(path, this);
        public IActorRef RootGuardianAt(Address address) => address == DefaultAddress ? RootGuardian : new Link(new RootActorPath(address), this);
        public Address GetExternalAddressFor(Address address) => address;
    }

    private sealed class Link(ActorPath path, LinkProvider provider) : MinimalActorRef
    {
        public override ActorPath Path => path;
        public override IActorRefProvider Provider => provider;
        public override bool IsLocal => false;

        protected override void TellInternal(object message, IActorRef sender)
        {
            var target = (ExtendedActorSystem)LinkProvider.Nodes[path.Address.System];
            var from = sender is null ? null : target.Provider.ResolveActorRef(sender.Path);
            target.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(5), target.Provider.ResolveActorRef(path), message, from);
        }

        public override void SendSystemMessage(ISystemMessage message)
        {
            if (message is Watch watch) watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, false, true));
        }
    }

    private sealed class Node : ReceiveActor, IWithTimers
    {
        public Node(string peer)
        {
            var provider = ((ExtendedActorSystem)Context.System).Provider;
            Receive<string>(s => s == "go", _ => Timers.StartPeriodicTimer("tick", "tick", TimeSpan.FromMilliseconds(100)));
            var sent = 0;
            Receive<string>(s => s == "tick", _ =>
            {
                provider.ResolveActorRef(peer).Tell(++sent);
                if (sent == 3) Timers.CancelAll();
            });
            Receive<int>(i =>
            {
                Context.ActorOf(Props.Create(() => new Once())).Tell(i, Sender);
            });
            Receive<long>(_ => { });
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed class Once : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            Sender.Tell((long)(int)message);
            Context.Stop(Self);
        }
    }

    private static List<string> RunOnce()
    {
        var driver = Driver.Current = new Driver();
        foreach (var name in new[] { "n1", "n2" }) LinkProvider.Nodes[name] = ActorSystem.Create(name, Simulated);
        driver.Run();
        driver.Trace.Clear();
        foreach (var (name, peer) in new[] { ("n1", "n2"), ("n2", "n1") })
            LinkProvider.Nodes[name].ActorOf(Props.Create(() => new Node($"akka://{peer}/user/node")), "node").Tell("go");
        driver.Run();
        Assert.Equal(TimeSpan.FromMilliseconds(400), driver.Time); // virtual: the last thing due is the cancelled timer's next tick
        return driver.Trace;
    }

    [Fact]
    public async Task Two_systems_on_one_thread_in_virtual_time_run_the_same_way_again()
    {
        // A thread of its own: the driver must be found by ThreadStatic only, and nothing may hop to the pool.
        var runs = await Task.Factory.StartNew(() => (RunOnce(), RunOnce()), TaskCreationOptions.LongRunning).WaitAsync(Limit);
        Assert.Equal(runs.Item1, runs.Item2);
        Assert.Equal(6, runs.Item1.Count(line => line.Contains("TimerMsg")));
        Assert.Contains("105 /user/node 1", runs.Item1);
        Assert.Contains("310 /user/node 3", runs.Item1);
    }

    [Fact]
    public async Task Throughput_one_handles_one_message_a_step()
    {
        var handled = 0;
        var (steps, all) = await Task.Factory.StartNew(() =>
        {
            var driver = Driver.Current = new Driver();
            var system = ActorSystem.Create("steps", Simulated);
            Action count = () => handled++;
            var actor = system.ActorOf(Props.Create(() => new Counting(count)));
            driver.Run();
            var before = driver.Steps;
            for (var i = 0; i < 10; i++) actor.Tell(i);
            var each = new List<int>();
            while (driver.Ready.TryDequeue(out var next))
            {
                next.Run();
                each.Add(handled);
            }
            return (each, before);
        }, TaskCreationOptions.LongRunning).WaitAsync(Limit);
        Assert.Equal(Enumerable.Range(1, 10), steps);
        Assert.True(all > 0);
    }

    private sealed class Counting(Action count) : UntypedActor
    {
        protected override void OnReceive(object message) => count();
    }

    [Fact]
    public async Task A_dispatcher_that_is_a_text_is_an_alias()
    {
        var config = ConfigurationFactory.ParseString("first = second\nsecond = akka.actor.default-dispatcher\nround = trip\ntrip = round\nakka.loggers = []");
        var system = ActorSystem.Create("alias", config);
        Assert.Same(system.Dispatchers.Lookup("akka.actor.default-dispatcher"), system.Dispatchers.Lookup("first"));
        Assert.Same(system.Dispatchers.DefaultGlobalDispatcher, system.Dispatchers.Lookup("akka.actor.internal-dispatcher"));
        Assert.ThrowsAny<Exception>(() => system.Dispatchers.Lookup("round"));
        Assert.ThrowsAny<Exception>(() => system.Dispatchers.Lookup("missing"));
        await system.Terminate().WaitAsync(Limit);
    }
}

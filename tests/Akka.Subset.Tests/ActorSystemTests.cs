using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Subset.Tests;

public sealed class ActorSystemTests : ActorTestBase
{
    private interface IFruit { }

    private abstract record Fruit : IFruit;

    private sealed record Apple(int Weight) : Fruit;

    private sealed record Pear : Fruit;

    [Fact]
    public async Task The_event_stream_delivers_by_class_base_class_and_interface()
    {
        var (apples, fruits, all) = (NewProbe(), NewProbe(), NewProbe());
        Assert.True(System.EventStream.Subscribe(apples.Ref, typeof(Apple)));
        Assert.False(System.EventStream.Subscribe(apples.Ref, typeof(Apple)));
        System.EventStream.Subscribe(fruits.Ref, typeof(Fruit));
        System.EventStream.Subscribe(all.Ref, typeof(IFruit));
        System.EventStream.Publish(new Apple(1));
        System.EventStream.Publish(new Pear());
        await apples.Expect(new Apple(1));
        await fruits.Expect<Fruit>(new Apple(1));
        await fruits.Expect<Fruit>(new Pear());
        await all.Expect<Apple>();
        await all.Expect<Pear>();

        Assert.True(System.EventStream.Unsubscribe(fruits.Ref, typeof(Fruit)));
        Assert.False(System.EventStream.Unsubscribe(fruits.Ref, typeof(Fruit)));
        System.EventStream.Publish(new Apple(2));
        await apples.Expect(new Apple(2));
        await apples.ExpectNothingSoFar();
        await fruits.ExpectNothingSoFar();
    }

    [Fact]
    public async Task A_subscription_made_later_counts_for_classes_that_were_published_before()
    {
        System.EventStream.Publish(new Pear());
        var probe = NewProbe();
        System.EventStream.Subscribe(probe.Ref, typeof(Pear));
        System.EventStream.Publish(new Pear());
        await probe.Expect<Pear>();
        await probe.ExpectNothingSoFar();
    }

    [Fact]
    public async Task Who_stops_is_unsubscribed()
    {
        var letters = NewProbe();
        System.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        var probe = NewProbe();
        System.EventStream.Subscribe(probe.Ref, typeof(Pear));
        await probe.Ref.GracefulStop(Limit);
        var deadline = DateTime.UtcNow + Limit;
        while (System.EventStream.Unsubscribe(probe.Ref, typeof(Pear)))
        {
            // The stream has not heard of it yet.
            Assert.True(DateTime.UtcNow < deadline);
            System.EventStream.Subscribe(probe.Ref, typeof(Pear));
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task Log_events_are_published_with_source_level_and_formatted_text()
    {
        var system = ActorSystem.Create("logging", ConfigurationFactory.ParseString("akka.loglevel = INFO").WithFallback(Quiet));
        var probe = new Probe(system);
        system.EventStream.Subscribe(probe.Ref, typeof(LogEvent));
        var actor = system.ActorOf(Props.Create(() => new Loud()), "loud");
        actor.Tell("x");
        var info = await probe.Expect<Info>();
        Assert.Equal("got x, 1 times", info.Message.ToString());
        Assert.Equal(LogLevel.InfoLevel, info.LogLevel());
        Assert.Contains("/user/loud", info.LogSource);
        Assert.Equal(typeof(Loud), info.LogClass);
        var error = await probe.Expect<Error>();
        Assert.Equal("broken", error.Message.ToString());
        Assert.IsType<IOException>(error.Cause);
        await system.Terminate().WaitAsync(Limit);
    }

    private sealed class Loud : ReceiveActor
    {
        public Loud()
        {
            var log = Context.GetLogger();
            Receive<string>(s =>
            {
                log.Debug("not at this level");
                log.Info("got {0}, {1} times", s, 1);
                log.Error(new IOException(), "broken");
            });
        }
    }

    private sealed class CountingLogger : MinimalLogger
    {
        public static readonly List<string> Lines = [];

        protected override void Log(object message)
        {
            lock (Lines) Lines.Add(message.ToString()!);
        }
    }

    [Fact]
    public async Task A_minimal_logger_gets_the_events_on_the_spot()
    {
        var name = typeof(CountingLogger).AssemblyQualifiedName;
        var config = ConfigurationFactory.ParseString($"akka.loggers = [\"{name}\"]\nakka.loglevel = WARNING").WithFallback(Quiet);
        var system = ActorSystem.Create("minimal", config);
        system.Log.Warning("watch out {0}", 42);
        system.Log.Info("not at this level");
        lock (CountingLogger.Lines) Assert.Contains("watch out 42", Assert.Single(CountingLogger.Lines, l => l.Contains("42")));
        await system.Terminate().WaitAsync(Limit);
    }

    private sealed class ActorLogger : ReceiveActor
    {
        public static readonly TaskCompletionSource<string> First = new();

        public ActorLogger()
        {
            Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
            Receive<LogEvent>(e =>
            {
                var text = e.Message.ToString()!;
                if (text.Contains("marker")) First.TrySetResult(text);
            });
            ReceiveAny(_ => { });
        }
    }

    [Fact]
    public async Task An_actor_as_logger_is_started_with_the_system()
    {
        var config = ConfigurationFactory.ParseString($"akka.loggers = [\"{typeof(ActorLogger).AssemblyQualifiedName}\"]\nakka.loglevel = INFO").WithFallback(Quiet);
        var system = ActorSystem.Create("actorlogger", config);
        system.Log.Info("marker {0}", 1);
        Assert.Equal("marker 1", await ActorLogger.First.Task.WaitAsync(Limit));
        await system.Terminate().WaitAsync(Limit);
    }

    private sealed class Counter : IExtension
    {
        public int Value { get; set; }
    }

    private sealed class CounterProvider : ExtensionIdProvider<Counter>
    {
        public static int Created;

        public override Counter CreateExtension(ExtendedActorSystem system)
        {
            Interlocked.Increment(ref Created);
            return new Counter();
        }
    }

    [Fact]
    public void An_extension_is_made_once_a_system()
    {
        Assert.False(System.HasExtension<Counter>());
        Assert.False(System.TryGetExtension<Counter>(out _));
        var counter = System.WithExtension<Counter, CounterProvider>();
        Assert.Same(counter, new CounterProvider().Apply(System));
        Assert.Same(counter, System.GetExtension<Counter>());
        Assert.True(System.TryGetExtension<Counter>(out var found));
        Assert.Same(counter, found);
        Assert.Equal(1, CounterProvider.Created);
    }

    private sealed class AtStart : IExtension { }

    private sealed class AtStartProvider : ExtensionIdProvider<AtStart>
    {
        public override AtStart CreateExtension(ExtendedActorSystem system) => new();
    }

    [Fact]
    public async Task An_extension_named_in_the_configuration_is_there_from_the_start()
    {
        var config = ConfigurationFactory.ParseString($"akka.extensions = [\"{typeof(AtStartProvider).AssemblyQualifiedName}\"]").WithFallback(Quiet);
        var system = ActorSystem.Create("extended", config);
        Assert.True(system.HasExtension<AtStart>());
        await system.Terminate().WaitAsync(Limit);
    }

    private sealed class Slow : UntypedActor
    {
        private readonly List<string> _log;
        public Slow(List<string> log) => _log = log;
        protected override void OnReceive(object message) { }

        protected override void PostStop()
        {
            Thread.Sleep(20);
            lock (_log) _log.Add(Self.Path.ToStringWithoutAddress());
        }
    }

    [Fact]
    public async Task Terminate_stops_the_users_actors_then_the_systems_then_what_was_registered()
    {
        var system = (ExtendedActorSystem)ActorSystem.Create("ending", Quiet);
        var log = new List<string>();
        system.SystemActorOf(Props.Create(() => new Slow(log)), "service");
        system.ActorOf(Props.Create(() => new Slow(log)), "user");
        system.RegisterOnTermination(() => log.Add("first registered"));
        system.RegisterOnTermination(() => log.Add("last registered"));
        await system.Terminate().WaitAsync(Limit);
        Assert.True(system.WhenTerminated.IsCompleted);
        Assert.Equal(["/user/user", "/system/service", "last registered", "first registered"], log);
        Assert.Throws<InvalidOperationException>(() => system.ActorOf(Props.Create(() => new Slow(log))));
    }

    [Fact]
    public async Task CoordinatedShutdown_runs_its_phases_in_order_and_ends_the_system()
    {
        var config = ConfigurationFactory.ParseString("akka.coordinated-shutdown.phases.mine { depends-on = [service-stop] }").WithFallback(Quiet);
        var system = ActorSystem.Create("coordinated", config);
        var log = new List<string>();
        var shutdown = CoordinatedShutdown.Get(system);
        Assert.Same(shutdown, CoordinatedShutdown.Get(system));
        foreach (var phase in new[] { "mine", CoordinatedShutdown.PhaseServiceStop, CoordinatedShutdown.PhaseBeforeServiceUnbind, CoordinatedShutdown.PhaseBeforeActorSystemTerminate })
        {
            shutdown.AddTask(phase, "task", async () =>
            {
                await Task.Delay(10);
                lock (log) log.Add(phase);
                Assert.False(system.WhenTerminated.IsCompleted);
                return Done.Instance;
            });
        }
        Assert.Throws<ArgumentException>(() => shutdown.Timeout("no such phase"));
        await shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Limit);
        await system.WhenTerminated.WaitAsync(Limit);
        Assert.Equal(CoordinatedShutdown.PhaseBeforeServiceUnbind, log[0]);
        Assert.Equal(CoordinatedShutdown.PhaseServiceStop, log[1]);
        Assert.Equal(["before-actor-system-terminate", "mine"], log[2..].Order());
        Assert.Same(CoordinatedShutdown.ClrExitReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task Terminate_runs_CoordinatedShutdown_and_a_failing_task_does_not_stop_it()
    {
        var system = ActorSystem.Create("failing", Quiet);
        var ran = false;
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceUnbind, "bad", () => throw new IOException());
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, "good", () =>
        {
            ran = true;
            return Task.FromResult(Done.Instance);
        });
        await system.Terminate().WaitAsync(Limit);
        Assert.True(ran);
    }

    [Fact]
    public async Task A_phase_that_takes_too_long_is_left_behind()
    {
        var config = ConfigurationFactory.ParseString("akka.coordinated-shutdown.phases.service-stop.timeout = 100ms").WithFallback(Quiet);
        var system = ActorSystem.Create("slow", config);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, "hangs", () => new TaskCompletionSource<Done>().Task);
        await system.Terminate().WaitAsync(Limit);
    }

    [Fact]
    public async Task The_scheduler_tells_runs_and_repeats_until_cancelled()
    {
        var probe = NewProbe();
        var scheduler = System.Scheduler;
        scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(20), probe.Ref, "once", ActorRefs.NoSender);
        scheduler.Advanced.ScheduleOnce(20, () => probe.Ref.Tell("ran", ActorRefs.NoSender));
        Assert.Equal(["once", "ran"], new[] { await probe.Expect<string>(), await probe.Expect<string>() }.Order());

        var repeated = scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), probe.Ref, "again", ActorRefs.NoSender);
        for (var i = 0; i < 3; i++) await probe.Expect("again");
        repeated.Cancel();
        Assert.True(repeated.IsCancellationRequested);

        var never = scheduler.ScheduleTellOnceCancelable(TimeSpan.FromMilliseconds(50), probe.Ref, "never", ActorRefs.NoSender);
        never.Cancel();
        var failing = new ManualResetEventSlim();
        scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () =>
        {
            failing.Set();
            throw new IOException("must not end the scheduler");
        });
        Assert.True(failing.Wait(Limit));
        scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(100), probe.Ref, 1, ActorRefs.NoSender);
        object last;
        do last = await probe.Expect<object>(); while (last is "again");
        Assert.Equal(1, last);
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(-1), probe.Ref, 1, ActorRefs.NoSender));
    }

    [Fact]
    public void Setups_are_found_by_their_class()
    {
        var setup = BootstrapSetup.Create().WithConfig(Quiet).And(new MySetup(7));
        Assert.Equal(7, setup.Get<MySetup>().Value.Value);
        Assert.False(ActorSystemSetup.Empty.Get<MySetup>().HasValue);
        using var system = ActorSystem.Create("setup", setup);
        Assert.Equal(7, system.Settings.Setup.Get<MySetup>().Value.Value);
        Assert.Empty(system.Settings.Loggers);
    }

    private sealed class MySetup(int value) : Setup
    {
        public int Value { get; } = value;
    }

    [Fact]
    public void A_bad_name_is_refused() => Assert.Throws<ArgumentException>(() => ActorSystem.Create("no spaces", Quiet));
}

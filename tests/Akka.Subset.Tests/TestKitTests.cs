using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Xunit.Sdk;

namespace Akka.Subset.Tests;

/// <summary>What the TestKit promises, each expectation also where it must fail.</summary>
public class TestKitTests : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    public TestKitTests() : base("akka.loglevel = DEBUG") { }

    public sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }

    public sealed class Counter : UntypedActor
    {
        public int Count { get; private set; }

        protected override void OnReceive(object message)
        {
            if (message is Exception e) throw e;
            Count++;
            Sender.Tell(Count);
        }
    }

    private static string Fails(Action expectation) => Assert.ThrowsAny<XunitException>(expectation).Message;

    [Fact]
    public void The_test_actor_is_the_implicit_sender()
    {
        Sys.ActorOf(Props.Create<Echo>()).Tell("hello");
        Assert.Equal("hello", ExpectMsg<string>());
        Assert.Equal("hello", LastMessage);
    }

    [Fact]
    public async Task The_test_actor_stays_the_sender_across_await()
    {
        var echo = Sys.ActorOf(Props.Create<Echo>());
        await Task.Delay(1);
        echo.Tell("one");
        Assert.Equal("one", await ExpectMsgAsync<string>());
        await Task.Yield();
        echo.Tell("two");
        await ExpectMsgAsync("two");
    }

    [Fact]
    public void ExpectMsg_compares_type_value_predicate_and_sender()
    {
        var probe = CreateTestProbe();
        TestActor.Tell(1);
        ExpectMsg(1);
        TestActor.Tell(2);
        ExpectMsg<int>(m => m == 2);
        TestActor.Tell(3);
        ExpectMsg<int>(m => Assert.Equal(3, m));
        TestActor.Tell(4, probe.Ref);
        ExpectMsg<int>((m, sender) => m == 4 && sender.Equals(probe.Ref));
        TestActor.Tell(5, probe.Ref);
        Assert.Equal(5, ExpectMsgFrom<int>(probe.Ref));
        TestActor.Tell(6, probe.Ref);
        ExpectMsgFrom(probe.Ref, 6);
        TestActor.Tell(new[] { 1, 2 });
        ExpectMsg(new[] { 1, 2 });
        TestActor.Tell("ABC");
        ExpectMsg("abc", (a, b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void ExpectMsg_fails_on_silence_another_type_value_or_sender()
    {
        Assert.Contains("System.String", Fails(() => ExpectMsg<string>(Short)));
        TestActor.Tell(42);
        var message = Fails(() => ExpectMsg<string>());
        Assert.Contains("42", message);
        Assert.Contains("System.Int32", message);
        TestActor.Tell("other");
        Assert.Contains("other", Fails(() => ExpectMsg("expected")));
        TestActor.Tell(7);
        Assert.Contains("7", Fails(() => ExpectMsg<int>(m => m == 8)));
        TestActor.Tell(9, CreateTestProbe().Ref);
        Fails(() => ExpectMsgFrom<int>(TestActor));
    }

    [Fact]
    public async Task The_asynchronous_expectations_fail_alike()
    {
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectMsgAsync<string>(Short));
        TestActor.Tell(1);
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectMsgAsync(2));
        TestActor.Tell(1);
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectNoMsgAsync(Long));
        await ExpectNoMsgAsync(Short);
        await Assert.ThrowsAnyAsync<XunitException>(async () => await AwaitConditionAsync(() => Task.FromResult(false), Short));
        await AwaitAssertAsync(() => Assert.True(true));
        Assert.Equal(3, await WithinAsync(Long, () => Task.FromResult(3)));
    }

    [Fact]
    public void ExpectNoMsg_fails_when_something_comes()
    {
        ExpectNoMsg(Short);
        ExpectNoMsg(10);
        TestActor.Tell("noise");
        Assert.Contains("noise", Fails(() => ExpectNoMsg(Long)));
    }

    [Fact]
    public void Several_messages_in_any_order()
    {
        foreach (var m in new[] { "c", "a", "b" }) TestActor.Tell(m);
        Assert.Equal(["c", "a", "b"], ExpectMsgAllOf("a", "b", "c"));
        TestActor.Tell("x");
        Assert.Equal("x", ExpectMsgAnyOf(new[] { "x", "y" }));
        TestActor.Tell("z");
        Assert.Contains("z", Fails(() => ExpectMsgAnyOf(new[] { "x", "y" })));
        foreach (var m in new[] { "a", "d" }) TestActor.Tell(m);
        var message = Fails(() => ExpectMsgAllOf("a", "b"));
        Assert.Contains("b", message);
        Assert.Contains("d", message);
    }

    [Fact]
    public void Fishing_and_receiving()
    {
        foreach (var m in new object[] { 1, "a", 2, "b" }) TestActor.Tell(m);
        Assert.Equal(2, FishForMessage<int>(m => m == 2));
        Assert.Equal("b", FishForMessage(m => m is string));
        Fails(() => FishForMessage(_ => true, Short));
        foreach (var m in new object[] { 1, 2, 3 }) TestActor.Tell(m);
        Assert.Equal([1, 2], ReceiveN(2));
        Assert.Equal(3, ReceiveOne(Long));
        Assert.Null(ReceiveOne(TimeSpan.Zero));
        Fails(() => ReceiveN(1, Short));
        foreach (var m in new object[] { 1, 2, "end" }) TestActor.Tell(m);
        Assert.Equal([1, 2], ReceiveWhile<object>(Long, m => m is int ? m : null!));
        ExpectMsg("end");
        Assert.False(HasMessages);
    }

    [Fact]
    public void Ignored_messages_do_not_count()
    {
        IgnoreMessages<string>(m => m == "noise");
        TestActor.Tell("noise");
        TestActor.Tell("signal");
        ExpectMsg("signal");
        IgnoreNoMessages();
        TestActor.Tell("noise");
        ExpectMsg("noise");
    }

    [Fact]
    public void Within_limits_all_that_happens_in_it()
    {
        Within(Long, () => { });
        Assert.Equal(1, Within(TimeSpan.Zero, Long, () => 1));
        Assert.Contains("exceeding", Fails(() => Within(Short, () => Thread.Sleep(Short * 4))));
        Fails(() => Within(Long, Long * 2, () => { }));
        Within(Short, () => ExpectNoMsg()); // to wait for the end of the block is no failure
        Within(Long, () => Assert.True(Remaining <= Long));
    }

    [Fact]
    public void Waiting_for_conditions()
    {
        var tries = 0;
        AwaitCondition(() => ++tries == 3, Long);
        AwaitAssert(() => Assert.True(++tries >= 6), Long, TimeSpan.FromMilliseconds(5));
        Fails(() => AwaitCondition(() => false, Short));
        Fails(() => AwaitAssert(() => Assert.Fail("never"), Short, TimeSpan.FromMilliseconds(5)));
        Assert.False(AwaitConditionNoThrow(() => false, Short));
    }

    [Fact]
    public void A_watched_actor_is_reported_when_it_terminates()
    {
        var echo = Watch(Sys.ActorOf(Props.Create<Echo>()));
        Sys.Stop(echo);
        ExpectTerminated(echo);
        var other = Watch(Sys.ActorOf(Props.Create<Echo>()));
        Unwatch(other);
        other.Tell(PoisonPill.Instance);
        ExpectNoMsg(Short);
        Fails(() => ExpectTerminated(other, Short));
    }

    [Fact]
    public void A_probe_sends_replies_and_forwards_as_itself()
    {
        var probe = CreateTestProbe();
        var echo = Sys.ActorOf(Props.Create<Echo>());
        probe.Send(echo, "hello");
        probe.ExpectMsg("hello");
        Assert.Equal(echo, probe.Sender);
        probe.Ref.Tell("question", TestActor);
        probe.ExpectMsg("question");
        probe.Reply("answer");
        ExpectMsg("answer");
        Assert.Equal(probe.Ref, LastSender);
        probe.Ref.Tell("pass on", echo);
        probe.ExpectMsg("pass on");
        probe.Forward(TestActor);
        ExpectMsgFrom(echo, "pass on");
        ExpectNoMsg(Short);
    }

    [Fact]
    public void A_probe_stands_in_for_an_actor()
    {
        var probe = CreateTestProbe("partner");
        IActorRef asRef = probe;
        asRef.Tell("direct");
        probe.ExpectMsg("direct");
        Watch(probe);
        Sys.Stop(probe.Ref);
        ExpectTerminated(probe.Ref);
    }

    [Fact]
    public void An_auto_pilot_answers_before_the_test_looks()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell($"auto {message}");
            return message is "last" ? AutoPilot.NoAutoPilot : AutoPilot.KeepRunning;
        }));
        probe.Ref.Tell("first");
        ExpectMsg("auto first");
        probe.Ref.Tell("last");
        ExpectMsg("auto last");
        probe.Ref.Tell("ignored");
        ExpectNoMsg(Short);
        Assert.Equal(["first", "last", "ignored"], probe.ReceiveN(3));
    }

    [Fact]
    public void A_test_actor_ref_runs_on_the_calling_thread()
    {
        var counter = ActorOfAsTestActorRef<Counter>("counter");
        counter.Tell("a");
        Assert.Equal(1, counter.UnderlyingActor.Count);
        ExpectMsg(1);
        counter.Tell("b", TestActor);
        ExpectMsg(2, TimeSpan.Zero);
        counter.Receive("c");
        ExpectMsg(3);
        Assert.Equal(3, counter.UnderlyingActor.Count);
        Assert.Throws<InvalidOperationException>(() => counter.Receive(new InvalidOperationException("thrown to the test")));
        Assert.EndsWith("/user/counter", counter.Path.ToString());
        Watch(counter);
        counter.Tell(PoisonPill.Instance);
        ExpectTerminated(counter);
    }

    [Fact]
    public void A_test_actor_ref_is_restarted_when_it_fails()
    {
        var counter = ActorOfAsTestActorRef<Counter>(Props.Create(() => new Counter()));
        counter.Tell("a");
        EventFilter.Exception<InvalidOperationException>("broken").ExpectOne(() => counter.Tell(new InvalidOperationException("broken")));
        AwaitCondition(() => counter.UnderlyingActor.Count == 0, Long);
    }

    [Fact]
    public void Event_filters_count_log_events()
    {
        EventFilter.Info("hello").ExpectOne(() => Log.Info("hello"));
        EventFilter.Warning(contains: "ell").Expect(2, () =>
        {
            Log.Warning("hello");
            Log.Warning("well");
            Log.Warning("else");
        });
        EventFilter.Error(start: "oh").ExpectOne(() => Log.Error("oh no"));
        EventFilter.Debug(new System.Text.RegularExpressions.Regex("^d.g$")).ExpectOne(() => Log.Debug("dog"));
        EventFilter.Exception<ArgumentException>(contains: "bad").ExpectOne(() => Log.Error(new ArgumentException("bad argument"), "it failed"));
        EventFilter.Error().And.Warning().Expect(2, () =>
        {
            Log.Error("e");
            Log.Warning("w");
        });
        Assert.Equal(5, EventFilter.Info("five").ExpectOne(() =>
        {
            Log.Info("five");
            return 5;
        }));
        EventFilter.Custom(e => e.Message.ToString() == "custom").ExpectOne(() => Log.Info("custom"));
    }

    [Fact]
    public void Event_filters_fail_on_too_few_and_too_many()
    {
        Fails(() => EventFilter.Error("never").ExpectOne(Short, () => { }));
        Fails(() => EventFilter.Info("twice").ExpectOne(Long, () =>
        {
            Log.Info("twice");
            Log.Info("twice");
            // Loggers are actors: only after the second has been seen by one is it sure that both can be counted.
            EventFilter.Info("mark").ExpectOne(() => Log.Info("mark"));
        }));
        EventFilter.Error("never").Expect(0, Short, () => { });
    }

    [Fact]
    public async Task Event_filters_await()
    {
        await EventFilter.Info("later").ExpectOneAsync(async () =>
        {
            await Task.Delay(1);
            Log.Info("later");
        });
    }

    [Fact]
    public void Muted_events_can_be_unmuted()
    {
        var muted = EventFilter.Error("quiet").Mute();
        Log.Error("quiet");
        muted.Unmute();
        EventFilter.Error("quiet").Mute(() => Log.Error("quiet"));
        EventFilter.Error("quiet").ExpectOne(() => Log.Error("quiet"));
    }

    [Fact]
    public void Dead_letters_can_be_expected()
    {
        var gone = Watch(Sys.ActorOf(Props.Create<Echo>(), "gone"));
        Sys.Stop(gone);
        ExpectTerminated(gone);
        EventFilter.DeadLetter<string>().ExpectOne(() => gone.Tell("anyone?"));
        EventFilter.DeadLetter<int>(n => n == 2).ExpectOne(() =>
        {
            gone.Tell(1);
            gone.Tell(2);
        });
        EventFilter.DeadLetter().Expect(2, () =>
        {
            gone.Tell("a");
            gone.Tell("b");
        });
    }

    [Fact]
    public void A_latch_opens_at_zero()
    {
        var latch = CreateTestLatch(2);
        latch.CountDown();
        Assert.False(latch.IsOpen);
        Assert.Throws<TimeoutException>(() => latch.Ready(Short));
        latch.CountDown();
        latch.Ready();
        Assert.True(latch.IsOpen);
    }

    [Fact]
    public void Settings_have_their_defaults()
    {
        Assert.Equal(TimeSpan.FromSeconds(3), TestKitSettings.SingleExpectDefault);
        Assert.Equal(TimeSpan.FromSeconds(5), TestKitSettings.DefaultTimeout);
        Assert.Equal(1.0, TestKitSettings.TestTimeFactor);
        Assert.Equal(Long, Dilated(Long));
    }
}

/// <summary>The log goes to the test's own output, if it hands one in.</summary>
public class TestKitOutputTests : Akka.TestKit.Xunit2.TestKit
{
    public TestKitOutputTests() : base("akka.loglevel = INFO", new Lines()) { }

    private sealed class Lines : Xunit.Abstractions.ITestOutputHelper
    {
        private readonly List<string> _lines = [];
        public bool Has(string text)
        {
            lock (_lines) return _lines.Any(l => l.Contains(text));
        }

        public void WriteLine(string message)
        {
            lock (_lines) _lines.Add(message);
        }

        public void WriteLine(string format, params object[] args) => WriteLine(string.Format(format, args));
    }

    [Fact]
    public void The_log_is_written_to_the_output()
    {
        Log.Info("to be {0}", "seen");
        Log.Debug("below the level");
        AwaitCondition(() => ((Lines)Output!).Has("to be seen"), TimeSpan.FromSeconds(10));
        Assert.False(((Lines)Output!).Has("below the level"));
    }
}

/// <summary>Durations given to the TestKit are scaled.</summary>
public class TestKitTimeFactorTests : Akka.TestKit.Xunit2.TestKit
{
    public TestKitTimeFactorTests() : base("akka.test { timefactor = 2.0, single-expect-default = 1s }") { }

    [Fact]
    public void Durations_are_multiplied_by_the_time_factor()
    {
        Assert.Equal(TimeSpan.FromSeconds(4), Dilated(TimeSpan.FromSeconds(2)));
        Assert.Equal(TimeSpan.FromSeconds(2), RemainingOrDefault);
    }
}

/// <summary>Time that moves only when a test says so.</summary>
public class TestKitSchedulerTests : Akka.TestKit.Xunit2.TestKit
{
    public TestKitSchedulerTests() : base("""akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit" """) { }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    public sealed class Timed : UntypedActor, IWithTimers
    {
        private readonly IActorRef _listener;
        public Timed(IActorRef listener) => _listener = listener;
        public ITimerScheduler Timers { get; set; } = null!;
        protected override void PreStart() => Timers.StartSingleTimer("key", "tick", TimeSpan.FromSeconds(30));
        protected override void OnReceive(object message) => _listener.Tell(message);
    }

    [Fact]
    public void Nothing_fires_before_its_time()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(60), TestActor, "minute", ActorRefs.NoSender);
        Scheduler.Advance(TimeSpan.FromSeconds(59));
        ExpectNoMsg(50);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("minute");
        Scheduler.Advance(TimeSpan.FromHours(1));
        ExpectNoMsg(50);
    }

    [Fact]
    public void What_is_due_fires_in_the_order_of_its_time()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(3), TestActor, 3, ActorRefs.NoSender);
        Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(1), TestActor, 1, ActorRefs.NoSender);
        Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(2), TestActor, 2, ActorRefs.NoSender);
        Scheduler.AdvanceTo(Scheduler.Now.AddSeconds(10));
        Assert.Equal([1, 2, 3], ReceiveN(3));
        Assert.Throws<InvalidOperationException>(() => Scheduler.AdvanceTo(Scheduler.Now.AddSeconds(-1)));
    }

    [Fact]
    public void Repeated_and_cancelled_messages()
    {
        var cancel = new Cancelable(Sys.Scheduler);
        Scheduler.ScheduleTellRepeatedly(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TestActor, "again", ActorRefs.NoSender, cancel);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("again");
        Scheduler.Advance(TimeSpan.FromSeconds(2));
        ExpectMsg("again");
        cancel.Cancel();
        Scheduler.Advance(TimeSpan.FromSeconds(2));
        ExpectNoMsg(50);
        var ran = 0;
        Scheduler.Advanced.ScheduleOnce(TimeSpan.FromSeconds(1), () => ran++);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, ran);
    }

    [Fact]
    public void Timers_of_actors_follow_it()
    {
        var timed = ActorOfAsTestActorRef<Timed>(Props.Create(() => new Timed(TestActor)));
        Scheduler.Advance(TimeSpan.FromSeconds(29));
        ExpectNoMsg(50);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("tick");
        Sys.Stop(timed);
    }
}

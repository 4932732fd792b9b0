using Akka.Actor;
using Akka.Event;

namespace Akka.Subset.Tests;

public sealed class ActorStashAndTimerTests : ActorTestBase
{
    private sealed class Stashing : ReceiveActor, IWithUnboundedStash
    {
        private bool _open;

        public Stashing(IActorRef log)
        {
            Receive<string>(s => s == "open", _ =>
            {
                _open = true;
                Stash.UnstashAll();
            });
            Receive<string>(s => s == "fail", _ => throw new IOException());
            Receive<string>(s => s == "twice", _ =>
            {
                Stash.Stash();
                Stash.Stash();
            });
            Receive<int>(i =>
            {
                if (_open) log.Forward(i);
                else Stash.Stash();
            });
        }

        public IStash Stash { get; set; } = null!;
    }

    [Fact]
    public async Task Unstashed_messages_come_in_their_order_before_later_ones()
    {
        var (log, sender) = (NewProbe(), NewProbe());
        var actor = System.ActorOf(Props.Create(() => new Stashing(log.Ref)));
        for (var i = 0; i < 3; i++) actor.Tell(i, sender.Ref);
        actor.Tell("open");
        actor.Tell(3);
        for (var i = 0; i < 4; i++)
        {
            await log.Expect(i);
            if (i < 3) Assert.Equal(sender.Ref, log.LastSender);
        }
    }

    [Fact]
    public async Task The_stash_survives_a_restart()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Stashing(log.Ref)));
        actor.Tell(1);
        actor.Tell("fail");
        actor.Tell("open");
        await log.Expect(1);
    }

    [Fact]
    public async Task Stashing_one_message_twice_fails_the_actor()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Stashing(log.Ref)));
        System.EventStream.Subscribe(log.Ref, typeof(DeadLetter));
        await log.Watch(actor);
        actor.Tell(PoisonPill.Instance);
        await log.Expect<Terminated>();

        var cause = new TaskCompletionSource<Exception>();
        var parent = System.ActorOf(Props.Create(() => new OneChild(Props.Create(() => new Stashing(log.Ref)), cause)));
        parent.Tell("twice");
        Assert.IsType<IllegalActorStateException>(await cause.Task.WaitAsync(Limit));
    }

    private sealed class OneChild : UntypedActor
    {
        private readonly IActorRef _child;
        private readonly TaskCompletionSource<Exception> _cause;

        public OneChild(Props child, TaskCompletionSource<Exception> cause)
        {
            _cause = cause;
            _child = Context.ActorOf(child);
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
        {
            _cause.TrySetResult(e);
            return Directive.Stop;
        });

        protected override void OnReceive(object message) => _child.Forward(message);
    }

    [Fact]
    public async Task What_is_stashed_when_the_actor_stops_becomes_dead_letters()
    {
        var letters = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Stashing(letters.Ref)));
        System.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        actor.Tell(1);
        actor.Tell(2);
        await actor.GracefulStop(Limit);
        Assert.Equal(1, (await letters.Expect<DeadLetter>()).Message);
        Assert.Equal(2, (await letters.Expect<DeadLetter>()).Message);
    }

    private sealed class Timed : ReceiveActor, IWithTimers
    {
        public Timed(IActorRef log)
        {
            Receive<Start>(s =>
            {
                if (s.Every) Timers.StartPeriodicTimer(s.Key, s.Message, TimeSpan.FromMilliseconds(s.Milliseconds));
                else Timers.StartSingleTimer(s.Key, s.Message, TimeSpan.FromMilliseconds(s.Milliseconds));
            });
            Receive<Cancel>(c => Timers.Cancel(c.Key));
            Receive<Sleep>(s => Thread.Sleep(s.Milliseconds));
            Receive<Active>(a => Sender.Tell(Timers.IsTimerActive(a.Key)));
            Receive<Exception>(e => throw e);
            ReceiveAny(m => log.Tell(m));
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed record Start(string Key, string Message, int Milliseconds, bool Every = false);
    private sealed record Cancel(string Key);
    private sealed record Active(string Key);
    private sealed record Sleep(int Milliseconds);

    [Fact]
    public async Task A_single_timer_fires_once_and_is_not_active_afterwards()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Timed(log.Ref)));
        actor.Tell(new Start("a", "tick", 30));
        Assert.True(await actor.Ask<bool>(new Active("a"), Limit));
        await log.Expect("tick");
        Assert.False(await actor.Ask<bool>(new Active("a"), Limit));
        await log.ExpectNothing();
    }

    [Fact]
    public async Task A_periodic_timer_fires_until_it_is_cancelled()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Timed(log.Ref)));
        actor.Tell(new Start("a", "tick", 10, Every: true));
        for (var i = 0; i < 5; i++) await log.Expect("tick");
        actor.Tell(new Cancel("a"));
        await actor.Ask<bool>(new Active("a"), Limit);
        await Drain(log, "tick");
        await log.ExpectNothing(100);
    }

    [Fact]
    public async Task A_new_timer_of_a_key_replaces_the_old_one()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Timed(log.Ref)));
        actor.Tell(new Start("a", "old", 50));
        actor.Tell(new Start("a", "new", 60));
        await log.Expect("new");
        await log.ExpectNothing();
    }

    [Fact]
    public async Task The_message_of_a_cancelled_timer_is_not_delivered_though_it_is_in_the_mailbox()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Timed(log.Ref)));
        actor.Tell(new Start("a", "stale", 10));
        actor.Tell(new Sleep(200)); // the timer fires meanwhile, and its message waits behind the cancellation
        actor.Tell(new Cancel("a"));
        actor.Tell("after");
        await log.Expect("after");
        await log.ExpectNothing(100);
    }

    [Fact]
    public async Task A_restart_cancels_the_timers()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new Timed(log.Ref)));
        actor.Tell(new Start("a", "stale", 10));
        actor.Tell(new Start("b", "periodic", 10, Every: true));
        actor.Tell(new Sleep(200));
        actor.Tell(new IOException());
        Assert.False(await actor.Ask<bool>(new Active("a"), Limit));
        await log.ExpectNothing(100);
    }

    private static async Task Drain(Probe log, string expected)
    {
        await log.Ref.Ask<ActorIdentity>(new Identify(0), Limit);
        try
        {
            while (true)
            {
                await log.ExpectNothingSoFar();
                return;
            }
        }
        catch (Xunit.Sdk.FalseException)
        {
            // one tick was on its way when the timer was cancelled
        }
    }
}

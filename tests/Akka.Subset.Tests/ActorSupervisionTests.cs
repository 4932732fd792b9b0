using Akka.Actor;

namespace Akka.Subset.Tests;

public sealed class ActorSupervisionTests : ActorTestBase
{
    /// <summary>Says each step of its life; fails when told an exception.</summary>
    private sealed class Child : UntypedActor
    {
        private static int _instances;
        private readonly IActorRef _log;
        private readonly string _name;
        private int _count;

        public Child(IActorRef log, string name)
        {
            (_log, _name) = (log, name);
            Instance = Interlocked.Increment(ref _instances);
        }

        public int Instance { get; }
        protected override void PreStart() => _log.Tell($"{_name} PreStart");
        protected override void PostStop() => _log.Tell($"{_name} PostStop");

        protected override void PreRestart(Exception reason, object message)
        {
            _log.Tell($"{_name} PreRestart {reason.Message} {message}");
            base.PreRestart(reason, message);
        }

        protected override void PostRestart(Exception reason)
        {
            _log.Tell($"{_name} PostRestart {reason.Message}");
            base.PostRestart(reason);
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Fail fail:
                    throw fail.Cause;
                case "count":
                    Sender.Tell(++_count);
                    break;
                case "grandchild":
                    Sender.Tell(Context.ActorOf(Props.Create(() => new Child(_log, _name + "/g")), "g"));
                    break;
            }
        }
    }

    private sealed record Fail(Exception Cause)
    {
        public override string ToString() => "Fail";
    }

    private sealed class Parent(SupervisorStrategy strategy) : UntypedActor
    {
        protected override SupervisorStrategy SupervisorStrategy() => strategy;

        protected override void OnReceive(object message)
        {
            if (message is (Props props, string name)) Sender.Tell(Context.ActorOf(props, name));
        }
    }

    private Task<IActorRef> NewChild(IActorRef parent, Probe log, string name) =>
        parent.Ask<IActorRef>((Props.Create(() => new Child(log.Ref, name)), name), Limit);

    private IActorRef NewParent(SupervisorStrategy strategy) => System.ActorOf(Props.Create(() => new Parent(strategy)));

    [Fact]
    public async Task Restart_makes_a_new_instance_under_the_same_reference_and_keeps_the_mailbox()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(new OneForOneStrategy(_ => Directive.Restart)), log, "c");
        await log.Expect("c PreStart");
        Assert.Equal(1, await child.Ask<int>("count", Limit));
        child.Tell(new Fail(new IOException("boom")));
        Assert.Equal(1, await child.Ask<int>("count", Limit)); // waited in the mailbox, handled by the fresh instance
        await log.Expect("c PreRestart boom Fail");
        await log.Expect("c PostStop");
        await log.Expect("c PostRestart boom");
        await log.Expect("c PreStart");
    }

    [Fact]
    public async Task Resume_keeps_the_instance()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(new OneForOneStrategy(_ => Directive.Resume)), log, "c");
        await log.Expect("c PreStart");
        Assert.Equal(1, await child.Ask<int>("count", Limit));
        child.Tell(new Fail(new IOException("boom")));
        Assert.Equal(2, await child.Ask<int>("count", Limit));
        await log.ExpectNothingSoFar();
    }

    [Fact]
    public async Task Stop_ends_the_child()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(new OneForOneStrategy(_ => Directive.Stop)), log, "c");
        await log.Watch(child);
        await log.Expect("c PreStart");
        child.Tell(new Fail(new IOException("boom")));
        await log.Expect("c PostStop");
        Assert.True((await log.Expect<Terminated>()).ExistenceConfirmed);
    }

    [Fact]
    public async Task Escalate_fails_the_parent_with_the_same_cause()
    {
        var log = NewProbe();
        var causes = new TaskCompletionSource<Exception>();
        var top = NewParent(new OneForOneStrategy(e =>
        {
            causes.TrySetResult(e);
            return Directive.Restart;
        }));
        var middle = await top.Ask<IActorRef>((Props.Create(() => new Parent(new OneForOneStrategy(_ => Directive.Escalate))), "middle"), Limit);
        var child = await NewChild(middle, log, "c");
        await log.Watch(child);
        await log.Expect("c PreStart");
        child.Tell(new Fail(new IOException("up")));
        Assert.Equal("up", (await causes.Task.WaitAsync(Limit)).Message);
        await log.Expect("c PostStop"); // the parent's restart stops its children
        await log.Expect<Terminated>();
    }

    [Fact]
    public async Task AllForOne_restarts_the_siblings_too()
    {
        var (first, second) = (NewProbe(), NewProbe());
        var parent = NewParent(new AllForOneStrategy(_ => Directive.Restart));
        var one = await NewChild(parent, first, "1");
        await NewChild(parent, second, "2");
        await first.Expect("1 PreStart");
        await second.Expect("2 PreStart");
        one.Tell(new Fail(new IOException("all")));
        await second.Expect("2 PreRestart all ");
        await first.Expect("1 PreRestart all Fail");
    }

    [Fact]
    public async Task After_too_many_restarts_the_child_stops()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(new OneForOneStrategy(2, TimeSpan.FromMinutes(5), _ => Directive.Restart)), log, "c");
        await log.Watch(child);
        for (var i = 0; i < 3; i++) child.Tell(new Fail(new IOException("boom")));
        for (var i = 0; i < 2; i++)
        {
            await log.Expect("c PreStart");
            await log.Expect("c PreRestart boom Fail");
            await log.Expect("c PostStop");
            await log.Expect("c PostRestart boom");
        }
        await log.Expect("c PreStart");
        await log.Expect("c PostStop");
        await log.Expect<Terminated>();
    }

    [Fact]
    public async Task A_restart_stops_the_children()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(new OneForOneStrategy(_ => Directive.Restart)), log, "c");
        var grandchild = await child.Ask<IActorRef>("grandchild", Limit);
        await log.Expect("c PreStart");
        await log.Expect("c/g PreStart");
        await log.Watch(grandchild);
        child.Tell(new Fail(new IOException("boom")));
        await log.Expect("c PreRestart boom Fail");
        // The new instance is made only when the old children are gone, so their name is free again.
        var fresh = await child.Ask<IActorRef>("grandchild", Limit);
        Assert.Equal(grandchild.Path, fresh.Path);
        Assert.NotEqual(grandchild, fresh);
    }

    [Fact]
    public async Task Kill_stops_by_default()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        await probe.Watch(actor);
        actor.Tell(Kill.Instance);
        Assert.Equal(actor, (await probe.Expect<Terminated>()).ActorRef);
    }

    private sealed class Unmakeable : UntypedActor
    {
        public Unmakeable() => throw new IOException("no");
        protected override void OnReceive(object message) { }
    }

    [Fact]
    public async Task An_actor_whose_constructor_fails_is_stopped_by_default()
    {
        var probe = NewProbe();
        var failure = new TaskCompletionSource<Exception>();
        var parent = NewParent(new OneForOneStrategy(e =>
        {
            failure.TrySetResult(e);
            return SupervisorStrategy.DefaultDecider.Decide(e);
        }));
        var child = await parent.Ask<IActorRef>((Props.Create<Unmakeable>(), "c"), Limit);
        await probe.Watch(child);
        await probe.Expect<Terminated>();
        Assert.IsType<ActorInitializationException>(await failure.Task.WaitAsync(Limit));
    }

    private sealed class StartsAtTheThirdAttempt : UntypedActor
    {
        public StartsAtTheThirdAttempt(StrongBox attempts, IActorRef log)
        {
            if (Interlocked.Increment(ref attempts.Value) < 3) throw new IOException("not yet");
            log.Tell("up");
        }

        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class StrongBox
    {
        public int Value;
    }

    [Fact]
    public async Task Restart_makes_an_actor_whose_constructor_failed_again()
    {
        var log = NewProbe();
        var attempts = new StrongBox();
        var parent = NewParent(new OneForOneStrategy(_ => Directive.Restart));
        var child = await parent.Ask<IActorRef>((Props.Create(() => new StartsAtTheThirdAttempt(attempts, log.Ref)), "c"), Limit);
        Assert.Equal("hello", await child.Ask<string>("hello", Limit));
        await log.Expect("up");
        Assert.Equal(3, attempts.Value);
    }

    [Fact]
    public async Task Children_stop_before_their_parent()
    {
        var log = NewProbe();
        var child = await NewChild(NewParent(SupervisorStrategy.DefaultStrategy), log, "c");
        await child.Ask<IActorRef>("grandchild", Limit);
        await log.Expect("c PreStart");
        await log.Expect("c/g PreStart");
        child.Tell(PoisonPill.Instance);
        await log.Expect("c/g PostStop");
        await log.Expect("c PostStop");
    }

    [Fact]
    public async Task Names_are_unique_among_siblings_and_free_again_when_the_actor_is_gone()
    {
        var first = Spawn((_, _) => { }, "one");
        Assert.Throws<InvalidActorNameException>(() => Spawn((_, _) => { }, "one"));
        await first.GracefulStop(Limit);
        var deadline = DateTime.UtcNow + Limit;
        IActorRef? second = null;
        while (second is null && DateTime.UtcNow < deadline)
        {
            try
            {
                second = Spawn((_, _) => { }, "one");
            }
            catch (InvalidActorNameException)
            {
                await Task.Delay(5); // the parent has not heard of it yet
            }
        }
        Assert.NotNull(second);
        Assert.Equal(first.Path, second.Path);
        Assert.NotEqual(first, second); // another incarnation
        Assert.Throws<InvalidActorNameException>(() => Spawn((_, _) => { }, "a/b"));
        Assert.Throws<InvalidActorNameException>(() => Spawn((_, _) => { }, ""));
    }
}

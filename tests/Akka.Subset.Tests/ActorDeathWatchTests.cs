using Akka.Actor;

namespace Akka.Subset.Tests;

public sealed class ActorDeathWatchTests : ActorTestBase
{
    [Fact]
    public async Task A_watcher_hears_of_the_end()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        await probe.Watch(actor);
        actor.Tell(PoisonPill.Instance);
        var terminated = await probe.Expect<Terminated>();
        Assert.Equal(actor, terminated.ActorRef);
        Assert.True(terminated.ExistenceConfirmed);
        Assert.False(terminated.AddressTerminated);
        Assert.Equal(actor, probe.LastSender);
    }

    [Fact]
    public async Task Who_watches_a_dead_actor_hears_it_too()
    {
        var actor = Spawn((_, _) => { });
        await actor.GracefulStop(Limit);
        var probe = NewProbe();
        await probe.Watch(actor);
        Assert.Equal(actor, (await probe.Expect<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task Who_watches_an_actor_that_never_was_hears_it_too()
    {
        var never = ((ExtendedActorSystem)System).Provider.ResolveActorRef("akka://test/user/never#17");
        var probe = NewProbe();
        await probe.Watch(never);
        var terminated = await probe.Expect<Terminated>();
        Assert.Equal(never, terminated.ActorRef);
        Assert.False(terminated.ExistenceConfirmed);
    }

    [Fact]
    public async Task Unwatch_takes_back_also_what_is_in_the_mailbox()
    {
        var probe = NewProbe();
        var subject = Spawn((_, _) => { });
        var gate = new ManualResetEventSlim();
        var watcher = Spawn((message, context) =>
        {
            switch (message)
            {
                case "watch":
                    context.Watch(subject);
                    break;
                case "block":
                    probe.Ref.Tell("blocked");
                    gate.Wait(Limit);
                    context.Unwatch(subject);
                    break;
                default:
                    probe.Ref.Tell(message);
                    break;
            }
        });
        watcher.Tell("watch");
        watcher.Tell("block");
        await probe.Expect("blocked");
        await subject.GracefulStop(Limit);
        gate.Set();
        watcher.Tell("after");
        await probe.Expect("after");
        await probe.ExpectNothing();
    }

    [Fact]
    public async Task WatchWith_delivers_the_message_instead()
    {
        var probe = NewProbe();
        var subject = Spawn((_, _) => { });
        var watcher = Spawn((message, context) =>
        {
            if (message is "watch") context.WatchWith(subject, "it is gone");
            else probe.Ref.Tell(message);
        });
        watcher.Tell("watch");
        await watcher.Ask<ActorIdentity>(new Identify(1), Limit);
        subject.Tell(PoisonPill.Instance);
        await probe.Expect("it is gone");
    }

    private sealed class Pact : ReceiveActor
    {
        public Pact(IActorRef subject)
        {
            Context.Watch(subject);
            Receive<string>(_ => { });
        }
    }

    [Fact]
    public async Task Who_does_not_handle_Terminated_dies_with_the_watched_actor()
    {
        var probe = NewProbe();
        var subject = Spawn((_, _) => { });
        var pact = System.ActorOf(Props.Create(() => new Pact(subject)));
        await probe.Watch(pact);
        subject.Tell(PoisonPill.Instance);
        Assert.Equal(pact, (await probe.Expect<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task A_parent_that_watches_its_child_hears_of_it_once_and_may_use_the_name_again()
    {
        var probe = NewProbe();
        var parent = Spawn((message, context) =>
        {
            switch (message)
            {
                case "child":
                    context.Watch(context.ActorOf(Props.Create(() => new FunctionActor((_, c) => c.Stop(c.Self))), "child")).Tell("stop");
                    break;
                case Terminated:
                    probe.Ref.Tell("gone");
                    if (context.Child("child").IsNobody()) probe.Ref.Tell("free");
                    break;
            }
        });
        for (var i = 0; i < 3; i++)
        {
            parent.Tell("child");
            await probe.Expect("gone");
            await probe.Expect("free");
        }
        await probe.ExpectNothing();
    }

    [Fact]
    public async Task Actors_that_watch_each_other_both_stop()
    {
        var probe = NewProbe();
        var (a, b) = (NewProbe(), NewProbe());
        await a.Watch(b.Ref);
        await b.Watch(a.Ref);
        await probe.Watch(a.Ref);
        a.Ref.Tell(PoisonPill.Instance);
        Assert.Equal(a.Ref, (await b.Expect<Terminated>()).ActorRef);
        Assert.Equal(a.Ref, (await probe.Expect<Terminated>()).ActorRef);
    }
}

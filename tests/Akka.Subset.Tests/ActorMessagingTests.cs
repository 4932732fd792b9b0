using Akka.Actor;
using Akka.Event;

namespace Akka.Subset.Tests;

public sealed class ActorMessagingTests : ActorTestBase
{
    [Fact]
    public async Task Messages_of_one_sender_keep_their_order()
    {
        var probe = NewProbe();
        var relay = Spawn((message, _) => probe.Ref.Tell(message));
        for (var i = 0; i < 5_000; i++) relay.Tell(i);
        for (var i = 0; i < 5_000; i++) await probe.Expect(i);
    }

    [Fact]
    public async Task One_message_at_a_time_though_many_threads_send()
    {
        var inside = 0;
        var most = 0;
        var handled = 0;
        var done = new TaskCompletionSource();
        var actor = Spawn((_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            Interlocked.Decrement(ref inside);
            if (++handled == 40_000) done.SetResult();
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++) actor.Tell(i);
        })));
        await done.Task.WaitAsync(Limit);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Tell_in_an_actor_carries_itself_as_sender_and_Forward_the_original_one()
    {
        var probe = NewProbe();
        var forwarder = Spawn((message, _) => probe.Ref.Forward(message));
        var teller = Spawn((message, context) =>
        {
            if ((string)message == "forward") forwarder.Tell("forwarded");
            else probe.Ref.Tell("told");
        });
        teller.Tell("tell");
        await probe.Expect("told");
        Assert.Equal(teller, probe.LastSender);
        teller.Tell("forward");
        await probe.Expect("forwarded");
        Assert.Equal(teller, probe.LastSender);
    }

    [Fact]
    public void A_null_message_is_refused() => Assert.Throws<InvalidMessageException>(() => Spawn((_, _) => { }).Tell(null!));

    [Fact]
    public async Task A_message_without_sender_comes_from_dead_letters()
    {
        var probe = NewProbe();
        probe.Ref.Tell("x", ActorRefs.NoSender);
        await probe.Expect("x");
        Assert.Equal(System.DeadLetters, probe.LastSender);
    }

    [Fact]
    public async Task What_goes_to_a_stopped_actor_is_published_as_a_dead_letter()
    {
        var letters = NewProbe();
        System.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        var actor = Spawn((_, _) => { });
        await actor.GracefulStop(Limit);
        actor.Tell("too late", letters.Ref);
        var letter = await letters.Expect<DeadLetter>();
        Assert.Equal("too late", letter.Message);
        Assert.Equal(actor, letter.Recipient);
        Assert.Equal(letters.Ref, letter.Sender);
    }

    [Fact]
    public async Task What_waits_in_the_mailbox_of_a_stopping_actor_becomes_dead_letters()
    {
        var letters = NewProbe();
        System.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));
        var go = new ManualResetEventSlim();
        var actor = Spawn((message, context) =>
        {
            if (message is not "stop") return;
            go.Wait(Limit);
            context.Stop(context.Self);
        });
        actor.Tell("stop");
        actor.Tell(1);
        actor.Tell(2);
        go.Set();
        Assert.Equal(1, (await letters.Expect<DeadLetter>()).Message);
        Assert.Equal(2, (await letters.Expect<DeadLetter>()).Message);
    }

    [Fact]
    public async Task PoisonPill_waits_its_turn()
    {
        var probe = NewProbe();
        var actor = Spawn((message, _) => probe.Ref.Tell(message));
        await probe.Watch(actor);
        actor.Tell(1);
        actor.Tell(PoisonPill.Instance);
        actor.Tell(2);
        await probe.Expect(1);
        Assert.Equal(actor, (await probe.Expect<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task An_unhandled_message_is_published()
    {
        var probe = NewProbe();
        System.EventStream.Subscribe(probe.Ref, typeof(UnhandledMessage));
        var actor = System.ActorOf(Props.Create(() => new Picky()));
        actor.Tell(1.5, probe.Ref);
        var unhandled = await probe.Expect<UnhandledMessage>();
        Assert.Equal(1.5, unhandled.Message);
        Assert.Equal(actor, unhandled.Recipient);
        Assert.Equal(probe.Ref, unhandled.Sender);
    }

    private sealed class Picky : ReceiveActor
    {
        public Picky()
        {
            Receive<int>(i => i > 100, i => Sender.Tell($"large {i}"));
            Receive<int>(i => Sender.Tell($"small {i}"), i => i < 10);
            Receive<int>(i =>
            {
                if (i % 2 != 0) return false;
                Sender.Tell($"even {i}");
                return true;
            });
            Receive<IReadOnlyList<string>>(list => Sender.Tell(list.Count));
        }
    }

    [Fact]
    public async Task A_ReceiveActor_takes_the_first_handler_that_fits()
    {
        var actor = System.ActorOf(Props.Create<Picky>());
        Assert.Equal("large 101", await actor.Ask<string>(101, Limit));
        Assert.Equal("small 9", await actor.Ask<string>(9, Limit));
        Assert.Equal("even 50", await actor.Ask<string>(50, Limit));
        Assert.Equal(2, await actor.Ask<int>(new[] { "a", "b" }, Limit));
    }

    private sealed class Becoming : ReceiveActor
    {
        public Becoming()
        {
            Receive<string>(s => s == "angry", _ => Become(Angry));
            Receive<string>(s => s == "stack", _ => BecomeStacked(Angry));
            ReceiveAny(_ => Sender.Tell("calm"));
        }

        private void Angry()
        {
            Receive<string>(s => s == "happy", _ => Become(Happy));
            Receive<string>(s => s == "back", _ => UnbecomeStacked());
            ReceiveAny(_ => Sender.Tell("angry"));
        }

        private void Happy()
        {
            Receive<string>(s => s == "back", _ => UnbecomeStacked());
            ReceiveAny(_ => Sender.Tell("happy"));
        }
    }

    [Fact]
    public async Task Become_replaces_the_top_and_BecomeStacked_stacks()
    {
        var actor = System.ActorOf(Props.Create<Becoming>());
        Assert.Equal("calm", await actor.Ask<string>("?", Limit));
        actor.Tell("angry");
        Assert.Equal("angry", await actor.Ask<string>("?", Limit));
        actor.Tell("happy");
        Assert.Equal("happy", await actor.Ask<string>("?", Limit));
        actor.Tell("back"); // the actor's own behavior is never replaced
        Assert.Equal("calm", await actor.Ask<string>("?", Limit));
        actor.Tell("back"); // nothing to take back
        Assert.Equal("calm", await actor.Ask<string>("?", Limit));
        actor.Tell("stack");
        Assert.Equal("angry", await actor.Ask<string>("?", Limit));
    }

    [Fact]
    public async Task Ask_fails_after_its_timeout()
    {
        var silent = Spawn((_, _) => { });
        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("?", TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task Ask_is_cancelled_by_its_token()
    {
        var silent = Spawn((_, _) => { });
        using var cancel = new CancellationTokenSource();
        var ask = silent.Ask<string>("?", cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask.WaitAsync(Limit));
    }

    [Fact]
    public async Task Ask_fails_with_the_cause_of_a_Status_Failure_and_with_a_wrong_type()
    {
        var failing = Spawn((message, context) => context.Sender.Tell(message is 1 ? new Status.Failure(new IOException("disk")) : message));
        Assert.Equal("disk", (await Assert.ThrowsAsync<IOException>(() => failing.Ask<string>(1, Limit))).Message);
        await Assert.ThrowsAsync<ArgumentException>(() => failing.Ask<string>(2, Limit));
        Assert.IsType<Status.Failure>(await failing.Ask<Status>(1, Limit));
    }

    [Fact]
    public async Task Ask_gives_a_message_factory_the_reference_to_answer_to()
    {
        var actor = Spawn((message, _) => ((IActorRef)message).Tell("through the message", ActorRefs.NoSender));
        Assert.Equal("through the message", await actor.Ask<string>(replyTo => replyTo, Limit, CancellationToken.None));
    }

    [Fact]
    public async Task PipeTo_sends_the_result_or_a_failure()
    {
        var probe = NewProbe();
        await Task.FromResult(7).PipeTo(probe.Ref);
        await probe.Expect(7);
        await Task.FromResult(7).PipeTo(probe.Ref, success: i => $"seven {i}");
        await probe.Expect("seven 7");
        await Task.FromException<int>(new IOException("gone")).PipeTo(probe.Ref);
        Assert.Equal("gone", Assert.IsType<IOException>((await probe.Expect<Status.Failure>()).Cause).Message);
        await Task.FromException(new IOException("gone")).PipeTo(probe.Ref, probe.Ref, failure: e => e.Message);
        await probe.Expect("gone");
        Assert.Equal(probe.Ref, probe.LastSender);
    }

    private sealed class AsyncActor : ReceiveActor
    {
        public AsyncActor(IActorRef log)
        {
            ReceiveAsync<Task>(async wait =>
            {
                var (sender, self) = (Sender, Self);
                log.Tell("begin");
                await wait;
                log.Tell("end");
                Assert.Equal(sender, Sender);
                Assert.Equal(self, Context.Self);
                sender.Tell("done");
            });
            Receive<string>(s => log.Tell(s));
        }
    }

    [Fact]
    public async Task ReceiveAsync_holds_other_messages_back_until_its_task_is_done()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new AsyncActor(log.Ref)));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = actor.Ask<string>(gate.Task, Limit);
        actor.Tell("next");
        await log.Expect("begin");
        await log.ExpectNothing();
        gate.SetResult();
        Assert.Equal("done", await answer);
        await log.Expect("end");
        await log.Expect("next");
    }

    [Fact]
    public async Task A_failed_async_handler_fails_its_actor_which_restarts_and_goes_on()
    {
        var log = NewProbe();
        var actor = System.ActorOf(Props.Create(() => new AsyncActor(log.Ref)));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        actor.Tell(gate.Task);
        actor.Tell("after");
        await log.Expect("begin");
        gate.SetException(new IOException());
        await log.Expect("after");
    }

    [Fact]
    public async Task Identify_is_answered_by_the_actor_itself()
    {
        var actor = Spawn((_, _) => { });
        var identity = await actor.Ask<ActorIdentity>(new Identify("me"), Limit);
        Assert.Equal("me", identity.MessageId);
        Assert.Equal(actor, identity.Subject);
    }

    [Fact]
    public async Task A_selection_finds_by_name_wildcard_and_parent()
    {
        var probe = NewProbe("log");
        var parent = Spawn((message, context) =>
        {
            if (message is string name) context.ActorOf(Props.Create(() => new FunctionActor((_, c) => probe.Ref.Tell(c.Self.Path.Name))), name);
        }, "parent");
        foreach (var name in new[] { "worker-1", "worker-2", "other" }) parent.Tell(name);
        await parent.Ask<ActorIdentity>(new Identify(0), Limit);

        System.ActorSelection("/user/parent/other").Tell("?");
        await probe.Expect("other");
        System.ActorSelection(parent.Path + "/worker-?").Tell("?");
        Assert.Equal(["worker-1", "worker-2"], new[] { await probe.Expect<string>(), await probe.Expect<string>() }.Order());
        System.ActorSelection("/user/*/wor*1").Tell("?");
        await probe.Expect("worker-1");
        System.ActorSelection("/user/parent/other/../worker-2").Tell("?");
        await probe.Expect("worker-2");
        Assert.Equal(parent, await System.ActorSelection("/user/parent").ResolveOne(Limit));
        await probe.ExpectNothingSoFar();
    }

    [Fact]
    public async Task A_selection_of_nobody_answers_Identify_without_a_subject()
    {
        Assert.True((await System.ActorSelection("/user/nobody").Ask<ActorIdentity>(new Identify(3), Limit)).Subject.IsNobody());
        await Assert.ThrowsAsync<ActorNotFoundException>(() => System.ActorSelection("/user/nobody").ResolveOne(Limit));
    }

    private sealed class Idle : ReceiveActor
    {
        public Idle(IActorRef log)
        {
            Context.SetReceiveTimeout(TimeSpan.FromMilliseconds(100));
            Receive<ReceiveTimeout>(_ =>
            {
                log.Tell("idle");
                Context.SetReceiveTimeout(null);
            });
            ReceiveAny(_ => { });
        }
    }

    [Fact]
    public async Task ReceiveTimeout_comes_when_no_message_does()
    {
        var probe = NewProbe();
        System.ActorOf(Props.Create(() => new Idle(probe.Ref)));
        await probe.Expect("idle");
        await probe.ExpectNothing(300);
    }

    [Fact]
    public async Task GracefulStop_completes_when_the_actor_is_gone()
    {
        var actor = Spawn((_, _) => { });
        Assert.True(await actor.GracefulStop(Limit));
        Assert.True(await actor.GracefulStop(Limit)); // also for one that is gone already
        var stubborn = Spawn((_, _) => { });
        await Assert.ThrowsAsync<TaskCanceledException>(() => stubborn.GracefulStop(TimeSpan.FromMilliseconds(50), "not a stop message"));
    }
}

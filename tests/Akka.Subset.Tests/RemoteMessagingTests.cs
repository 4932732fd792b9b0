using Akka.Actor;
using Akka.Event;
using Google.Protobuf.WellKnownTypes;
using static Akka.Subset.Tests.RemoteTestSystem;

namespace Akka.Subset.Tests;

public class RemoteMessagingTests
{
    [Fact]
    public async Task A_message_reaches_an_actor_of_another_system_and_the_answer_its_sender()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var (collector, messages) = a.Collect<object>("collector");

        var echo = a.Resolve(b.PathOf("echo"));
        echo.Tell("hello", collector);
        echo.Tell(42, collector);
        echo.Tell(42L, collector);
        echo.Tell(new StringValue { Value = "protobuf" }, collector);

        await Eventually(() => messages.Count == 4, "four answers");
        Assert.Equal(["hello", 42, 42L, new StringValue { Value = "protobuf" }], messages);
    }

    [Fact]
    public async Task Ask_works_over_remoting()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        for (var i = 0; i < 100; i++)
            Assert.Equal("question " + i, await echo.Ask<string>("question " + i, Patience));
    }

    [Fact]
    public async Task The_sender_is_a_reference_that_can_be_kept_and_sent_on()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var keeper = b.System.ActorOf(Props.Create(() => new SenderKeeper()), "keeper");
        var (collector, messages) = a.Collect<object>("collector");

        a.Resolve(b.PathOf("keeper")).Tell("remember me", collector);
        await Eventually(() => messages.Count == 1, "the answer");

        var kept = Assert.IsAssignableFrom<IActorRef>(messages.Single());
        Assert.Equal(collector, kept);
        keeper.Tell("go");
        await Eventually(() => messages.Count == 2, "a message from the other side");
        Assert.Equal("gone", messages.Last());
    }

    [Fact]
    public async Task Messages_of_one_sender_arrive_in_order_and_none_is_lost()
    {
        const int count = 100_000;
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var (_, messages) = b.Collect<int>("collector");
        var target = a.Resolve(b.PathOf("collector"));
        for (var i = 0; i < count; i++) target.Tell(i, ActorRefs.NoSender);
        await Eventually(() => messages.Count == count, "all messages");
        Assert.Equal(Enumerable.Range(0, count), messages);
    }

    [Fact]
    public async Task Senders_on_many_threads_keep_their_own_order()
    {
        const int senders = 8, each = 5_000;
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var (_, messages) = b.Collect<string>("collector");
        var target = a.Resolve(b.PathOf("collector"));
        await Task.WhenAll(Enumerable.Range(0, senders).Select(s => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) target.Tell($"{s} {i}", ActorRefs.NoSender);
        })));
        await Eventually(() => messages.Count == senders * each, "all messages");
        foreach (var bySender in messages.Select(m => m.Split(' ')).GroupBy(m => m[0]))
            Assert.Equal(Enumerable.Range(0, each), bySender.Select(m => int.Parse(m[1])));
    }

    [Fact]
    public async Task Both_directions_at_once()
    {
        const int count = 2_000;
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        a.Echo();
        b.Echo();
        var (collectorA, atA) = a.Collect<int>("collector");
        var (collectorB, atB) = b.Collect<int>("collector");
        for (var i = 0; i < count; i++)
        {
            a.Resolve(b.PathOf("echo")).Tell(i, collectorA);
            b.Resolve(a.PathOf("echo")).Tell(i, collectorB);
        }
        await Eventually(() => atA.Count == count && atB.Count == count, "all answers on both sides");
        Assert.Equal(Enumerable.Range(0, count), atA);
        Assert.Equal(Enumerable.Range(0, count), atB);
    }

    [Fact]
    public async Task Large_messages_up_to_the_frame_limit_pass_and_larger_ones_are_dropped_with_one_error()
    {
        const string limit =
            "akka.remote.dot-netty.tcp { maximum-frame-size = 4000000b, send-buffer-size = 4000000b, receive-buffer-size = 4000000b }";
        await using var a = new RemoteTestSystem("RemoteA", limit);
        await using var b = new RemoteTestSystem("RemoteB", limit);
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        foreach (var size in new[] { 1_000, 100_000, 1_500_000, 3_900_000 })
        {
            var text = new string((char)('a' + size % 26), size);
            Assert.Equal(text, await echo.Ask<string>(text, Patience));
        }

        Assert.Empty(a.Errors);
        echo.Tell(new string('x', 4_000_001), ActorRefs.NoSender);
        Assert.Equal("still there", await echo.Ask<string>("still there", Patience));
        await Eventually(() => a.Errors.Any(), "an error about the message that is too large");
        var error = Assert.Single(a.Errors);
        Assert.Contains("4000000", error.Message.ToString());
        Assert.Contains("String", error.Message.ToString());
    }

    [Fact]
    public async Task A_message_that_cannot_be_serialized_is_dropped_with_one_error_and_harms_nothing()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        Assert.Equal("before", await echo.Ask<string>("before", Patience));
        echo.Tell(new Unwritable(), ActorRefs.NoSender);
        Assert.Equal("after", await a.AskUntilAnswered(echo, "after"));
        await Eventually(() => a.Errors.Any(), "an error about the message");
        Assert.Single(a.Errors);
    }

    [Fact]
    public async Task A_message_that_cannot_be_deserialized_is_dropped_and_harms_nothing()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        Assert.Equal("before", await echo.Ask<string>("before", Patience));
        echo.Tell(new Unreadable(), ActorRefs.NoSender);
        Assert.Equal("after", await echo.Ask<string>("after", Patience));
        await Eventually(() => b.Log.Any(), "a line about the message in the receiver's log");
        Assert.Contains("from-a-later-version", Assert.Single(b.Log).ToString());
    }

    [Fact]
    public async Task Selections_and_Identify_work_over_remoting()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var echo = b.Echo();

        var identity = await a.System.ActorSelection(b.PathOf("echo")).Ask<ActorIdentity>(new Identify("who"), Patience);
        Assert.Equal("who", identity.MessageId);
        Assert.Equal(echo.Path.Uid, identity.Subject.Path.Uid);
        Assert.Equal(b.Address, identity.Subject.Path.Address);
        Assert.Equal("hello", await identity.Subject.Ask<string>("hello", Patience));

        Assert.Equal("by pattern", await a.System.ActorSelection(b.PathOf("ech*")).Ask<string>("by pattern", Patience));
        var resolved = await a.System.ActorSelection(b.PathOf("echo")).ResolveOne(Patience);
        Assert.Equal(identity.Subject, resolved);

        var nobody = await a.System.ActorSelection(b.PathOf("nobody")).Ask<ActorIdentity>(new Identify(1), Patience);
        Assert.Null(nobody.Subject);
        var byRef = await a.Resolve(b.PathOf("echo")).Ask<ActorIdentity>(new Identify(2), Patience);
        Assert.Equal(identity.Subject, byRef.Subject);
    }

    [Fact]
    public async Task A_path_of_the_own_address_is_a_local_actor()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var echo = a.Echo();
        Assert.Equal(echo, a.Resolve($"{a.Address}/user/echo"));
        Assert.Equal(echo, a.Resolve("akka://RemoteA/user/echo"));
        Assert.Equal(echo, a.Resolve(echo.Path.ToSerializationFormatWithAddress(a.Address)));
        var provider = ((ExtendedActorSystem)a.System).Provider;
        Assert.Equal("akka.tcp", provider.DefaultAddress.Protocol);
        Assert.Equal("RemoteA", provider.DefaultAddress.System);
        Assert.NotEqual(0, provider.DefaultAddress.Port);
        Assert.Equal(a.Address, provider.GetExternalAddressFor(new Address("akka.tcp", "RemoteB", "127.0.0.1", 1)));
    }

    [Fact]
    public async Task A_PoisonPill_stops_a_remote_actor()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var echo = b.Echo();
        var (collector, terminated) = b.Collect<Ended>("watcher");
        b.System.ActorOf(Props.Create(() => new Watcher(echo, collector)));
        a.Resolve(b.PathOf("echo")).Tell(PoisonPill.Instance, ActorRefs.NoSender);
        await Eventually(() => terminated.Count == 1, "the actor's end");
        Assert.Equal(echo, terminated.Single().Actor);
    }

    [Fact]
    public async Task Messages_to_a_system_that_is_not_there_become_dead_letters_without_a_flood_of_log_lines()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var gone = new RemoteTestSystem("RemoteB");
        await gone.Stop();
        var dead = a.Events(typeof(DeadLetter));
        var target = a.Resolve(gone.PathOf("echo"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var sent = 0;
        // Over several gate periods.
        while (watch.Elapsed < TimeSpan.FromSeconds(2))
        {
            target.Tell($"message {sent++}", ActorRefs.NoSender);
            await Task.Delay(10);
        }
        await Eventually(() => dead.OfType<DeadLetter>().Count(d => d.Message is string) >= sent, "all messages in dead letters");
        Assert.InRange(a.Log.Count, 1, 25);
    }

    private sealed class SenderKeeper : ReceiveActor
    {
        private IActorRef _kept = ActorRefs.Nobody;

        public SenderKeeper()
        {
            Receive<string>(m => m == "go", _ => _kept.Tell("gone"));
            Receive<string>(_ =>
            {
                _kept = Sender;
                Sender.Tell(Sender);
            });
        }
    }

    /// <summary>What <see cref="Terminated" /> said; itself it can be received by its watcher only.</summary>
    internal sealed record Ended(IActorRef Actor, bool ExistenceConfirmed, bool AddressTerminated);

    internal sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef watchee, IActorRef report)
        {
            Context.Watch(watchee);
            Receive<Terminated>(t => report.Tell(new Ended(t.ActorRef, t.ExistenceConfirmed, t.AddressTerminated)));
            Receive<string>(m => m == "unwatch", _ => Context.Unwatch(watchee));
        }
    }
}

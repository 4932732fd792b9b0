using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using static Akka.Subset.Tests.RemoteTestSystem;

namespace Akka.Subset.Tests;

public class RemoteRestartTests
{
    [Fact]
    public async Task A_reference_by_path_stays_good_over_restarts_of_the_peer()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var port = b.Port;
        var echo = a.Resolve(b.PathOf("echo"));
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("round " + round, await a.AskUntilAnswered(echo, "round " + round));
            await b.Stop();
            b = OnPort(port);
            b.Echo();
        }
        Assert.Equal("at last", await a.AskUntilAnswered(echo, "at last"));
        Assert.Empty(a.Events(typeof(QuarantinedEvent)));
        await b.Stop();
    }

    [Fact]
    public async Task A_restarted_actor_of_the_same_path_gets_the_messages_sent_by_path()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var first = b.Echo();
        var byPath = a.Resolve(b.PathOf("echo"));
        Assert.Equal("one", await a.AskUntilAnswered(byPath, "one"));
        Assert.True(await first.GracefulStop(Patience));
        await Eventually(() => CanBeMade(b), "the name is free again");
        Assert.Equal("two", await a.AskUntilAnswered(byPath, "two"));
    }

    [Fact]
    public async Task A_peer_that_is_started_later_is_reached_once_it_is_there()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var probe = new RemoteTestSystem("RemoteB");
        var (port, path) = (probe.Port, probe.PathOf("echo"));
        await probe.Stop();
        var answer = a.AskUntilAnswered(a.Resolve(path), "are you there");
        await Task.Delay(1000);
        Assert.False(answer.IsCompleted);
        await using var b = OnPort(port);
        b.Echo();
        Assert.Equal("are you there", await answer);
    }

    [Fact]
    public async Task A_broken_connection_is_made_anew()
    {
        using var wire = new Wire();
        var port = Wire.FreePort();
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB", wire.LeadsTo(port));
        wire.ConnectTo(port);
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("round " + i, await a.AskUntilAnswered(echo, "round " + i));
            wire.Break();
            await Task.Delay(100);
            wire.Mend();
        }
    }

    [Fact]
    public async Task A_connection_that_carries_nothing_any_more_is_found_out_and_made_anew()
    {
        const string quick = "akka.remote.transport-failure-detector { heartbeat-interval = 200 ms, acceptable-heartbeat-pause = 1 s }\n";
        using var wire = new Wire();
        var port = Wire.FreePort();
        await using var a = new RemoteTestSystem("RemoteA", quick);
        await using var b = new RemoteTestSystem("RemoteB", wire.LeadsTo(port) + quick);
        wire.ConnectTo(port);
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        Assert.Equal("before", await a.AskUntilAnswered(echo, "before"));
        await Task.Delay(2000);
        var connections = wire.Connections; // keep-alives have kept them
        wire.Stall();
        Assert.Equal("after", await a.AskUntilAnswered(echo, "after"));
        Assert.True(wire.Connections > connections);
    }

    [Fact]
    public async Task The_lives_of_connections_are_published()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var events = a.Events(typeof(RemotingLifecycleEvent));
        await a.AskUntilAnswered(a.Resolve(b.PathOf("echo")), "hello");
        await Eventually(() => events.OfType<AssociatedEvent>().Any(e => e.RemoteAddress == b.Address), "AssociatedEvent");
        Assert.All(events.OfType<AssociatedEvent>(), e => Assert.Equal(a.Address, e.LocalAddress));
        await b.Stop();
        await Eventually(() => events.OfType<DisassociatedEvent>().Any(e => e.RemoteAddress == b.Address), "DisassociatedEvent");
    }

    [Fact]
    public async Task A_quarantined_incarnation_is_cut_off_and_its_successor_is_not()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var port = b.Port;
        var echo = a.Resolve(b.PathOf("echo"));
        await a.AskUntilAnswered(echo, "hello");

        var events = a.Events(typeof(QuarantinedEvent));
        var atPeer = b.Events(typeof(ThisActorSystemQuarantinedEvent));
        var uid = AddressUidExtension.Uid(b.System);
        ((IRemoteActorRefProvider)((ExtendedActorSystem)a.System).Provider).Quarantine(b.Address, uid);
        await Eventually(() => events.OfType<QuarantinedEvent>().Any(q => q.Address == b.Address && q.Uid == uid), "QuarantinedEvent");

        var reached = b.Collect<string>("reached");
        var untilKnown = System.Diagnostics.Stopwatch.StartNew();
        while (atPeer.IsEmpty && untilKnown.Elapsed < Patience)
        {
            // Either side tries again after the gate has opened, and must not succeed.
            a.Resolve(b.PathOf("reached")).Tell("from the quarantining side", ActorRefs.NoSender);
            b.Resolve(a.PathOf("nobody")).Tell("from the quarantined side", ActorRefs.NoSender);
            await Task.Delay(100);
        }
        Assert.Contains(atPeer.OfType<ThisActorSystemQuarantinedEvent>(), e => e.RemoteAddress == a.Address);
        Assert.Empty(reached.Messages);

        await b.Stop();
        b = OnPort(port);
        b.Echo();
        Assert.Equal("new incarnation", await a.AskUntilAnswered(echo, "new incarnation"));
        await b.Stop();
    }

    [Fact]
    public async Task Quarantining_a_predecessor_does_not_touch_the_present_incarnation()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var port = b.Port;
        var oldUid = AddressUidExtension.Uid(b.System);
        var echo = a.Resolve(b.PathOf("echo"));
        await a.AskUntilAnswered(echo, "old");
        await b.Stop();
        b = OnPort(port);
        b.Echo();
        await a.AskUntilAnswered(echo, "new");
        ((IRemoteActorRefProvider)((ExtendedActorSystem)a.System).Provider).Quarantine(b.Address, oldUid);
        Assert.Equal("still", await a.AskUntilAnswered(echo, "still"));
        await b.Stop();
    }

    [Fact]
    public async Task A_port_in_use_fails_the_creation()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var failure = Assert.ThrowsAny<Exception>(() => OnPort(a.Port));
        var all = new List<Exception>();
        for (Exception? e = failure; e is not null; e = e.InnerException) all.Add(e);
        Assert.Contains(all, e => e is System.Net.Sockets.SocketException or RemoteTransportException);
        Assert.Equal("RemoteA", a.System.Name);
    }

    [Fact]
    public async Task What_was_sent_before_the_end_of_the_system_still_leaves()
    {
        const int count = 1_000;
        var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var (_, messages) = b.Collect<int>("collector");
        b.Echo();
        var target = a.Resolve(b.PathOf("collector"));
        await a.AskUntilAnswered(a.Resolve(b.PathOf("echo")), "connected");
        for (var i = 0; i < count; i++) target.Tell(i, ActorRefs.NoSender);
        await a.Stop();
        await Eventually(() => messages.Count == count, "all messages");
    }

    private static bool CanBeMade(RemoteTestSystem system)
    {
        try
        {
            system.Echo();
            return true;
        }
        catch (InvalidActorNameException)
        {
            return false; // the parent has not heard of the end yet
        }
    }

    private static RemoteTestSystem OnPort(int port) => new("RemoteB", $"akka.remote.dot-netty.tcp.port = {port}");
}

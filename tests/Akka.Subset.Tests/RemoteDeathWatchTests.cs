using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Remote;
using static Akka.Subset.Tests.RemoteMessagingTests;
using static Akka.Subset.Tests.RemoteTestSystem;

namespace Akka.Subset.Tests;

public class RemoteDeathWatchTests
{
    private const string QuickDetector = """
        akka.remote.watch-failure-detector {
          heartbeat-interval = 200 ms
          acceptable-heartbeat-pause = 1 s
          unreachable-nodes-reaper-interval = 200 ms
        }
        """;

    [Fact]
    public async Task The_stop_of_a_watched_remote_actor_is_told()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var echo = b.Echo();
        var watchee = await Identify(a, b, "echo");
        var terminated = Watch(a, watchee, out _);
        await Task.Delay(500); // the Watch is under way; Terminated comes also when it arrives late
        b.System.Stop(echo);
        await Eventually(() => terminated.Count == 1, "Terminated");
        Assert.Equal(watchee, terminated.Single().Actor);
        Assert.False(terminated.Single().AddressTerminated);
    }

    [Fact]
    public async Task Watching_a_remote_actor_that_does_not_exist_tells_its_end()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var terminated = Watch(a, a.Resolve(b.PathOf("nobody")), out _);
        await Eventually(() => terminated.Count == 1, "Terminated");
        Assert.False(terminated.Single().ExistenceConfirmed);
    }

    [Fact]
    public async Task An_actor_that_is_not_watched_any_more_ends_unheard()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        var first = b.Echo("first");
        var second = b.Echo("second");
        var terminated = Watch(a, await Identify(a, b, "first"), out var watcher);
        var control = Watch(a, await Identify(a, b, "second"), out _);
        watcher.Tell("unwatch");
        await Task.Delay(500);
        b.System.Stop(first);
        b.System.Stop(second);
        await Eventually(() => control.Count == 1, "Terminated of the other actor");
        Assert.Empty(terminated);
    }

    [Fact]
    public async Task The_crash_of_a_watched_node_ends_all_of_its_actors_and_quarantines_it()
    {
        using var wire = new Wire();
        await using var a = new RemoteTestSystem("RemoteA", QuickDetector);
        var port = Wire.FreePort();
        await using var b = new RemoteTestSystem("RemoteB", wire.LeadsTo(port) + QuickDetector);
        wire.ConnectTo(port);
        b.Echo("first");
        b.Echo("second");
        var watched = new[] { await Identify(a, b, "first"), await Identify(a, b, "second") };
        var terminated = watched.Select(w => Watch(a, w, out _)).ToArray();
        var quarantined = a.Events(typeof(QuarantinedEvent));
        await Task.Delay(1000); // heartbeats begin

        wire.Cut();
        await Eventually(() => terminated.All(t => t.Count == 1), "Terminated of both");
        Assert.Equal(watched, terminated.Select(t => t.Single().Actor));
        Assert.All(terminated, t => Assert.True(t.Single().AddressTerminated));
        await Eventually(() => quarantined.OfType<QuarantinedEvent>().Any(q => q.Address == b.Address), "QuarantinedEvent");
    }

    [Fact]
    public async Task The_end_of_an_actor_on_a_system_that_is_restarted_is_told()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var b = new RemoteTestSystem("RemoteB");
        b.Echo();
        var terminated = Watch(a, await Identify(a, b, "echo"), out _);
        await Task.Delay(500);
        var port = b.Port;
        await b.Stop();
        b = new RemoteTestSystem("RemoteB", $"akka.remote.dot-netty.tcp.port = {port}");
        b.Echo();
        // The new incarnation has an actor of the same path, but not the one that was watched.
        await Eventually(() => terminated.Count == 1, "Terminated");
        await b.Stop();
    }

    [Fact]
    public async Task The_end_of_a_watched_actor_is_told_also_when_the_connection_was_broken_just_then()
    {
        using var wire = new Wire();
        var port = Wire.FreePort();
        await using var a = new RemoteTestSystem("RemoteA", wire.LeadsTo(port));
        wire.ConnectTo(port);
        await using var b = new RemoteTestSystem("RemoteB");
        var actors = Enumerable.Range(0, 10).Select(i => b.Echo("watchee" + i)).ToArray();
        var terminated = new List<ConcurrentQueue<Ended>>();
        foreach (var actor in actors) terminated.Add(Watch(a, await Identify(a, b, actor.Path.Name), out _));
        await Task.Delay(500);

        // What B sends to A goes by the wire.
        b.System.Stop(actors[0]);
        await Eventually(() => terminated[0].Count == 1, "Terminated before the break");
        wire.Break();
        foreach (var actor in actors.Skip(1)) b.System.Stop(actor);
        await Task.Delay(1000);
        wire.Mend();
        await Eventually(() => terminated.All(t => t.Count == 1), "Terminated of all");
        Assert.All(terminated, t => Assert.False(t.Single().AddressTerminated));
    }

    private static async Task<IActorRef> Identify(RemoteTestSystem from, RemoteTestSystem to, string name)
    {
        var identity = await from.System.ActorSelection(to.PathOf(name)).Ask<ActorIdentity>(new Identify(name), Patience);
        return Assert.IsAssignableFrom<IActorRef>(identity.Subject);
    }

    private static ConcurrentQueue<Ended> Watch(RemoteTestSystem on, IActorRef watchee, out IActorRef watcher)
    {
        var (report, terminated) = on.Collect<Ended>("report-" + Guid.NewGuid().ToString("N"));
        watcher = on.System.ActorOf(Props.Create(() => new Watcher(watchee, report)));
        return terminated;
    }
}

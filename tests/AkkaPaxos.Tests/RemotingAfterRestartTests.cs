using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// Akka's remoting with AkkaPaxos' defaults, between a system that stays and one that is started again at its address. Each is reached through a
/// <see cref="Forwarder"/>, so that connections end without a word, as with SIGKILL, and one can be held while it is being made.
/// </summary>
public sealed class RemotingAfterRestartTests : IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];
    private readonly Forwarder _toStays = new();
    private readonly Forwarder _toRestarts = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _toStays.Dispose();
        _toRestarts.Dispose();
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
    }

    /// <summary>
    /// With Akka's <c>use-passive-connections = on</c> it never does. The connection that was being made goes on without its maker, which was stopped as the other
    /// system came from elsewhere; the other one takes it for the way on which it is spoken to, and drops whatever comes on the one that is really used.
    /// </summary>
    [Fact]
    public async Task A_system_that_was_started_again_hears_one_that_was_about_to_connect_to_its_predecessor()
    {
        var (stays, inStays) = System("stays", _toStays);
        var (first, inFirst) = System("restarts", _toRestarts);
        await Reaches(stays, _toRestarts, "restarts", inFirst);
        await Reaches(first, _toStays, "stays", inStays);

        // Its end is heard of by nobody, and who connects to its address waits.
        _toStays.Cut();
        _toRestarts.Cut();
        _toRestarts.HoldNext();
        await first.Terminate();
        for (var tries = 0; !_toRestarts.Holds; tries++) await TellAndWait(stays, _toRestarts, "restarts", tries);

        var connected = new ConcurrentQueue<AssociatedEvent>();
        var (second, inSecond) = System("restarts", _toRestarts);
        second.EventStream.Subscribe(second.ActorOf(Props.Create(() => new Noter<AssociatedEvent>(connected))), typeof(AssociatedEvent));
        await Reaches(second, _toStays, "stays", inStays);
        await Until(() => connected.Any(c => !c.IsInbound), "the new system has connected");
        _toRestarts.Release();
        await Until(() => connected.Any(c => c.IsInbound), "the connection that was held is made");

        await Reaches(stays, _toRestarts, "restarts", inSecond);
    }

    private (ActorSystem System, ConcurrentQueue<string> Heard) System(string name, Forwarder at)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka {
              actor.provider = remote
              loglevel = OFF
              stdout-loglevel = OFF
              remote {
                retry-gate-closed-for = 100ms
                dot-netty.tcp { hostname = "127.0.0.1", port = {{at.Inner}}, public-port = {{at.Port}}, connection-timeout = 60s }
              }
            }
            """).WithFallback(PaxosSettings.DefaultConfig());
        var system = ActorSystem.Create(name, config);
        _systems.Add(system);
        var heard = new ConcurrentQueue<string>();
        system.ActorOf(Props.Create(() => new Noter<string>(heard)), "noter");
        return (system, heard);
    }

    /// <summary>Says something until it is heard.</summary>
    private static async Task Reaches(ActorSystem from, Forwarder to, string name, ConcurrentQueue<string> heard)
    {
        var until = DateTime.UtcNow + InTime;
        for (var tries = 0; !heard.Contains(from.Name); tries++)
        {
            Assert.True(DateTime.UtcNow < until, $"{from.Name} is not heard by {name}");
            await TellAndWait(from, to, name, tries);
        }
        heard.Clear();
    }

    private static Task TellAndWait(ActorSystem from, Forwarder to, string name, int tries)
    {
        from.ActorSelection($"akka.tcp://{name}@127.0.0.1:{to.Port}/user/noter").Tell(from.Name);
        return Task.Delay(tries == 0 ? 0 : 100);
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        for (var until = DateTime.UtcNow + InTime; !condition(); await Task.Delay(20)) Assert.True(DateTime.UtcNow < until, $"not in time: {what}");
    }

    private sealed class Noter<T>(ConcurrentQueue<T> noted) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is T it) noted.Enqueue(it);
        }
    }

    /// <summary>A port that leads to another one.</summary>
    private sealed class Forwarder : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentBag<TcpClient> _open = [];
        private readonly TaskCompletionSource _released = new();
        private volatile bool _holdsNext;

        public Forwarder()
        {
            _listener.Start();
            _ = TakeAll();
        }

        /// <summary>Where one connects to.</summary>
        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>Where it leads.</summary>
        public int Inner { get; } = NodeTests.FreePorts(1)[0];

        /// <summary>Whether a connection is held.</summary>
        public bool Holds { get; private set; }

        /// <summary>Ends all connections.</summary>
        public void Cut()
        {
            while (_open.TryTake(out var client)) client.Dispose();
        }

        /// <summary>The next connection is taken, but what comes on it stays here.</summary>
        public void HoldNext() => _holdsNext = true;

        /// <summary>The connection that was held goes on.</summary>
        public void Release() => _released.SetResult();

        private async Task TakeAll()
        {
            try
            {
                while (true) _ = Forward(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is over.
            }
        }

        private async Task Forward(TcpClient outer)
        {
            using var inner = new TcpClient();
            try
            {
                _open.Add(outer);
                if (_holdsNext)
                {
                    (_holdsNext, Holds) = (false, true);
                    await _released.Task;
                }
                await inner.ConnectAsync(IPAddress.Loopback, Inner);
                await Task.WhenAny(outer.GetStream().CopyToAsync(inner.GetStream()), inner.GetStream().CopyToAsync(outer.GetStream()));
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // It has ended.
            }
            outer.Dispose();
        }

        public void Dispose()
        {
            _listener.Dispose();
            Cut();
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Subset.Tests;

/// <summary>Two nodes whose network is cut and mended: what each sends to the other goes through a proxy that can swallow it.</summary>
public class ClusterPartitionTests
{
    [Fact]
    public async Task Nodes_that_are_cut_off_from_each_other_are_unreachable_and_reachable_again_when_the_network_heals()
    {
        var ports = ClusterNode.FreePorts(2);
        using var toA = new Link(ports[0]);
        using var toB = new Link(ports[1]);
        await using var a = ClusterNode.Start(Behind(toA, ports[0]));
        await using var b = ClusterNode.Start(Behind(toB, ports[1]));
        a.Cluster.Join(a.Address);
        b.Cluster.Join(a.Address);
        await ClusterNode.UntilAllUp(a, b);
        var log = a.Record(InitialStateAsSnapshot, typeof(IReachabilityEvent), typeof(IMemberEvent));

        toA.Cut();
        toB.Cut();
        await ClusterNode.Until(() => a.SeesAsUnreachable(b) && b.SeesAsUnreachable(a), () => "each sees the other as unreachable", a, b);
        toA.Mend();
        toB.Mend();

        await log.Until<ReachableMember>(e => e.Member.UniqueAddress == b.Cluster.SelfUniqueAddress);
        await ClusterNode.Until(() => a.Cluster.State.Unreachable.IsEmpty && b.Cluster.State.Unreachable.IsEmpty, () => "all are reachable", a, b);
        Assert.Empty(log.Of<IMemberEvent>());
        await ClusterNode.UntilAllUp(a, b);

        // The cluster works as before: it lets somebody in.
        await using var c = ClusterNode.Start();
        c.Cluster.Join(a.Address);
        await ClusterNode.UntilAllUp(a, b, c);
    }

    [Fact]
    public async Task An_actor_on_a_member_that_is_cut_off_counts_as_dead_when_the_member_is_downed_and_not_before()
    {
        var ports = ClusterNode.FreePorts(2);
        using var toA = new Link(ports[0]);
        using var toB = new Link(ports[1]);
        // By remoting's own detector the actor would be dead long before the cluster sees anything.
        await using var a = ClusterNode.Start(Behind(toA, ports[0]) + """

            akka.remote.watch-failure-detector {
              heartbeat-interval = 100ms, unreachable-nodes-reaper-interval = 100ms, acceptable-heartbeat-pause = 300ms
            }
            """);
        var b = ClusterNode.Start(Behind(toB, ports[1]) + "\n" + ClusterNode.DiesWithoutLeaving);
        a.Cluster.Join(a.Address);
        b.Cluster.Join(a.Address);
        await ClusterNode.UntilAllUp(a, b);
        var log = new EventLog();
        b.System.ActorOf(Props.Create<Echo>(), "watched");
        a.System.ActorOf(Props.Create(() => new Watcher(log, new RootActorPath(b.Address) / "user" / "watched")));
        await log.Until<string>(said => said == "watching");

        toA.Cut();
        toB.Cut();
        await ClusterNode.Until(() => a.SeesAsUnreachable(b), () => "the other is unreachable", a);
        Assert.Empty(log.Of<Terminated>());
        a.Cluster.Down(b.Address);

        await log.Until<Terminated>(_ => true);
        await ClusterNode.Until(() => a.Cluster.State.Members.Count == 1, () => "it is removed", a);

        // Its address is not outlawed, only that incarnation.
        await b.Stop();
        toA.Mend();
        toB.Mend();
        await using var next = ClusterNode.Start(Behind(toB, ports[1]));
        next.Cluster.Join(a.Address);
        await ClusterNode.UntilAllUp(a, next);
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    /// <summary>Finds the actor, watches it, and says so once that has reached the other node.</summary>
    private sealed class Watcher : UntypedActor
    {
        private readonly EventLog _log;
        private readonly ActorPath _path;

        public Watcher(EventLog log, ActorPath path)
        {
            _log = log;
            _path = path;
        }

        protected override void PreStart() => Context.ActorSelection(_path).Tell(new Identify(1));

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case ActorIdentity found:
                    Context.Watch(found.Subject);
                    found.Subject.Tell("watching");
                    break;
                default:
                    _log.Add(message);
                    break;
            }
        }
    }

    private static string Behind(Link link, int port) => ClusterNode.At(port) + $$"""
        akka.remote.dot-netty.tcp { public-hostname = "127.0.0.1", public-port = {{link.Port}} }
        akka.remote.retry-gate-closed-for = 200ms
        """;

    /// <summary>Passes a node's inbound connections on. Cut, it reads and drops; when it mends, those connections break.</summary>
    private sealed class Link : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<Socket> _sockets = [];
        private readonly int _target;
        private volatile bool _cut;

        public Link(int target)
        {
            _target = target;
            _listener.Start();
            _ = Accept();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Cut() => _cut = true;

        public void Mend()
        {
            _cut = false;
            Break();
        }

        public void Dispose()
        {
            _listener.Stop();
            Break();
        }

        private void Break()
        {
            lock (_sockets)
            {
                foreach (var socket in _sockets) socket.Dispose();
                _sockets.Clear();
            }
        }

        private async Task Accept()
        {
            try
            {
                while (true)
                {
                    var near = await _listener.AcceptSocketAsync();
                    var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    lock (_sockets) _sockets.AddRange([near, far]);
                    _ = Connect(near, far);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task Connect(Socket near, Socket far)
        {
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target);
                await Task.WhenAny(Pump(near, far), Pump(far, near));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The node is not there; whoever connects sees a broken connection.
            }
            near.Dispose();
            far.Dispose();
        }

        private async Task Pump(Socket from, Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                for (int n; (n = await from.ReceiveAsync(buffer)) > 0;)
                    if (!_cut)
                        for (var sent = 0; sent < n;) sent += await to.SendAsync(buffer.AsMemory(sent, n - sent));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The other end has closed it.
            }
        }
    }
}

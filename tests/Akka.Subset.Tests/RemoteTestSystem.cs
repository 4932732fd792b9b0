using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Serialization;

namespace Akka.Subset.Tests;

/// <summary>An ActorSystem with remoting on a loopback port, what it logged as warnings and errors, and actors to talk to.</summary>
internal sealed class RemoteTestSystem : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string Defaults = """
        akka {
          loggers = []
          loglevel = INFO
          stdout-loglevel = OFF
          log-dead-letters = off
          actor {
            provider = remote
            serializers.remote-test = "Akka.Subset.Tests.RemoteTestSerializer, Akka.Subset.Tests"
            serialization-bindings {
              "Akka.Subset.Tests.Unwritable, Akka.Subset.Tests" = remote-test
              "Akka.Subset.Tests.Unreadable, Akka.Subset.Tests" = remote-test
            }
          }
          remote {
            retry-gate-closed-for = 200 ms
            dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          }
        }
        """;

    public RemoteTestSystem(string name, string config = "")
    {
        System = ActorSystem.Create(name, ConfigurationFactory.ParseString(config).WithFallback(ConfigurationFactory.ParseString(Defaults)));
        Address = ((ExtendedActorSystem)System).Provider.DefaultAddress;
        var log = Collect<LogEvent>("log-collector");
        Log = log.Messages;
        System.EventStream.Subscribe(log.Ref, typeof(Error));
        System.EventStream.Subscribe(log.Ref, typeof(Warning));
    }

    public ActorSystem System { get; }
    public Address Address { get; }
    public int Port => Address.Port!.Value;

    /// <summary>Warnings and errors.</summary>
    public ConcurrentQueue<LogEvent> Log { get; }

    public IEnumerable<Error> Errors => Log.OfType<Error>();

    public string PathOf(string actor) => $"{Address}/user/{actor}";

    /// <summary>A reference by path, as the product uses them: it means whoever lives there.</summary>
    public IActorRef Resolve(string path) => ((ExtendedActorSystem)System).Provider.ResolveActorRef(path);

    public IActorRef Echo(string name = "echo") => System.ActorOf(Props.Create(() => new EchoActor()), name);

    public (IActorRef Ref, ConcurrentQueue<T> Messages) Collect<T>(string name)
    {
        var messages = new ConcurrentQueue<T>();
        return (System.ActorOf(Props.Create(() => new Collector<T>(messages)), name), messages);
    }

    /// <summary>Everything of these types that the event stream carries from now on.</summary>
    public ConcurrentQueue<object> Events(params Type[] types)
    {
        var (collector, events) = Collect<object>("events-" + Guid.NewGuid().ToString("N"));
        foreach (var type in types) System.EventStream.Subscribe(collector, type);
        return events;
    }

    /// <summary>Asks again and again until an answer comes, as messages may be lost while a connection is being made.</summary>
    public async Task<string> AskUntilAnswered(IActorRef target, string message)
    {
        var watch = Stopwatch.StartNew();
        while (true)
            try
            {
                return await target.Ask<string>(message, TimeSpan.FromMilliseconds(500));
            }
            catch (Exception e) when (e is AskTimeoutException or TaskCanceledException && watch.Elapsed < Patience)
            {
            }
    }

    public static async Task Eventually(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, $"did not happen within {Patience.TotalSeconds} s: {what}");
            await Task.Delay(20);
        }
    }

    public Task Stop() => System.Terminate().WaitAsync(Patience);

    public async ValueTask DisposeAsync() => await Stop();

    private sealed class EchoActor : ReceiveActor
    {
        public EchoActor() => ReceiveAny(m => Sender.Tell(m));
    }

    private sealed class Collector<T> : ReceiveActor
    {
        public Collector(ConcurrentQueue<T> messages) => Receive<T>(messages.Enqueue);
    }
}

/// <summary>A message that its serializer refuses to write.</summary>
public sealed class Unwritable;

/// <summary>A message whose manifest the receiver does not know.</summary>
public sealed class Unreadable;

/// <summary>Fails where the tests want it to.</summary>
public sealed class RemoteTestSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 4711;

    public override string Manifest(object o) => "from-a-later-version";

    public override byte[] ToBinary(object obj) =>
        obj is Unreadable ? Encoding.UTF8.GetBytes("?") : throw new SerializationException("this message cannot be written");

    public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException($"unknown manifest {manifest}");
}

/// <summary>A wire that can be cut, broken and stalled: what is sent to its port goes to another one.</summary>
internal sealed class Wire : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly ConcurrentBag<Socket> _far = [];
    private volatile bool _open = true;
    private volatile int _stalled;
    private volatile int _connections;

    public Wire() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections have been made through it.</summary>
    public int Connections => _connections;

    public static int FreePort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }

    /// <summary>Configures a system so that its peers reach it through this wire.</summary>
    public string LeadsTo(int port) =>
        $"akka.remote.dot-netty.tcp {{ port = {port}, public-hostname = \"127.0.0.1\", public-port = {Port} }}\n";

    public void ConnectTo(int port) => _ = Task.Run(async () =>
    {
        while (true)
        {
            var near = await _listener.AcceptSocketAsync();
            if (!_open)
            {
                near.Close();
                continue;
            }
            var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await far.ConnectAsync(IPAddress.Loopback, port);
            _sockets.Add(near);
            _sockets.Add(far);
            _far.Add(far);
            var number = Interlocked.Increment(ref _connections);
            _ = Pump(near, far, number);
            _ = Pump(far, near, number);
        }
    });

    /// <summary>As when the process behind it is killed: connections break, new ones are refused.</summary>
    public void Cut()
    {
        _open = false;
        _listener.Stop();
        foreach (var socket in _sockets) socket.Close();
    }

    /// <summary>Connections break and new ones are closed at once, until <see cref="Mend" />.</summary>
    public void Break()
    {
        _open = false;
        foreach (var socket in _sockets) socket.Close();
    }

    public void Mend() => _open = true;

    /// <summary>The present connections stay open but carry nothing any more, as in a partition; new ones work.</summary>
    public void Stall() => _stalled = _connections;

    /// <summary>Puts bytes into the present connections, towards the system behind the wire.</summary>
    public void Inject(byte[] bytes)
    {
        foreach (var far in _far) far.Send(bytes);
    }

    public void Dispose() => Cut();

    private async Task Pump(Socket from, Socket to, int number)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                if (number <= _stalled) return;
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The wire was cut, or one end closed.
        }
        from.Close();
        to.Close();
    }
}

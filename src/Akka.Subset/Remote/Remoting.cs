using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>Listens for peers and keeps an association with each address that this system talks to.</summary>
internal sealed class Remoting
{
    private readonly ConcurrentDictionary<Address, Association> _associations = new();
    private readonly ConcurrentDictionary<InboundConnection, byte> _inbound = new();
    private Timer? _ticks;
    private volatile bool _stopping;

    public Remoting(ExtendedActorSystem system, RemoteActorRefProvider provider)
    {
        System = system;
        Provider = provider;
        Settings = provider.RemoteSettings;
        Log = Logging.GetLogger(system, "Remoting");
        Events = new EventPublisher(system, Log, Settings.LifecycleLogLevel);
        Tcp = new TcpTransport(Settings);
        Uid = AddressUidExtension.Uid(system);
    }

    public ExtendedActorSystem System { get; }
    public RemoteActorRefProvider Provider { get; }
    public RemoteSettings Settings { get; }
    public ILoggingAdapter Log { get; }
    public EventPublisher Events { get; }
    public TcpTransport Tcp { get; }

    /// <summary>This incarnation of the system.</summary>
    public int Uid { get; }

    /// <summary>Null until the port is known.</summary>
    public Address DefaultAddress { get; private set; } = null!;

    public bool Stopping => _stopping;

    /// <exception cref="RemoteTransportException">The port cannot be had.</exception>
    public void Start()
    {
        var port = Task.Run(Tcp.Listen).GetAwaiter().GetResult();
        DefaultAddress = new Address("akka.tcp", System.Name, Settings.PublicHostname, Settings.PublicPort ?? port);
        _ = Task.Run(AcceptLoop);
        var interval = Settings.TransportHeartBeatInterval;
        _ticks = new Timer(_ => Tick(), null, interval, interval);
        Log.Info("Remoting started; listening on addresses: [{0}]", DefaultAddress);
        Events.Notify(new RemotingListenEvent([DefaultAddress]));
    }

    public Association AssociationWith(Address address) => _associations.GetOrAdd(address, static (a, r) => new Association(r, a), this);

    public FailureDetector NewFailureDetector() =>
        FailureDetectorLoader.Load(Settings.TransportFailureDetectorImplementationClass, Settings.TransportFailureDetectorConfig, System);

    public void DeadLetter(object message, IActorRef? sender, IActorRef recipient)
    {
        // What a selection carries says whether it is worth a dead letter (heartbeats are not).
        if (message is ActorSelectionMessage { Message: IDeadLetterSuppression suppressed }) message = suppressed;
        System.DeadLetters.Tell(new DeadLetter(message, sender ?? System.DeadLetters, recipient), sender ?? System.DeadLetters);
    }

    public void Quarantine(Address address, int? uid) => AssociationWith(address).Quarantine(uid);

    public void Closed(InboundConnection connection) => _inbound.TryRemove(connection, out _);

    /// <summary>Lets what was sent leave, then closes everything.</summary>
    public async Task Shutdown()
    {
        _stopping = true;
        _ticks?.Dispose();
        await Tcp.StopListening().ConfigureAwait(false);
        var finished = Task.WhenAll(_associations.Values.Select(a => a.Finish()));
        try
        {
            await finished.WaitAsync(Settings.FlushWait).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.Warning("Not all that was sent could leave within {0} (akka.remote.flush-wait-on-shutdown).", Settings.FlushWait);
        }
        foreach (var association in _associations.Values) association.Abort();
        foreach (var connection in _inbound.Keys) connection.Abort("this system stops");
        await Task.WhenAll(_associations.Values.Select(a => a.Completion).Concat(_inbound.Keys.Select(c => c.Completion)))
            .WaitAsync(Settings.ShutdownTimeout).ConfigureAwait(false);
        await Tcp.DisposeAsync().ConfigureAwait(false);
        Events.Notify(new RemotingShutdownEvent());
    }

    private async Task AcceptLoop()
    {
        while (true)
        {
            try
            {
                if (await Tcp.Accept().ConfigureAwait(false) is not { } accepted) return;
                var connection = new InboundConnection(this, accepted);
                _inbound.TryAdd(connection, 0);
                if (_stopping) connection.Abort("this system stops");
                _ = Task.Run(connection.Run);
            }
            catch (Exception e) when (!_stopping)
            {
                // For instance no more file descriptors: the next connection may succeed, after a while.
                Log.Error(e, "A connection cannot be accepted: {0}", e.Message);
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private void Tick()
    {
        foreach (var association in _associations.Values)
            try
            {
                association.Tick();
            }
            catch (Exception e)
            {
                Log.Error(e, "The failure detector of {0} failed: {1}", association.Remote, e.Message); // in a timer it would end the process
            }
    }
}

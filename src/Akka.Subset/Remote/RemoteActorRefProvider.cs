using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Serialization;

namespace Akka.Remote;

/// <summary>What the provider of a system with remoting can do beyond a local one's.</summary>
public interface IRemoteActorRefProvider : IActorRefProvider
{
    IActorRef RemoteWatcher { get; }

    /// <summary>Whether this is an address of this system.</summary>
    bool HasAddress(Address address);

    /// <summary>Resolves a path that came over a connection to <paramref name="localAddress" />.</summary>
    IInternalActorRef ResolveActorRefWithLocalAddress(string path, Address localAddress);

    /// <summary>
    /// Cuts off the incarnation <paramref name="uid" /> of the system at <paramref name="address" /> for good; without uid, its connection is
    /// closed and pending system messages are dropped, but it may come back.
    /// </summary>
    void Quarantine(Address address, int? uid);
}

/// <summary>References to local actors by a <see cref="LocalActorRefProvider" />, to foreign ones through <see cref="Remoting" />.</summary>
public class RemoteActorRefProvider : IRemoteActorRefProvider
{
    private readonly LocalActorRefProvider _local;
    private Remoting? _remoting;
    private ActorSystemImpl? _system;
    private Information? _information;
    private volatile IActorRef? _remoteWatcher;

    public RemoteActorRefProvider(string systemName, Settings settings, EventStream eventStream)
    {
        settings.InjectTopLevelFallback(ConfigurationFactory.FromResource<RemoteActorRefProvider>("Akka.Remote.Remote.conf"));
        RemoteSettings = new RemoteSettings(settings.Config);
        _local = new LocalActorRefProvider(systemName, settings, eventStream);
    }

    public ActorPath RootPath => _local.RootPath;
    public IInternalActorRef RootGuardian => _local.RootGuardian;
    public LocalActorRef Guardian => _local.Guardian;
    public LocalActorRef SystemGuardian => _local.SystemGuardian;
    public IInternalActorRef TempContainer => _local.TempContainer;
    public IActorRef DeadLetters => _local.DeadLetters;
    public IActorRef IgnoreRef => _local.IgnoreRef;
    public Deployer Deployer => _local.Deployer;
    public Settings Settings => _local.Settings;
    public Task TerminationTask => _local.TerminationTask;
    public Address DefaultAddress => _remoting?.DefaultAddress ?? _local.DefaultAddress;
    public IActorRef RemoteWatcher => _remoteWatcher ?? ActorRefs.Nobody;

    public Information SerializationInformation =>
        _information ??= _remoting?.DefaultAddress is { } address ? new Information(address, _system) : _local.SerializationInformation;

    internal RemoteSettings RemoteSettings { get; }

    public virtual void Init(ActorSystemImpl system)
    {
        _system = system;
        _local.Init(system);
        var remoting = new Remoting(system, this);
        remoting.Start();
        _remoting = remoting;
        _information = null;
        system.SystemActorOf(Props.Create(() => new RemotingTerminator(remoting, _local.SystemGuardian)), "remoting-terminator");
        _remoteWatcher = CreateRemoteWatcher(system);
    }

    protected virtual IActorRef CreateRemoteWatcher(ActorSystemImpl system) =>
        system.SystemActorOf(
            Akka.Remote.RemoteWatcher.Props(
                CreateRemoteWatcherFailureDetector(system),
                RemoteSettings.WatchHeartBeatInterval,
                RemoteSettings.WatchUnreachableReaperInterval,
                RemoteSettings.WatchHeartbeatExpectedResponseAfter),
            "remote-watcher");

    protected DefaultFailureDetectorRegistry<Address> CreateRemoteWatcherFailureDetector(ActorSystem system) =>
        new(() => FailureDetectorLoader.Load(
            RemoteSettings.WatchFailureDetectorImplementationClass, RemoteSettings.WatchFailureDetectorConfig, system));

    public IInternalActorRef ActorOf(ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService,
        Deploy deploy, bool lookupDeploy, bool async) =>
        _local.ActorOf(system, props, supervisor, path, systemService, deploy, lookupDeploy, async);

    public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => _local.CreateFutureRef(tcs);

    public ActorPath TempPath() => _local.TempPath();

    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _local.RegisterTempActor(actorRef, path);

    public void UnregisterTempActor(ActorPath path) => _local.UnregisterTempActor(path);

    public bool HasAddress(Address address) =>
        address == _local.RootPath.Address || (_remoting is { } remoting && address == remoting.DefaultAddress);

    public Address GetExternalAddressFor(Address address) =>
        HasAddress(address) ? _local.RootPath.Address : address.HasGlobalScope ? DefaultAddress : null!;

    public IActorRef RootGuardianAt(Address address) => HasAddress(address) ? RootGuardian : Foreign(new RootActorPath(address));

    public IActorRef ResolveActorRef(ActorPath actorPath) => HasAddress(actorPath.Address) ? Local(actorPath) : Foreign(actorPath);

    public IActorRef ResolveActorRef(string path) =>
        ActorPath.TryParse(path, out var actorPath) ? ResolveActorRef(actorPath) : _local.ResolveActorRef(path);

    public IInternalActorRef ResolveActorRefWithLocalAddress(string path, Address localAddress)
    {
        if (!ActorPath.TryParse(path, out var actorPath)) return (IInternalActorRef)DeadLetters;
        return (IInternalActorRef)(actorPath.Address == localAddress ? Local(actorPath) : ResolveActorRef(actorPath));
    }

    public void Quarantine(Address address, int? uid)
    {
        if (!HasAddress(address)) _remoting!.Quarantine(address, uid);
    }

    private RemoteActorRef Foreign(ActorPath path) =>
        _remoting is { } remoting
            ? new RemoteActorRef(remoting, path)
            : throw new InvalidOperationException($"{path} cannot be resolved: remoting has not started yet.");

    private IActorRef Local(ActorPath path) =>
        _local.ResolveActorRef(path.Address == _local.RootPath.Address ? path : _local.RootPath / path.ElementsWithUid);

    /// <summary>Holds the system's end back until remoting is closed.</summary>
    private sealed class RemotingTerminator : UntypedActor
    {
        private readonly Remoting _remoting;
        private readonly IActorRef _systemGuardian;

        public RemotingTerminator(Remoting remoting, IActorRef systemGuardian)
        {
            _remoting = remoting;
            _systemGuardian = systemGuardian;
        }

        protected override void PreStart() => _systemGuardian.Tell(RegisterTerminationHook.Instance, Self);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case TerminationHook:
                    _remoting.Shutdown().PipeTo(Self, success: () => Closed.Instance, failure: e => new Status.Failure(e));
                    break;
                case Status.Failure failure:
                    _remoting.Log.Error(failure.Cause, "Remoting did not close properly: {0}", failure.Cause.Message);
                    Done();
                    break;
                case Closed:
                    Done();
                    break;
            }
        }

        private void Done() => _systemGuardian.Tell(TerminationHookDone.Instance, Self);

        private sealed class Closed
        {
            public static readonly Closed Instance = new();
        }
    }
}

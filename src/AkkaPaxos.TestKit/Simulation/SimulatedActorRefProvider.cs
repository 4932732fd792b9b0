using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Event;
using Akka.Serialization;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A node's references: its own actors are the local provider's, those of other nodes are links.</summary>
internal sealed class SimulatedActorRefProvider(string systemName, Settings settings, EventStream eventStream) : IActorRefProvider
{
    private readonly LocalActorRefProvider _local = new(systemName, settings, eventStream);

    public SimulatedSystem System { get; } = SimulatedSystem.Creating;

    public IInternalActorRef RootGuardian => _local.RootGuardian;

    public LocalActorRef Guardian => _local.Guardian;

    public LocalActorRef SystemGuardian => _local.SystemGuardian;

    public IActorRef DeadLetters => _local.DeadLetters;

    public IActorRef IgnoreRef => _local.IgnoreRef;

    public ActorPath RootPath => _local.RootPath;

    public Settings Settings => _local.Settings;

    public Deployer Deployer => _local.Deployer;

    public IInternalActorRef TempContainer => _local.TempContainer;

    public Task TerminationTask => _local.TerminationTask;

    public Address DefaultAddress => _local.DefaultAddress;

    public Information SerializationInformation => _local.SerializationInformation;

    public void Init(ActorSystemImpl system) => _local.Init(system);

    public ActorPath TempPath() => _local.TempPath();

    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _local.RegisterTempActor(actorRef, path);

    public void UnregisterTempActor(ActorPath path) => _local.UnregisterTempActor(path);

    public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => _local.CreateFutureRef(tcs);

    public IInternalActorRef ActorOf(
        ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService, Deploy deploy, bool lookupDeploy,
        bool async) => _local.ActorOf(system, props, supervisor, path, systemService, deploy, lookupDeploy, async);

    public IActorRef ResolveActorRef(string path) => ResolveActorRef(ActorPath.Parse(path));

    public IActorRef ResolveActorRef(ActorPath actorPath) =>
        actorPath.Address == DefaultAddress ? _local.ResolveActorRef(actorPath) : new SimulatedLink(actorPath, this);

    public IActorRef RootGuardianAt(Address address) =>
        address == DefaultAddress ? RootGuardian : new SimulatedLink(new RootActorPath(address), this);

    public Address GetExternalAddressFor(Address address) => address;
}

using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

public class ClusterExtension : ExtensionIdProvider<Cluster>
{
    public override Cluster CreateExtension(ExtendedActorSystem system) => new((ActorSystemImpl)system);
}

/// <summary>The node's membership of a cluster. Every method may be called from any thread.</summary>
public class Cluster : IExtension
{
    private readonly ILoggingAdapter _log;
    private readonly IActorRef _daemon;
    private readonly TaskCompletionSource<Done> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile View _view;
    private int _terminated;

    /// <exception cref="ConfigurationException">The system's provider is not the cluster's.</exception>
    public Cluster(ActorSystemImpl system)
    {
        if (system.Provider is not IClusterActorRefProvider provider)
            throw new ConfigurationException(
                $"ActorSystem {system} needs to have a 'ClusterActorRefProvider' enabled in the configuration (akka.actor.provider = cluster), "
                + $"currently uses {system.Provider.GetType().FullName}");
        System = system;
        Settings = new ClusterSettings(system.Settings.Config, system.Name);
        SelfUniqueAddress = new UniqueAddress(provider.DefaultAddress, AddressUidExtension.Uid(system));
        _log = Logging.GetLogger(system, "Cluster");
        _view = new View(new MembershipState(Gossip.Empty, SelfUniqueAddress));
        LogInfo("Starting up...");

        FailureDetector = new DefaultFailureDetectorRegistry<Address>(() =>
            FailureDetectorLoader.Load(Settings.FailureDetectorImplementationClass, Settings.FailureDetectorConfig, system));
        DowningProvider = CreateDowningProvider(system);
        var shutdown = CoordinatedShutdown.Get(system);
        _daemon = system.SystemActorOf(
            Props.Create(() => new ClusterDaemon(this, shutdown)).WithDispatcher(Settings.UseDispatcher), "cluster");
        AddShutdownTasks(shutdown);
        system.RegisterOnTermination(Shutdown);
        LogInfo("Started up successfully");
    }

    public ExtendedActorSystem System { get; }

    public ClusterSettings Settings { get; }

    public UniqueAddress SelfUniqueAddress { get; }

    public Address SelfAddress => SelfUniqueAddress.Address;

    public ImmutableHashSet<string> SelfRoles => Settings.Roles;

    public DefaultFailureDetectorRegistry<Address> FailureDetector { get; }

    public IDowningProvider DowningProvider { get; }

    /// <summary>The members as last published; at least as new as any event that was delivered.</summary>
    public CurrentClusterState State => _view.Snapshot.Value;

    /// <summary>This node as a member; in state Removed before it has joined and after it has left.</summary>
    public Member SelfMember =>
        _view.State.Gossip.FindMember(SelfUniqueAddress) ?? new Member(SelfUniqueAddress, int.MaxValue, MemberStatus.Removed, SelfRoles);

    public bool IsUp => SelfMember.Status == MemberStatus.Up;

    /// <summary>The node's part of the cluster has stopped; only a new ActorSystem can join again.</summary>
    public bool IsTerminated => Volatile.Read(ref _terminated) != 0;

    /// <summary>Completed when this node is Exiting: from then on nobody counts on it.</summary>
    internal TaskCompletionSource<Done> SelfExiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Cluster Get(ActorSystem system) => system.WithExtension<Cluster, ClusterExtension>();

    /// <summary>Subscribes to events of these types (or of types derived from them), beginning with the current state.</summary>
    public void Subscribe(IActorRef subscriber, params Type[] to) => Subscribe(subscriber, SubscriptionInitialStateMode.InitialStateAsSnapshot, to);

    public void Subscribe(IActorRef subscriber, SubscriptionInitialStateMode initialStateMode, params Type[] to) =>
        _daemon.Tell(new InternalClusterAction.Subscribe(subscriber, initialStateMode, [.. to]));

    public void Unsubscribe(IActorRef subscriber) => _daemon.Tell(new InternalClusterAction.Unsubscribe(subscriber, null));

    public void Unsubscribe(IActorRef subscriber, Type to) => _daemon.Tell(new InternalClusterAction.Unsubscribe(subscriber, to));

    public void SendCurrentClusterState(IActorRef receiver) => _daemon.Tell(new InternalClusterAction.SendCurrentClusterState(receiver));

    /// <summary>Joins through the member at this address; its own address forms a new cluster. A node joins once in its life.</summary>
    public void Join(Address address) => _daemon.Tell(new ClusterUserAction.JoinTo(WithLocalDefaults(address)));

    /// <summary>As <see cref="Join"/>; completed when this node is Up.</summary>
    /// <exception cref="ClusterJoinFailedException">The cluster was shut down before.</exception>
    public Task JoinAsync(Address address, CancellationToken token = default)
    {
        var up = WhenUp(token);
        Join(address);
        return up;
    }

    /// <summary>Joins through whichever seed answers first; the first seed of the list may form a new cluster.</summary>
    public void JoinSeedNodes(IEnumerable<Address> seedNodes) =>
        _daemon.Tell(new InternalClusterAction.JoinSeedNodes(seedNodes.Select(WithLocalDefaults).ToImmutableList()));

    /// <summary>Lets a member leave: Leaving, Exiting, Removed. Any member may ask it for any other.</summary>
    public void Leave(Address address)
    {
        if (WithLocalDefaults(address).Equals(SelfAddress)) LeaveSelf();
        else _daemon.Tell(new ClusterUserAction.Leave(WithLocalDefaults(address)));
    }

    /// <summary>Leaves; completed when this node's part of the cluster has stopped.</summary>
    public Task LeaveAsync() => LeaveAsync(CancellationToken.None);

    public Task LeaveAsync(CancellationToken token)
    {
        LeaveSelf();
        return _stopped.Task.WaitAsync(token);
    }

    /// <summary>Marks a member as down, without asking it.</summary>
    public void Down(Address address) => _daemon.Tell(new ClusterUserAction.Down(WithLocalDefaults(address)));

    /// <summary>Runs the callback once this node is Up.</summary>
    public void RegisterOnMemberUp(Action callback) => _daemon.Tell(new InternalClusterAction.AddOnMemberUpListener(callback));

    /// <summary>Runs the callback once this node is removed or its part of the cluster has stopped; at once if that was before.</summary>
    public void RegisterOnMemberRemoved(Action callback)
    {
        if (IsTerminated) callback();
        else _daemon.Tell(new InternalClusterAction.AddOnMemberRemovedListener(callback));
    }

    internal void LogInfo(string message)
    {
        if (Settings.LogInfo) _log.Info("Cluster Node [{0}] - {1}", SelfAddress, message);
    }

    internal void LogWarning(string message) => _log.Warning("Cluster Node [{0}] - {1}", SelfAddress, message);

    internal void UpdateView(MembershipState state) => _view = new View(state);

    /// <summary>The daemon has stopped, for whatever reason.</summary>
    internal void DaemonStopped()
    {
        Interlocked.Exchange(ref _terminated, 1);
        UpdateView(new MembershipState(Gossip.Empty, SelfUniqueAddress));
        SelfExiting.TrySetResult(Done.Instance);
        _stopped.TrySetResult(Done.Instance);
    }

    /// <summary>Stops this node's part of the cluster. Others see it as unreachable, unless it has left before.</summary>
    internal void Shutdown()
    {
        if (Interlocked.Exchange(ref _terminated, 1) != 0) return;
        LogInfo("Shutting down...");
        System.Stop(_daemon);
        LogInfo("Successfully shut down");
    }

    private void LeaveSelf() => _daemon.Tell(new ClusterUserAction.Leave(SelfAddress));

    private Task WhenUp(CancellationToken token)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RegisterOnMemberUp(() => up.TrySetResult());
        RegisterOnMemberRemoved(() => up.TrySetException(new ClusterJoinFailedException($"Node [{SelfAddress}] was shut down before it was Up")));
        return up.Task.WaitAsync(token);
    }

    /// <summary>"akka://system", an address without host, means this node.</summary>
    private Address WithLocalDefaults(Address address) => address.HasLocalScope && address.System == SelfAddress.System ? SelfAddress : address;

    private IDowningProvider CreateDowningProvider(ActorSystemImpl system)
    {
        try
        {
            return (IDowningProvider)Activator.CreateInstance(Settings.DowningProviderType, system, this)!;
        }
        catch (Exception e) when (e is MissingMethodException or InvalidCastException)
        {
            throw new ConfigurationException(
                $"akka.cluster.downing-provider-class: {Settings.DowningProviderType} is no IDowningProvider "
                + "with a constructor (ActorSystem, Cluster)", e);
        }
    }

    private void AddShutdownTasks(CoordinatedShutdown shutdown)
    {
        bool NothingToLeave() => IsTerminated || State.Members.IsEmpty || SelfMember.Status == MemberStatus.Down;

        // An answer that is late fails the task; the phase goes on then, as it is bounded by its own time-out.
        Task<Done> Ask(object request, string phase) => _daemon.Ask<Done>(request, shutdown.Timeout(phase));

        shutdown.AddTask(CoordinatedShutdown.PhaseClusterLeave, "leave", () => NothingToLeave()
            ? Task.FromResult(Done.Instance)
            : Ask(new InternalClusterAction.LeaveReq(), CoordinatedShutdown.PhaseClusterLeave));
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExiting, "wait-exiting", () => NothingToLeave()
            ? Task.FromResult(Done.Instance)
            : SelfExiting.Task);
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExitingDone, "exiting-completed", () =>
            IsTerminated || SelfMember.Status == MemberStatus.Down
            ? Task.FromResult(Done.Instance)
            : Ask(new InternalClusterAction.ExitingCompleted(), CoordinatedShutdown.PhaseClusterExitingDone));
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterShutdown, "wait-shutdown", () => _stopped.Task);
    }

    private sealed class View(MembershipState state)
    {
        public MembershipState State { get; } = state;

        public Lazy<CurrentClusterState> Snapshot { get; } = new(() => ClusterDiff.Snapshot(state));
    }
}

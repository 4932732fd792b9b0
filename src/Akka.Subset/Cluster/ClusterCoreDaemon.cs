using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// The membership protocol of one node. This file: its state and which message is handled when. Joining, gossip, the leader's
/// duties and the ways out are in the files ClusterCoreDaemon.*.cs.
/// </summary>
internal sealed partial class ClusterCoreDaemon : UntypedActor, IWithTimers
{
    /// <summary>Gossips sent in a hurry by a member that is about to stop.</summary>
    private const int FarewellGossips = 5;

    private const int ImmediateGossips = 3;

    private readonly Cluster _cluster;
    private readonly ClusterSettings _settings;
    private readonly IActorRef _publisher;
    private readonly CoordinatedShutdown _shutdown;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly UniqueAddress _self;

    private Gossip _gossip = Gossip.Empty;

    public ClusterCoreDaemon(Cluster cluster, IActorRef publisher, CoordinatedShutdown shutdown)
    {
        _cluster = cluster;
        _settings = cluster.Settings;
        _publisher = publisher;
        _shutdown = shutdown;
        _self = cluster.SelfUniqueAddress;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private MembershipState State => new(_gossip, _self);

    private MemberStatus SelfStatus => _gossip.GetMember(_self).Status;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(QuarantinedEvent));
        Every(_settings.GossipInterval, new GossipTick());
        Every(_settings.LeaderActionsInterval, new LeaderActionsTick());
        Every(_settings.UnreachableNodesReaperInterval, new ReapUnreachableTick());
        if (_settings.SeedNodes.IsEmpty) _cluster.LogInfo("No seed-nodes configured, manual cluster join required");
        else Self.Tell(new JoinSeedNodes(_settings.SeedNodes));
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message) => Uninitialized(message);

    /// <summary>Not a member yet, and not asking to be one.</summary>
    private void Uninitialized(object message)
    {
        switch (message)
        {
            case ClusterUserAction.JoinTo to:
                Join(to.Address);
                break;
            case JoinSeedNodes seeds:
                ResetJoinSeedNodesDeadline();
                StartJoiningSeedNodes(seeds.SeedNodes);
                break;
            case InitJoin:
                Sender.Tell(new InitJoinNack(_self.Address));
                break;
            case GossipTick:
                CheckJoinSeedNodesDeadline();
                break;
            default:
                ReceiveInAnyState(message);
                break;
        }
    }

    /// <summary>Has sent Join to a member and waits for its Welcome.</summary>
    private void TryingToJoin(object message, Address joinWith, long? retryAt)
    {
        switch (message)
        {
            case Welcome welcome:
                ReceiveWelcome(joinWith, welcome);
                break;
            case InitJoin:
                Sender.Tell(new InitJoinNack(_self.Address));
                break;
            case ClusterUserAction.JoinTo to:
                BecomeUninitialized();
                Join(to.Address);
                break;
            case JoinSeedNodes seeds:
                ResetJoinSeedNodesDeadline();
                BecomeUninitialized();
                StartJoiningSeedNodes(seeds.SeedNodes);
                break;
            case GossipTick:
                if (!CheckJoinSeedNodesDeadline() && IsOver(retryAt)) RetryJoin(joinWith);
                break;
            default:
                ReceiveInAnyState(message);
                break;
        }
    }

    /// <summary>A member.</summary>
    private void Initialized(object message)
    {
        switch (message)
        {
            case GossipEnvelope envelope:
                ReceiveGossip(envelope);
                break;
            case GossipStatus status:
                ReceiveGossipStatus(status);
                break;
            case GossipTick:
                OnGossipTick();
                break;
            case GossipSpeedupTick:
                if (IsGossipSpeedupNeeded) SendGossip();
                break;
            case LeaderActionsTick:
                LeaderActions();
                break;
            case ReapUnreachableTick:
                ReapUnreachableMembers();
                CheckIncarnations();
                break;
            case HeartbeatRsp answer:
                ReceiveWhoLivesThere(answer);
                break;
            case InitJoin:
                ReceiveInitJoin();
                break;
            case Join join:
                Joining(join.Node, join.Roles, Sender);
                break;
            case ClusterUserAction.Leave leave:
                Leaving(leave.Address);
                break;
            case ClusterUserAction.Down down:
                Downing(down.Address);
                break;
            case QuarantinedEvent quarantined:
                Quarantined(new UniqueAddress(quarantined.Address, quarantined.Uid));
                break;
            case ExitingConfirmed confirmed:
                ReceiveExitingConfirmed(confirmed.Address);
                break;
            case ClusterUserAction.JoinTo to:
                _cluster.LogInfo($"Trying to join [{to.Address}] when already part of a cluster, ignoring");
                break;
            case JoinSeedNodes seeds:
                _cluster.LogInfo($"Trying to join seed nodes [{string.Join(", ", seeds.SeedNodes)}] when already part of a cluster, ignoring");
                break;
            default:
                ReceiveInAnyState(message);
                break;
        }
    }

    /// <summary>What is left is late or early (ticks, gossip for a member that is none yet), and of no interest then.</summary>
    private void ReceiveInAnyState(object message)
    {
        if (message is ExitingCompleted) ReceiveExitingCompleted();
    }

    /// <summary>
    /// A change of this node's own making: a new version, which only this node has seen. Some others hear of it at once, and the
    /// rest by the regular rounds.
    /// </summary>
    private void Update(Gossip changed)
    {
        var versioned = changed.Increment(_self);
        // While the tasks of exiting run, this node keeps back its consent to its own removal.
        Publish(_exitingTasksInProgress ? versioned with { SeenBy = [] } : versioned.OnlySeen(_self));
        SendGossipToSome(ImmediateGossips);
    }

    /// <summary>The new state of this node. The view comes before the events, so that who hears one finds it there.</summary>
    private void Publish(Gossip next)
    {
        var before = _gossip;
        _gossip = next;
        _cluster.UpdateView(State);
        _publisher.Tell(new PublishChanges(State));
        if (ReferenceEquals(before.Members, next.Members)) return;
        foreach (var gone in before.Members)
            if (gone.UniqueAddress != _self && next.FindMember(gone.Address) is null) _cluster.FailureDetector.Remove(gone.Address);
        CheckPendingJoins();
    }

    private void Every(TimeSpan interval, object tick) =>
        Timers.StartPeriodicTimer(tick.GetType(), tick, _settings.PeriodicTasksInitialDelay, interval);

    private long DeadlineIn(TimeSpan span) => (long)(Context.System.Scheduler.MonotonicClock + span).TotalMilliseconds;

    private bool IsOver(long? deadline) => deadline is { } d && Context.System.Scheduler.MonotonicClock.TotalMilliseconds >= d;

    private IActorRef Core(Address address) => ClusterPaths.Core(_cluster, address);
}

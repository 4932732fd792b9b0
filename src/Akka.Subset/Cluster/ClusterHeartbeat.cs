using Akka.Actor;
using Akka.Remote;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>Answers every heartbeat, member or not.</summary>
internal sealed class ClusterHeartbeatReceiver(UniqueAddress self) : UntypedActor
{
    protected override void OnReceive(object message)
    {
        if (message is Heartbeat heartbeat) Sender.Tell(new HeartbeatRsp(self, heartbeat.SequenceNr));
        else Unhandled(message);
    }
}

/// <summary>Sends heartbeats to the members that this node watches, and tells the failure detector of the answers.</summary>
internal sealed class ClusterHeartbeatSender : UntypedActor, IWithTimers
{
    private readonly Cluster _cluster;
    private readonly IActorRef _publisher;
    private readonly DefaultFailureDetectorRegistry<Address> _detector;
    private HeartbeatRing _ring;
    private long _sequenceNr;

    public ClusterHeartbeatSender(Cluster cluster, IActorRef publisher)
    {
        _cluster = cluster;
        _publisher = publisher;
        _detector = cluster.FailureDetector;
        _ring = HeartbeatRing.Create(cluster.SelfUniqueAddress, cluster.Settings.MonitoredByNrOfMembers);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _publisher.Tell(new Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            [typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent)]));
        var interval = _cluster.Settings.HeartbeatInterval;
        var delay = _cluster.Settings.PeriodicTasksInitialDelay;
        Timers.StartPeriodicTimer("heartbeat", new HeartbeatTick(), delay > interval ? delay : interval, interval);
    }

    protected override void PostStop()
    {
        foreach (var node in _ring.Watched) _detector.Remove(node.Address);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HeartbeatTick:
                SendHeartbeats();
                break;
            case HeartbeatRsp response:
                if (!_ring.Watched.Contains(response.From)) break;
                _detector.Heartbeat(response.From.Address);
                // Answered again, it is watched no longer if only its silence was the reason.
                MoveTo(_ring.Answered(response.From));
                break;
            case ExpectedFirstHeartbeat expected:
                if (_ring.Watched.Contains(expected.From) && !_detector.IsMonitoring(expected.From.Address))
                    _detector.Heartbeat(expected.From.Address);
                break;
            case ClusterEvent.CurrentClusterState state:
                MoveTo(_ring.With(state.Members.Select(m => m.UniqueAddress), state.Unreachable.Select(m => m.UniqueAddress)));
                break;
            case ClusterEvent.MemberRemoved removed:
                Forget(removed.Member.UniqueAddress);
                break;
            case ClusterEvent.UnreachableMember lost:
                MoveTo(_ring.WithUnreachable(lost.Member.UniqueAddress));
                break;
            case ClusterEvent.ReachableMember back:
                MoveTo(_ring.WithReachable(back.Member.UniqueAddress));
                break;
            case ClusterEvent.IMemberEvent change:
                MoveTo(_ring.WithMember(change.Member.UniqueAddress));
                break;
        }
    }

    private void SendHeartbeats()
    {
        _sequenceNr++;
        foreach (var node in _ring.Watched)
        {
            if (!_detector.IsMonitoring(node.Address) && !Timers.IsTimerActive(node))
                Timers.StartSingleTimer(node, new ExpectedFirstHeartbeat(node), _cluster.Settings.HeartbeatExpectedResponseAfter);
            ClusterPaths.HeartbeatReceiver(_cluster, node.Address).Tell(new Heartbeat(_cluster.SelfAddress, _sequenceNr));
        }
    }

    private void Forget(UniqueAddress node)
    {
        if (node == _cluster.SelfUniqueAddress)
        {
            Context.Stop(Self);
            return;
        }
        Timers.Cancel(node);
        MoveTo(_ring.Without(node));
        _detector.Remove(node.Address);
    }

    /// <summary>Who is watched no more is forgotten by the detector, unless it is silent: then it is watched on, to see it come back.</summary>
    private void MoveTo(HeartbeatRing next)
    {
        if (ReferenceEquals(next, _ring)) return;
        var dropped = _ring.Watched.Except(next.Watched).Where(next.Nodes.Contains).ToArray();
        foreach (var node in dropped)
        {
            if (!_detector.IsAvailable(node.Address)) next = next.KeepWatching(node);
            else _detector.Remove(node.Address);
        }
        _ring = next;
    }
}

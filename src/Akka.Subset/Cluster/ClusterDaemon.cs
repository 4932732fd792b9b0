using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// The cluster's top actor, /system/cluster. It holds the parts, passes commands on to them, and when one fails or the work is
/// done, stops all of them: a node whose cluster part is broken must not go on as if it were a member.
/// </summary>
internal sealed class ClusterDaemon : UntypedActor
{
    private readonly Cluster _cluster;
    private readonly CoordinatedShutdown _shutdown;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _publisher;
    private readonly IActorRef _core;

    public ClusterDaemon(Cluster cluster, CoordinatedShutdown shutdown)
    {
        _cluster = cluster;
        _shutdown = shutdown;
        _publisher = Child(Props.Create(() => new ClusterDomainEventPublisher(cluster.SelfUniqueAddress)), "publisher");
        _core = Child(Props.Create(() => new ClusterCoreDaemon(cluster, _publisher, shutdown)), "core");
        Child(Props.Create(() => new ClusterHeartbeatReceiver(cluster.SelfUniqueAddress)), "heartbeatReceiver");
        if (cluster.DowningProvider.DowningActorProps is { } downing) Child(downing, "downingProvider");
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        _log.Error(e, "Cluster node [{0}] crashed, [{1}]; its cluster part stops", _cluster.SelfAddress, e.Message);
        Context.Stop(Self);
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Subscribe or Unsubscribe or SendCurrentClusterState:
                _publisher.Forward(message);
                break;
            case AddOnMemberUpListener up:
                Listen(up.Callback, MemberStatus.Up);
                break;
            case AddOnMemberRemovedListener removed:
                Listen(removed.Callback, MemberStatus.Removed);
                break;
            case LeaveReq:
                Context.ActorOf(OnDispatcher(Props.Create(() => new CoordinatedShutdownLeave(_cluster, _publisher)))).Forward(message);
                break;
            default:
                _core.Forward(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _cluster.DaemonStopped();
        // After a graceful leave the coordinated shutdown runs already, and this changes nothing.
        if (_cluster.Settings.RunCoordinatedShutdownWhenDown) _shutdown.Run(CoordinatedShutdown.ClusterDowningReason.Instance);
    }

    private void Listen(Action callback, MemberStatus status) =>
        Context.ActorOf(OnDispatcher(Props.Create(() => new MemberStatusListener(_cluster.SelfUniqueAddress, _publisher, callback, status))));

    private IActorRef Child(Props props, string name) => Context.ActorOf(OnDispatcher(props), name);

    private Props OnDispatcher(Props props) => props.WithDispatcher(_cluster.Settings.UseDispatcher);
}

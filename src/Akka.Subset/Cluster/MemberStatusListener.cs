using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Cluster;

/// <summary>Runs a callback once, when this node reaches a status (Up or Removed).</summary>
internal sealed class MemberStatusListener : UntypedActor
{
    private readonly UniqueAddress _self;
    private readonly IActorRef _publisher;
    private readonly Action _callback;
    private readonly MemberStatus _status;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _done;

    public MemberStatusListener(UniqueAddress self, IActorRef publisher, Action callback, MemberStatus status)
    {
        _self = self;
        _publisher = publisher;
        _callback = callback;
        _status = status;
    }

    protected override void PreStart() => _publisher.Tell(new InternalClusterAction.Subscribe(
        Self, SubscriptionInitialStateMode.InitialStateAsSnapshot, [_status == MemberStatus.Up ? typeof(MemberUp) : typeof(MemberRemoved)]));

    protected override void OnReceive(object message)
    {
        var reached = message switch
        {
            CurrentClusterState state => _status == MemberStatus.Up && state.Members.Any(m => m.UniqueAddress == _self && m.Status == _status),
            IMemberEvent change => change.Member.UniqueAddress == _self,
            _ => false,
        };
        if (reached) Run();
    }

    /// <summary>The daemon stops its children after the node was removed, or instead of it.</summary>
    protected override void PostStop()
    {
        if (_status == MemberStatus.Removed) Run();
    }

    private void Run()
    {
        if (_done) return;
        _done = true;
        try
        {
            _callback();
        }
        catch (Exception e)
        {
            _log.Error(e, "[{0}] callback failed with [{1}]", _status, e.Message);
        }
        finally
        {
            Context.Stop(Self);
        }
    }
}

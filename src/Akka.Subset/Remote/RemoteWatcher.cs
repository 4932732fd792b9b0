using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote;

/// <summary>
/// Watches actors of other nodes for the actors of this one. The provider hands it each remote Watch; it watches the actor itself, exchanges
/// heartbeats with the watchee's node, and when these stop, quarantines that incarnation and declares all of its actors terminated.
/// </summary>
internal class RemoteWatcher : UntypedActor
{
    public abstract class WatchCommand(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        public IInternalActorRef Watchee { get; } = watchee;
        public IInternalActorRef Watcher { get; } = watcher;
    }

    public sealed class WatchRemote(IInternalActorRef watchee, IInternalActorRef watcher) : WatchCommand(watchee, watcher);

    public sealed class UnwatchRemote(IInternalActorRef watchee, IInternalActorRef watcher) : WatchCommand(watchee, watcher);

    public sealed class Heartbeat : IDeadLetterSuppression
    {
        public static Heartbeat Instance { get; } = new();
    }

    public sealed class HeartbeatRsp(int addressUid) : IDeadLetterSuppression
    {
        public int AddressUid { get; } = addressUid;
    }

    public sealed class HeartbeatTick
    {
        public static HeartbeatTick Instance { get; } = new();
    }

    public sealed class ReapUnreachableTick
    {
        public static ReapUnreachableTick Instance { get; } = new();
    }

    public sealed class ExpectedFirstHeartbeat(Address from)
    {
        public Address From { get; } = from;
    }

    /// <summary>Watchee to its watchers.</summary>
    protected readonly Dictionary<IInternalActorRef, HashSet<IInternalActorRef>> Watching = [];

    /// <summary>Node to the watchees on it: the nodes that heartbeats are exchanged with.</summary>
    protected readonly Dictionary<Address, HashSet<IInternalActorRef>> WatcheeByNodes = [];

    protected readonly ILoggingAdapter Log = Context.GetLogger();

    private readonly IFailureDetectorRegistry<Address> _failureDetector;
    private readonly TimeSpan _expectedResponseAfter;
    private readonly IRemoteActorRefProvider _provider;
    private readonly HeartbeatRsp _selfRsp;
    private readonly Dictionary<Address, int> _addressUids = [];
    private readonly ICancelable _heartbeatTimer;
    private readonly ICancelable _reapTimer;

    public RemoteWatcher(IFailureDetectorRegistry<Address> failureDetector, TimeSpan heartbeatInterval, TimeSpan unreachableReaperInterval,
        TimeSpan heartbeatExpectedResponseAfter)
    {
        _failureDetector = failureDetector;
        _expectedResponseAfter = heartbeatExpectedResponseAfter;
        _provider = (IRemoteActorRefProvider)((ExtendedActorSystem)Context.System).Provider;
        _selfRsp = new HeartbeatRsp(AddressUidExtension.Uid(Context.System));
        var scheduler = Context.System.Scheduler;
        _heartbeatTimer = scheduler.ScheduleTellRepeatedlyCancelable(heartbeatInterval, heartbeatInterval, Self, HeartbeatTick.Instance, Self);
        _reapTimer = scheduler.ScheduleTellRepeatedlyCancelable(
            unreachableReaperInterval, unreachableReaperInterval, Self, ReapUnreachableTick.Instance, Self);
    }

    protected HashSet<Address> Unreachable { get; } = [];

    protected ICollection<Address> WatchingNodes => WatcheeByNodes.Keys;

    public static Props Props(IFailureDetectorRegistry<Address> failureDetector, TimeSpan heartbeatInterval,
        TimeSpan unreachableReaperInterval, TimeSpan heartbeatExpectedResponseAfter) =>
        Actor.Props.Create(() =>
            new RemoteWatcher(failureDetector, heartbeatInterval, unreachableReaperInterval, heartbeatExpectedResponseAfter));

    protected override void PostStop()
    {
        _heartbeatTimer.Cancel();
        _reapTimer.Cancel();
        base.PostStop();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HeartbeatTick: SendHeartbeats(); break;
            case Heartbeat: Sender.Tell(_selfRsp); break;
            case HeartbeatRsp rsp: OnHeartbeatRsp(Sender.Path.Address, rsp.AddressUid); break;
            case ReapUnreachableTick: ReapUnreachable(); break;
            case ExpectedFirstHeartbeat expected: TriggerFirstHeartbeat(expected.From); break;
            case WatchRemote watch: AddWatching(watch.Watchee, watch.Watcher); break;
            case UnwatchRemote unwatch: RemoveWatch(unwatch.Watchee, unwatch.Watcher); break;
            case Terminated t: OnTerminated((IInternalActorRef)t.ActorRef, t.ExistenceConfirmed, t.AddressTerminated); break;
            default: Unhandled(message); break;
        }
    }

    protected void AddWatching(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        if (Watching.TryGetValue(watchee, out var watchers)) watchers.Add(watcher);
        else Watching.Add(watchee, [watcher]);
        WatchNode(watchee);
        Context.Watch(watchee); // sends a Watch with this actor as the watcher
    }

    protected virtual void WatchNode(IInternalActorRef watchee)
    {
        var address = watchee.Path.Address;
        if (!WatcheeByNodes.ContainsKey(address) && Unreachable.Remove(address))
            _failureDetector.Remove(address); // the node is watched anew after an outage
        if (WatcheeByNodes.TryGetValue(address, out var watchees)) watchees.Add(watchee);
        else WatcheeByNodes.Add(address, [watchee]);
    }

    protected void RemoveWatch(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        if (!Watching.TryGetValue(watchee, out var watchers)) return;
        watchers.Remove(watcher);
        if (watchers.Count > 0) return;
        Context.Unwatch(watchee);
        RemoveWatchee(watchee);
    }

    protected void RemoveWatchee(IInternalActorRef watchee)
    {
        var address = watchee.Path.Address;
        Watching.Remove(watchee);
        if (!WatcheeByNodes.TryGetValue(address, out var watchees)) return;
        watchees.Remove(watchee);
        if (watchees.Count == 0) UnwatchNode(address);
    }

    protected void UnwatchNode(Address watcheeAddress)
    {
        WatcheeByNodes.Remove(watcheeAddress);
        _addressUids.Remove(watcheeAddress);
        _failureDetector.Remove(watcheeAddress);
    }

    protected virtual void PublishAddressTerminated(Address address) =>
        AddressTerminatedTopic.Get(Context.System).Publish(new AddressTerminated(address));

    protected virtual void Quarantine(Address address, int? addressUid) => _provider.Quarantine(address, addressUid);

    private void OnTerminated(IInternalActorRef watchee, bool existenceConfirmed, bool addressTerminated)
    {
        // When the whole node is gone, the watchers learn it from the topic themselves.
        if (!addressTerminated && Watching.TryGetValue(watchee, out var watchers))
            foreach (var watcher in watchers)
                watcher.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed, addressTerminated));
        RemoveWatchee(watchee);
    }

    private void SendHeartbeats()
    {
        foreach (var address in WatchingNodes)
        {
            if (Unreachable.Contains(address)) continue;
            if (!_failureDetector.IsMonitoring(address))
                // A node that never answers has to be found out as well: its first heartbeat is taken as read after this time.
                Context.System.Scheduler.ScheduleTellOnce(_expectedResponseAfter, Self, new ExpectedFirstHeartbeat(address), Self);
            Context.ActorSelection(new RootActorPath(address) / Self.Path.Elements).Tell(Heartbeat.Instance, Self);
        }
    }

    private void OnHeartbeatRsp(Address from, int uid)
    {
        if (!WatcheeByNodes.TryGetValue(from, out var watchees) || Unreachable.Contains(from)) return;
        if (!_addressUids.TryGetValue(from, out var known) || known != uid)
            foreach (var watchee in watchees) // a first answer, or a new incarnation: what was watched there before has to be asked for again
                watchee.SendSystemMessage(new Watch(watchee, (IInternalActorRef)Self));
        _addressUids[from] = uid;
        _failureDetector.Heartbeat(from);
    }

    private void ReapUnreachable()
    {
        foreach (var address in WatchingNodes.ToArray())
        {
            if (Unreachable.Contains(address) || _failureDetector.IsAvailable(address)) continue;
            Log.Warning("Detected unreachable: [{0}]", address);
            Quarantine(address, _addressUids.TryGetValue(address, out var uid) ? uid : null);
            PublishAddressTerminated(address);
            Unreachable.Add(address);
        }
    }

    private void TriggerFirstHeartbeat(Address address)
    {
        if (WatcheeByNodes.ContainsKey(address) && !_failureDetector.IsMonitoring(address))
            _failureDetector.Heartbeat(address);
    }
}

using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Akka.Cluster;

/// <summary>The provider of a node of a cluster: akka.actor.provider = cluster.</summary>
public interface IClusterActorRefProvider : IRemoteActorRefProvider;

/// <summary>Remoting, and the cluster extension started with it, so that configured seed nodes are joined at once.</summary>
public class ClusterActorRefProvider : RemoteActorRefProvider, IClusterActorRefProvider
{
    public ClusterActorRefProvider(string systemName, Settings settings, EventStream eventStream)
        : base(systemName, WithDefaults(settings), eventStream)
    {
    }

    public override void Init(ActorSystemImpl system)
    {
        base.Init(system);
        Cluster.Get(system).Subscribe(RemoteWatcher, typeof(ClusterEvent.IMemberEvent));
    }

    protected override IActorRef CreateRemoteWatcher(ActorSystemImpl system)
    {
        var self = DefaultAddress;
        var detectors = CreateRemoteWatcherFailureDetector(system);
        return system.SystemActorOf(
            Props.Create(() => new ClusterRemoteWatcher(
                self,
                detectors,
                RemoteSettings.WatchHeartBeatInterval,
                RemoteSettings.WatchUnreachableReaperInterval,
                RemoteSettings.WatchHeartbeatExpectedResponseAfter)),
            "remote-watcher");
    }

    private static Settings WithDefaults(Settings settings)
    {
        settings.InjectTopLevelFallback(ConfigurationFactory.FromResource<ClusterActorRefProvider>("Akka.Cluster.cluster.conf"));
        return settings;
    }
}

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
        Cluster.Get(system);
    }

    private static Settings WithDefaults(Settings settings)
    {
        settings.InjectTopLevelFallback(ConfigurationFactory.FromResource<ClusterActorRefProvider>("Akka.Cluster.cluster.conf"));
        return settings;
    }
}

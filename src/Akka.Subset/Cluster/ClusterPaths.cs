using Akka.Actor;

namespace Akka.Cluster;

/// <summary>Where the parts of the cluster live on each node. The references carry no uid, so they outlive restarts of the node.</summary>
internal static class ClusterPaths
{
    public static IActorRef Core(Cluster cluster, Address address) => Resolve(cluster, address, "core");

    public static IActorRef HeartbeatReceiver(Cluster cluster, Address address) => Resolve(cluster, address, "heartbeatReceiver");

    private static IActorRef Resolve(Cluster cluster, Address address, string part) =>
        cluster.System.Provider.ResolveActorRef(new RootActorPath(address) / "system" / "cluster" / part);
}

using Akka.Actor;

namespace Akka.Cluster;

/// <summary>Who decides that an unreachable member is down.</summary>
public interface IDowningProvider
{
    /// <summary>How long singletons and shards of a removed member must wait.</summary>
    TimeSpan DownRemovalMargin { get; }

    /// <summary>The actor that downs members, child of the cluster's daemon; null for none.</summary>
    Props? DowningActorProps { get; }
}

/// <summary>Nobody does: unreachable members stay until they are back or <see cref="Cluster.Down"/> is called.</summary>
public sealed class NoDowning : IDowningProvider
{
    private readonly Cluster _cluster;

    public NoDowning(ActorSystem system, Cluster cluster) => _cluster = cluster;

    public TimeSpan DownRemovalMargin => _cluster.Settings.DownRemovalMargin;

    public Props? DowningActorProps => null;
}

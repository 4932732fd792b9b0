using Akka.Actor;

namespace Akka.Cluster;

/// <summary>The node stopped before it became a member.</summary>
public class ClusterJoinFailedException : AkkaException
{
    public ClusterJoinFailedException(string message) : base(message)
    {
    }
}

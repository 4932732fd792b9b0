using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Where a role finds the others. No role looks up an address: a node hands it references that stay good over a peer's restart, a test
/// hands it probes, the simulator hands it simulated links. A node that is not known is <see cref="ActorRefs.Nobody"/>.
/// </summary>
public interface IPeerDirectory
{
    /// <summary>The acceptor of <paramref name="node"/>.</summary>
    IActorRef Acceptor(NodeId node);

    /// <summary>The leader of <paramref name="node"/>.</summary>
    IActorRef Leader(NodeId node);

    /// <summary>The replica of <paramref name="node"/>.</summary>
    IActorRef Replica(NodeId node);

    /// <summary>The snapshotter of <paramref name="node"/>; roles ask for their own node's.</summary>
    IActorRef Snapshotter(NodeId node);

    /// <summary>The fetcher of <paramref name="node"/>; roles ask for their own node's.</summary>
    IActorRef Fetcher(NodeId node);
}

using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// A peer directory of probes: a test is every role that it does not test. A real actor can take a probe's place by <see cref="Put"/>.
/// </summary>
public sealed class ProbeDirectory : IPeerDirectory
{
    private readonly Dictionary<(string Role, NodeId Node), TestProbe> _probes = [];
    private readonly ConcurrentDictionary<(string Role, NodeId Node), IActorRef> _actors = []; // roles read it while a test may Put

    /// <summary>Probes for the roles of each of <paramref name="nodes"/>.</summary>
    public ProbeDirectory(TestKitBase kit, IEnumerable<NodeId> nodes)
    {
        foreach (var node in nodes)
            foreach (var role in (string[])["acceptor", "leader", "snapshotter", "replica", "fetcher"])
                _actors[(role, node)] = (_probes[(role, node)] = kit.CreateTestProbe($"{role}-{node}")).Ref;
    }

    /// <summary>The probe in the place of a node's acceptor.</summary>
    public TestProbe AcceptorProbe(int node) => _probes[("acceptor", new NodeId(node))];

    /// <summary>The probe in the place of a node's leader.</summary>
    public TestProbe LeaderProbe(int node) => _probes[("leader", new NodeId(node))];

    /// <summary>The probe in the place of a node's replica.</summary>
    public TestProbe ReplicaProbe(int node) => _probes[("replica", new NodeId(node))];

    /// <summary>The probe in the place of a node's snapshotter.</summary>
    public TestProbe SnapshotterProbe(int node) => _probes[("snapshotter", new NodeId(node))];

    /// <summary>The probe in the place of a node's fetcher.</summary>
    public TestProbe FetcherProbe(int node) => _probes[("fetcher", new NodeId(node))];

    /// <summary>From now on <paramref name="actor"/> stands where a probe stood.</summary>
    public void Put(string role, int node, IActorRef actor) => _actors[(role, new NodeId(node))] = actor;

    /// <inheritdoc/>
    public IActorRef Acceptor(NodeId node) => Find("acceptor", node);

    /// <inheritdoc/>
    public IActorRef Leader(NodeId node) => Find("leader", node);

    /// <inheritdoc/>
    public IActorRef Replica(NodeId node) => Find("replica", node);

    /// <inheritdoc/>
    public IActorRef Snapshotter(NodeId node) => Find("snapshotter", node);

    /// <inheritdoc/>
    public IActorRef Fetcher(NodeId node) => Find("fetcher", node);

    private IActorRef Find(string role, NodeId node) => _actors.GetValueOrDefault((role, node), ActorRefs.Nobody);
}

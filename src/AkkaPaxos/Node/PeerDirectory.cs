using System.Collections.Concurrent;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// The node's own directory: other nodes' roles by path without incarnation, so that a reference stays good when the peer restarts; this
/// node's own roles as the references that its supervisor last made.
/// </summary>
internal sealed class PeerDirectory : IPeerDirectory
{
    private readonly ActorSystem _system;
    private readonly PaxosSettings _settings;
    private readonly ConcurrentDictionary<(NodeId Node, string Role), (string Address, IActorRef Link)> _remote = new();
    private readonly ConcurrentDictionary<string, IActorRef> _own = new();

    /// <param name="system">The node's actor system.</param>
    /// <param name="settings">The node's.</param>
    /// <param name="direct">Direct links; null: messages go by Akka's remoting alone.</param>
    public PeerDirectory(ActorSystem system, PaxosSettings settings, LinkHub? direct) =>
        (_system, _settings, Links, Direct) = (system, settings, new PeerLinks(settings.Protocol.UnderWayBytes), direct);

    /// <summary>Where a node's role lives: <c>akka.tcp://akkapaxos@10.0.0.1:4053/user/paxos/default/replica</c>.</summary>
    public static string Path(string address, string group, string role) => $"{address}/user/paxos/{group}/{role}";

    /// <summary>What bounds what is on its way to other nodes by Akka's remoting.</summary>
    public PeerLinks Links { get; }

    /// <summary>Direct links; null where there are none.</summary>
    public LinkHub? Direct { get; }

    public IActorRef Acceptor(NodeId node) => Find(node, "acceptor");

    public IActorRef Leader(NodeId node) => Find(node, "leader");

    public IActorRef Replica(NodeId node) => Find(node, "replica");

    public IActorRef Snapshotter(NodeId node) => Find(node, "snapshotter");

    public IActorRef Fetcher(NodeId node) => Find(node, "fetcher");

    /// <summary>The role of a node; <see cref="ActorRefs.Nobody"/> where the node is not known, or does not run the role now.</summary>
    public IActorRef Find(NodeId node, string role)
    {
        if (node == _settings.NodeId) return _own.GetValueOrDefault(role, ActorRefs.Nobody);
        if (AddressOf(node) is not { } address) return ActorRefs.Nobody;
        if (_remote.TryGetValue((node, role), out var known) && known.Address == address) return known.Link;
        var peer = ((ExtendedActorSystem)_system).Provider.ResolveActorRef(Path(address, _settings.Group, role));
        IActorRef link = Links.Add(node, role, peer);
        // Who introduces himself does so by the way on which direct links are found.
        if (Direct is not null && role != "introduction") link = Direct.Node(address).Actor(Path("", _settings.Group, role), link);
        return _remote.AddOrUpdate((node, role), (address, link), (_, other) => other.Address == address ? other : (address, link)).Link;
    }

    // Also of one that is a member no more: it may still ask.
    private string? AddressOf(NodeId node)
    {
        var history = _settings.Membership.History;
        return history.Latest.Find(node)?.Address ?? history.Entries.Select(e => e.Configuration.Find(node)?.Address).LastOrDefault(a => a is not null);
    }

    public void SetOwn(string role, IActorRef actor) => _own[role] = actor;
}

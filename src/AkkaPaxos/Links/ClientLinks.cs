using System.Collections.Concurrent;
using Akka.Actor;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Links;

/// <summary>The links of a client's actor system, which all its sessions share.</summary>
internal sealed class ClientLinks : IExtension
{
    private sealed class ForSystem : ExtensionIdProvider<ClientLinks>
    {
        public override ClientLinks CreateExtension(ExtendedActorSystem system) => new(system);
    }

    private readonly ExtendedActorSystem _system;
    private readonly LinkSettings _settings;
    private readonly ConcurrentDictionary<(string Address, string Whom), Lazy<LinkPeer>> _peers = new();

    private ClientLinks(ExtendedActorSystem system)
    {
        _system = system;
        var config = system.Settings.Config;
        _settings = LinkSettings.Read(config, $"{system.Provider.DefaultAddress}", new ProtocolSettings(config.GetConfig("akkapaxos")));
    }

    /// <summary>Those of a system.</summary>
    /// <exception cref="Akka.Configuration.ConfigurationException">Its settings are wrong; one line that names the key.</exception>
    public static ClientLinks Get(ActorSystem system) => system.WithExtension<ClientLinks, ForSystem>();

    /// <summary>An actor of a node: by a direct link where both sides want one.</summary>
    /// <param name="address">The node's Akka address.</param>
    /// <param name="whom">The path of the actor there that answers <see cref="FindLink"/>.</param>
    /// <param name="path">The actor's path there.</param>
    public IActorRef Actor(string address, string whom, string path)
    {
        if (!_settings.IsDirect) return _system.Provider.ResolveActorRef(address + path);
        return _peers.GetOrAdd((address, whom), key => new Lazy<LinkPeer>(() => Find(key.Address, key.Whom))).Value.Actor(path);
    }

    private LinkPeer Find(string address, string whom)
    {
        var hub = new LinkHub(_system, 0, _settings);
        var peer = hub.Node(address);
        _system.ActorOf(Props.Create(typeof(LinkFinder), hub, whom, (IReadOnlyList<LinkPeer>)[peer]));
        return peer;
    }
}

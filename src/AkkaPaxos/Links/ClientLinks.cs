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

    private readonly IActorRefProvider _provider;
    private readonly LinkHub? _hub; // null: messages go by Akka's remoting alone
    private readonly IActorRef _finder = ActorRefs.Nobody;

    private ClientLinks(ExtendedActorSystem system)
    {
        _provider = system.Provider;
        var config = system.Settings.Config;
        var settings = LinkSettings.Read(config, $"{_provider.DefaultAddress}", new ProtocolSettings(config.GetConfig("akkapaxos")));
        if (!settings.IsDirect) return;
        _hub = new LinkHub(system, 0, settings);
        _finder = system.ActorOf(Props.Create(typeof(LinkFinder), _hub));
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
        if (_hub is null) return _provider.ResolveActorRef(address + path);
        var peer = _hub.Node(address);
        _finder.Tell(new LinkFinder.Seek(peer, whom)); // told of one twice, it seeks it once
        return peer.Actor(path);
    }
}

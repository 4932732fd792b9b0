using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>The direct links of a client's actor system, to nodes that its sessions name one after the other.</summary>
public sealed class ClientLinksTests : IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];
    private readonly List<LinkHub> _hubs = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        foreach (var hub in _hubs) hub.Dispose();
        return Task.WhenAll(_systems.Select(s => s.Terminate()));
    }

    [Fact]
    public async Task Nodes_are_linked_to_whenever_they_are_named_and_again_when_they_come_back()
    {
        var client = System("client");
        var (one, two) = (new Node(System("node")), new Node(System("node")));
        await IsAnsweredDirectly(client, one, Open(one));
        await IsAnsweredDirectly(client, two, Open(two));

        _hubs[0].Dispose();
        await IsAnsweredDirectly(client, one, Open(one)); // at another port
    }

    private ExtendedActorSystem System(string name)
    {
        var system = (ExtendedActorSystem)ActorSystem.Create(name, ConfigurationFactory.ParseString("""
            akka { actor.provider = remote, loglevel = OFF, stdout-loglevel = OFF, remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
            akkapaxos.links = direct
            """).WithFallback(PaxosSettings.DefaultConfig()));
        _systems.Add(system);
        return system;
    }

    private LinkHub Open(Node node)
    {
        var hub = new LinkHub(node.System, 1, new LinkSettings(true, "127.0.0.1", 0, 4 << 20, 1 << 20));
        _hubs.Add(hub);
        hub.Open();
        node.Port = hub.Port;
        return hub;
    }

    private static async Task IsAnsweredDirectly(ActorSystem client, Node node, LinkHub hub)
    {
        const string Path = "/user/introduction";
        var asker = client.ActorOf(Props.Empty);
        for (var until = DateTime.UtcNow + InTime; hub.Traffic.Messages == 0; await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "the client has no link to the node");
            ClientLinks.Get(client).Actor($"{node.System.Provider.DefaultAddress}", Path, Path).Tell(new CatchUp(1), asker);
        }
    }

    private sealed class Node
    {
        public Node(ExtendedActorSystem system)
        {
            System = system;
            system.ActorOf(Props.Create(typeof(Introduction), this), "introduction");
        }

        public ExtendedActorSystem System { get; }

        public int Port { get; set; }
    }

    /// <summary>Says where its node takes links now, and answers anything else with itself.</summary>
    private sealed class Introduction(Node node) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message is FindLink ? new LinkAt(node.Port) : message, Self);
    }
}

using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Nodes that join each other in an Akka cluster, an actor system each in this process, over remoting.</summary>
public sealed class ClusterJoinTests : IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(60);
    private readonly List<ActorSystem> _systems = [];
    private readonly int[] _ports = NodeTests.FreePorts(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task One_node_of_three_and_two_of_them_join_nobody_before_the_third_has_been_there_and_then_all_do()
    {
        var (one, two, three) = (System(1, 1, 2, 3), System(2, 1, 2, 3), System(3, 1, 2, 3));
        Paxos.Get(three);
        Paxos.Get(two);
        await Task.Delay(TimeSpan.FromSeconds(5)); // ten times as long as it waits between two looks
        Assert.Empty(Cluster.Get(three).State.Members);
        Assert.Empty(Cluster.Get(two).State.Members);

        Paxos.Get(one);
        await InOneCluster(one, two, three);
    }

    [Fact]
    public async Task A_node_alone_founds_its_cluster()
    {
        var one = System(1, 1);
        Paxos.Get(one);
        await InOneCluster(one);
    }

    [Fact]
    public async Task Of_two_clusters_the_smaller_one_is_left_by_its_nodes()
    {
        // The second and third think that they are alone at first: what a partition does.
        var systems = new[] { System(1, 1, 2, 3), System(2, 1, 2, 3), System(3, 1, 2, 3) };
        Cluster.Get(systems[0]).Join(Cluster.Get(systems[0]).SelfAddress);
        Cluster.Get(systems[1]).Join(Cluster.Get(systems[1]).SelfAddress);
        await InOneCluster(systems[0]);
        await InOneCluster(systems[1]);
        Cluster.Get(systems[2]).Join(Cluster.Get(systems[1]).SelfAddress);
        await InOneCluster(systems[1], systems[2]);

        var nodes = systems.Select(Paxos.Get).ToArray();
        var failed = await nodes[0].Failed.WaitAsync(InTime);
        Assert.True(failed.StartAgain);
        Assert.EndsWith("joins that of nodes 2, 3", failed.Message);
        Assert.False(nodes[1].Failed.IsCompleted);
        Assert.False(nodes[2].Failed.IsCompleted);
    }

    [Fact]
    public async Task A_node_that_a_peer_has_quarantined_is_to_be_started_again_and_is_well_then()
    {
        var stores = DurableStores.In(_folder);
        var (one, two) = (System(1, 1, 2), System(2, stores, 1, 2));
        Paxos.Get(one);
        var node = Paxos.Get(two);
        await InOneCluster(one, two);
        var address = Cluster.Get(two).SelfUniqueAddress;
        ((IRemoteActorRefProvider)((ExtendedActorSystem)one).Provider).Quarantine(address.Address, address.Uid);
        Assert.True((await node.Failed.WaitAsync(InTime)).StartAgain);

        await two.Terminate();
        two = System(2, stores, 1, 2);
        Paxos.Get(two);
        await InOneCluster(one, two);
    }

    private static async Task InOneCluster(params ActorSystem[] systems)
    {
        var all = systems.Select(s => Cluster.Get(s).SelfUniqueAddress).Order().ToList();
        for (var end = DateTime.UtcNow + InTime; !systems.All(s => Up(s).SequenceEqual(all)); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < end, string.Join("; ", systems.Select(s => $"{Cluster.Get(s).SelfAddress} has {string.Join(", ", Up(s))}")));

        static IEnumerable<UniqueAddress> Up(ActorSystem s) =>
            Cluster.Get(s).State.Members.Where(m => m.Status == MemberStatus.Up).Select(m => m.UniqueAddress).Order();
    }

    private ActorSystem System(int node, params int[] members) => System(node, "", members);

    private ActorSystem System(int node, string stores, params int[] members)
    {
        var list = string.Join(", ", members.Select(n => $$"""{ id = {{n}}, address = "akka.tcp://akkapaxos@127.0.0.1:{{_ports[n - 1]}}" }"""));
        var config = ConfigurationFactory.ParseString(stores).WithFallback(ConfigurationFactory.ParseString($$"""
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{_ports[node - 1]}} }
            akka.remote.retry-gate-closed-for = 100ms
            akka.cluster.downing-provider-class = "Akka.Cluster.NoDowning, Akka.Cluster"
            akka.log-dead-letters = off
            akka.loglevel = ERROR
            akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            akkapaxos { state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests", join-cluster = on, node-id = {{node}}, members = [{{list}}] }
            """)).WithFallback(PaxosSettings.DefaultConfig());
        var system = ActorSystem.Create("akkapaxos", config);
        _systems.Add(system);
        return system;
    }
}

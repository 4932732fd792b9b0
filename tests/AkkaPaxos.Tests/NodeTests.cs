using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Whole nodes in one process: an actor system each, over remoting, with journals in memory.</summary>
public sealed class NodeTests : IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];
    private readonly int[] _ports = FreePorts(4);
    private readonly string _folder = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ports of the loopback address that nobody listens on now.</summary>
    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        listeners.ForEach(l => l.Stop());
        return ports;
    }

    private string Address(int node) => $"akka.tcp://akkapaxos@127.0.0.1:{_ports[node - 1]}";

    private string Members(params int[] nodes) => string.Join(", ", nodes.Select(n => $$"""{ id = {{n}}, address = "{{Address(n)}}" }"""));

    private ActorSystem System(int portOf, string hocon)
    {
        var config = ConfigurationFactory.ParseString(hocon)
            .WithFallback(ConfigurationFactory.ParseString($$"""
                akka.actor.provider = remote
                akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{_ports[portOf - 1]}} }
                akka.remote.retry-gate-closed-for = 100ms
                akka.log-dead-letters = off
                akka.loglevel = WARNING
                akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
                akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
                akkapaxos.state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests"
                akkapaxos.trace-slots = 100
                """))
            .WithFallback(PaxosSettings.DefaultConfig());
        var system = ActorSystem.Create("akkapaxos", config);
        _systems.Add(system);
        return system;
    }

    private Paxos Start(int node, string hocon = "") =>
        Paxos.Get(System(node, $$"""
            {{hocon}}
            akkapaxos { node-id = {{node}}, members = [{{Members(1, 2, 3)}}] }
            """));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static CancellationToken Soon => new CancellationTokenSource(InTime).Token;

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        var end = DateTime.UtcNow + InTime;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < end, $"not in time: {what}");
            await Task.Delay(50);
        }
    }

    private static Task UntilAllAgree(params Paxos[] nodes) => Until(
        async () =>
        {
            var status = await Task.WhenAll(nodes.Select(n => n.Status()));
            var first = status[0];
            return first.Leader != NodeId.None && status.All(s => (s.SlotOut, s.Checksum, s.Leader) == (first.SlotOut, first.Checksum, first.Leader));
        },
        "all nodes have the same slotOut, checksum and leader");

    /// <summary>
    /// Akka.Remote keeps for each thread that receives which actor a path led to. So messages to a role that was started again under its old path
    /// went to the one that had stopped, for as long as that thread remembered: see RoleDoor.
    /// </summary>
    [Theory]
    [InlineData("acceptor")]
    [InlineData("leader")]
    [InlineData("replica")]
    [InlineData("snapshotter")]
    [InlineData("fetcher")]
    public async Task A_role_that_was_started_again_is_reached_from_other_nodes(string role)
    {
        var nodes = ((int[])[1, 2, 3]).Select(n => Start(n)).ToList();
        var status = await nodes[0].Until(s => s.Leader.Value > 0);
        using var patience = new CancellationTokenSource(InTime);
        for (var i = 0; i < 50; i++) await nodes[i % 3].Submit(Encoding.UTF8.GetBytes("a"), patience.Token);
        var other = status.Leader.Value % 3; // as an index: not the node that leads
        var path = $"{Address(other + 1)}/user/paxos/default/{role}";
        var from = _systems[status.Leader.Value - 1];
        var before = await from.ActorSelection(path).ResolveOne(InTime);
        before.Tell(PoisonPill.Instance);
        await nodes[other].Until(s => s.Roles.Single(r => r.Name == role).Problem is not null);
        await nodes[other].Until(s => s.Roles.All(r => r.IsRunning));
        // As the roles do it: by a reference that was resolved from the path.
        var byPath = ((ExtendedActorSystem)from).Provider.ResolveActorRef(path);
        for (var i = 0; i < 100; i++)
        {
            var answer = await byPath.Ask<ActorIdentity>(new Identify(i), InTime, patience.Token);
            Assert.NotEqual(before, answer.Subject);
            Assert.NotNull(answer.Subject);
        }
    }

    [Fact]
    public async Task Three_nodes_decide_in_one_order_what_is_submitted_to_any_of_them()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => nodes[i % 3].Submit(Bytes($"line{i}"), Soon)));
        Assert.Equal(Enumerable.Range(1, 60), answers.Select(a => int.Parse(Text(a))).Order()); // each line got a place of its own

        foreach (var node in nodes) Assert.Equal(60, Text(await node.Query(default, cancellation: Soon)).Split(',').Distinct().Count());
        await UntilAllAgree(nodes);
        var lines = await Task.WhenAll(nodes.Select(n => n.Query(default, serializable: true, cancellation: Soon)));
        Assert.Single(lines.Select(Text).Distinct());
        var status = await nodes[0].Status();
        Assert.Null(status.Problem);
        Assert.Equal(3, status.Peers.Count(p => p.IsReachable));
        Assert.All(status.Roles, r => Assert.True(r.IsRunning, r.Name));
    }

    [Fact]
    public async Task A_linearizable_question_at_any_node_sees_each_write_acknowledged_before()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        for (var i = 1; i <= 30; i++)
        {
            await nodes[i % 3].Submit(Bytes($"line{i}"), Soon);
            Assert.EndsWith($"line{i}", Text(await nodes[(i + 1) % 3].Query(default, cancellation: Soon)));
        }
    }

    [Fact]
    public async Task When_the_leader_dies_the_others_go_on_and_lose_nothing()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        for (var i = 0; i < 20; i++) await nodes[i % 3].Submit(Bytes($"before{i}"), Soon);
        await UntilAllAgree(nodes);
        var leader = (await nodes[0].Status()).Leader.Value;
        await _systems[leader - 1].Terminate();

        var rest = nodes.Where((_, i) => i != leader - 1).ToArray();
        for (var i = 0; i < 20; i++) await rest[i % 2].Submit(Bytes($"after{i}"), Soon);
        await UntilAllAgree(rest);
        var lines = Text(await rest[0].Query(default, cancellation: Soon)).Split(',');
        Assert.Equal(40, lines.Length);
        Assert.Equal(40, lines.Distinct().Count());
        await Until(async () => (await rest[0].Status()).Peers.Count(p => p.IsReachable) == 2, "the dead node is seen to be unreachable");
    }

    [Fact]
    public async Task The_round_behind_an_answer_never_goes_back_whichever_node_is_asked()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        await UntilAllAgree(nodes);
        var leader = (await nodes[0].Status()).Leader.Value;
        Paxos[] rest = [.. nodes.Where((_, i) => i != leader - 1)];
        var round = 0L;
        for (var i = 0; i < 60; i++)
        {
            if (i == 20) await _systems[leader - 1].Terminate();
            var node = i < 20 ? nodes[i % 3] : rest[i % 2];
            if (i % 4 < 2) await node.Submit(Bytes($"line{i}"), Soon);
            else await node.Query(default, cancellation: Soon);
            Assert.True(node.Round >= round, $"node {node.Settings.NodeId} is at round {node.Round}, after {round} elsewhere");
            round = node.Round;
        }
        Assert.True(round > 1, "another node leads");
    }

    [Fact]
    public async Task A_leader_without_a_majority_says_so_and_whom_it_misses()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        await UntilAllAgree(nodes);
        var leader = (await nodes[0].Status()).Leader.Value;
        Assert.Null((await nodes[leader - 1].Status()).Problem);
        int[] others = [.. Enumerable.Range(1, 3).Where(n => n != leader)];
        foreach (var other in others) await _systems[other - 1].Terminate();

        // It stays the leader, as nobody else is there to become one.
        await Until(async () => (await nodes[leader - 1].Status()).Problem == $"no majority answers: nothing is heard of nodes {others[0]}, {others[1]}",
            "the leader knows that it is alone");
        Assert.Equal([leader], (await nodes[leader - 1].Status()).Peers.Where(p => p.IsReachable).Select(p => p.NodeId.Value));
    }

    [Theory]
    [InlineData("")]
    // Akka's parser takes no comma behind an object.
    [InlineData("akkapaxos.snapshot { slots = 5, keep-slots = 1 }\nakkapaxos.page-bytes = 100 b")]
    public async Task A_node_that_was_away_catches_up_by_decisions_or_by_a_snapshot(string settings)
    {
        Paxos[] nodes = [Start(1, settings), Start(2, settings)];
        var stores = DurableStores.In(_folder);
        await UntilAllAgree([.. nodes, Start(3, $"{settings}\n{stores}")]);
        await _systems[2].Terminate();
        for (var i = 0; i < 30; i++) await nodes[i % 2].Submit(Bytes($"line{i}"), Soon);
        await UntilAllAgree([.. nodes, Start(3, $"{settings}\n{stores}")]);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_all_members_have_founded_the_cluster_and_then_it_is()
    {
        Paxos[] nodes = [Start(1), Start(2)];
        var write = nodes[0].Submit(Bytes("a"), Soon);
        const string why = "waits for node 3; start it, or take it out of akkapaxos.members on every node";
        foreach (var node in nodes) await Until(async () => (await node.Status()).Problem?.Contains(why) == true, "it says whom it waits for");
        var aSecond = new CancellationTokenSource(TimeSpan.FromSeconds(1)).Token;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => nodes[1].Query(default, serializable: true, aSecond));
        Assert.False(write.IsCompleted);
        var status = await nodes[0].Status();
        Assert.Equal(NodeId.None, status.Leader);
        Assert.All(status.Roles, r => Assert.False(r.IsRunning));
        Start(3);
        await write; // its own number, tried until it is decided
    }

    /// <summary>What was acknowledged by it and one other is not known to the third: with it these two would be a majority that has forgotten.</summary>
    [Fact]
    public async Task A_node_that_comes_back_with_nothing_neither_votes_nor_answers_and_says_why_where_an_operator_is_to_decide()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        await UntilAllAgree(nodes);
        await nodes[0].Submit(Bytes("a"), Soon);
        await _systems[1].Terminate();
        var emptied = Start(2, "akkapaxos.recover = manual");
        await Until(async () => (await emptied.Status()).Problem is { } p && p.Contains("is empty, and node ") && p.Contains("put back what was in its folder"), "it says why");
        Assert.All((await emptied.Status()).Roles, r => Assert.False(r.IsRunning));
        await Until(async () => (await nodes[0].Status()).Peers.Single(p => p.NodeId.Value == 2).Problem?.Contains("is empty") == true, "the others hear it");
        var aSecond = new CancellationTokenSource(TimeSpan.FromSeconds(1)).Token;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => emptied.Query(default, serializable: true, aSecond));
        await _systems[2].Terminate(); // now nobody is there with whom node 1 would be a majority
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => nodes[0].Submit(Bytes("b"), new CancellationTokenSource(TimeSpan.FromSeconds(2)).Token));
        Assert.False(emptied.Failed.IsCompleted);
    }

    [Fact]
    public async Task A_second_node_with_a_number_in_use_is_refused_and_the_others_go_on()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        await nodes[0].Submit(Bytes("a"), Soon);
        var members = $$"""{ id = 1, address = "{{Address(4)}}" }, {{Members(2, 3)}}""";
        var impostor = Paxos.Get(System(4, $$"""akkapaxos { node-id = 1, members = [{{members}}] }"""));

        var why = await impostor.Failed.WaitAsync(InTime);
        Assert.Contains("node id 1 belongs to", why.Message);
        Assert.DoesNotContain('\n', why.Message);
        Assert.Contains("node id 1 belongs to", (await impostor.Status()).Problem);
        Assert.False(nodes[0].Failed.IsCompleted);
        await nodes[0].Submit(Bytes("b"), Soon);
        Assert.Equal("a,b", Text(await nodes[1].Query(default, cancellation: Soon)));
    }

    [Fact]
    public async Task The_exchange_of_a_slot_can_be_traced()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        await nodes[0].Submit(Bytes("a"), Soon); // slot 1 opened the session, so this is slot 2 or later
        await UntilAllAgree(nodes);
        var last = (await nodes[0].Status()).SlotOut - 1;
        var traces = await Task.WhenAll(nodes.Select(n => n.Trace(last, last)));
        var all = traces.SelectMany(t => t).ToList();
        Assert.All(all, m => Assert.Equal(last, m.Slot));
        foreach (var type in (Type[])[typeof(Request), typeof(Propose), typeof(Accept), typeof(Accepted), typeof(Decision), typeof(Response)])
            Assert.Contains(all, m => m.Message.GetType() == type);
        Assert.Equal(3, all.Where(m => m.Message is Accepted).Select(m => m.From).Distinct().Count());
    }

    [Fact]
    public async Task A_learner_is_added_and_removed_at_any_node_and_does_not_lead_or_vote()
    {
        Paxos[] nodes = [Start(1), Start(2), Start(3)];
        var founded = await nodes[0].Until(s => s.Leader != NodeId.None && s.Peers.All(p => p.Disk != DiskId.None)); // the log knows each by its disk
        await UntilAllAgree(nodes);
        var leader = (await nodes[0].Status()).Leader;
        var other = nodes[leader.Value % 3];
        var add = new MemberChange(MemberChangeKind.Add, new NodeId(4), Address(4));
        Assert.Equal([1, 2, 3, 4], (await other.Reconfigure([add], cancellation: Soon)).Ids.Select(i => i.Value));
        var status = await nodes[0].Until(s => s.ConfigurationVersion == founded.ConfigurationVersion + 1);
        Assert.Equal([true, true, true, false], status.Peers.Select(p => p.Votes));
        Assert.Equal(DiskId.None, status.Peers[3].Disk);
        Assert.Contains("is a member already", (await Assert.ThrowsAsync<ReconfigurationRefusedException>(() => other.Reconfigure([add], cancellation: Soon))).Message);
        Assert.Contains("the disk of node 4 is not known yet",
            (await Assert.ThrowsAsync<ReconfigurationRefusedException>(() => other.Reconfigure([new(MemberChangeKind.Promote, new NodeId(4))], cancellation: Soon))).Message);
        Assert.Contains("node 4 is a learner", (await Assert.ThrowsAsync<ArgumentException>(() => other.MoveLeader(new NodeId(4), Soon))).Message);
        await other.Reconfigure([new(MemberChangeKind.Remove, new NodeId(4))], cancellation: Soon); // it never started
        await nodes[0].Until(s => s.ConfigurationVersion == founded.ConfigurationVersion + 2 && s.Peers.Count == 3);
    }

    [Fact]
    public async Task A_cluster_of_one_is_a_cluster()
    {
        var one = Paxos.Get(System(1, $$"""akkapaxos { node-id = 1, members = [{{Members(1)}}] }"""));
        Assert.Equal("1", Text(await one.Submit(Bytes("a"), Soon)));
        Assert.Equal("a", Text(await one.Query(default, cancellation: Soon)));
    }

    [Fact]
    public async Task An_even_number_of_nodes_works_with_a_warning()
    {
        var settings = new PaxosSettings(ConfigurationFactory.ParseString(
            $$"""akkapaxos { node-id = 1, members = [{{Members(1, 2)}}], state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests" }"""));
        Assert.Contains("odd number", settings.Warning);
        Paxos[] nodes = [.. new[] { 1, 2 }.Select(n => Paxos.Get(System(n, $$"""akkapaxos { node-id = {{n}}, members = [{{Members(1, 2)}}] }""")))];
        Assert.Equal("1", Text(await nodes[1].Submit(Bytes("a"), Soon)));
    }

    [Fact]
    public async Task A_node_whose_address_is_not_the_one_the_members_list_has_does_not_start()
    {
        var system = System(4, $$"""akkapaxos { node-id = 1, members = [{{Members(1, 2, 3)}}] }""");
        var error = Assert.ThrowsAny<ConfigurationException>(() => Paxos.Get(system));
        Assert.Contains(Address(1), error.Message);
        Assert.Contains(Address(4), error.Message);
        await system.Terminate();
    }
}

using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// Three whole nodes and their clients over links that lose, repeat and reorder messages, while roles crash: what is acknowledged is there, once,
/// in the same order everywhere, and a linearizable question sees it.
/// </summary>
public sealed class ReplicaLossTests() : RoleTestBase("""
    akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    """)
{
    private const int Client = 9; // as a node's number: its links are as bad as the others
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);
    private readonly ConcurrentDictionary<int, ListMachine> _machines = [];

    private LossyNodes Nodes(int seed) => new(Sys, (node, peers) => Node(node) with
    {
        Peers = peers,
        Seed = seed * 10 + node,
        StateMachine = () => _machines[node] = new ListMachine(),
        Settings = Settings with
        {
            HeartbeatInterval = Ms(20), LeaderTimeout = Ms(120), LeaderTimeoutMax = Ms(500), LeaderTimeoutStep = Ms(20),
            ResendInterval = Ms(40), ForwardTimeout = Ms(120), ProgressInterval = Ms(40),
            Window = 8, BatchCommands = 4, PageBytes = 300, SnapshotSlots = 15, SnapshotKeepSlots = 5,
        },
    }, seed * 1000);

    private PaxosSession Session(LossyNodes nodes, int first) => PaxosSession.Open(
        Sys,
        [.. Enumerable.Range(0, 3).Select(i => nodes.AsSeenBy(Client, "replica", (first + i - 1) % 3 + 1))],
        new SessionSettings { RetryAfter = Ms(200), RetryAfterMax = Ms(800) });

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A client that writes its lines one after the other, and after each asks whether it is there.</summary>
    private static async Task Write(PaxosSession session, string name, int count, CancellationToken cancel)
    {
        for (var i = 0; i < count; i++)
        {
            await session.Submit(Bytes($"{name}{i}"), cancel);
            var lines = Encoding.UTF8.GetString((await session.Query(default, cancellation: cancel)).Span).Split(',');
            var seen = lines.Count(line => line == $"{name}{i}");
            if (seen != 1) throw new InvalidOperationException($"{name}{i} is acknowledged, and a linearizable question sees it {seen} times");
        }
    }

    private async Task AssertEqualEverywhere(LossyNodes nodes, string[] names, int lines)
    {
        nodes.Trouble = 0;
        nodes.CutOff = 0;
        var expected = names.SelectMany(name => Enumerable.Range(0, lines).Select(i => $"{name}{i}")).Order().ToList();
        var end = DateTime.UtcNow + Long;
        ReplicaStatus[] status;
        do
        {
            Assert.True(DateTime.UtcNow < end, "the replicas did not come to the same slot");
            await Task.Delay(50);
            var asked = Enumerable.Range(1, 3).Select(n => nodes.AsSeenBy(n, "replica", n).Ask<ReplicaStatus>(GetReplicaStatus.Instance, Long));
            status = await Task.WhenAll(asked);
        }
        while (status.Any(s => s.SlotOut != status[0].SlotOut) || status.Any(s => s.Queued + s.Proposals > 0));
        Assert.Single(status.Select(s => s.Checksum).Distinct());
        for (var node = 1; node <= 3; node++) Assert.Equal(_machines[1].Lines, _machines[node].Lines);
        Assert.Equal(expected, _machines[1].Lines.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Over_bad_links_each_write_takes_effect_once_and_is_seen(int seed)
    {
        var nodes = Nodes(seed);
        for (var node = 1; node <= 3; node++) await nodes.Start(node);
        using var cancel = new CancellationTokenSource(Long);
        string[] names = ["a", "b", "c", "d"];
        await Task.WhenAll(names.Select((name, i) => Write(Session(nodes, i % 3 + 1), name, 25, cancel.Token)));
        await AssertEqualEverywhere(nodes, names, 25);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task While_roles_crash_and_nodes_are_cut_off_nothing_acknowledged_is_lost(int seed)
    {
        var nodes = Nodes(seed);
        for (var node = 1; node <= 3; node++) await nodes.Start(node);
        using var cancel = new CancellationTokenSource(Long);
        string[] names = ["a", "b", "c"];
        var writing = Task.WhenAll(names.Select((name, i) => Write(Session(nodes, i + 1), name, 40, cancel.Token)));

        var random = new Random(seed);
        while (!writing.IsCompleted)
        {
            await Task.Delay(random.Next(100, 400), cancel.Token);
            string[] roles = ["acceptor", "leader", "replica", "snapshotter", "fetcher"];
            switch (random.Next(roles.Length + 1))
            {
                case var i when i < roles.Length: await nodes.Start(roles[i], random.Next(1, 4)); break;
                default:
                    nodes.CutOff = random.Next(1, 4);
                    await Task.Delay(random.Next(100, 800), cancel.Token);
                    nodes.CutOff = 0;
                    break;
            }
        }
        await writing;
        await AssertEqualEverywhere(nodes, names, 40);
    }
}

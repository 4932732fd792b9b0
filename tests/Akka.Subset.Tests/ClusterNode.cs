using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;

namespace Akka.Subset.Tests;

/// <summary>One node of a cluster under test: an ActorSystem on a loopback port whose intervals are a tenth of the usual ones.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly Config Fast = ConfigurationFactory.ParseString("""
        akka {
          loglevel = WARNING
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          # Who leaves while another is dead waits in vain for the others to agree; not for long here.
          coordinated-shutdown.phases { cluster-leave.timeout = 2s, cluster-exiting.timeout = 2s, cluster-exiting-done.timeout = 2s }
          cluster {
            downing-provider-class = "Akka.Cluster.NoDowning, Akka.Cluster"
            periodic-tasks-initial-delay = 100ms
            gossip-interval = 100ms
            leader-actions-interval = 100ms
            unreachable-nodes-reaper-interval = 100ms
            allow-weakly-up-members = 1s
            retry-unsuccessful-join-after = 2s
            seed-node-timeout = 2s
            failure-detector { heartbeat-interval = 100ms, acceptable-heartbeat-pause = 1500ms, expected-response-after = 1s }
          }
        }
        """);

    /// <summary>A node that just stops when its system terminates, as if the process had been killed: it does not leave.</summary>
    public const string DiesWithoutLeaving = """
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        akka.cluster.run-coordinated-shutdown-when-down = off
        """;

    private ClusterNode(ActorSystem system)
    {
        System = system;
        Cluster = Akka.Cluster.Cluster.Get(system);
    }

    public ActorSystem System { get; }

    public Cluster.Cluster Cluster { get; }

    public Address Address => Cluster.SelfAddress;

    public int Port => Address.Port!.Value;

    public static ClusterNode Start(string extra = "") =>
        new(ActorSystem.Create("nodes", ConfigurationFactory.ParseString(extra).WithFallback(Fast)));

    /// <summary>Nodes that join the first one, and wait until all of them are Up in the eyes of all.</summary>
    public static async Task<ClusterNode[]> StartCluster(params string[] extra)
    {
        var nodes = extra.Select(Start).ToArray();
        foreach (var node in nodes) node.Cluster.Join(nodes[0].Address);
        await UntilAllUp(nodes);
        return nodes;
    }

    public static async Task UntilAllUp(params ClusterNode[] nodes)
    {
        var uids = nodes.Select(n => n.Cluster.SelfUniqueAddress).ToHashSet();
        foreach (var node in nodes)
            await Until(() => node.UpMembers.ToHashSet().SetEquals(uids), () => $"{nodes.Length} members Up, as {node.Address} sees it", node);
    }

    public IEnumerable<UniqueAddress> UpMembers => Cluster.State.Members.Where(m => m.Status == MemberStatus.Up).Select(m => m.UniqueAddress);

    public MemberStatus? StatusOf(ClusterNode other) =>
        Cluster.State.Members.FirstOrDefault(m => m.UniqueAddress == other.Cluster.SelfUniqueAddress)?.Status;

    public bool SeesAsUnreachable(ClusterNode other) => Cluster.State.Unreachable.Any(m => m.UniqueAddress == other.Cluster.SelfUniqueAddress);

    public EventLog Record(ClusterEvent.SubscriptionInitialStateMode mode, params Type[] types)
    {
        var log = new EventLog();
        Cluster.Subscribe(System.ActorOf(Props.Create(() => new Recorder(log))), mode, types);
        return log;
    }

    public static async Task Until(Func<bool> condition, Func<string> what, params ClusterNode[] nodes)
    {
        var end = DateTime.UtcNow + Limit;
        while (!condition())
        {
            if (DateTime.UtcNow > end)
                Assert.Fail($"Not within {Limit}: {what()}. Members: "
                    + string.Join("; ", nodes.Select(n => $"[{string.Join(", ", n.Cluster.State.Members)}]")));
            await Task.Delay(25);
        }
    }

    /// <summary>Ports that were free a moment ago, for nodes that must know each other's address before they start.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Stop();
        return ports;
    }

    public static string At(int port) => $"akka.remote.dot-netty.tcp.port = {port}\n";

    /// <summary>The system ends; a node made with <see cref="DiesWithoutLeaving"/> does not tell anybody.</summary>
    public async Task Stop()
    {
        await System.Terminate().WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync() => await Stop();

    private sealed class Recorder(EventLog log) : UntypedActor
    {
        protected override void OnReceive(object message) => log.Add(message);
    }
}

/// <summary>What a subscriber heard, in order.</summary>
internal sealed class EventLog
{
    private readonly ConcurrentQueue<object> _heard = new();

    public IReadOnlyList<object> Heard => [.. _heard];

    public void Add(object message) => _heard.Enqueue(message);

    public Task Until<T>(Func<T, bool> matches) =>
        ClusterNode.Until(() => Heard.OfType<T>().Any(matches), () => $"{typeof(T).Name}; heard: {string.Join(", ", Heard)}");

    public IEnumerable<T> Of<T>() => Heard.OfType<T>();
}

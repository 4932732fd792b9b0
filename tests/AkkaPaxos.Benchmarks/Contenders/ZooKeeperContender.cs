using System.Net;
using System.Net.Sockets;
using System.Text;
using AkkaPaxos.Cli;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>ZooKeeper servers at their defaults; a key is a node, and callers share sessions.</summary>
internal sealed class ZooKeeperContender : ClientContender
{
    private const string Jar = "/usr/share/java/zookeeper.jar";
    private const int ClientsPerSession = 16;

    private readonly List<ZooKeeperClient> _sessions = [];
    private (IPEndPoint Endpoint, System.Diagnostics.Process Process)[] _servers = [];
    private IPEndPoint _leader = new(IPAddress.Loopback, 0);

    /// <summary>How it stands in a list of contenders.</summary>
    public static Entry Entry { get; } = new("zookeeper",
        File.Exists(Jar) && EtcdContender.Installed("java") ? null : "ZooKeeper is not installed (Debian: apt-get install zookeeper)", () => new ZooKeeperContender());

    /// <inheritdoc/>
    public override async Task Start(string folder, int nodes, CancellationToken cancel)
    {
        var ports = LocalCluster.FreePorts(3 * nodes);
        var members = string.Join('\n', Enumerable.Range(0, nodes).Select(i => $"server.{i + 1}=127.0.0.1:{ports[nodes + i]}:{ports[(2 * nodes) + i]}"));
        _servers =
        [
            .. Enumerable.Range(0, nodes).Select(i =>
            {
                var home = Path.Combine(folder, $"zookeeper{i + 1}");
                Directory.CreateDirectory(home);
                File.WriteAllText(Path.Combine(home, "myid"), $"{i + 1}\n");
                var config = Path.Combine(home, "zoo.cfg");
                File.WriteAllText(config, $"""
                    tickTime=2000
                    initLimit=10
                    syncLimit=5
                    dataDir={home}
                    clientPort={ports[i]}
                    clientPortAddress=127.0.0.1
                    maxClientCnxns=0
                    admin.enableServer=false
                    4lw.commands.whitelist=srvr,mntr
                    {members}

                    """);
                var java = Started.Start(Path.Combine(home, "log"), "java", ["-cp", Jar, "org.apache.zookeeper.server.quorum.QuorumPeerMain", config]);
                return (new IPEndPoint(IPAddress.Loopback, ports[i]), Own(java));
            }),
        ];
        await UntilDone("ZooKeeper had no leader", async stop => _leader = await Leader(stop), cancel);
        await UntilDone("ZooKeeper took no write", async stop =>
        {
            await Connect(1, stop);
            await _sessions[0].Create("/ready", default, stop);
        }, cancel);
        var version = (await Say(_leader, "srvr", cancel)).Split('\n')[0].Split(':')[1].Split('-', ',')[0].Trim();
        Durability = $"ZooKeeper {version}: durable by its default forceSync=yes, it syncs its log before it answers";
    }

    /// <inheritdoc/>
    public override async Task Look(CancellationToken cancel)
    {
        var lines = (await Say(_leader, "mntr", cancel)).Split('\n');
        Evidence = lines.FirstOrDefault(l => l.StartsWith("zk_cnt_fsynctime\t", StringComparison.Ordinal)) is { } line
            ? $"{long.Parse(line.Split('\t')[1]):N0} syncs of the leader's log in a round, as its mntr says"
            : null;
    }

    /// <inheritdoc/>
    protected override async Task Connect(int clients, CancellationToken cancel)
    {
        while (_sessions.Count * ClientsPerSession < clients) _sessions.Add(await ZooKeeperClient.Connect(_leader, cancel));
    }

    /// <inheritdoc/>
    protected override Task Create(IReadOnlyList<ByteString> keys, CancellationToken cancel) =>
        Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancel },
            async (key, stop) => await _sessions[0].Create(Name(key), default, stop));

    /// <inheritdoc/>
    protected override Task Put(int client, ByteString key, ByteString value, CancellationToken cancel) => Of(client).SetData(Name(key), value.Memory, cancel);

    /// <inheritdoc/>
    protected override Task Get(int client, ByteString key, CancellationToken cancel) => Of(client).SyncAndGetData(Name(key), cancel);

    /// <inheritdoc/>
    public override Task<TimeSpan?> LongestGap(Work work, CancellationToken cancel) => Task.FromResult<TimeSpan?>(null); // sessions do not move to another server here

    /// <inheritdoc/>
    protected override Task KillLeader(CancellationToken cancel) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions) await session.DisposeAsync();
        await base.DisposeAsync();
    }

    private static string Name(ByteString key) => $"/{key.ToStringUtf8()}";

    private ZooKeeperClient Of(int client) => _sessions[client % _sessions.Count];

    private async Task<IPEndPoint> Leader(CancellationToken cancel)
    {
        foreach (var (endpoint, _) in _servers)
            if ((await Say(endpoint, "srvr", cancel)).Contains("Mode: leader", StringComparison.Ordinal)) return endpoint;
        throw new InvalidOperationException("no server says that it leads");
    }

    /// <summary>One of ZooKeeper's commands of four letters.</summary>
    private static async Task<string> Say(IPEndPoint server, string command, CancellationToken cancel)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server, cancel);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command), cancel);
        using var reader = new StreamReader(tcp.GetStream());
        return await reader.ReadToEndAsync(cancel);
    }
}

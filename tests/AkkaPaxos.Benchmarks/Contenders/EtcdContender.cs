using System.Globalization;
using AkkaPaxos.Cli;
using AkkaPaxos.Kv;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaPaxos.Benchmarks;

/// <summary>etcd processes at their defaults.</summary>
internal sealed class EtcdContender : ClientContender
{
    // Our messages have the field numbers of etcd's.
    private static readonly Method<PutRequest, PutResponse> PutMethod = Unary<PutRequest, PutResponse>("KV", "Put", PutResponse.Parser);
    private static readonly Method<RangeRequest, RangeResponse> RangeMethod = Unary<RangeRequest, RangeResponse>("KV", "Range", RangeResponse.Parser);
    private static readonly Method<StatusRequest, StatusResponse> StatusMethod = Unary<StatusRequest, StatusResponse>("Maintenance", "Status", StatusResponse.Parser);

    private readonly HttpClient _http = new();
    private Node[] _nodes = [];
    private int _target;

    private sealed record Node(string Url, GrpcChannel Channel, CallInvoker Invoker, System.Diagnostics.Process Process);

    /// <summary>How it stands in a list of contenders.</summary>
    public static Entry Entry { get; } = new("etcd", Installed("etcd") ? null : "etcd is not installed (Debian: apt-get install etcd-server)", () => new EtcdContender());

    internal static bool Installed(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Any(p => File.Exists(Path.Combine(p, program))) == true;

    /// <inheritdoc/>
    public override async Task Start(string folder, int nodes, CancellationToken cancel)
    {
        var urls = LocalCluster.FreePorts(2 * nodes).Select(p => $"http://127.0.0.1:{p}").ToArray();
        var (clients, peers) = (urls[..nodes], urls[nodes..]);
        _nodes =
        [
            .. Enumerable.Range(0, nodes).Select(i =>
            {
                string[] arguments =
                [
                    "--name", $"e{i}", "--data-dir", Path.Combine(folder, $"etcd{i}"), "--listen-client-urls", clients[i], "--advertise-client-urls", clients[i],
                    "--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i],
                    "--initial-cluster", string.Join(',', peers.Select((peer, n) => $"e{n}={peer}")), "--log-level", "error",
                ];
                var process = Own(Started.Start(Path.Combine(folder, $"etcd{i}.log"), "etcd", arguments));
                var channel = GrpcChannel.ForAddress(clients[i], new GrpcChannelOptions { MaxReceiveMessageSize = null });
                return new Node(clients[i], channel, channel.CreateCallInvoker(), process);
            }),
        ];
        await UntilDone("etcd took no write", stop => Put(0, ByteString.CopyFromUtf8("ready"), ByteString.Empty, stop), cancel);
        _target = await Leader(cancel);
        var status = await Call(StatusMethod, new StatusRequest(), cancel);
        Durability = $"etcd {status.Version}: durable by its default, it syncs its log before it answers (no option against it is given)";
    }

    /// <inheritdoc/>
    public override async Task Look(CancellationToken cancel)
    {
        const string Metric = "etcd_disk_wal_fsync_duration_seconds_count";
        var lines = (await _http.GetStringAsync($"{_nodes[_target].Url}/metrics", cancel)).Split('\n');
        Evidence = lines.FirstOrDefault(l => l.StartsWith(Metric, StringComparison.Ordinal)) is { } line
            ? $"{double.Parse(line.AsSpan(Metric.Length), CultureInfo.InvariantCulture):N0} syncs of the leader's log in a round, as its /metrics say"
            : null;
    }

    /// <inheritdoc/>
    protected override async Task Put(int client, ByteString key, ByteString value, CancellationToken cancel) =>
        await Call(PutMethod, new PutRequest { Key = key, Value = value }, cancel);

    /// <inheritdoc/>
    protected override async Task Get(int client, ByteString key, CancellationToken cancel) => await Call(RangeMethod, new RangeRequest { Key = key }, cancel);

    /// <summary>Shorter than etcd's own 7 s, after which it refuses what a leader that is gone was to do.</summary>
    protected override TimeSpan CallPatience => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task KillLeader(CancellationToken cancel)
    {
        var leader = await Leader(cancel);
        Started.Kill(_nodes[leader].Process);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var node in _nodes) node.Channel.Dispose();
        _http.Dispose();
    }

    // To the leader, as ours; when that one is gone, or silent, to the next.
    private async Task<TResponse> Call<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, CancellationToken cancel)
        where TRequest : class where TResponse : class
    {
        var target = _target;
        try
        {
            using var call = _nodes[target].Invoker.AsyncUnaryCall(method, null, new CallOptions(cancellationToken: cancel), request);
            return await call.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled)
        {
            Interlocked.CompareExchange(ref _target, (target + 1) % _nodes.Length, target);
            throw;
        }
    }

    private async Task<int> Leader(CancellationToken cancel)
    {
        for (var i = 0; ; i = (i + 1) % _nodes.Length)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                using var call = _nodes[i].Invoker.AsyncUnaryCall(StatusMethod, null, new CallOptions(cancellationToken: cancel), new StatusRequest());
                var status = await call.ResponseAsync;
                if (status.Leader != 0 && status.Leader == status.Header.MemberId) return i;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // It is still starting, or gone: another one leads.
            }
            if (i == _nodes.Length - 1) await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
        }
    }

    private static Method<TRequest, TResponse> Unary<TRequest, TResponse>(string service, string name, MessageParser<TResponse> parser)
        where TRequest : class, IMessage<TRequest>, new() where TResponse : class, IMessage<TResponse> => new(
        MethodType.Unary, $"etcdserverpb.{service}", name,
        new Marshaller<TRequest>(
            (request, to) =>
            {
                to.SetPayloadLength(request.CalculateSize());
                request.WriteTo(to.GetBufferWriter());
                to.Complete();
            },
            _ => throw new NotSupportedException("a request is only sent")),
        new Marshaller<TResponse>(
            (_, _) => throw new NotSupportedException("an answer is only read"),
            from => parser.ParseFrom(from.PayloadAsReadOnlySequence())));
}

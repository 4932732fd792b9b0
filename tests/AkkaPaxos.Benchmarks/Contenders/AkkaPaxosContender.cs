using System.Net.Http.Json;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Cli;
using AkkaPaxos.Client;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>Nodes of the akkapaxos program, and <see cref="PaxosClient"/>.</summary>
/// <param name="settings">HOCON settings of every node, over the program's defaults.</param>
internal sealed class AkkaPaxosContender(IReadOnlyList<string> settings) : ClientContender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Fewer than a session has in flight at once, so that no client waits for another.
    private const int ClientsPerSession = 512;

    private readonly List<PaxosClient> _sessions = [];
    private LocalCluster? _cluster;
    private ActorSystem? _system;
    private string[] _addresses = [];

    private LocalCluster Cluster => _cluster ?? throw new InvalidOperationException("it has not been started");

    /// <inheritdoc/>
    public override async Task Start(string folder, int nodes, CancellationToken cancel)
    {
        _cluster = new LocalCluster(nodes, folder, [.. settings]);
        foreach (var node in _cluster.Nodes)
        {
            _cluster.Start(node);
            Own(node.Process!);
        }
        var leader = await _cluster.WaitForLeader(Patience, cancel);
        var reports = await Task.WhenAll(_cluster.Nodes.Select(n => n.Http.GetFromJsonAsync<NodeReport>("/status", cancel)));
        Durability = $"AkkaPaxos: {BenchDurability.Of([.. reports.OfType<NodeReport>()]).Text} (its /status: {reports[0]?.Durability?.Detail})";
        _addresses = [leader.Address, .. _cluster.Nodes.Where(n => n != leader).Select(n => n.Address)];
        _system = ActorSystem.Create("bench", ConfigurationFactory.ParseString($"akka {{ loglevel = OFF, stdout-loglevel = OFF }}\nakkapaxos.links = {reports[0]?.Links ?? "akka"}").WithFallback(PaxosClient.DefaultConfig()));
        await Connect(1, cancel);
        await UntilDone("AkkaPaxos took no write", stop => Put(0, ByteString.CopyFromUtf8("ready"), ByteString.Empty, stop), cancel);
    }

    /// <inheritdoc/>
    public override string Allocations => "client and nodes";

    /// <inheritdoc/>
    protected override async Task<long> AllocatedByNodes(CancellationToken cancel)
    {
        var reports = await Task.WhenAll(Cluster.Nodes.Select(n => n.Http.GetFromJsonAsync<ResourceReport>("/resources", cancel)));
        return reports.Sum(r => r?.AllocatedBytes ?? 0);
    }

    /// <inheritdoc/>
    protected override Task Connect(int clients, CancellationToken cancel)
    {
        while (_sessions.Count * ClientsPerSession < clients) _sessions.Add(new PaxosClient(_system!, _addresses));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task Put(int client, ByteString key, ByteString value, CancellationToken cancel) =>
        _sessions[client % _sessions.Count].PutAsync(new PutRequest { Key = key, Value = value }, cancel);

    /// <inheritdoc/>
    protected override Task Get(int client, ByteString key, CancellationToken cancel) =>
        _sessions[client % _sessions.Count].RangeAsync(new RangeRequest { Key = key }, cancel);

    /// <inheritdoc/>
    protected override async Task KillLeader(CancellationToken cancel) => Started.Kill((await Cluster.WaitForLeader(Patience, cancel)).Process!);

    public override async ValueTask DisposeAsync()
    {
        if (_system is not null) await _system.Terminate();
        await base.DisposeAsync();
        _cluster?.Dispose();
    }
}

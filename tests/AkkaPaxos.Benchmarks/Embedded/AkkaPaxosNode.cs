using Akka.Actor;
using Akka.Actor.Setup;
using AkkaPaxos.Cli;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>A node of ours with the akkapaxos program's configuration, called through <see cref="Paxos"/>.</summary>
internal sealed class AkkaPaxosNode : EmbeddedNode
{
    private readonly Paxos _paxos;

    private AkkaPaxosNode(Paxos paxos) => _paxos = paxos;

    /// <summary>Starts one, without a gateway.</summary>
    /// <param name="file">Its HOCON file.</param>
    /// <param name="set">Settings over the file's.</param>
    public static async Task<AkkaPaxosNode> Start(string file, IReadOnlyList<string> set, CancellationToken cancel)
    {
        var config = NodeConfig.Of(HoconFile.Load(file, set));
        var settings = new PaxosSettings(config);
        Directory.CreateDirectory(NodeConfig.DataDirectory(config, settings));
        var stores = await Stores.Open(config, settings, Console.Error.WriteLine, cancel);
        var setup = stores.And(BootstrapSetup.Create().WithConfig(config.WithFallback(PaxosSettings.DefaultConfig()))).And(new NodeLogSetup(Console.Error));
        return new AkkaPaxosNode(Paxos.Get(ActorSystem.Create(Address.Parse(settings.Address).System, setup)));
    }

    /// <inheritdoc/>
    public override async Task<bool> Leads(CancellationToken cancel) => (await _paxos.Status(cancel)).Leader == _paxos.Settings.NodeId;

    /// <inheritdoc/>
    protected override async Task Put(string key, ReadOnlyMemory<byte> value, CancellationToken cancel) => KvOperations.DecodePut(await _paxos.Submit(
        KvOperations.Encode(new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = UnsafeByteOperations.UnsafeWrap(value) }), cancel));

    /// <inheritdoc/>
    protected override async Task Get(string key, CancellationToken cancel) => KvOperations.DecodeRange(await _paxos.Query(
        KvOperations.Encode(new RangeRequest { Key = ByteString.CopyFromUtf8(key) }), cancellation: cancel));
}

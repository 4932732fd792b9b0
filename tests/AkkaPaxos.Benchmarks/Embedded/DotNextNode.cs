using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using DotNext.IO;
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.Http;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AkkaPaxos.Benchmarks;

/// <summary>A node of DotNext's Raft over HTTP with a state machine of one dictionary.</summary>
internal sealed class DotNextNode : EmbeddedNode
{
    private readonly IRaftCluster _cluster;
    private readonly Store _store;

    private DotNextNode(IRaftCluster cluster, Store store) => (_cluster, _store) = (cluster, store);

    /// <summary>Starts one.</summary>
    /// <param name="ports">All members' ports of the loopback address.</param>
    /// <param name="own">Which of them is this one's, from 0.</param>
    /// <param name="folder">Where it keeps its log and snapshots.</param>
    /// <param name="flush">Whether a follower flushes its log before it answers; otherwise all is as it comes.</param>
    public static async Task<DotNextNode> Start(IReadOnlyList<int> ports, int own, string folder, bool flush, CancellationToken cancel)
    {
        static Uri At(int port) => new($"http://127.0.0.1:{port}/");
        var store = new Store(new DirectoryInfo(Path.Combine(folder, "snapshots")));
        await store.RestoreAsync(cancel);

        var builder = WebApplication.CreateSlimBuilder();
        // Standard output is for answers.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, ports[own]));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["publicEndPoint"] = At(ports[own]).ToString(),
            ["coldStart"] = "false", // all members are known from the start
            // As etcd's: with its own 150 to 300 ms it often changes the leader where nodes and callers share two cores. Heartbeats, which some of its
            // replication waits for, come each 50 ms, with its own timeouts each 75 ms.
            ["lowerElectionTimeout"] = "1000",
            ["upperElectionTimeout"] = "2000",
            ["heartbeatThreshold"] = "0.05",
        });
        var options = new WriteAheadLog.Options { Location = Path.Combine(folder, "log") };
        builder.Services.AddSingleton<IStateMachine>(store);
        if (flush)
        {
            var log = new FlushedLog(options, store);
            builder.Services.AddSingleton<IPersistentState>(log).AddSingleton<IAuditTrail<IRaftLogEntry>>(log);
        }
        else builder.Services.UsePersistentLog(options);
        builder.Services.UseInMemoryConfigurationStorage(members =>
            {
                foreach (var port in ports) members.Add(new UriEndPoint(At(port)));
            });
        builder.JoinCluster();
        var app = builder.Build();
        app.UseConsensusProtocolHandler();
        await app.StartAsync(cancel);
        return new DotNextNode(app.Services.GetRequiredService<IRaftCluster>(), store);
    }

    /// <inheritdoc/>
    public override Task<bool> Leads(CancellationToken cancel) => Task.FromResult(!_cluster.LeadershipToken.IsCancellationRequested);

    /// <inheritdoc/>
    protected override async Task Put(string key, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        // The key behind its length, then the value.
        var size = Encoding.UTF8.GetByteCount(key);
        var entry = new byte[4 + size + value.Length];
        BinaryPrimitives.WriteInt32LittleEndian(entry, size);
        Encoding.UTF8.GetBytes(key, entry.AsSpan(4));
        value.CopyTo(entry.AsMemory(4 + size));
        await _cluster.ReplicateAsync(entry, token: cancel);
    }

    /// <inheritdoc/>
    protected override async Task Get(string key, CancellationToken cancel)
    {
        await _cluster.ApplyReadBarrierAsync(cancel);
        _store.TryGet(key, out _);
    }

    /// <summary>
    /// A log whose follower answers for what it has flushed. As it comes a leader waits for its own flush before it commits, but a follower answers while
    /// the flush of what it appended is still to be done.
    /// </summary>
    private sealed class FlushedLog(WriteAheadLog.Options options, IStateMachine store) : WriteAheadLog(options, store), IAuditTrail<IRaftLogEntry>
    {
        async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
        {
            await AppendAsync(entries, startIndex, skipCommitted, token);
            await FlushAsync(token);
        }
    }

    /// <summary>The dictionary.</summary>
    private sealed class Store(DirectoryInfo snapshots) : SimpleStateMachine(snapshots)
    {
        private const long EntriesPerSnapshot = 10_000; // as etcd's default

        private readonly ConcurrentDictionary<string, byte[]> _values = [];

        public bool TryGet(string key, out byte[]? value) => _values.TryGetValue(key, out value);

        public new Task RestoreAsync(CancellationToken cancel) => base.RestoreAsync(cancel).AsTask();

        protected override ValueTask<bool> ApplyAsync(LogEntry entry, CancellationToken token)
        {
            if (entry.TryGetPayload(out var payload) && payload.Length >= 4)
            {
                var bytes = payload.ToArray();
                var size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                _values[Encoding.UTF8.GetString(bytes, 4, size)] = bytes[(4 + size)..];
            }
            return new(entry.Index % EntriesPerSnapshot == 0);
        }

        protected override async ValueTask PersistAsync(IAsyncBinaryWriter writer, CancellationToken token)
        {
            foreach (var (key, value) in _values)
            {
                await writer.WriteAsync(Encoding.UTF8.GetBytes(key), LengthFormat.LittleEndian, token);
                await writer.WriteAsync(value, LengthFormat.LittleEndian, token);
            }
        }

        // A comparison starts each node on an empty folder: there is nothing to restore.
        protected override ValueTask RestoreAsync(FileInfo snapshotFile, CancellationToken token) => ValueTask.CompletedTask;
    }
}

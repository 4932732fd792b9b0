using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Gateway;

/// <summary>The Paxos node of an actor system, as the gateway sees it.</summary>
public sealed class PaxosBackend : IKvBackend
{
    private const long ProblemsAreGoodForMs = 200;

    private readonly Paxos _paxos;
    private readonly Lock _problemsLock = new();
    private Task<string?> _problems = Task.FromResult<string?>(null);
    private long _problemsAskedAt = -ProblemsAreGoodForMs;
    private int _isMakingSnapshot;
    private KnownCluster? _clusterId;

    private sealed record KnownCluster(ConfigurationHistory Of, ulong Id);

    /// <summary>Puts a gateway in front of <paramref name="paxos"/>, whose state machine must be <see cref="Kv.KvStateMachine"/>.</summary>
    public PaxosBackend(Paxos paxos)
    {
        _paxos = paxos;
    }

    /// <inheritdoc/>
    public ulong ClusterId
    {
        get
        {
            // Of those that founded the cluster, so that it stays when the members change. They are known for good once the disk has been read.
            var founding = _paxos.Settings.Membership.Founding;
            if (_clusterId is not { } known || !ReferenceEquals(known.Of, founding))
            {
                var name = $"{_paxos.Settings.Group} {string.Join(' ', founding.Latest.Members.Select(m => $"{m.Id}={m.Address}"))}";
                _clusterId = known = new(founding, BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
            }
            return known.Id;
        }
    }

    /// <inheritdoc/>
    public int Node => _paxos.Settings.NodeId.Value;

    /// <inheritdoc/>
    public long Round => _paxos.Round;

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> Submit(ReadOnlyMemory<byte> operation, CancellationToken cancel) => _paxos.Submit(operation, cancel);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> Query(ReadOnlyMemory<byte> query, bool serializable, CancellationToken cancel) =>
        _paxos.Query(query, serializable, cancel);

    /// <inheritdoc/>
    public Task MoveLeader(int node, CancellationToken cancel) => _paxos.MoveLeader(new NodeId(node), cancel);

    /// <inheritdoc/>
    public Configuration Members => _paxos.Settings.Membership.Latest;

    /// <inheritdoc/>
    public Task<Configuration> Reconfigure(IReadOnlyList<MemberChange> changes, bool force, CancellationToken cancel) => _paxos.Reconfigure(changes, force, cancel);

    /// <inheritdoc/>
    public async Task<(string Group, long Slot, ReadOnlyMemory<byte> State)> Snapshot(CancellationToken cancel)
    {
        if (Interlocked.Exchange(ref _isMakingSnapshot, 1) == 1) throw new OverloadedException($"node {Node} is making another snapshot");
        try
        {
            var snapshot = await _paxos.Snapshot(cancel);
            return (_paxos.Settings.Group, snapshot.SlotOut, snapshot.State);
        }
        finally
        {
            Volatile.Write(ref _isMakingSnapshot, 0);
        }
    }

    /// <inheritdoc/>
    public ResourceReport Resources() => ResourceReport.OfThisProcess(Node, _paxos.Traffic?.Messages ?? 0, _paxos.Traffic?.Bytes ?? 0, _paxos.JournalCommits);

    /// <inheritdoc/>
    public async Task<NodeReport> Status(CancellationToken cancel)
    {
        var status = await _paxos.Status(cancel);
        return new NodeReport(
            status.NodeId.Value,
            _paxos.Settings.Address,
            status.Group,
            [.. status.Roles.Select(r => new RoleReport(r.Name, r.IsRunning, r.Problem))],
            status.Ballot.ToString(),
            status.Leader.Value,
            status.SlotIn,
            status.SlotOut,
            status.Checksum.ToString("x16"),
            status.SnapshotSlot,
            [.. status.Peers.Select(p => new PeerReport(
                p.NodeId.Value, p.Address, p.IsReachable, p.IsInCluster, p.SlotOut, p.Problem, p.IsLinked, p.Votes, p.Disk == DiskId.None ? null : $"{p.Disk}"))],
            status.Problem,
            new DurabilityReport(status.Durability.Word, status.Durability.Detail),
            _paxos.Settings.Links.Word,
            status.Disk == DiskId.None ? null : $"{status.Disk}",
            status.ConfigurationVersion);
    }

    /// <inheritdoc/>
    /// <remarks>Asked for by each request that fails, which may be many at a time: they share an answer.</remarks>
    public Task<string?> Problems()
    {
        lock (_problemsLock)
        {
            var now = Environment.TickCount64;
            if (!_problems.IsCompleted || now - _problemsAskedAt < ProblemsAreGoodForMs) return _problems;
            _problemsAskedAt = now;
            return _problems = AskForProblems();
        }
    }

    private async Task<string?> AskForProblems()
    {
        try
        {
            var status = await Status(CancellationToken.None);
            var problems = status.Peers.Select(p => (p.Node, Problem: p.Node == status.Node ? status.Problem : p.Problem))
                .Where(p => p.Problem is not null).Select(p => $"node {p.Node}: {p.Problem}").ToList();
            return problems.Count == 0 ? null : string.Join("; ", problems);
        }
        catch (Exception)
        {
            return null; // the node is going down: what is known is that it does not answer
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TraceEntry>> Trace(long fromSlot, long toSlot, CancellationToken cancel) =>
        [.. (await _paxos.Trace(fromSlot, toSlot, cancel)).Select(Entry)];

    internal static TraceEntry Entry(MessageSent sent) =>
        new(sent.At, sent.From.Value, sent.FromRole, sent.To.Value, sent.ToRole, sent.Slot, MessageText.Of(sent.Message));
}

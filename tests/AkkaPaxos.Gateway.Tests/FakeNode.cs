using AkkaPaxos.Consensus;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;

namespace AkkaPaxos.Gateway.Tests;

/// <summary>A node without Paxos: a store of its own, and switches for what can go wrong.</summary>
internal sealed class FakeNode : IKvBackend
{
    public KvStateMachine Machine { get; } = new();

    /// <summary>No majority: nothing that needs one is ever answered.</summary>
    public bool Stalled { get; set; }

    public int Leader { get; set; } = 3;

    public Exception? Failure { get; set; }

    public int Submitted { get; private set; }

    public int Queried { get; private set; }

    public Configuration Members { get; private set; } = new(
        [new(new NodeId(1), "akka.tcp://akkapaxos@127.0.0.1:4051"), new(new NodeId(2), "akka.tcp://akkapaxos@127.0.0.1:4052", Disk: new DiskId(7))]);

    /// <summary>What the next changes of the members are refused with.</summary>
    public Queue<string> Refusals { get; } = new();

    /// <summary>What was asked for with force.</summary>
    public List<MemberChange> Forced { get; } = [];

    public ulong ClusterId => 14841639068965178418;

    public int Node => 2;

    public long Round => 7;

    public string? Problem { get; set; }

    public Task<ReadOnlyMemory<byte>> Submit(ReadOnlyMemory<byte> operation, CancellationToken cancel)
    {
        Submitted++;
        return Answer(false, () => Machine.Apply(operation), cancel);
    }

    public Task<ReadOnlyMemory<byte>> Query(ReadOnlyMemory<byte> query, bool serializable, CancellationToken cancel)
    {
        Queried++;
        return Answer(serializable, () => Machine.Query(query), cancel);
    }

    public Task<NodeReport> Status(CancellationToken cancel) => Task.FromResult(new NodeReport(
        2,
        "akka.tcp://akkapaxos@127.0.0.1:4052",
        "default",
        [new RoleReport("acceptor", true, null), new RoleReport("leader", false, "no disk")],
        "7.3",
        Leader,
        18,
        17,
        Machine.Checksum.ToString("x16"),
        1,
        [
            .. Members.Members.Select(m => new PeerReport(
                m.Id.Value, m.Address, m.Id.Value != 1, m.Id.Value != 1, m.Id.Value == 1 ? 12 : 17, Votes: m.Votes, Disk: m.Disk == DiskId.None ? null : $"{m.Disk}")),
        ],
        null,
        Configuration: Members.Version));

    public async Task<Configuration> Reconfigure(IReadOnlyList<MemberChange> changes, bool force, CancellationToken cancel)
    {
        if (Stalled) await Task.Delay(Timeout.Infinite, cancel);
        if (changes.FirstOrDefault(c => c.Address.StartsWith("http", StringComparison.Ordinal)) is { } wrong) throw new ArgumentException($"\"{wrong.Address}\" is not an address");
        if (Refusals.TryDequeue(out var refusal) || MemberChange.Apply(Members, changes, out refusal) is not { } next) throw new ReconfigurationRefusedException(refusal);
        if (force) Forced.AddRange(changes);
        return Members = next;
    }

    public async Task MoveLeader(int node, CancellationToken cancel)
    {
        if (node is < 1 or > 3) throw new ArgumentException($"node {node} is none of the members 1, 2, 3");
        if (Stalled) await Task.Delay(Timeout.Infinite, cancel);
        Leader = node;
    }

    public async Task<(string Group, long Slot, ReadOnlyMemory<byte> State)> Snapshot(CancellationToken cancel) =>
        ("default", 17, await Answer(true, () => Machine.Snapshot()(), cancel));

    public ResourceReport Resources() => new(1, 2.5, 3_000_000_000, 4, 5, 6, 7, [8, 9, 10], 0.5);

    public Task<string?> Problems() => Task.FromResult(Problem);

    public Task<IReadOnlyList<TraceEntry>> Trace(long fromSlot, long toSlot, CancellationToken cancel) => Task.FromResult<IReadOnlyList<TraceEntry>>(
        [.. new[] { 4L, 5, 6 }.Where(s => s >= fromSlot && s <= toSlot)
            .Select(s => new TraceEntry(DateTimeOffset.UnixEpoch, 3, "commander", 2, "acceptor", s, $"Accept(7.3, {s})"))]);

    private async Task<ReadOnlyMemory<byte>> Answer(bool local, Func<ReadOnlyMemory<byte>> answer, CancellationToken cancel)
    {
        if (Failure is not null) throw Failure;
        if (Stalled && !local) await Task.Delay(Timeout.Infinite, cancel);
        lock (Machine) return answer();
    }
}

using System.Globalization;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.TestKit.Simulation;

// The nodes' disks, and what goes wrong with them.
internal sealed partial class ClusterWorld
{
    private readonly Random _disks;
    private readonly SortedDictionary<string, TimeSpan> _failedAt = new(StringComparer.Ordinal); // when a node's disk last refused a write
    private readonly SortedDictionary<string, TimeSpan> _slowUntil = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TimeSpan> _failingUntil = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<Action>> _corrupt = new(StringComparer.Ordinal); // what makes its records whole
    private readonly Dictionary<string, int> _disksLost = [];

    private SimulatedDisk EmptyDisk(int id, string name) => _settings.Journal == JournalModel.Log ? DiskWithLog(id, name) : new SimulatedDisk();

    // Small segments: many begin, and go.
    private SimulatedDisk DiskWithLog(int id, string name)
    {
        var (disk, chance) = (new SimulatedDisk(), new SeededChance(_seed, "log", id));
        var size = chance.Next(2) == 0 ? 12 << 10 : 64 << 10;
        disk.Log = new SimulatedLog(disk, size, new Random(chance.Next(int.MaxValue)), _settings.LogFlaw)
        {
            Fails = () => DiskFails(Node(name), out _),
            Compared = difference => Observer.Check("S1", difference is null, () => $"{name}'s journal is not what it acknowledged: {difference}"),
            Found = operations =>
            {
                foreach (var operation in operations) operation.Apply(disk);
                Node(name).Synced(operations);
            },
            CorruptRead = payload => OnCorruptRead(Node(name), payload),
        };
        return disk;
    }

    public override TimeSpan SyncDelay(SimulatedNode node) => TimeSpan.FromMicroseconds(
        _slowUntil.TryGetValue(node.Name, out var until) && until > Now ? _disks.Next(20_000, 300_000) : _disks.Next(50, 2000));

    // It works beside its snapshotter: on a large state for seconds.
    public override TimeSpan TurnDelay(string path) =>
        path.EndsWith("/snapshotter/encoder", StringComparison.Ordinal) ? TimeSpan.FromMicroseconds(_disks.Next(100, 100_000)) : TimeSpan.Zero;

    public override bool DiskFails(SimulatedNode node, out bool stored)
    {
        stored = false;
        if (!_failingUntil.TryGetValue(node.Name, out var until) || until <= Now || _disks.Next(3) > 0) return false;
        Faults.Count("failed-write");
        _failedAt[node.Name] = Now;
        stored = _disks.Next(2) == 0;
        return true;
    }

    // Its failure is told when the disk would have been done.
    private bool HasJustFailed(SimulatedNode node) => _failedAt.TryGetValue(node.Name, out var at) && Now < at + TimeSpan.FromSeconds(1);

    private bool CorruptSomeRecord(SeededChance chance)
    {
        var node = Someone(ref chance);
        if (node.Disk.Corrupt(chance) is not { } repair) return false;
        if (node.Current is not null) Crash(node, ref chance);
        if (!_corrupt.TryGetValue(node.Name, out var repairs)) _corrupt.Add(node.Name, repairs = []);
        repairs.Add(repair);
        RestartLater(node, ref chance);
        Faults.After(_settings.Downtime + _settings.PartitionTime * chance.NextDouble(), () => Repair(node.Name));
        return true;
    }

    private void Repair(string name)
    {
        if (!_corrupt.Remove(name, out var repairs)) return;
        foreach (var repair in repairs) repair();
    }

    // Another one after each loss.
    private DiskId Disk(string node) => new(SeededChance.Key(_seed, $"disk {_disksLost.GetValueOrDefault(node)} of {node}"));

    // It is there again with an empty one.
    private void LoseDisk(SimulatedNode node, ref SeededChance chance)
    {
        if (node.Current is not null) Crash(node, ref chance);
        node.Disk = EmptyDisk(int.Parse(node.Name[1..], CultureInfo.InvariantCulture), node.Name);
        _corrupt.Remove(node.Name);
        _disksLost[node.Name] = _disksLost.GetValueOrDefault(node.Name) + 1;
        Observer.DiskLost(node.Name);
        RestartLater(node, ref chance);
    }
}

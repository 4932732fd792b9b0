using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// What a node has on disk: it outlives the node's actor systems. Writes are in order; until they are synced a crash may lose the last ones of
/// them.
/// </summary>
internal sealed class SimulatedDisk
{
    private readonly SortedDictionary<string, JournalFile> _journals = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedDictionary<long, StoredSnapshot>> _snapshots = new(StringComparer.Ordinal);
    /// <summary>The journal's writes.</summary>
    public DiskTail JournalTail { get; }

    /// <summary>The snapshot store's writes.</summary>
    public DiskTail SnapshotTail { get; }

    public SimulatedDisk() => (JournalTail, SnapshotTail) = (new DiskTail(this), new DiskTail(this));

    /// <summary>Everything is gone.</summary>
    public void Lose()
    {
        _journals.Clear();
        _snapshots.Clear();
        JournalTail.Crash(0);
        SnapshotTail.Crash(0);
    }

    public JournalFile Journal(string persistenceId)
    {
        if (!_journals.TryGetValue(persistenceId, out var journal)) _journals.Add(persistenceId, journal = new JournalFile());
        return journal;
    }

    public SortedDictionary<long, StoredSnapshot> Snapshots(string persistenceId)
    {
        if (!_snapshots.TryGetValue(persistenceId, out var snapshots)) _snapshots.Add(persistenceId, snapshots = []);
        return snapshots;
    }
}

/// <summary>Writes of one file that are not synced yet: a crash may lose the last ones of them.</summary>
internal sealed class DiskTail(SimulatedDisk disk)
{
    private readonly List<IDiskOperation> _unsynced = [];

    /// <summary>Writes that a crash may lose.</summary>
    public int Unsynced => _unsynced.Count;

    public void Write(IDiskOperation operation) => _unsynced.Add(operation);

    /// <summary>Makes the oldest <paramref name="count"/> safe; returns them.</summary>
    public IReadOnlyList<IDiskOperation> Sync(int count)
    {
        var synced = _unsynced.GetRange(0, count);
        _unsynced.RemoveRange(0, count);
        foreach (var operation in synced) operation.Apply(disk);
        return synced;
    }

    /// <summary>The node crashes: the oldest <paramref name="kept"/> reached the disk all the same.</summary>
    public IReadOnlyList<IDiskOperation> Crash(int kept)
    {
        var synced = Sync(kept);
        _unsynced.Clear();
        return synced;
    }
}

/// <summary>The synced events of one persistent actor, by sequence number.</summary>
internal sealed class JournalFile
{
    public SortedDictionary<long, StoredObject> Events { get; } = [];

    /// <summary>The highest ever written, also when it was deleted.</summary>
    public long Highest { get; set; }
}

/// <summary>An object as its serializer wrote it.</summary>
internal sealed record StoredObject(int Serializer, string Manifest, byte[] Bytes)
{
    public static StoredObject Of(ExtendedActorSystem system, object payload) =>
        Serialization.WithTransport<StoredObject>(system, system.Provider.DefaultAddress, () =>
        {
            var serializer = system.Serialization.FindSerializerFor(payload, null);
            return new StoredObject(serializer.Identifier, Serialization.ManifestFor(serializer, payload), serializer.ToBinary(payload));
        });

    public object Load(ExtendedActorSystem system) => system.Serialization.Deserialize(Bytes, Serializer, Manifest);
}

internal sealed record StoredSnapshot(SnapshotMetadata Metadata, StoredObject Object);

/// <summary>A write that is done as a whole or not at all.</summary>
internal interface IDiskOperation
{
    void Apply(SimulatedDisk disk);
}

internal sealed record AppendEvents(
    string PersistenceId, IReadOnlyList<(long SequenceNr, StoredObject Event, object Payload)> Events) : IDiskOperation
{
    public void Apply(SimulatedDisk disk)
    {
        var journal = disk.Journal(PersistenceId);
        foreach (var (number, stored, _) in Events)
        {
            journal.Events[number] = stored;
            journal.Highest = Math.Max(journal.Highest, number);
        }
    }
}

internal sealed record DeleteEvents(string PersistenceId, long To) : IDiskOperation
{
    public void Apply(SimulatedDisk disk)
    {
        var events = disk.Journal(PersistenceId).Events;
        foreach (var number in events.Keys.TakeWhile(n => n <= To).ToList()) events.Remove(number);
    }
}

internal sealed record PutSnapshot(StoredSnapshot Snapshot, object Payload) : IDiskOperation
{
    public void Apply(SimulatedDisk disk) => disk.Snapshots(Snapshot.Metadata.PersistenceId)[Snapshot.Metadata.SequenceNr] = Snapshot;
}

internal sealed record RemoveSnapshots(string PersistenceId, Func<SnapshotMetadata, bool> Which) : IDiskOperation
{
    public void Apply(SimulatedDisk disk)
    {
        var snapshots = disk.Snapshots(PersistenceId);
        foreach (var number in snapshots.Where(s => Which(s.Value.Metadata)).Select(s => s.Key).ToList()) snapshots.Remove(number);
    }
}

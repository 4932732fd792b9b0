using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// What a node has on disk: it outlives the node's actor systems. Writes are in order; until they are synced a crash may lose the last ones of
/// them. Where it has a log (<see cref="Log"/>) the journal is in that, and what stands here of it is what was acknowledged.
/// </summary>
internal sealed class SimulatedDisk
{
    private readonly SortedDictionary<string, JournalFile> _journals = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedDictionary<long, StoredSnapshot>> _snapshots = new(StringComparer.Ordinal);

    /// <summary>The journal's writes.</summary>
    public DiskTail JournalTail { get; }

    /// <summary>The snapshot store's writes.</summary>
    public DiskTail SnapshotTail { get; }

    /// <summary>The journal as a real node keeps it in files; null: it is a table, each event of which is there or not.</summary>
    public SimulatedLog? Log { get; set; }

    public SimulatedDisk() => (JournalTail, SnapshotTail) = (new DiskTail(this), new DiskTail(this));

    /// <summary>Whose events there are, or were.</summary>
    public IEnumerable<string> PersistenceIds => _journals.Where(j => j.Value.Highest > 0).Select(j => j.Key);

    /// <summary>The same events, for a trial.</summary>
    public SimulatedDisk CopyOfJournals()
    {
        var copy = new SimulatedDisk();
        foreach (var (id, journal) in _journals) copy._journals.Add(id, new JournalFile(journal));
        return copy;
    }

    /// <summary>An actor's events, with the highest number that it ever used.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="SerializationException">The log is not what was written.</exception>
    public (IEnumerable<StoredEvent> Events, long Highest) Read(string persistenceId, long from, long to, long max)
    {
        if (Log is not null) return Log.Read(persistenceId, from, to, max);
        var journal = Journal(persistenceId);
        var events = journal.Events.SkipWhile(e => e.Key < from).TakeWhile(e => e.Key <= to).Take((int)Math.Min(max, int.MaxValue));
        return (events.Select(e => e.Value), journal.Highest);
    }

    /// <summary>Everything is gone.</summary>
    public void Lose()
    {
        _journals.Clear();
        _snapshots.Clear();
        JournalTail.Crash(0);
        SnapshotTail.Crash(0);
    }

    /// <summary>Flips one bit of one record that is as it was written.</summary>
    /// <returns>Makes it what it was; null where there is no record.</returns>
    public Action? Corrupt(SeededChance chance)
    {
        if (Log is not null && chance.Next(2) == 0 && Log.Corrupt(ref chance) is { } repair) return repair;
        var events = Log is null ? _journals.Values.SelectMany(j => j.Events.Values) : [];
        var snapshots = _snapshots.Values.SelectMany(s => s.Values);
        var records = events.Select(e => e.Object).Concat(snapshots.Select(s => s.Object))
            .Where(r => r is { Bytes.Length: > 0, IsCorrupt: false }).ToList(); // a bit that is flipped twice is as it was
        if (records.Count == 0) return null;
        var record = records[chance.Next(records.Count)];
        var (at, bit) = (chance.Next(record.Bytes.Length), chance.Next(8));
        record.Flip(at, bit);
        return () => record.Flip(at, bit);
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
    private readonly List<(IDiskOperation Operation, bool EndsWrite)> _unsynced = [];
    private int _begun; // of a log: those that are being committed

    /// <summary>Records that a crash may lose.</summary>
    public int Unsynced => _unsynced.Count;

    /// <summary>One write of one or more records.</summary>
    public void Write(IReadOnlyList<IDiskOperation> records)
    {
        for (var i = 0; i < records.Count; i++) _unsynced.Add((records[i], i == records.Count - 1));
    }

    /// <summary>Of the oldest <paramref name="records"/>, those that belong to writes of which none is missing.</summary>
    public int InWholeWrites(int records)
    {
        while (records > 0 && !_unsynced[records - 1].EndsWrite) records--;
        return records;
    }

    /// <summary>Makes the oldest <paramref name="count"/> safe; returns them.</summary>
    public IReadOnlyList<IDiskOperation> Sync(int count)
    {
        var synced = _unsynced.GetRange(0, count).ConvertAll(u => u.Operation);
        _unsynced.RemoveRange(0, count);
        foreach (var operation in synced) operation.Apply(disk);
        return synced;
    }

    /// <summary>All that is there now begins its way to the disk.</summary>
    public void Begin() => _begun = _unsynced.Count;

    /// <summary>Commits what has begun to a log; returns it.</summary>
    /// <exception cref="IOException">The disk failed; it is forgotten.</exception>
    /// <exception cref="SerializationException">The log is not what was written; it is forgotten.</exception>
    public IReadOnlyList<IDiskOperation> Commit(SimulatedLog log)
    {
        var (begun, count) = (Begun(), _begun);
        _begun = 0;
        try
        {
            log.Commit(begun);
        }
        catch
        {
            _unsynced.RemoveRange(0, count);
            throw;
        }
        return Sync(count);
    }

    private List<IDiskOperation> Begun() => _unsynced.GetRange(0, _begun).ConvertAll(u => u.Operation);

    /// <summary>The node crashes. What of it is in the log says that when it is opened.</summary>
    public void Crash(SimulatedLog log, bool isTorn, SeededChance chance, out bool wasTorn)
    {
        log.Crash(Begun(), isTorn, chance, out wasTorn);
        _unsynced.Clear();
        _begun = 0;
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
    public JournalFile()
    {
    }

    public JournalFile(JournalFile same) => (Events, Highest) = (new SortedDictionary<long, StoredEvent>(same.Events), same.Highest);

    public SortedDictionary<long, StoredEvent> Events { get; } = [];

    /// <summary>The highest ever written, also when it was deleted.</summary>
    public long Highest { get; set; }
}

/// <summary>An object as its serializer wrote it.</summary>
internal sealed record StoredObject(int Serializer, string Manifest, byte[] Bytes)
{
    /// <summary>It is not what was written.</summary>
    public bool IsCorrupt { get; private set; }

    public static StoredObject Of(ExtendedActorSystem system, object payload) =>
        Serialization.WithTransport<StoredObject>(system, () =>
        {
            var serializer = system.Serialization.FindSerializerFor(payload, null);
            return new StoredObject(serializer.Identifier, Serialization.ManifestFor(serializer, payload), serializer.ToBinary(payload));
        });

    /// <summary>Flips a bit, or flips it back.</summary>
    public void Flip(int at, int bit)
    {
        Bytes[at] ^= (byte)(1 << bit);
        IsCorrupt = !IsCorrupt;
    }

    public object Load(ExtendedActorSystem system) => system.Serialization.Deserialize(Bytes, Serializer, Manifest);
}

/// <summary>An event of a persistent actor.</summary>
/// <param name="Object">The event.</param>
/// <param name="Envelope">What Akka.Persistence keeps of it beside the event.</param>
internal sealed record StoredEvent(StoredObject Object, IPersistentRepresentation Envelope)
{
    public static StoredEvent Of(ExtendedActorSystem system, IPersistentRepresentation written) => new(
        StoredObject.Of(system, written.Payload),
        written.Update(written.SequenceNr, written.PersistenceId, false, ActorRefs.NoSender, written.WriterGuid).WithPayload(null!));
}

internal sealed record StoredSnapshot(SnapshotMetadata Metadata, StoredObject Object);

/// <summary>A write that is done as a whole or not at all.</summary>
internal interface IDiskOperation
{
    void Apply(SimulatedDisk disk);
}

internal sealed record AppendEvents(
    string PersistenceId, IReadOnlyList<(StoredEvent Event, object Payload)> Events) : IDiskOperation
{
    public void Apply(SimulatedDisk disk)
    {
        var journal = disk.Journal(PersistenceId);
        foreach (var (stored, _) in Events)
        {
            var number = stored.Envelope.SequenceNr;
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

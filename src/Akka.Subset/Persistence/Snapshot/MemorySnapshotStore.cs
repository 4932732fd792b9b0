namespace Akka.Persistence.Snapshot;

/// <summary>Snapshots in memory, gone with their actor system.</summary>
public class MemorySnapshotStore : SnapshotStore
{
    // Only the store's actor touches it.
    private readonly List<SelectedSnapshot> _snapshots = [];

    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.FromResult(
        _snapshots.Where(s => s.Metadata.PersistenceId == persistenceId && criteria.IsMatch(s.Metadata)).MaxBy(s => s.Metadata.SequenceNr));

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        Remove(metadata);
        _snapshots.Add(new SelectedSnapshot(metadata, snapshot));
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata)
    {
        Remove(metadata);
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        _snapshots.RemoveAll(s => s.Metadata.PersistenceId == persistenceId && criteria.IsMatch(s.Metadata));
        return Task.CompletedTask;
    }

    private void Remove(SnapshotMetadata metadata) => _snapshots.RemoveAll(s =>
        s.Metadata.PersistenceId == metadata.PersistenceId && s.Metadata.SequenceNr == metadata.SequenceNr);
}

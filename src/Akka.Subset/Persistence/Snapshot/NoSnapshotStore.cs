namespace Akka.Persistence.Snapshot;

/// <summary>Stands where no snapshot store is configured: offers none, and refuses to save.</summary>
public sealed class NoSnapshotStore : SnapshotStore
{
    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromResult<SelectedSnapshot?>(null);

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot) => Refuse();
    protected override Task DeleteAsync(SnapshotMetadata metadata) => Refuse();
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Refuse();

    private static Task Refuse() => Task.FromException(new InvalidOperationException(
        "No snapshot store configured: set akka.persistence.snapshot-store.plugin."));
}

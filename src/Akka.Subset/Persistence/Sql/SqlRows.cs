namespace Akka.Persistence.Sql;

/// <summary>A row of the journal table. Created is in ticks, UTC.</summary>
internal readonly record struct JournalRow(
    string PersistenceId, long SequenceNr, long Created, Payload Event, string? WriterUuid);

/// <summary>A row of the snapshot table. Created is in ticks, UTC.</summary>
internal sealed record SnapshotRow(string PersistenceId, long SequenceNr, long Created, Payload Snapshot);

using Akka.Configuration;
using Akka.Persistence.Snapshot;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>A snapshot store in a table of a SQL database, laid out as Akka.Persistence.Sql does by default.</summary>
public class SqlSnapshotStore : SnapshotStore
{
    private readonly SqlSettings _settings;
    private readonly PayloadSerializer _serializer;
    private SqlWriter _writer = null!;

    public SqlSnapshotStore(Config snapshotConfig)
    {
        _settings = SqlSettings.From(Self.Path.Name, snapshotConfig);
        _serializer = new PayloadSerializer(Context.System, snapshotConfig.GetString("serializer"));
    }

    protected override void PreStart()
    {
        base.PreStart();
        _writer = SqlDatabases.Of(Context.System).Open(_settings);
    }

    protected override void PostStop()
    {
        SqlDatabases.Of(Context.System).Close(_settings);
        base.PostStop();
    }

    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        // In the writer's turn first: it opens the database, and a save that waits comes before.
        await _writer.Do(_ => true).ConfigureAwait(false);
        return await _writer.Read(session => session.LoadSnapshot(persistenceId, criteria) is { } row
            ? new SelectedSnapshot(new SnapshotMetadata(persistenceId, row.SequenceNr, new DateTime(row.Created, DateTimeKind.Utc)),
                _serializer.Deserialize(row.Snapshot.Bytes, row.Snapshot.SerializerId, row.Snapshot.Manifest))
            : null).ConfigureAwait(false);
    }

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var row = new SnapshotRow(metadata.PersistenceId, metadata.SequenceNr, metadata.Timestamp.Ticks, _serializer.Serialize(snapshot));
        return Do(session => session.SaveSnapshot(row));
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) =>
        Do(session => session.DeleteSnapshot(metadata.PersistenceId, metadata.SequenceNr));

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Do(session => session.DeleteSnapshots(persistenceId, criteria));

    private Task Do(Action<SqlSession> work) => _writer.Do(session =>
    {
        work(session);
        return true;
    });
}

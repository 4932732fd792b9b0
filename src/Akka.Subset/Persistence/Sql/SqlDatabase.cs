using System.Data.Common;

namespace Akka.Persistence.Sql;

/// <summary>One kind of database: how it is opened, and which of its failures mean what.</summary>
internal abstract class SqlDatabase
{
    /// <summary>Opens a session; throws an <see cref="IOException"/> that says what is wrong.</summary>
    public abstract SqlSession Open(bool forWriting);

    /// <summary>The failure is one of the row's (a duplicate, a value too long), so that other rows may still be written.</summary>
    public abstract bool IsFaultOfRow(Exception e);

    /// <summary>One line that names the database, what could not be done, and why.</summary>
    public abstract IOException Describe(string what, Exception cause);
}

/// <summary>
/// A connection with its statements, each prepared at its first use and then kept. One thread uses it. The tables are those
/// that Akka.Persistence.Sql creates by default, so that either implementation reads what the other one wrote.
/// </summary>
internal abstract class SqlSession(DbConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

    protected DbConnection Connection { get; } = connection;

    public bool IsOpen => Connection.State == System.Data.ConnectionState.Open;

    /// <summary>Insert is atomic without a transaction around it.</summary>
    public virtual bool InsertsAtOnce => false;

    public abstract void Insert(List<JournalRow> rows);

    public virtual void Begin() => Prepared("BEGIN").Execute();
    public void Commit() => Prepared("COMMIT").Execute();
    public void Rollback() => Prepared("ROLLBACK").Execute();

    public long HighestSequenceNr(string persistenceId) =>
        MaxSequenceNr("SELECT MAX(sequence_number) FROM journal WHERE persistence_id = @id", persistenceId) ?? 0L;

    /// <summary>The last event that a deletion up to a sequence number covers.</summary>
    public long? LastUpTo(string persistenceId, long to) =>
        MaxSequenceNr("SELECT MAX(sequence_number) FROM journal WHERE persistence_id = @id AND sequence_number <= @to", persistenceId, to);

    /// <summary>Deletes the oldest events below a sequence number; returns how many.</summary>
    public int DeleteBelow(string persistenceId, long below, int limit) => Prepared("""
        DELETE FROM journal WHERE ordering IN (
          SELECT ordering FROM journal WHERE persistence_id = @id AND sequence_number < @below ORDER BY sequence_number LIMIT @limit)
        """, "id", "below", "limit").With(persistenceId, below, (long)limit).Execute();

    /// <summary>Hides an event from replay, but keeps its row: it remembers the highest sequence number.</summary>
    public void MarkDeleted(string persistenceId, long sequenceNr)
    {
        Prepared("UPDATE journal SET deleted = TRUE WHERE persistence_id = @id AND sequence_number = @nr", "id", "nr")
            .With(persistenceId, sequenceNr).Execute();
        Prepared("DELETE FROM tags WHERE persistence_id = @id AND sequence_nr <= @nr", "id", "nr").With(persistenceId, sequenceNr).Execute();
    }

    public void Replay(string persistenceId, long from, long to, long max, Action<JournalRow> callback)
    {
        using var reader = Prepared("""
            SELECT sequence_number, created, message, identifier, manifest, writer_uuid FROM journal
            WHERE persistence_id = @id AND sequence_number >= @from AND sequence_number <= @to AND deleted = FALSE
            ORDER BY sequence_number LIMIT @max
            """, "id", "from", "to", "max").With(persistenceId, from, to, max).Read();
        while (reader.Read())
            callback(new JournalRow(persistenceId, reader.GetInt64(0), reader.GetInt64(1), ReadPayload(reader, 2), NullableString(reader, 5)));
    }

    public void SaveSnapshot(SnapshotRow row) => Prepared("""
        INSERT INTO snapshot (persistence_id, sequence_number, created, manifest, snapshot, serializer_id)
        VALUES (@id, @nr, @created, @manifest, @snapshot, @serializer)
        ON CONFLICT (persistence_id, sequence_number) DO UPDATE SET
          created = EXCLUDED.created, manifest = EXCLUDED.manifest, snapshot = EXCLUDED.snapshot, serializer_id = EXCLUDED.serializer_id
        """, "id", "nr", "created", "manifest", "snapshot", "serializer")
        .With(row.PersistenceId, row.SequenceNr, row.Created, row.Snapshot.Manifest, row.Snapshot.Bytes, row.Snapshot.SerializerId).Execute();

    public SnapshotRow? LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        using var reader = Prepared($"""
            SELECT sequence_number, created, snapshot, serializer_id, manifest FROM snapshot
            WHERE {Matches} ORDER BY sequence_number DESC LIMIT 1
            """, MatchNames).With(MatchValues(persistenceId, criteria)).Read();
        return reader.Read()
            ? new SnapshotRow(persistenceId, reader.GetInt64(0), reader.GetInt64(1), ReadPayload(reader, 2))
            : null;
    }

    public void DeleteSnapshot(string persistenceId, long sequenceNr) =>
        Prepared("DELETE FROM snapshot WHERE persistence_id = @id AND sequence_number = @nr", "id", "nr")
            .With(persistenceId, sequenceNr).Execute();

    public void DeleteSnapshots(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Prepared($"DELETE FROM snapshot WHERE {Matches}", MatchNames).With(MatchValues(persistenceId, criteria)).Execute();

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        Connection.Dispose();
    }

    protected Statement Prepared(string sql, params ReadOnlySpan<string> parameters)
    {
        if (_statements.TryGetValue(sql, out var statement)) return statement;
        statement = new Statement(Connection, sql, parameters);
        _statements.Add(sql, statement);
        return statement;
    }

    private const string Matches =
        "persistence_id = @id AND sequence_number <= @max AND sequence_number >= @min AND created <= @until AND created >= @since";

    private static readonly string[] MatchNames = ["id", "max", "min", "until", "since"];

    private static object[] MatchValues(string persistenceId, SnapshotSelectionCriteria c) =>
        [persistenceId, c.MaxSequenceNr, c.MinSequenceNr, c.MaxTimeStamp.Ticks, (c.MinTimestamp ?? DateTime.MinValue).Ticks];

    private long? MaxSequenceNr(string sql, string persistenceId, long? to = null)
    {
        var statement = to == null ? Prepared(sql, "id").With(persistenceId) : Prepared(sql, "id", "to").With(persistenceId, to.Value);
        using var reader = statement.Read();
        return reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : null;
    }

    private static Payload ReadPayload(DbDataReader reader, int at) =>
        new(reader.GetFieldValue<byte[]>(at), reader.GetInt32(at + 1), NullableString(reader, at + 2) ?? "");

    private static string? NullableString(DbDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetString(at);

    protected sealed class Statement : IDisposable
    {
        private readonly DbCommand _command;

        public Statement(DbConnection connection, string sql, ReadOnlySpan<string> parameters)
        {
            _command = connection.CreateCommand();
            _command.CommandText = sql;
            foreach (var name in parameters)
            {
                var parameter = _command.CreateParameter();
                parameter.ParameterName = name;
                _command.Parameters.Add(parameter);
            }
        }

        public Statement With(params ReadOnlySpan<object> values)
        {
            for (var i = 0; i < values.Length; i++) _command.Parameters[i].Value = values[i];
            return this;
        }

        public int Execute() => _command.ExecuteNonQuery();
        public DbDataReader Read() => _command.ExecuteReader();
        public void Dispose() => _command.Dispose();
    }
}

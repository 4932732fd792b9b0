using Npgsql;
using NpgsqlTypes;

namespace Akka.Persistence.Sql;

/// <summary>PostgreSQL. A commit is as safe as the server's synchronous_commit makes it.</summary>
internal sealed class PostgresDatabase(SqlSettings settings) : SqlDatabase
{
    // Two nodes may start at once: the lock makes the second wait, as IF NOT EXISTS alone fails when both create.
    private const string Tables = """
        SELECT pg_advisory_xact_lock(5047265);
        CREATE TABLE IF NOT EXISTS journal (
          ordering BIGSERIAL NOT NULL,
          created BIGINT NOT NULL,
          deleted BOOLEAN NOT NULL,
          persistence_id VARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          message BYTEA NOT NULL,
          manifest VARCHAR(500) NULL,
          identifier INT NULL,
          writer_uuid VARCHAR(128) NULL,
          CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
          CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number));
        CREATE TABLE IF NOT EXISTS tags (
          ordering_id BIGINT NOT NULL,
          tag VARCHAR(64) NOT NULL,
          persistence_id VARCHAR(255) NOT NULL,
          sequence_nr BIGINT NOT NULL,
          CONSTRAINT "PK_tags" PRIMARY KEY (ordering_id, tag));
        CREATE INDEX IF NOT EXISTS tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
        CREATE INDEX IF NOT EXISTS tags_tag_idx ON tags (tag);
        CREATE TABLE IF NOT EXISTS snapshot (
          created BIGINT NOT NULL,
          persistence_id VARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          manifest VARCHAR(500) NULL,
          snapshot BYTEA NULL,
          serializer_id INT NULL,
          CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number));
        """;

    public override SqlSession Open(bool forWriting)
    {
        // Statements that recur are prepared by the driver.
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 2 }.ToString());
        try
        {
            connection.Open();
            if (forWriting && settings.AutoInitialize)
            {
                using var transaction = connection.BeginTransaction();
                using var command = new NpgsqlCommand(Tables, connection, transaction);
                command.ExecuteNonQuery();
                transaction.Commit();
            }
            return new PostgresSession(connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw Describe("open", e);
        }
    }

    // Class 22 is wrong data, class 23 an integrity constraint.
    public override bool IsFaultOfRow(Exception e) =>
        e is PostgresException p && (p.SqlState.StartsWith("22", StringComparison.Ordinal) || p.SqlState.StartsWith("23", StringComparison.Ordinal));

    public override IOException Describe(string what, Exception cause)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        return new IOException(
            $"Cannot {what} the PostgreSQL database '{connection.Database}' at {connection.Host}:{connection.Port}: {cause.Message}", cause);
    }

    private sealed class PostgresSession(NpgsqlConnection connection) : SqlSession(connection)
    {
        public override bool InsertsAtOnce => true;

        // One statement and one round trip, whatever the number of rows.
        public override void Insert(List<JournalRow> rows)
        {
            using var command = new NpgsqlCommand("""
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
                SELECT created, FALSE, id, nr, message, manifest, identifier, writer
                FROM unnest($1, $2, $3, $4, $5, $6, $7) AS r(created, id, nr, message, manifest, identifier, writer)
                """, (NpgsqlConnection)Connection);
            Add(NpgsqlDbType.Bigint, r => r.Created);
            Add(NpgsqlDbType.Varchar, r => r.PersistenceId);
            Add(NpgsqlDbType.Bigint, r => r.SequenceNr);
            Add(NpgsqlDbType.Bytea, r => r.Event.Bytes);
            Add(NpgsqlDbType.Varchar, r => r.Event.Manifest);
            Add(NpgsqlDbType.Integer, r => r.Event.SerializerId);
            Add(NpgsqlDbType.Varchar, r => r.WriterUuid);
            command.ExecuteNonQuery();

            void Add<T>(NpgsqlDbType type, Func<JournalRow, T> column) => command.Parameters.Add(
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = rows.ConvertAll(r => column(r)).ToArray() });
        }
    }
}

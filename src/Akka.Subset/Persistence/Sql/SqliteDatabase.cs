using Microsoft.Data.Sqlite;

namespace Akka.Persistence.Sql;

/// <summary>A SQLite file in WAL mode. With synchronous=FULL a commit returns when the operating system has it on disk.</summary>
internal sealed class SqliteDatabase(SqlSettings settings) : SqlDatabase
{
    // Akka.Persistence.Sql adds AUTOINCREMENT and indexes on created and sequence_number, for queries that are not made here. Each
    // costs every commit a further page. Without AUTOINCREMENT ordering grows all the same, as no actor's last row is ever deleted.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS journal (
          ordering INTEGER NOT NULL PRIMARY KEY,
          created BIGINT NOT NULL,
          deleted BIT NOT NULL,
          persistence_id NVARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          message BLOB NOT NULL,
          manifest NVARCHAR(500) NULL,
          identifier INT NULL,
          writer_uuid NVARCHAR(128) NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS tags (
          ordering_id INTEGER NOT NULL,
          tag NVARCHAR(64) NOT NULL,
          persistence_id NVARCHAR(255) NOT NULL,
          sequence_nr INTEGER NOT NULL,
          CONSTRAINT PK_tags PRIMARY KEY (ordering_id, tag));
        CREATE INDEX IF NOT EXISTS tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
        CREATE INDEX IF NOT EXISTS tags_tag_idx ON tags (tag);
        CREATE TABLE IF NOT EXISTS snapshot (
          created BIGINT NOT NULL,
          persistence_id NVARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          manifest NVARCHAR(500) NULL,
          snapshot BLOB NULL,
          serializer_id INT NULL,
          CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number));
        """;

    // Our own sessions are few and long-lived; a pool would keep the file open after the last of them is closed.
    private readonly SqliteConnectionStringBuilder _connection = new(settings.ConnectionString) { Pooling = false };

    public override SqlSession Open(bool forWriting)
    {
        var connection = new SqliteConnection(_connection.ToString());
        try
        {
            connection.Open();
            // Waiting for another process's write is SQLite's business: it looks again after milliseconds.
            Run(connection, "PRAGMA busy_timeout = 5000");
            if (forWriting)
            {
                Run(connection, "PRAGMA journal_mode = WAL");
                Run(connection, "PRAGMA synchronous = FULL");
                if (settings.AutoInitialize) Run(connection, Tables);
            }
            return new SqliteSession(connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw Describe("open", e);
        }
    }

    public override bool IsFaultOfRow(Exception e) => e is SqliteException { SqliteErrorCode: 19 or 18 or 20 };

    public override IOException Describe(string what, Exception cause)
    {
        var file = _connection.DataSource;
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        var reason = cause switch
        {
            SqliteException { SqliteErrorCode: 14 } when folder != null && !Directory.Exists(folder) =>
                $"the folder '{folder}' does not exist; create it, or change connection-string",
            SqliteException { SqliteErrorCode: 14 } => "the file or its folder may not be accessed",
            SqliteException { SqliteErrorCode: 8 } => "the file is read-only",
            SqliteException { SqliteErrorCode: 13 } => "the disk is full",
            SqliteException { SqliteErrorCode: 5 or 6 } => "another process holds its lock",
            SqliteException { SqliteErrorCode: 26 } => "it is not a SQLite file",
            SqliteException { SqliteErrorCode: 11 } => "the file is damaged",
            _ => cause.Message,
        };
        return new IOException($"Cannot {what} the SQLite database '{file}': {reason}. ({cause.Message})", cause);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class SqliteSession(SqliteConnection connection) : SqlSession(connection)
    {
        // Taking the write lock at once finds out before the first insert whether it can be had.
        public override void Begin() => Prepared("BEGIN IMMEDIATE").Execute();

        public override void Insert(List<JournalRow> rows)
        {
            var insert = Prepared("""
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
                VALUES (@created, 0, @id, @nr, @message, @manifest, @identifier, @writer)
                """, "created", "id", "nr", "message", "manifest", "identifier", "writer");
            foreach (var r in rows)
                insert.With(r.Created, r.PersistenceId, r.SequenceNr, r.Event.Bytes, r.Event.Manifest, r.Event.SerializerId,
                    (object?)r.WriterUuid ?? DBNull.Value).Execute();
        }
    }
}

using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using AkkaPaxos.Hocon;
using AkkaPaxos.Journal;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Cli;

/// <summary>What a journal holds, to be copied and compared.</summary>
internal interface IJournalContents
{
    /// <summary>The persistence ids that ever had an entry.</summary>
    IReadOnlyList<string> PersistenceIds { get; }

    /// <summary>The highest number that an id ever used.</summary>
    long Highest(string persistenceId);

    /// <summary>An id's entries that are not deleted, by their numbers.</summary>
    IEnumerable<LogEntry> Entries(string persistenceId);
}

/// <summary>The log's.</summary>
internal sealed class LogContents(SegmentedLog log) : IJournalContents
{
    private const int ReadAtOnce = 256;

    /// <inheritdoc/>
    public IReadOnlyList<string> PersistenceIds => log.Index.PersistenceIds;

    /// <inheritdoc/>
    public long Highest(string persistenceId) => log.Index.Highest(persistenceId);

    /// <inheritdoc/>
    public IEnumerable<LogEntry> Entries(string persistenceId)
    {
        var places = log.Index.Find(persistenceId, 0, long.MaxValue, long.MaxValue);
        var entries = new List<LogEntry>();
        foreach (var some in places.Chunk(ReadAtOnce))
        {
            entries.Clear();
            SegmentedLog.Read(some, persistenceId, entries.Add);
            foreach (var entry in entries) yield return entry;
        }
    }
}

/// <summary>A file of Akka.Persistence.Sql's journal in SQLite, while no node runs on it.</summary>
internal sealed class SqlJournalFile : IJournalContents, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly SqliteConnection _connection;

    private SqlJournalFile(string path, SqliteOpenMode mode)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        _connection.Open();
    }

    /// <summary>Whether the journal ever had an entry.</summary>
    /// <exception cref="SqliteException">It cannot be read.</exception>
    public static bool HasEntries(string path)
    {
        using var file = new SqlJournalFile(path, SqliteOpenMode.ReadOnly);
        return file.Ask("SELECT COUNT(*) FROM sqlite_master WHERE name = 'journal'") is 1L && file.Ask("SELECT EXISTS (SELECT 1 FROM journal)") is 1L;
    }

    /// <summary>Opens one that is there, and puts into its one file what stands in others beside it.</summary>
    /// <exception cref="SqliteException">It cannot be read and written.</exception>
    public static SqlJournalFile Open(string path)
    {
        var file = new SqlJournalFile(path, SqliteOpenMode.ReadWrite);
        file.Ask("PRAGMA journal_mode = DELETE");
        return file;
    }

    /// <summary>Has SQLite look whether its own structure is whole.</summary>
    /// <exception cref="InvalidOperationException">It is not; with the first thing that SQLite found.</exception>
    /// <exception cref="SqliteException">Nor can that be told.</exception>
    public void Check()
    {
        if (Ask("PRAGMA integrity_check(1)") is not "ok" and var found) throw new InvalidOperationException($"SQLite says {found}");
    }

    /// <summary>Makes one: the plugin itself makes its tables.</summary>
    /// <exception cref="InvalidOperationException">The plugin did not.</exception>
    public static async Task<SqlJournalFile> Create(string path)
    {
        var connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString;
        var config = ConfigurationFactory.ParseString($"akka.persistence.journal.sql.connection-string = {HoconText.Quote(connectionString)}").WithFallback(NodeConfig.Defaults);
        using var system = ActorSystem.Create("convert", NodeConfig.Quiet(config));
        using var inbox = Inbox.Create(system);
        Persistence.Instance.Apply(system).JournalFor("akka.persistence.journal.sql")
            .Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, "none", inbox.Receiver), inbox.Receiver);
        var answer = await inbox.ReceiveAsync(Patience);
        await system.Terminate();
        return answer is RecoverySuccess ? Open(path) : throw new InvalidOperationException($"the journal {path} cannot be made: {answer}");
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> PersistenceIds
    {
        get
        {
            using var command = Command("SELECT DISTINCT persistence_id FROM journal");
            using var reader = command.ExecuteReader();
            var ids = new List<string>();
            while (reader.Read()) ids.Add(reader.GetString(0));
            ids.Sort(StringComparer.Ordinal);
            return ids;
        }
    }

    /// <inheritdoc/>
    public long Highest(string persistenceId)
    {
        using var command = Command("SELECT MAX(sequence_number) FROM journal WHERE persistence_id = $id", persistenceId);
        return command.ExecuteScalar() is long highest ? highest : 0;
    }

    /// <inheritdoc/>
    public IEnumerable<LogEntry> Entries(string persistenceId)
    {
        using var command = Command(
            "SELECT sequence_number, created, identifier, manifest, writer_uuid, message FROM journal WHERE persistence_id = $id AND NOT deleted ORDER BY sequence_number",
            persistenceId);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (reader.IsDBNull(2)) throw new InvalidOperationException($"entry {reader.GetInt64(0)} of {persistenceId} does not say which serializer wrote it");
            yield return new LogEntry(persistenceId, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), Text(3), "", Text(4), (byte[])reader[5]);
        }

        string Text(int column) => reader.IsDBNull(column) ? "" : reader.GetString(column);
    }

    /// <summary>Takes in all that another journal holds, in one transaction.</summary>
    /// <exception cref="InvalidOperationException">It holds what cannot be said here.</exception>
    public void Add(IJournalContents contents)
    {
        using var transaction = _connection.BeginTransaction();
        using var insert = Command(
            "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) "
            + "VALUES ($created, $deleted, $id, $number, $message, $manifest, $serializer, $writer)");
        string[] names = ["$created", "$deleted", "$id", "$number", "$message", "$manifest", "$serializer", "$writer"];
        foreach (var name in names) insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        foreach (var id in contents.PersistenceIds)
        {
            var last = 0L;
            foreach (var e in contents.Entries(id))
            {
                if (e.EventManifest.Length > 0) throw new InvalidOperationException($"entry {e.SequenceNr} of {id} is an event adapter's, whose manifest has no place in SQL");
                Insert(e.Timestamp, false, id, last = e.SequenceNr, e.Payload, e.Manifest, e.SerializerId, e.Writer);
            }
            // As the plugin does it: of what is deleted the highest stays, marked so.
            if (contents.Highest(id) is var highest && highest > last) Insert(0L, true, id, highest, Array.Empty<byte>(), "", 0, "");
        }
        transaction.Commit();

        void Insert(params object[] values)
        {
            for (var i = 0; i < values.Length; i++) insert.Parameters[i].Value = values[i];
            insert.ExecuteNonQuery();
        }
    }

    private SqliteCommand Command(string sql, string? persistenceId = null)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        if (persistenceId is not null) command.Parameters.AddWithValue("$id", persistenceId);
        return command;
    }

    private object? Ask(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}

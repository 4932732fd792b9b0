using System.Data.Common;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using AkkaPaxos.Journal;
using AkkaPaxos.Node;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AkkaPaxos.Cli;

/// <summary>
/// A node's journal and snapshot store before Akka opens them: brings SQLite files to write-ahead logging, and verifies, over a connection that is
/// made as the plugin makes its own, that a write is on the disk when the database says so. Akka.Persistence.Sql sets nothing of that kind.
/// </summary>
internal sealed class Stores
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(1);

    private readonly bool _relaxed;
    private readonly Action<string> _say;
    private readonly CancellationToken _cancel;
    private readonly MultiDataOptionsSetup _options = new();

    private Stores(bool relaxed, Action<string> say, CancellationToken cancel) => (_relaxed, _say, _cancel) = (relaxed, say, cancel);

    /// <summary>Opens both stores of a configuration, and closes them again.</summary>
    /// <param name="config">The node's configuration.</param>
    /// <param name="settings">What it says of durability.</param>
    /// <param name="say">Is told, at once and then each minute, what is waited for: a file that another process has locked, a server that is not there yet.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <returns>What the actor system is to be made with: what was verified, and with relaxed durability connections that do not sync.</returns>
    /// <exception cref="CliException">A store cannot be used, or is not durable though it must be; one line that says what to do.</exception>
    public static async Task<ActorSystemSetup> Open(Config config, PaxosSettings settings, Action<string> say, CancellationToken cancel)
    {
        var stores = new Stores(settings.IsDurabilityRelaxed, say, cancel);
        var journal = await stores.Open(config, "journal");
        var snapshots = await stores.Open(config, "snapshot-store");
        return ActorSystemSetup.Create(new DurabilitySetup(Durability.OfBoth(journal, snapshots)), stores._options);
    }

    private async Task<Durability> Open(Config config, string store)
    {
        var plugin = Durability.PluginOf(config, store);
        if (plugin == LogJournal.PluginId) return await WhenThere(store, () => Task.FromResult(OpenLog(config)));
        var connectionString = config.GetString($"{plugin}.connection-string");
        var provider = config.GetString($"{plugin}.provider-name") ?? "";
        var isSql = config.GetString($"{plugin}.class")?.StartsWith("Akka.Persistence.Sql.", StringComparison.Ordinal) == true;
        if (!isSql || string.IsNullOrEmpty(connectionString)) return Durability.UnopenedStore(config, store);
        try
        {
            // The names are linq2db's; each may end in a version of the server.
            if (provider is "SQLite" or "SQLite.MS")
            {
                if (_relaxed) _options.AddDataOptions(plugin, WithoutSync(provider, connectionString));
                return await WhenThere(store, () => OpenSqlite(store, connectionString));
            }
            if (provider.StartsWith("PostgreSQL", StringComparison.Ordinal))
            {
                if (_relaxed)
                {
                    connectionString = WithoutSync(connectionString);
                    _options.AddDataOptions(plugin, new DataOptions().UseConnectionString(provider, connectionString));
                }
                return await WhenThere(store, () => OpenPostgres(store, connectionString));
            }
        }
        catch (Exception e) when (e is DbException or ArgumentException)
        {
            throw new CliException($"{plugin}.connection-string: the {Durability.Words(store)} cannot be opened: {Program.OneLine(e.Message)}", 2);
        }
        return new Durability(DurabilityLevel.Unverified, $"{Durability.Words(store)} in {provider}, whose durability is not known here");
    }

    private async Task<Durability> WhenThere(string store, Func<Task<Durability>> open)
    {
        var saidAt = TimeSpan.MinValue;
        while (true)
        {
            try
            {
                return await open();
            }
            // SQLITE_BUSY, SQLITE_LOCKED; or a PostgreSQL that is starting, or not there yet.
            catch (Exception e) when (e is SqliteException { SqliteErrorCode: 5 or 6 } or NpgsqlException { IsTransient: true } or LogInUseException)
            {
                var now = TimeSpan.FromMilliseconds(Environment.TickCount64);
                if (saidAt == TimeSpan.MinValue || now - saidAt > SayAgain)
                {
                    saidAt = now;
                    _say($"waits for its {Durability.Words(store)}: {Program.OneLine(e.Message)}");
                }
                await Task.Delay(Pause, _cancel);
            }
        }
    }

    // ---- the log ----

    // The plugin opens it once more: of what was read now nothing is kept, and a second reading comes from memory.
    private Durability OpenLog(Config config)
    {
        LogJournalSettings settings;
        try
        {
            settings = new LogJournalSettings(config.WithFallback(PaxosSettings.DefaultConfig()).GetConfig(LogJournal.PluginId));
            settings.Open().Dispose();
        }
        catch (ConfigurationException e)
        {
            throw new CliException(e.Message, NodeCommand.CannotStart);
        }
        catch (LogCorruptException e)
        {
            throw new CliException(e.Message, NodeCommand.CannotStart);
        }
        catch (Exception e) when (e is IOException and not LogInUseException or UnauthorizedAccessException)
        {
            throw new CliException($"{LogJournal.PluginId}.directory: the journal cannot be opened: {Program.OneLine(e.Message)}", NodeCommand.CannotStart);
        }
        var size = settings.SegmentBytes >= 1 << 20 ? $"{settings.SegmentBytes >> 20} MiB" : $"{settings.SegmentBytes >> 10} KiB";
        return Verified(
            $"journal in {settings.Directory}: segments of {size}, {(settings.IsSynced ? "fsync at each commit" : "no fsync")}",
            settings.IsSynced,
            $"{LogJournal.PluginId}.sync must be on");
    }

    // ---- SQLite ----

    // The mode stays in the file; `synchronous` is each connection's own, and what it is at first was compiled into the library: nothing in a
    // connection string can set it. The plugin's connections come from the pool that this one goes back to.
    private async Task<Durability> OpenSqlite(string store, string connectionString)
    {
        await using var connection = new SqliteConnection(connectionString);
        await connection.OpenAsync(_cancel);
        var mode = $"{Ask(connection, "PRAGMA journal_mode = WAL")}";
        // That it can be written now: a lock is better found here than by Akka's plugin, which logs each of its attempts with stack traces.
        Ask(connection, "BEGIN IMMEDIATE");
        Ask(connection, "ROLLBACK");
        if (_relaxed) Ask(connection, Relax);
        var synchronous = Ask(connection, "PRAGMA synchronous") switch
        {
            0L => "OFF",
            1L => "NORMAL",
            2L => "FULL",
            3L => "EXTRA",
            var other => $"{other}",
        };
        var what = $"{Durability.Words(store)} in {connection.DataSource}";
        if (mode == "memory") return new Durability(DurabilityLevel.InMemory, $"{what}, lost with the process");
        return Verified(
            $"{what}: SQLite {connection.ServerVersion}, journal_mode = {mode}, synchronous = {synchronous}",
            mode == "wal" && synchronous is "FULL" or "EXTRA",
            "journal_mode must be wal, which takes a file system with shared memory, and synchronous FULL");
    }

    private const string Relax = "PRAGMA synchronous = NORMAL";

    private static DataOptions WithoutSync(string provider, string connectionString) => new DataOptions()
        .UseConnectionString(provider, connectionString)
        .UseAfterConnectionOpened(connection => Ask(connection, Relax));

    private static object? Ask(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, 1); // for a lock, seconds
        return command.ExecuteScalar();
    }

    // ---- PostgreSQL ----

    private async Task<Durability> OpenPostgres(string store, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(_cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')";
        await using var row = await command.ExecuteReaderAsync(_cancel);
        await row.ReadAsync(_cancel);
        var (commit, fsync, pages) = (row.GetString(0), row.GetString(1), row.GetString(2));
        return Verified(
            $"{Durability.Words(store)} in {connection.Database} at {connection.Host}:{connection.Port}: PostgreSQL {connection.ServerVersion}, "
            + $"synchronous_commit = {commit}, fsync = {fsync}, full_page_writes = {pages}",
            // `local` is on this server's disk too, and not on its standbys', of which a journal in SQLite has none.
            commit is "on" or "local" or "remote_write" or "remote_apply" && fsync == "on" && pages == "on",
            "synchronous_commit must not be off, fsync and full_page_writes must be on");
    }

    private static string WithoutSync(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        builder.Options = $"{builder.Options} -c synchronous_commit=off".Trim();
        return builder.ConnectionString;
    }

    private Durability Verified(string found, bool isDurable, string must)
    {
        if (_relaxed) return new Durability(DurabilityLevel.Relaxed, found);
        return isDurable
            ? new Durability(DurabilityLevel.Full, found)
            : throw new CliException($"{found}: a power failure could take back what this node has promised. {must}; "
                + "or set akkapaxos.durability = relaxed", 2);
    }
}

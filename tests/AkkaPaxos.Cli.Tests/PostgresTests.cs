using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using Npgsql;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A fact that needs a PostgreSQL server whose connection string stands in AKKAPAXOS_POSTGRES, as .ci/run starts one.</summary>
public sealed class FactWithPostgresAttribute : FactAttribute
{
    /// <summary>The connection string; null where there is no server.</summary>
    public static string? Server { get; } = Environment.GetEnvironmentVariable("AKKAPAXOS_POSTGRES") is { Length: > 0 } set ? set : null;

    /// <summary>Skips where there is no server.</summary>
    public FactWithPostgresAttribute()
    {
        if (Server is null) Skip = "AKKAPAXOS_POSTGRES does not name a PostgreSQL server (Host=...;Port=...;Username=...;Database=...)";
    }
}

/// <summary>A node with journal and snapshots in PostgreSQL, by hocon/postgres.conf. Each test has a database of its own.</summary>
public sealed class PostgresTests : NodeTestBase, IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly string _database = $"akkapaxos_{Guid.NewGuid():N}";

    private string ConnectionString => new NpgsqlConnectionStringBuilder(FactWithPostgresAttribute.Server) { Database = _database }.ConnectionString;

    private static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public Task InitializeAsync() =>
        FactWithPostgresAttribute.Server is { } server ? Execute(server, $"CREATE DATABASE {_database}") : Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (FactWithPostgresAttribute.Server is not { } server) return;
        NpgsqlConnection.ClearAllPools();
        await Execute(server, $"DROP DATABASE {_database} WITH (FORCE)");
    }

    // hocon/postgres.conf of the source tree, and the test's database.
    private string ConfigWithPostgres(string options = "")
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "AkkaPaxos.sln"))) root = root.Parent!;
        var connectionString = options.Length == 0 ? ConnectionString : $"{ConnectionString};Options={options}";
        return Config($$"""
            include required(file("{{root.FullName}}/hocon/postgres.conf"))
            akka.persistence.journal.sql.connection-string = "{{connectionString}}"
            akka.persistence.snapshot-store.sql.connection-string = "{{connectionString}}"
            """);
    }

    private async Task<JsonNode> Durability()
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync($"http://{Endpoint}/status"))!["durability"]!;
    }

    [FactWithPostgres]
    public async Task A_node_has_its_data_when_it_is_started_again_and_says_what_it_verified()
    {
        var config = ConfigWithPostgres();
        await WhileNodeRuns(config, async () =>
        {
            for (var i = 0; i < 5; i++) Assert.Equal("OK\n", (await Run("put", $"key{i}", "kept", "--endpoints", Endpoint)).Output);
            var durability = await Durability();
            Assert.Equal("full", (string?)durability["level"]);
            Assert.Contains($"journal in {_database} at ", (string?)durability["detail"]);
            Assert.Contains("synchronous_commit = on, fsync = on, full_page_writes = on", (string?)durability["detail"]);
        }, "--set", "akkapaxos.snapshot.slots=2");
        await WhileNodeRuns(config, async () => Assert.Equal("key4\nkept\n", (await Run("get", "key4", "--endpoints", Endpoint)).Output));
    }

    [FactWithPostgres]
    public async Task Commits_that_do_not_wait_for_the_disk_are_refused_and_relaxed_durability_takes_them()
    {
        var outcome = await Run("node", "--config", ConfigWithPostgres("-c synchronous_commit=off"));
        Assert.Equal(2, outcome.Code);
        var line = Assert.Single(outcome.ErrorLines);
        Assert.Contains("synchronous_commit = off", line);
        Assert.Contains("akkapaxos.durability = relaxed", line);
        Assert.DoesNotContain("Username", line);

        await WhileNodeRuns(ConfigWithPostgres("-c synchronous_commit=local"), async () => Assert.Equal("full", (string?)(await Durability())["level"]));
        await WhileNodeRuns(ConfigWithPostgres(), async () =>
        {
            Assert.Equal("relaxed", (string?)(await Durability())["level"]);
            Assert.Contains("synchronous_commit = off", (string?)(await Durability())["detail"]); // it uses what it is allowed
            Assert.Equal("OK\n", (await Run("put", "key", "value", "--endpoints", Endpoint)).Output);
        }, "--set", "akkapaxos.durability=relaxed");
    }

    [FactWithPostgres]
    public async Task A_server_that_refuses_the_login_is_one_line_and_exit_2()
    {
        var wrong = new NpgsqlConnectionStringBuilder(FactWithPostgresAttribute.Server) { Database = $"{_database}_not" }.ConnectionString;
        var outcome = await Run("node", "--config", ConfigWithPostgres(), "--set", $"akka.persistence.journal.sql.connection-string=\"{wrong}\"");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("the journal cannot be opened", Assert.Single(outcome.ErrorLines));
    }

    /// <summary>Writes one entry a word, and tells what came of each.</summary>
    public sealed class Writer(string id, IActorRef told) : UntypedPersistentActor
    {
        /// <inheritdoc/>
        public override string PersistenceId => id;

        /// <inheritdoc/>
        protected override void OnCommand(object message) => PersistAsync(new LeaderRound(1), _ => told.Tell($"{id} wrote"));

        /// <inheritdoc/>
        protected override void OnRecover(object message)
        {
            if (message is RecoveryCompleted) told.Tell($"{id} is there");
        }

        /// <inheritdoc/>
        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => told.Tell($"{id} failed");
    }

    /// <summary>Notes what it is told.</summary>
    public sealed class Notes : UntypedActor
    {
        private readonly List<string> _told = [];

        /// <inheritdoc/>
        protected override void OnReceive(object message)
        {
            if (message is "read") Sender.Tell(_told.ToArray());
            else _told.Add((string)message);
        }
    }

    [FactWithPostgres]
    public async Task A_row_that_is_refused_fails_no_other_actors_write()
    {
        var config = NodeConfig.Of(HoconFile.Load(ConfigWithPostgres(), [])).WithFallback(PaxosSettings.DefaultConfig());
        using var system = ActorSystem.Create("akkapaxos", config);
        var notes = system.ActorOf<Notes>();
        async Task<string[]> Until(int count)
        {
            for (var end = DateTime.UtcNow + InTime; ;)
            {
                var told = await notes.Ask<string[]>("read", InTime);
                if (told.Length >= count) return told;
                Assert.True(DateTime.UtcNow < end, string.Join(", ", told));
                await Task.Delay(50);
            }
        }

        var writers = Enumerable.Range(0, 40).Select(i => system.ActorOf(Props.Create(typeof(Writer), $"w{i}", notes))).ToList();
        await Until(40);
        // The number that w0 would give its first entry is taken: its row is refused, as that of a second process with the same disk would be.
        await Execute(ConnectionString, "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) "
            + "VALUES (0, false, 'w0', 1, '\\x00', '', 4053, '')");
        foreach (var writer in writers) writer.Tell("write");
        Assert.Equal(["w0 failed"], (await Until(80)).Where(t => t.EndsWith("failed", StringComparison.Ordinal)));
        await system.Terminate();
    }
}

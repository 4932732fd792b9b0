using System.Text.Json.Nodes;
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

    [FactWithPostgres]
    public async Task A_row_that_is_refused_fails_no_other_actors_write()
    {
        var config = NodeConfig.Of(HoconFile.Load(ConfigWithPostgres(), [])).WithFallback(PaxosSettings.DefaultConfig());
        using var writers = new JournalWriters(config);
        await writers.Start([.. Enumerable.Range(0, 40).Select(i => $"w{i}")]);
        // The number that w0 would give its first entry is taken: its row is refused, as that of a second process with the same disk would be.
        await Execute(ConnectionString, JournalWriters.TakesFirstNumber("w0", "'\\x00'"));
        Assert.Equal(["w0 failed"], (await writers.Write([.. Enumerable.Range(0, 40).Select(i => $"w{i}")])).Where(t => t.EndsWith("failed", StringComparison.Ordinal)));
    }
}

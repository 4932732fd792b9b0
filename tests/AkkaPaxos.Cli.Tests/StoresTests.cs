using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using AkkaPaxos.Node;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>Durability is verified, not hoped for: on SQLite here, on PostgreSQL in PostgresTests.</summary>
public sealed class StoresTests : NodeTestBase
{
    private string Journal => Path.Combine(Data, "journal.db");

    private static object? Ask(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static async Task<JsonNode> Durable(string endpoint)
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync($"http://{endpoint}/status"))!["durability"]!;
    }

    private sealed class Look(Action<DbConnection> look) : LinqToDB.Interceptors.ConnectionInterceptor
    {
        public override void ConnectionOpened(LinqToDB.Interceptors.ConnectionEventData eventData, DbConnection connection) => look(connection);

        public override Task ConnectionOpenedAsync(LinqToDB.Interceptors.ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            look(connection);
            return Task.CompletedTask;
        }
    }

    /// <summary>A node of a configuration, whose plugins note by which settings each of their connections works.</summary>
    private async Task<HashSet<string>> SettingsOfTheConnections(params string[] set)
    {
        var config = NodeConfig.Of(HoconFile.Load(Config(), set));
        var settings = new PaxosSettings(config);
        Directory.CreateDirectory(Data);
        var stores = await Stores.Open(config, settings, line => Assert.Fail(line), CancellationToken.None);
        var (seen, noted) = (new ConcurrentDictionary<string, int>(), new MultiDataOptionsSetup());
        foreach (var plugin in (string[])["akka.persistence.journal.sql", "akka.persistence.snapshot-store.sql"])
        {
            // What it would use without this setup, or what it was given for relaxed durability, and behind that the look.
            if (!stores.Get<MultiDataOptionsSetup>().Value.TryGetDataOptionsFor(plugin, out var options) || options is null)
                options = new DataOptions().UseConnectionString(config.GetString($"{plugin}.provider-name"), config.GetString($"{plugin}.connection-string"));
            // An interceptor: a second UseAfterConnectionOpened would take the place of the first.
            noted.AddDataOptions(plugin, options.UseInterceptor(new Look(
                c => seen.AddOrUpdate($"{plugin.Split('.')[2]} {Ask(c, "PRAGMA journal_mode")} {Ask(c, "PRAGMA synchronous")}", 1, (_, n) => n + 1))));
        }
        var setup = stores.And(noted).And(BootstrapSetup.Create().WithConfig(config.WithFallback(PaxosSettings.DefaultConfig())));
        using var system = ActorSystem.Create("akkapaxos", setup);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var i = 0; i < 5; i++)
            await Paxos.Get(system).Submit(AkkaPaxos.Kv.KvOperations.Encode(new AkkaPaxos.Kv.PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8($"{i}") }), patience.Token);
        while ((await Paxos.Get(system).Status(patience.Token)).SnapshotSlot == 1) await Task.Delay(50, patience.Token);
        await system.Terminate();
        Assert.True(seen.Values.Sum() > 10); // a connection an operation
        return [.. seen.Keys];
    }

    [Theory]
    [InlineData("full", 2)]
    [InlineData("relaxed", 1)]
    public async Task Every_connection_of_the_plugins_works_as_was_verified(string durability, int synchronous)
    {
        var settings = await SettingsOfTheConnections($"akkapaxos.durability={durability}", "akkapaxos.snapshot.slots=2");
        Assert.Equal([$"journal wal {synchronous}", $"snapshot-store wal {synchronous}"], settings.Order());
    }

    [Fact]
    public async Task A_file_in_rollback_mode_is_brought_to_write_ahead_logging_with_all_that_is_in_it()
    {
        await WhileNodeRuns(async () => Assert.Equal(0, (await Run("put", "key", "kept", "--endpoints", Endpoint)).Code));
        SqliteConnection.ClearAllPools();
        using (var before = new SqliteConnection($"Data Source={Journal};Pooling=False"))
        {
            before.Open();
            Assert.Equal("delete", Ask(before, "PRAGMA journal_mode = DELETE"));
        }
        await WhileNodeRuns(async () =>
        {
            Assert.Equal("key\nkept\n", (await Run("get", "key", "--endpoints", Endpoint)).Output);
            var durability = await Durable(Endpoint);
            Assert.Equal("full", (string?)durability["level"]);
            Assert.Contains($"journal in {Journal}: SQLite 3.", (string?)durability["detail"]);
            Assert.Contains("journal_mode = wal, synchronous = FULL; snapshots in", (string?)durability["detail"]);
        });
        using var after = new SqliteConnection($"Data Source={Journal};Pooling=False");
        after.Open();
        Assert.Equal("wal", Ask(after, "PRAGMA journal_mode"));
    }

    [Fact]
    public async Task Failures_of_others_do_not_close_the_journal_to_an_actor()
    {
        Directory.CreateDirectory(Data);
        using var writers = new JournalWriters(NodeConfig.Of(HoconFile.Load(Config(), [])).WithFallback(PaxosSettings.DefaultConfig()));
        string[] bad = [.. Enumerable.Range(0, 12).Select(i => $"bad{i}")]; // ten would open the breaker as it is by default
        await writers.Start([.. bad, "good"]);
        using (var database = new SqliteConnection($"Data Source={Journal};Pooling=False"))
        {
            database.Open();
            foreach (var writer in bad) Ask(database, JournalWriters.TakesFirstNumber(writer, "x'00'"));
        }
        Assert.All(await writers.Write(bad), told => Assert.EndsWith("failed", told));
        Assert.Equal(["good wrote"], await writers.Write("good"));
        await writers.Start("late");
        Assert.Equal(["late wrote"], await writers.Write("late"));
    }

    [Fact]
    public async Task Entries_of_two_writers_stop_the_acceptor_and_none_of_them_is_dropped()
    {
        await WhileNodeRuns(async () =>
        {
            for (var i = 0; i < 3; i++) Assert.Equal(0, (await Run("put", "key", $"{i}", "--endpoints", Endpoint)).Code);
        });
        SqliteConnection.ClearAllPools();
        using (var database = new SqliteConnection($"Data Source={Journal};Pooling=False"))
        {
            database.Open();
            // As a second process with the same disk would have left it. Akka's default would drop entry 3, an accepted value, with a warning.
            Ask(database, "UPDATE journal SET writer_uuid = 'another' WHERE persistence_id = 'paxos-default-1-acceptor' AND sequence_number = 2");
        }
        using var system = ActorSystem.Create("akkapaxos", NodeConfig.Of(HoconFile.Load(Config(), [])).WithFallback(PaxosSettings.DefaultConfig()));
        var paxos = Paxos.Get(system);
        for (var end = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(50))
        {
            var acceptor = (await paxos.Status()).Roles.Single(r => r.Name == "acceptor");
            if (!acceptor.IsRunning && acceptor.Problem is { } problem)
            {
                Assert.Contains("writerUUID=another", problem);
                Assert.DoesNotContain('\n', problem);
                break;
            }
            Assert.True(DateTime.UtcNow < end, "the acceptor starts");
        }
        await system.Terminate();
    }

    [Fact]
    public async Task Relaxed_durability_is_said_by_status_and_bench() => await WhileNodeRuns(
        async () =>
        {
            var durability = await Durable(Endpoint);
            Assert.Equal("relaxed", (string?)durability["level"]);
            Assert.Contains("synchronous = NORMAL", (string?)durability["detail"]);
            Assert.Contains("node 1: durability is relaxed: journal in", (await Run("status", "--endpoints", Endpoint)).Output);
            string[] bench = ["bench", "--endpoints", Endpoint, "--clients", "1", "--seconds", "1", "--warm-up", "0", "--keys", "10"];
            Assert.Contains("NOT DURABLE: node 1 is relaxed", (await Run(bench)).Output);
            Assert.False((bool)JsonNode.Parse((await Run([.. bench, "--json"])).Output)!["durable"]!);
        },
        "--set", "akkapaxos.durability=relaxed");

    [Fact]
    public async Task Where_SQLite_cannot_log_ahead_a_node_starts_only_with_relaxed_durability()
    {
        Directory.CreateDirectory(Data);
        var file = $"akka.persistence.journal.sql.connection-string=\"Data Source=file:{Journal}?vfs=unix-dotfile\""; // locks without shared memory
        var refusal = await Refusal("--set", file);
        Assert.Contains($"journal in ", refusal);
        Assert.Contains("journal_mode = delete", refusal);
        Assert.Contains("akkapaxos.durability = relaxed", refusal);
        await WhileNodeRuns(
            async () => Assert.Contains("journal_mode = delete", (string?)(await Durable(Endpoint))["detail"]),
            "--set", file, "--set", "akkapaxos.durability=relaxed");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_one_line_and_exit_2()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Journal, string.Concat(Enumerable.Repeat("this is no database. ", 100)));
        var refusal = await Refusal();
        Assert.Contains("the journal cannot be opened", refusal);
        Assert.Contains("not a database", refusal);
    }

    [Fact]
    public async Task A_journal_in_memory_is_said_to_be_one() => await WhileNodeRuns(
        async () =>
        {
            Assert.Equal("in memory", (string?)(await Durable(Endpoint))["level"]);
            Assert.Contains("node 1: durability is in memory: journal in memory", (await Run("status", "--endpoints", Endpoint)).Output);
        },
        "--set", "akka.persistence.journal.plugin=akka.persistence.journal.inmem");

    [Fact]
    public void A_type_without_a_serializer_is_an_error_in_a_node()
    {
        using var system = ActorSystem.Create("akkapaxos", NodeConfig.Of(HoconFile.Load(Config(), [])).WithFallback(PaxosSettings.DefaultConfig()));
        var error = Assert.ThrowsAny<Exception>(() => system.Serialization.FindSerializerForType(typeof(Unbound)));
        Assert.Contains(nameof(Unbound), error.Message);
        Assert.Contains("akka.actor.serialization-bindings", error.Message);
    }

    private sealed record Unbound(object Value);

    [Fact]
    public void Figures_are_called_durable_only_where_every_member_was_asked_and_is()
    {
        static Gateway.NodeReport Report(int node, string? level) => new(
            node, "", "", [], "", 0, 0, 0, "", 0, [.. ((int[])[1, 2]).Select(n => new Gateway.PeerReport(n, "", true, true, 0))], null,
            level is null ? null : new Gateway.DurabilityReport(level, "why"));

        Assert.True(BenchDurability.Of([Report(1, "full"), Report(2, "full")]).IsDurable);
        Assert.Equal(new BenchDurability(false, "NOT KNOWN TO BE DURABLE: node 2 was not asked; name all of them by --endpoints"),
            BenchDurability.Of([Report(1, "full")]));
        Assert.Equal(new BenchDurability(false, "NOT DURABLE: node 2 is relaxed, why"), BenchDurability.Of([Report(2, "relaxed"), Report(1, "full")]));
        Assert.Equal(new BenchDurability(false, "NOT KNOWN TO BE DURABLE: node 1 does not say; node 2 is unverified, why"),
            BenchDurability.Of([Report(1, null), Report(2, "unverified")]));
        Assert.False(BenchDurability.Of([]).IsDurable);
    }
}

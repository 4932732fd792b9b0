using System.Text.Json.Nodes;
using AkkaPaxos.Journal;
using Microsoft.Data.Sqlite;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>The two kinds of journal of a node: how one becomes the other, and that a node never begins an empty one beside its old one.</summary>
public sealed class JournalCommandTests : NodeTestBase
{
    private static readonly string[] Small = ["--set", "akkapaxos.journal-log.segment-bytes=1 MiB"];

    private static string[] On(string journal) => ["--set", $"akkapaxos.journal={journal}", .. Small];

    private string Log => Path.Combine(Data, "log");

    private string Sql => Path.Combine(Data, "journal.db");

    private async Task Put(string key, string value) => Assert.Equal(0, (await Run("put", key, value, "--endpoints", Endpoint)).Code);

    private async Task Has(string key, string value) => Assert.Equal($"{key}\n{value}\n", (await Run("get", key, "--endpoints", Endpoint)).Output);

    /// <summary>Runs the node, which writes some values.</summary>
    private async Task RunOn(string journal, params string[] keys)
    {
        await WhileNodeRuns(
            async () =>
            {
                foreach (var key in keys) await Put(key, $"value of {key}");
            },
            On(journal));
        SqliteConnection.ClearAllPools();
    }

    private async Task<CommandLine.Outcome> Convert(string to)
    {
        var outcome = await Run(["journal", "convert", "--to", to, "--config", Config(), .. Small]);
        SqliteConnection.ClearAllPools();
        return outcome;
    }

    [Fact]
    public async Task A_journal_goes_from_one_kind_to_the_other_and_back_with_all_that_is_in_it()
    {
        string[] keys = [.. Enumerable.Range(0, 12).Select(i => $"k{i}")];
        await RunOn("sql", keys);
        var converted = await Convert("log");
        Assert.True(converted.Code == 0, converted.Error);
        Assert.Contains("set akkapaxos.journal = log", converted.Output);
        Assert.False(File.Exists(Sql));
        Assert.Single(Directory.EnumerateFiles(Data, "journal.db.converted-*"));

        await WhileNodeRuns(
            async () =>
            {
                foreach (var key in keys) await Has(key, $"value of {key}");
                await Put("on the log", "1");
                using var http = new HttpClient();
                var durability = JsonNode.Parse(await http.GetStringAsync($"http://{Endpoint}/status"))!["durability"]!;
                Assert.Equal("full", (string?)durability["level"]);
                Assert.StartsWith($"journal in {Log}: segments of 1 MiB, fsync at each commit; snapshots in ", (string?)durability["detail"]);
            },
            On("log"));

        SqliteConnection.ClearAllPools();
        long acceptor;
        using (var log = SegmentedLog.Open(new DiskFolder(Log, sync: true), LogSettings.Of(1 << 20))) acceptor = log.Index.Highest("paxos-default-1-acceptor");
        converted = await Convert("sql");
        Assert.True(converted.Code == 0, converted.Error);
        Assert.False(Directory.Exists(Log));
        using (var sql = SqlJournalFile.Open(Sql)) Assert.Equal(acceptor, sql.Highest("paxos-default-1-acceptor"));
        await WhileNodeRuns(
            async () =>
            {
                foreach (var key in keys) await Has(key, $"value of {key}");
                await Has("on the log", "1");
                await Put("again in SQL", "1");
            },
            On("sql"));
    }

    [Fact]
    public async Task An_actor_of_which_all_is_deleted_keeps_its_number()
    {
        Directory.CreateDirectory(Data);
        using (var log = SegmentedLog.Open(new DiskFolder(Log, sync: true), LogSettings.Of(1 << 20)))
        {
            log.Commit([new LogEntry("a", 1, 1, 4053, "LeaderRound/2", "", "w", [1]), new LogEntry("gone", 1, 1, 4053, "", "", "w", [2]), new LogEntry("gone", 2, 1, 4053, "", "", "w", [3])]);
            log.Commit([new LogDeletion("gone", 2, 2)]);
        }
        Assert.Equal(0, (await Run("journal", "convert", "--to", "sql", "--data-directory", Data)).Code);
        SqliteConnection.ClearAllPools();
        using (var writers = new JournalWriters(NodeConfig.Of(AkkaPaxos.Node.HoconFile.Load(Config(), [])).WithFallback(AkkaPaxos.Node.PaxosSettings.DefaultConfig())))
        {
            await writers.Start("gone");
            Assert.Equal(["gone wrote"], await writers.Write("gone")); // its third
            Assert.Equal(["gone wrote"], await writers.Write("gone"));
            await writers.Delete("gone", long.MaxValue);
        }
        SqliteConnection.ClearAllPools();
        using (var sql = SqlJournalFile.Open(Sql)) Assert.Equal((4, 1), (sql.Highest("gone"), sql.Highest("a")));
        Assert.Equal(0, (await Run("journal", "convert", "--to", "log", "--data-directory", Data)).Code);
        using var again = SegmentedLog.Open(new DiskFolder(Log, sync: true), LogSettings.Of(LogJournalSettings.DefaultSegmentBytes));
        Assert.Equal((4, 4), (again.Index.Highest("gone"), again.Index.DeletedTo("gone")));
        Assert.Single(again.Index.Find("a", 0, long.MaxValue, 10));
    }

    [Theory]
    [InlineData("sql", "log", "a journal in SQLite")]
    [InlineData("log", "sql", "a log")]
    public async Task A_node_does_not_begin_an_empty_journal_beside_its_old_one(string old, string other, string words)
    {
        await RunOn(old, "key");
        var refusal = await Refusal(On(other));
        Assert.Contains($"akkapaxos.data-directory {Data} holds {words} with entries, and akkapaxos.journal = {other}", refusal);
        Assert.Contains($"akkapaxos journal convert --to {other}", refusal);
        await WhileNodeRuns(() => Has("key", "value of key"), On(old));
    }

    [Theory]
    [InlineData("sql", "log")]
    [InlineData("log", "sql")]
    public async Task A_conversion_that_was_cut_off_leaves_a_node_that_starts(string old, string other)
    {
        await RunOn(old, "key");
        var (from, to) = old == "sql" ? (Sql, Log) : (Log, Sql);

        // While the new one was being built; and when it was whole.
        foreach (var ending in (string[])[".building", ".ready"])
        {
            File.WriteAllText(Sql + ending, "half");
            Directory.CreateDirectory(Log + ending);
            await WhileNodeRuns(() => Has("key", "value of key"), On(old));
            Assert.False(Directory.Exists(Log + ending) || File.Exists(Sql + ending), "it was left");
        }
        SqliteConnection.ClearAllPools();

        // When the old one had been renamed away, and the new one did not have its name yet.
        Assert.Equal(0, (await Convert(other)).Code);
        Directory.Move(to, $"{to}.ready");
        Assert.Contains("akkapaxos journal convert", await Refusal(On(old)));
        Directory.Move(to, $"{to}.ready");
        await WhileNodeRuns(() => Has("key", "value of key"), On(other));
        Assert.False(File.Exists(from) || Directory.Exists(from));
    }

    private static async Task Refused(int code, string what, params string[] arguments)
    {
        var outcome = await Run(["journal", "convert", .. arguments]);
        Assert.Equal(code, outcome.Code);
        Assert.Contains(what, Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public async Task What_cannot_be_converted_is_refused_in_one_line()
    {
        await Refused(2, "either --config or --data-directory", "--to", "log");
        await Refused(2, "there is no folder", "--to", "log", "--data-directory", Data);
        Directory.CreateDirectory(Data);
        await Refused(1, "there is no journal in", "--to", "log", "--data-directory", Data);
        await Refused(2, "akkapaxos.journal-log.directory is set", "--to", "log", "--config", Config(), "--set", "akkapaxos.journal-log.directory=elsewhere");
        await RunOn("sql", "key");
        await Refused(1, "is a journal in SQLite already: set akkapaxos.journal = sql", "--to", "sql", "--data-directory", Data);
        await WhileNodeRuns(() => Refused(2, $"is in use: process {Environment.ProcessId} works on it", "--to", "log", "--data-directory", Data), On("sql"));
        SqliteConnection.ClearAllPools();

        // An entry that is not as it was.
        File.Copy(Sql, $"{Sql}.kept");
        Assert.Equal(0, (await Run("journal", "convert", "--to", "log", "--data-directory", Data)).Code);
        File.Move($"{Sql}.kept", Sql);
        await Refused(1, "holds journals of both kinds", "--to", "log", "--data-directory", Data);
        Assert.Contains("holds a log with entries", await Refusal(On("sql")));
        File.Delete(Sql);
        var segment = Directory.EnumerateFiles(Log, "*.log").Order().First();
        var bytes = File.ReadAllBytes(segment);
        bytes[8192 + 40] ^= 1;
        File.WriteAllBytes(segment, bytes);
        await Refused(1, $"nothing was changed: the journal's file {segment} is not what was written", "--to", "sql", "--data-directory", Data);
        Assert.Contains($"the journal's file {segment} is not what was written, from offset 8192 on", await Refusal(On("log")));
    }

    private Task<CommandLine.Outcome> Look(string how) => Run(["journal", how, "--config", Config(), .. Small]);

    [Theory]
    [InlineData("sql", "in SQLite, ")]
    [InlineData("log", "a log, segments 1 to 1, ")]
    public async Task What_is_in_a_journal_is_shown_and_all_of_it_reads_back(string journal, string words)
    {
        await RunOn(journal, "a", "b", "c");
        var (stats, verified) = (await Look("stats"), await Look("verify"));
        Assert.Equal((0, 0), (stats.Code, verified.Code));
        Assert.StartsWith($"{(journal == "log" ? Log : Sql)}: {words}", stats.Output);
        var rows = stats.Output.Split('\n').Where(line => line.Contains("paxos-default-1-")).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(["paxos-default-1-acceptor", "paxos-default-1-disk", "paxos-default-1-leader"], rows.Select(row => row[1]));
        Assert.Matches("^AcceptorAccepted [0-9]+, AcceptorPromised 1$", rows[0][6]);
        Assert.Equal("ClusterFounded 1, DiskMarked 1, DiskStarted 1, FoundingRecorded 1", rows[1][6]);
        Assert.Equal("LeaderRound 1", rows[2][6]);
        Assert.Equal(long.Parse(rows[0][4]) - long.Parse(rows[0][3]) + 1, long.Parse(rows[0][2]));
        var entries = rows.Sum(row => long.Parse(row[2]));
        Assert.StartsWith($"ok: {entries} entries of 3 actors read back as they were written (", verified.Output);
        await WhileNodeRuns(() => Has("a", "value of a"), On(journal));
    }

    [Fact]
    public async Task What_does_not_read_back_is_named()
    {
        await RunOn("sql", "a", "b", "c");
        Break("UPDATE journal SET message = zeroblob(length(message)) WHERE persistence_id = 'paxos-default-1-acceptor' AND sequence_number = 2");
        await IsBroken($"{Sql} is not as it was written: entry 2 of paxos-default-1-acceptor cannot be read: ");
        Break("DELETE FROM journal WHERE persistence_id = 'paxos-default-1-acceptor' AND sequence_number = 2");
        await IsBroken($"{Sql} is not as it was written: after entry 1 of paxos-default-1-acceptor comes 3: those between are missing");
        Directory.Delete(Data, recursive: true); // snapshots belong to their journal

        await RunOn("log", "a", "b", "c");
        var segment = Directory.EnumerateFiles(Log, "*.log").Order().First();
        var bytes = File.ReadAllBytes(segment);
        bytes[8192 + 40] ^= 1;
        File.WriteAllBytes(segment, bytes);
        await IsBroken($"{Log} is not as it was written: the journal's file {segment} is not what was written, from offset 8192 on");
        Assert.Equal(1, (await Look("stats")).Code);

        async Task IsBroken(string how)
        {
            var outcome = await Look("verify");
            Assert.Equal(1, outcome.Code);
            Assert.Contains(how, Assert.Single(outcome.ErrorLines));
        }

        void Break(string sql)
        {
            using (var connection = new SqliteConnection($"Data Source={Sql};Pooling=False"))
            {
                connection.Open();
                using var command = connection.CreateCommand();
                command.CommandText = sql;
                Assert.Equal(1, command.ExecuteNonQuery());
            }
        }
    }

    [Fact]
    public async Task Without_waiting_for_the_disk_a_log_is_said_not_to_be_durable()
    {
        Assert.Contains("akkapaxos.journal-log.sync must be on", await Refusal([.. On("log"), "--set", "akkapaxos.journal-log.sync=off"]));
        await WhileNodeRuns(
            async () => Assert.Contains($"node 1: durability is relaxed: journal in {Log}: segments of 1 MiB, no fsync", (await Run("status", "--endpoints", Endpoint)).Output),
            [.. On("log"), "--set", "akkapaxos.durability=relaxed"]);
    }
}

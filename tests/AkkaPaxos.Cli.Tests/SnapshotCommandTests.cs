using Microsoft.Data.Sqlite;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A cluster's state in a file: taken out, looked at, and the beginning of another cluster.</summary>
public sealed class SnapshotCommandTests : NodeTestBase
{
    private string Backup => Path.Combine(Folder, "backup.snapshot");

    private async Task Put(string key, string value) => Assert.Equal(0, (await Run("put", key, value, "--endpoints", Endpoint)).Code);

    private async Task Has(string key, string value) => Assert.Equal($"{key}\n{value}\n", (await Run("get", key, "--endpoints", Endpoint)).Output);

    private async Task<string> Said(params string[] arguments)
    {
        var outcome = await Run(["snapshot", .. arguments]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Output;
    }

    private static async Task Refused(int code, string what, params string[] arguments)
    {
        var outcome = await Run(["snapshot", .. arguments]);
        Assert.Equal(code, outcome.Code);
        Assert.Contains(what, Assert.Single(outcome.ErrorLines));
    }

    [Theory]
    [InlineData("sql", "log")]
    [InlineData("log", "sql")]
    public async Task What_a_cluster_had_acknowledged_another_one_begins_with(string journal, string otherJournal)
    {
        await WhileNodeRuns(
            async () =>
            {
                for (var i = 0; i < 20; i++) await Put($"k{i}", $"value {i}");
                Assert.StartsWith($"{Backup} holds the state before slot ", await Said("save", Backup, "--endpoints", Endpoint));
                await Put("k3", "too late");
            },
            "--set", $"akkapaxos.journal={journal}");
        Assert.False(File.Exists($"{Backup}.part"));
        var status = await Said("status", Backup);
        Assert.StartsWith($"{Backup}: group default, before slot ", status);
        Assert.Contains(", revision 21, 20 keys, ", status);

        SqliteConnection.ClearAllPools();
        var other = $"akkapaxos.journal={otherJournal}";
        await Refused(2, "is not empty: a snapshot begins a folder", "restore", Backup, "--config", Config(), "--set", other);
        Directory.Delete(Data, recursive: true);
        Assert.StartsWith($"{Data} begins before slot ", await Said("restore", Backup, "--config", Config(), "--set", other));
        SqliteConnection.ClearAllPools();
        await WhileNodeRuns(
            async () =>
            {
                for (var i = 0; i < 20; i++) await Has($"k{i}", $"value {i}");
                await Put("k20", "goes on");
            },
            "--set", other);
        SqliteConnection.ClearAllPools();
        await WhileNodeRuns(() => Has("k20", "goes on"), "--set", other);
        Assert.Contains(", revision 21, 20 keys, ", await Said("status", Backup)); // it was only read
    }

    [Fact]
    public async Task What_is_no_snapshot_or_not_whole_is_refused_in_one_line()
    {
        await Refused(2, "cannot be read: ", "status", Backup);
        await File.WriteAllTextAsync(Backup, "no snapshot at all");
        await Refused(1, "is no snapshot: it does not begin with a line that says so; `akkapaxos snapshot save` makes one", "status", Backup);
        await Refused(1, "is no snapshot", "restore", Backup, "--config", Config());
        Assert.False(Directory.Exists(Data));
        await Refused(1, "no endpoint answers: ", "save", Backup, "--endpoints", Endpoint);
        Assert.Equal("no snapshot at all", await File.ReadAllTextAsync(Backup)); // what was there stays

        await WhileNodeRuns(
            async () =>
            {
                await Put("key", "value");
                await Said("save", Backup, "--endpoints", Endpoint);
                await Refused(2, "cannot be written: ", "save", Path.Combine(Folder, "no folder", "x"), "--endpoints", Endpoint);
            });
        var bytes = await File.ReadAllBytesAsync(Backup);
        await File.WriteAllBytesAsync(Backup, bytes[..^3]);
        await Refused(1, "is not whole: ", "status", Backup);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(Backup, bytes);
        await Refused(1, "is not as it was written: ", "status", Backup);
    }
}

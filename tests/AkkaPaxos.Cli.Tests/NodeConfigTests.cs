using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using AkkaPaxos.Gateway;
using AkkaPaxos.Node;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A user's file, as `akkapaxos node` reads it: what is wrong, and where.</summary>
public sealed class NodeConfigTests : IDisposable
{
    private const string Good = """
        akkapaxos {
          node-id = 1
          members = [{ id = 1, address = "akka.tcp://akkapaxos@127.0.0.1:4051" }]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Conf => Path.Combine(_folder, "my.conf");

    private static string Root
    {
        get
        {
            var root = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(root, "AkkaPaxos.sln"))) root = Path.GetDirectoryName(root)!;
            return root;
        }
    }

    private static Config Defaults =>
        ConfigurationFactory.FromResource("AkkaPaxos.Cli.node-defaults.conf", typeof(NodeConfig).Assembly)
            .WithFallback(PaxosSettings.DefaultConfig()).WithFallback(GatewaySettings.DefaultConfig);

    private Config Load(string hocon, params string[] settings)
    {
        File.WriteAllText(Conf, $"{Good}\n{hocon}\n");
        return NodeConfig.Of(HoconFile.Load(Conf, settings));
    }

    /// <summary>What the program says of a file, after the file's name.</summary>
    private async Task<string> Error(string hocon)
    {
        File.WriteAllText(Conf, $"{Good}\n{hocon}\n");
        var outcome = await CommandLine.Run("node", "--config", Conf);
        Assert.Equal(2, outcome.Code);
        var line = Assert.Single(outcome.ErrorLines);
        Assert.Contains(Conf, line);
        return line[(line.IndexOf(Conf, StringComparison.Ordinal) + Conf.Length)..];
    }

    [Theory]
    [InlineData("akkapaxos.leader {\n  timeout = soon\n}", ":6:3: akkapaxos.leader.timeout: expected a duration above 0 (like 200 ms, 5s), found \"soon\"")]
    [InlineData("akkapaxos.leader.timeout = 10ms", ":5:1: akkapaxos.leader.timeout: expected a duration longer than leader.heartbeat-interval, found \"10ms\"")]
    [InlineData("akkapaxos.leader.read-lease = on", ":5:1: akkapaxos.leader.read-lease: expected off or a duration above 0 (like 200 ms, 5s), found \"on\"")]
    [InlineData("akkapaxos.leader.read-lease = 300ms", ":5:1: akkapaxos.leader.read-lease: expected off, or a duration shorter than leader.timeout, found \"300ms\"")]
    [InlineData("akkapaxos.leader.clock-drift = 1", ":5:1: akkapaxos.leader.clock-drift: expected a number from 0 to 0.9, found \"1\"")]
    [InlineData("akkapaxos.window = 0", ":5:1: akkapaxos.window: expected a whole number above 0, found \"0\"")]
    [InlineData("akkapaxos.window = null", ":5:1: akkapaxos.window: expected a whole number above 0, found null (leave the key out for its default)")]
    [InlineData("akkapaxos.sessions = 3000000000", ":5:1: akkapaxos.sessions: expected a whole number above 0, found \"3000000000\"")]
    [InlineData("akkapaxos.batch = 5", ":5:1: akkapaxos.batch: expected a section { ... }, found \"5\"")]
    [InlineData("akkapaxos.roles = acceptor", ":5:1: akkapaxos.roles: expected a list of texts (like [a, b]), found \"acceptor\"")]
    [InlineData("akkapaxos.roles = [acceptor, oracle]", ":5:1: akkapaxos.roles: there is no role \"oracle\"; known roles: acceptor, admission, fetcher, leader, replica, snapshotter")]
    [InlineData("akkapaxos.role.leader = \"No.Such, Class\"", ":5:1: akkapaxos.role.leader: class \"No.Such, Class\" is not found; write it as \"Namespace.Class, Assembly\"")]
    [InlineData("akkapaxos.members = akka", ":5:1: akkapaxos.members: expected a list of members like { id = 1, address = \"akka.tcp://akkapaxos@10.0.0.1:4053\" }, found \"akka\"")]
    [InlineData("akkapaxos.members += { id = 2, adress = x }", ":5:1: akkapaxos.members: each is like { id = 1, address = \"akka.tcp://akkapaxos@10.0.0.1:4053\" }, not { id, adress }")]
    [InlineData("akkapaxos.node-id = 0", ":5:1: akkapaxos.node-id is not set; give this node its number among akkapaxos.members")]
    [InlineData("akkapaxos.node-id = 3", ":5:1: akkapaxos.node-id = 3: not among akkapaxos.members, which are 1")]
    [InlineData("akkapaxos.data-directory = [a]", ":5:1: akkapaxos.data-directory: expected a text, found a list")]
    [InlineData("\nakkapaxos.gateway { host = h, port = http }", ":6:31: akkapaxos.gateway.port: expected a whole number from 0 to 65535, found \"http\"")]
    [InlineData("akkapaxos.max-request-bytes = 1 GiB", ":5:1: akkapaxos.max-request-bytes: expected a size above 0 and up to 512 MiB (like 512 KiB, 4 MiB), found \"1 GiB\"")]
    [InlineData("akkapaxos = off", ":5:1: akkapaxos: expected a section { ... }, found \"off\"")]
    public async Task A_wrong_value_is_named_with_where_it_stands_and_its_key(string hocon, string error) => Assert.Equal(error, await Error(hocon));

    [Theory]
    [InlineData("akkapaxos.winodw = 7", ":5:1: akkapaxos.winodw: there is no such key; the nearest is akkapaxos.window")]
    [InlineData("akkapaxos { leader { time-out = 1s } }", ":5:22: akkapaxos.leader.time-out: there is no such key; the nearest is akkapaxos.leader.timeout")]
    [InlineData("akkapaxos.heartbeat-interval = 1s",
        ":5:1: akkapaxos.heartbeat-interval: there is no such key; the nearest is akkapaxos.leader.heartbeat-interval")]
    [InlineData("akkapaxos.gatway.port = 1", ":5:1: akkapaxos.gatway: there is no such key; the nearest is akkapaxos.gateway")]
    [InlineData("akkapaxos.window.size = 1", ":5:1: akkapaxos.window.size: there is no such key; the nearest is akkapaxos.window")]
    [InlineData("akkapaxos.role.leader { a = 1 }", ":5:1: akkapaxos.role.leader: expected a text, found a section")]
    public async Task A_key_that_nothing_reads_is_refused_with_the_one_that_may_be_meant(string hocon, string error) =>
        Assert.Equal(error, await Error(hocon));

    [Fact]
    public async Task A_setting_of_the_command_line_is_named_as_it_was_given()
    {
        File.WriteAllText(Conf, Good);
        foreach (var (setting, error) in ((string, string)[])[
            ("akkapaxos.window=wide", "akkapaxos.window: expected a whole number above 0, found \"wide\""),
            ("akkapaxos.windows=7", "akkapaxos.windows: there is no such key; the nearest is akkapaxos.window"),
            ("akkapaxos.roles=[acceptor", "akkapaxos.roles: array is not closed: expected ']', found the end of the text")])
        {
            var outcome = await CommandLine.Run("node", "--config", Conf, "--set", setting);
            Assert.Equal(2, outcome.Code);
            Assert.EndsWith($"setting '{setting}': {error}", Assert.Single(outcome.ErrorLines));
        }
    }

    [Fact]
    public void A_role_that_the_user_adds_may_have_a_section_of_its_own()
    {
        var config = Load("""
            akkapaxos.role.oracle = "My.Oracle, Mine"
            akkapaxos.oracle { depth = 3, words { a = b } }
            mine { any = thing }
            """, "akkapaxos.oracle.depth=4");
        Assert.Equal(4, config.GetInt("akkapaxos.oracle.depth"));
        Assert.Equal("b", config.GetString("akkapaxos.oracle.words.a"));
        Assert.Contains("akkapaxos.leader.depth: there is no such key",
            Assert.Throws<HoconFileException>(() => Load("akkapaxos { role.leader = \"My.Leader, Mine\", leader.depth = 3 }")).Message);
    }

    [Theory]
    [InlineData("data \"1\" \\ $x")]
    [InlineData("data/{b}")]
    [InlineData("data; Mode=Memory")]
    public void Any_folder_can_hold_the_data(string folder)
    {
        var config = Load("", $"akkapaxos.data-directory={folder}", "akkapaxos.group=${?NONE}default");
        var journal = new SqliteConnectionStringBuilder(config.GetString("akka.persistence.journal.sql.connection-string"));
        Assert.Equal(Path.Combine(folder, "journal.db"), journal.DataSource);
    }

    /// <summary>hocon/node.conf shows every key with its default, most of them behind a #; without that the lines are what they say.</summary>
    [Fact]
    public void Every_key_in_node_conf_has_the_default_that_it_shows()
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "hocon", "node.conf"));
        var shown = Path.Combine(_folder, "shown.conf");
        File.WriteAllLines(shown, lines.Select(line => Regex.Replace(line, @"^(\s*)# ([a-z][a-z.-]* (=|\{) .*[^\[])$", "$1$2"))
            .Select(line => line.Contains("node-id = 1") ? "" : line));
        var keys = Values(HoconFile.Load(shown, []).Config.Root, "").ToList();

        Assert.True(keys.Count >= 28, string.Join(' ', keys));
        var defaults = Values(Defaults.Root, "").ToDictionary();
        Assert.All(keys, key => Assert.Equal(defaults.GetValueOrDefault(key.Key, "no such key"), key.Value));
    }

    [Fact]
    public void The_files_that_come_with_the_project_make_nodes()
    {
        for (var id = 1; id <= 3; id++)
        {
            var config = NodeConfig.Of(HoconFile.Load(Path.Combine(Root, "hocon", "cluster", $"node{id}.conf"), []));
            Assert.Equal((id, 3), (new PaxosSettings(config).NodeId.Value, new PaxosSettings(config).Membership.Members.Count));
            Assert.Equal(((int[])[2379, 22379, 32379])[id - 1], new GatewaySettings(config).Port);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Values(HoconValue value, string path)
    {
        if (value.IsObject()) return value.GetObject().Items.SelectMany(f => Values(f.Value, path.Length == 0 ? f.Key : $"{path}.{f.Key}"));
        return [new(path, value.IsArray() ? string.Join(", ", value.GetStringList()) : value.GetString())];
    }
}

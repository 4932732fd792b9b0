using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Akka.Configuration;
using AkkaPaxos.Gateway;
using AkkaPaxos.Gateway.Tests;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

public sealed class KvCommandTests : IAsyncLifetime
{
    private readonly FakeNode _node = new();
    private HttpGateway _gateway = null!;

    private string Endpoint => _gateway.Address["http://".Length..];

    public async Task InitializeAsync() =>
        _gateway = await HttpGateway.StartAsync(_node,
            new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway { port = 0, request-timeout = 300ms }")));

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    private Task<Outcome> Cli(params string[] arguments) => Run([.. arguments, "--endpoints", Endpoint]);

    private async Task<string> Prints(params string[] arguments)
    {
        var outcome = await Cli(arguments);
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        return outcome.Output;
    }

    // As etcdctl ---------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Put_get_and_del_print_what_etcdctl_prints()
    {
        Assert.Equal("OK\n", await Prints("put", "foo", "bar"));
        Assert.Equal("foo\nbar\n", await Prints("get", "foo"));
        Assert.Equal("OK\nfoo\nbar\n", await Prints("put", "foo", "baz", "--prev-kv"));
        Assert.Equal("", await Prints("get", "none"));
        Assert.Equal("1\n", await Prints("del", "foo"));
        Assert.Equal("0\n", await Prints("del", "foo"));
    }

    [Fact]
    public async Task Get_takes_ranges_prefixes_limits_and_what_to_print()
    {
        foreach (var key in (string[])["a", "b1", "b2", "c"]) await Prints("put", key, key + "!");
        Assert.Equal("a\na!\nb1\nb1!\n", await Prints("get", "a", "b2"));
        Assert.Equal("b1\nb1!\nb2\nb2!\n", await Prints("get", "b", "--prefix"));
        Assert.Equal("b2\nb2!\nc\nc!\n", await Prints("get", "b2", "--from-key"));
        Assert.Equal("a\nb1\nb2\nc\n", await Prints("get", "", "--prefix", "--keys-only"));
        Assert.Equal("c\nb2\n", await Prints("get", "", "--from-key", "--keys-only", "--limit", "2", "--order", "DESCEND"));
        Assert.Equal("4\n", await Prints("get", "", "--prefix", "--count-only"));
        Assert.Equal("b1!\n", await Prints("get", "b1", "--print-value-only"));
        Assert.Equal("c\nc!\n", await Prints("get", "a", "--from-key", "--sort-by", "MODIFY", "--order", "DESCEND", "--limit", "1"));
        Assert.Equal("2\nb1\nb1!\nb2\nb2!\n", await Prints("del", "b", "--prefix", "--prev-kv"));
        Assert.Equal("1\n", await Prints("del", "a", "c"));
        Assert.Equal("1\n", await Prints("del", "c", "--from-key"));
    }

    [Fact]
    public async Task Json_is_the_gateways()
    {
        await Prints("put", "foo", "bar");
        var json = JsonNode.Parse(await Prints("get", "foo", "--json"))!;
        Assert.Equal(("YmFy", "2"), ((string?)json["kvs"]![0]!["value"], (string?)json["header"]!["revision"]));
        Assert.Equal("3", (string?)JsonNode.Parse(await Prints("put", "foo", "x", "--json"))!["header"]!["revision"]);
    }

    [Fact]
    public async Task Values_come_from_standard_input_byte_for_byte()
    {
        byte[] bytes = [0, 0xff, 10, 13, 10, 0x80];
        foreach (var arguments in (string[][])[["put", "k", "-"], ["put", "k"]])
        {
            Assert.Equal(0, (await RunWith(bytes, [.. arguments, "--endpoints", Endpoint])).Code);
            var output = new MemoryStream();
            Assert.Equal(0, await Program.Run(["get", "k", "--print-value-only", "--endpoints", Endpoint],
                new Terminal(Stream.Null, output, new StreamWriter(output), TextWriter.Null)));
            Assert.Equal([.. bytes, (byte)'\n'], output.ToArray());
            await Prints("del", "k");
        }
        Assert.Equal("OK\n", (await Run("put", "--endpoints", Endpoint, "k", "--", "--value")).Output);
        Assert.Equal("--value\n", await Prints("get", "k", "--print-value-only"));
    }

    [Fact]
    public async Task A_put_of_nothing_is_refused_and_one_of_an_empty_value_is_not()
    {
        await Prints("put", "k", "kept");
        foreach (var arguments in (string[][])[["put", "k"], ["put", "k", "-"]])
        {
            var refused = await RunWith("", [.. arguments, "--endpoints", Endpoint]);
            Assert.Equal((2, ""), (refused.Code, refused.Output));
            Assert.Contains("put KEY \"\"", Assert.Single(refused.ErrorLines));
        }
        Assert.Equal("k\nkept\n", await Prints("get", "k"));
        await Prints("put", "k", "");
        Assert.Equal("k\n\n", await Prints("get", "k"));
    }

    [Fact]
    public async Task Arguments_are_what_they_look_like()
    {
        await Prints("put", "@key", "@value");
        Assert.Equal("@key\n@value\n", await Prints("get", "@key"));
        // Bytes that are no UTF-8 arrive as RawText has them.
        await Prints("put", RawText.Decode([0xff, (byte)'k', 0xc3]), RawText.Decode([0xed, 0xa0, 0x80]));
        var output = new MemoryStream();
        var code = await Program.Run(["get", RawText.Decode([0xff]), "--prefix", "--endpoints", Endpoint],
            new Terminal(null, output, new StreamWriter(output), TextWriter.Null));
        Assert.Equal(0, code);
        Assert.Equal([0xff, (byte)'k', 0xc3, (byte)'\n', 0xed, 0xa0, 0x80, (byte)'\n'], output.ToArray());
    }

    [Fact]
    public async Task Only_keys_and_values_may_be_any_bytes()
    {
        var path = RawText.Decode([.. "/tmp/"u8, 0xff]);
        foreach (var command in (string[][])[["node", "--config", path], ["scenario", "run", path], ["check-history", path, "--model", "kv"]])
        {
            var outcome = await Run(command);
            Assert.Equal(2, outcome.Code);
            Assert.Contains("not UTF-8", Assert.Single(outcome.ErrorLines));
        }
    }

    [Fact]
    public async Task Options_may_stand_before_the_command()
    {
        Assert.Equal("OK\n", (await Run("--endpoints", Endpoint, "--prev-kv", "put", "k", "v")).Output);
        Assert.Equal("k\n", (await Run($"--endpoints=http://{Endpoint}/", "get", "k", "--keys-only")).Output);
        var wrong = await Run("--endpoints", Endpoint, "node", "--config", "none");
        Assert.Equal(2, wrong.Code);
        Assert.Contains("no option --endpoints", wrong.Error);
    }

    // Failures -----------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_refusal_is_exit_1_with_the_reason_on_stderr()
    {
        var outcome = await Cli("get", "k", "--rev", "99");
        Assert.Equal((1, ""), (outcome.Code, outcome.Output));
        Assert.Contains("required revision is a future revision", Assert.Single(outcome.ErrorLines));
        Assert.Equal(1, (await Cli("put", "", "v")).Code);
        _node.Stalled = true;
        Assert.Contains("may still happen later", Assert.Single((await Cli("put", "k", "v")).ErrorLines));
    }

    [Fact]
    public async Task A_cluster_without_a_majority_is_exit_1_with_what_its_nodes_say()
    {
        _node.Stalled = true;
        var outcome = await Cli("status");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("no majority answers", Assert.Single(outcome.ErrorLines));
        Assert.Contains("follower, does not serve", outcome.Output);
        Assert.Contains("no majority answers", (string?)JsonNode.Parse((await Cli("status", "--json")).Output)!["status"]!["problem"]);
    }

    [Fact]
    public async Task Move_leader_says_who_leads_then_or_why_it_does_not()
    {
        var moved = await Cli("move-leader", "1");
        Assert.Equal((0, "node 1 leads\n"), (moved.Code, moved.Output));
        Assert.Equal(1, _node.Leader);
        var nobody = await Cli("move-leader", "9");
        Assert.Equal((1, ""), (nobody.Code, nobody.Output));
        Assert.Contains("node 9 is none of the members 1, 2, 3", Assert.Single(nobody.ErrorLines));
        Assert.Equal(2, (await Cli("move-leader", "n1")).Code);
    }

    [Fact]
    public async Task That_only_a_minority_of_the_members_answers_is_said()
    {
        // The node takes itself for one of two.
        var outcome = await Run("status", "--endpoints", $"{ClosedEndpoint()},{Endpoint}");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("no majority answers: of 2 members not node 1", outcome.ErrorLines[^1]);
    }

    [Fact]
    public async Task A_trace_without_a_nodes_part_is_drawn_and_exit_1()
    {
        var closed = ClosedEndpoint();
        var outcome = await Run("trace", "--slots", "5", "--endpoints", $"{Endpoint},{closed}");
        Assert.Equal(1, outcome.Code);
        Assert.Contains("Accept(7.3, 5)", outcome.Output);
        Assert.Contains(closed, Assert.Single(outcome.ErrorLines));
    }

    [Theory]
    [InlineData]
    [InlineData("fetch", "k")]
    [InlineData("put")]
    [InlineData("put", "a", "b", "c")]
    [InlineData("get", "a", "b", "--prefix")]
    [InlineData("get", "a", "--prefix", "--from-key")]
    [InlineData("get", "a", "--limit", "many")]
    [InlineData("get", "a", "--prefx")]
    [InlineData("get", "a", "--keys-only", "--count-only")]
    [InlineData("put", "a", "b", "--ignore-value")]
    [InlineData("bench", "--contact-points", "akka.tcp://a@b:1", "--target-leader")]
    [InlineData("get", "a", "--order", "SIDEWAYS")]
    [InlineData("get", "a", "--endpoints", "nonsense")]
    [InlineData("get", "a", "--endpoints", "host:port:more")]
    [InlineData("get", "a", "--endpoints", "")]
    [InlineData("trace")]
    [InlineData("trace", "--slots", "5..3")]
    [InlineData("trace", "--slots", "x")]
    [InlineData("bench", "--clients", "0")]
    [InlineData("bench", "--op", "scan")]
    [InlineData("node")]
    public async Task Wrong_usage_is_exit_2_and_says_so_on_stderr(params string[] arguments)
    {
        var outcome = await Run(arguments);
        Assert.Equal((2, ""), (outcome.Code, outcome.Output));
        Assert.NotEmpty(outcome.ErrorLines);
        Assert.All(outcome.ErrorLines, line => Assert.StartsWith("akkapaxos: ", line));
    }

    [Theory]
    [InlineData]
    [InlineData("put")]
    [InlineData("get")]
    [InlineData("del")]
    [InlineData("txn")]
    [InlineData("status")]
    [InlineData("trace")]
    [InlineData("bench")]
    [InlineData("node")]
    public async Task Every_command_has_help(params string[] command)
    {
        var outcome = await Run([.. command, "--help"]);
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        Assert.Contains("Usage:", outcome.Output);
    }

    // For operators ------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Status_is_a_table_with_a_row_for_each_endpoint()
    {
        var closed = ClosedEndpoint();
        var outcome = await Run("status", "--endpoints", $"{Endpoint},{closed}");
        Assert.Equal(1, outcome.Code);
        Assert.Contains(closed, outcome.ErrorLines[0]);
        var rows = outcome.Output.Split('\n').Where(l => l.StartsWith('|') && !l.Contains("---"))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1]).ToList();
        Assert.Equal(["endpoint", "id", "role", "leader", "ballot", "slotIn", "slotOut", "checksum", "reaches"], rows[0]);
        Assert.Equal([Endpoint, "2", "follower, without leader", "3", "7.3", "18", "17", _node.Machine.Checksum.ToString("x16"), "none"], rows[1]);
        Assert.Equal([closed, "-", "no answer"], rows[2][..3]);
        Assert.Equal(0, (await Cli("status")).Code);
    }

    [Fact]
    public async Task Trace_draws_the_slots_and_says_when_there_is_nothing_to_draw()
    {
        var drawn = await Prints("trace", "--slots", "5..6");
        Assert.Contains("Accept(7.3, 5)", drawn);
        Assert.Contains("Accept(7.3, 6)", drawn);
        Assert.DoesNotContain("Accept(7.3, 4)", drawn);
        var none = await Cli("trace", "--slots", "99");
        Assert.Equal(1, none.Code);
        Assert.Contains("99", Assert.Single(none.ErrorLines));
    }

    internal static string ClosedEndpoint()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}

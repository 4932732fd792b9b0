using System.Text;
using Akka.Configuration;
using AkkaPaxos.Gateway;
using AkkaPaxos.Gateway.Tests;
using AkkaPaxos.Kv;
using Google.Protobuf;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>Transactions from standard input.</summary>
public sealed class TxnCommandTests : IAsyncLifetime
{
    private readonly FakeNode _node = new();
    private HttpGateway _gateway = null!;

    private string Endpoint => _gateway.Address["http://".Length..];

    public async Task InitializeAsync() =>
        _gateway = await HttpGateway.StartAsync(_node, new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway.port = 0")));

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task A_transaction_is_read_as_etcdctl_reads_it()
    {
        await Run("put", "key1", "old", "--endpoints", Endpoint);
        var txn = """
            mod("key1") > "0"
            value("key1") = "old"

            put key1 "overwrote \"key1\"\n"
            get key1
            del --prefix none

            put key1 created
            put key2 'some extra key'

            """;
        Assert.Equal("SUCCESS\n\nOK\n\nkey1\noverwrote \"key1\"\n\n\n0\n", (await RunWith(txn, "txn", "--endpoints", Endpoint)).Output);
        Assert.Equal("FAILURE\n\nOK\n\nOK\n", (await RunWith(txn, "txn", "--endpoints", Endpoint)).Output);
        Assert.Equal("key2\nsome extra key\n", (await Run("get", "key2", "--endpoints", Endpoint)).Output);
        // Paragraphs may be missing, but not all that was to be read.
        Assert.Equal("SUCCESS\n", (await RunWith("\n", "txn", "--endpoints", Endpoint)).Output);
        var nothing = await RunWith("", "txn", "--endpoints", Endpoint);
        Assert.Equal((2, ""), (nothing.Code, nothing.Output));
        Assert.Contains("standard input, which is empty", Assert.Single(nothing.ErrorLines));
    }

    [Fact]
    public async Task Gets_inside_print_what_their_flags_say()
    {
        foreach (var key in (string[])["a", "b"]) await Run("put", key, key + "!", "--endpoints", Endpoint);
        var txn = """

            get a z --count-only
            get a z --keys-only
            get a z --print-value-only --order DESCEND
            get a z --limit 1

            """;
        Assert.Equal("SUCCESS\n\n2\n\na\nb\n\nb!\na!\n\na\na!\n", (await RunWith(txn, "txn", "--endpoints", Endpoint)).Output);
        Assert.Equal("FAILURE\n\n2\n", (await RunWith("ver(\"a\") = \"9\"\n\n\nget a z --count-only", "txn", "--endpoints", Endpoint)).Output);
    }

    [Fact]
    public async Task Bytes_are_kept_in_and_outside_of_quotes()
    {
        byte[] txn = [.. "\nput \"\\xff\\n\" '"u8, 0xfe, .. "\\x'\nput plain "u8, 0xfd, .. " \r\nput dash -"u8];
        Assert.Equal("SUCCESS\n\nOK\n\nOK\n\nOK\n", (await RunWith(txn, "txn", "--endpoints", Endpoint)).Output);
        var values = _node.Machine.Query(KvOperations.Encode(new RangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey }));
        Assert.Equal(
            [("dash", "-"), ("plain", "\u00fd"), ("\u00ff\n", "\u00fe\\x")],
            KvOperations.Decode(values).ResponseRange.Kvs.Select(kv => (Latin1(kv.Key), Latin1(kv.Value))));

        static string Latin1(ByteString bytes) => Encoding.Latin1.GetString(bytes.Span);
    }

    [Theory]
    [InlineData("mod(key1) > \"0\"", "line 1, column 5 ", "the key must stand in double quotes")]
    [InlineData("mod(\"k\") > \"x\"", "line 1, column 12 ", "whole numbers")]
    [InlineData("  mod(\"k\") > 0", "line 1, column 14 ", "a number also, must stand in double quotes")]
    [InlineData("mod(\"k\") ~ \"0\"", "line 1, column 10 ", "one of =, !=, < and >")]
    [InlineData("mod(\"k\") = \"0\" x", "line 1, column 16 ", "ends before this")]
    [InlineData("mod \"k\" = \"0\"", "line 1, column 5 ", "bracket")]
    [InlineData("size(\"k\") > \"1\"", "line 1, column 1 ", "version, create, mod or value")]
    [InlineData("\nput k \"v\nw\"", "line 2, column 7 ", "a line break is written \\n")]
    [InlineData("\nput k 'v", "line 2, column 7 ", "quote")]
    [InlineData("\nput k \"v\"w", "line 2, column 10 ", "blank")]
    [InlineData("\nput k", "line 2, column 6 ", "needs its value")]
    [InlineData("\n\n  fetch k", "line 3, column 3 ", "fetch")]
    [InlineData("\nget k --no-such", "line 2, column 7 ", "--no-such")]
    [InlineData("\nget k --limit many", "line 2, column 7 ", "--limit")]
    [InlineData("\nput k \"a\\q\"", "line 2, column 9 ", "escape")]
    [InlineData("\nput k \"\\x1\"", "line 2, column 8 ", "hexadecimal")]
    [InlineData("\n\n\n\n put k v", "line 5, column 2 ", "fourth")]
    public async Task One_that_makes_no_sense_is_wrong_usage_and_names_line_and_column(string txn, string where, string what)
    {
        var outcome = await RunWith(txn, "txn", "--endpoints", Endpoint);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(where, Assert.Single(outcome.ErrorLines));
        Assert.Contains(what, outcome.Error);
        Assert.Equal(0, _node.Submitted);
    }
}

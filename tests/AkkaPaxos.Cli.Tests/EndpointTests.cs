using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Configuration;
using AkkaPaxos.Gateway;
using AkkaPaxos.Gateway.Tests;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>What a command does about endpoints that hang, refuse, or are something else.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private readonly FakeNode _node = new();
    private readonly TcpListener _hung = new(IPAddress.Loopback, 0);
    private HttpGateway _gateway = null!;

    private string Endpoint => _gateway.Address["http://".Length..];

    /// <summary>Connections are made and nothing is ever answered, as of a process that was stopped.</summary>
    private string Hung => _hung.LocalEndpoint.ToString()!;

    public async Task InitializeAsync()
    {
        _hung.Start();
        _gateway = await Serve(_node);
    }

    public async Task DisposeAsync()
    {
        _hung.Dispose();
        await _gateway.DisposeAsync();
    }

    private static Task<HttpGateway> Serve(FakeNode node) => HttpGateway.StartAsync(node,
        new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway { port = 0, request-timeout = 300ms }")));

    [Fact]
    public async Task Where_one_hangs_or_refuses_connections_the_next_is_asked_and_a_write_is_done_once()
    {
        var endpoints = $"{Hung},{KvCommandTests.ClosedEndpoint()},http://{Endpoint}/";
        foreach (var (arguments, output) in new (string[], string)[]
        {
            (["put", "k", "v"], "OK\n"), (["get", "k"], "k\nv\n"), (["del", "k"], "1\n"),
        })
        {
            var outcome = await Run([.. arguments, "--endpoints", endpoints]);
            Assert.Equal((0, output, ""), (outcome.Code, outcome.Output, outcome.Error));
        }
        Assert.Equal(2, _node.Submitted);
        Assert.Equal("SUCCESS\n\n0\n", (await RunWith("\nget k --count-only", "txn", "--endpoints", endpoints)).Output);
    }

    [Fact]
    public async Task A_read_that_one_node_cannot_answer_is_asked_of_the_next_and_a_write_is_not()
    {
        var minority = new FakeNode { Stalled = true };
        await using var first = await Serve(minority);
        var endpoints = $"{first.Address["http://".Length..]},{Endpoint}";
        Assert.Equal(0, (await Run("get", "k", "--endpoints", endpoints)).Code);
        var write = await Run("put", "k", "v", "--endpoints", endpoints);
        Assert.Equal(1, write.Code);
        Assert.Contains("the write may still happen later", Assert.Single(write.ErrorLines));
        Assert.Equal((1, 0), (minority.Submitted, _node.Submitted));
    }

    [Fact]
    public async Task What_may_have_become_of_it_is_said_of_a_write_only()
    {
        _node.Stalled = true;
        await using var patient = await HttpGateway.StartAsync(
            _node, new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway { port = 0, request-timeout = 60s }")));
        var write = await Run("put", "k", "v", "--endpoints", $"{Hung},{patient.Address}", "--command-timeout", "2s");
        var read = await Run("get", "k", "--endpoints", Hung, "--command-timeout", "100ms");
        var question = await RunWith("\nget k", "txn", "--endpoints", Hung, "--command-timeout", "100ms");
        Assert.Equal((1, 1, 1), (write.Code, read.Code, question.Code));
        Assert.Contains("no answer in 2 s (--command-timeout); the write may have happened, or may still", Assert.Single(write.ErrorLines));
        foreach (var asked in (Outcome[])[read, question])
        {
            Assert.Contains($"no endpoint answers: {Hung}: no answer in 0.1 s", Assert.Single(asked.ErrorLines));
            Assert.DoesNotContain("write", asked.Error);
        }
        var unsent = await Run("put", "k", "v", "--endpoints", $"{KvCommandTests.ClosedEndpoint()},{Hung}", "--command-timeout", "100ms");
        Assert.Contains("nothing was written", Assert.Single(unsent.ErrorLines));
    }

    [Fact]
    public async Task What_is_no_gateway_is_said_to_be_none()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var serving = Task.Run(async () =>
        {
            while (true) _ = Answer(await other.AcceptTcpClientAsync());
        });
        foreach (var command in (string[][])[["get", "k"], ["put", "k", "v"], ["status"], ["trace", "--slots", "1"], ["bench"]])
        {
            var outcome = await Run([.. command, "--endpoints", other.LocalEndpoint.ToString()!]);
            Assert.Equal(1, outcome.Code);
            Assert.Contains("no gateway of AkkaPaxos", Assert.Single(outcome.ErrorLines));
        }
        other.Stop();
        await Assert.ThrowsAnyAsync<SocketException>(() => serving);

        static async Task Answer(TcpClient client)
        {
            using var request = new StreamReader(client.GetStream(), Encoding.ASCII);
            var length = 0;
            while (await request.ReadLineAsync() is { Length: > 0 } line)
                if (line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) length = int.Parse(line["Content-Length: ".Length..]);
            if (length > 0) await request.ReadBlockAsync(new char[length]);
            await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray());
        }
    }
}

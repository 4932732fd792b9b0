using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A node in this process, with its journal in SQLite, and the commands that a cluster is needed for.</summary>
public sealed class NodeCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkapaxos-").FullName;
    private readonly int[] _ports = FreePorts(2);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Endpoint => $"127.0.0.1:{_ports[1]}";

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task A_node_serves_until_it_is_told_to_stop_and_has_its_data_when_it_is_started_again()
    {
        await WhileNodeRuns(async () =>
        {
            Assert.Equal("OK\n", (await Run("put", "key", "kept", "--endpoints", Endpoint)).Output);
            Assert.Contains("leader", (await Run("status", "--endpoints", Endpoint)).Output);
            Assert.Contains("Accept(1.1, 2, 1/1)", (await Run("trace", "--slots", "2", "--endpoints", Endpoint)).Output);

            // The address is asked for over HTTP, or given.
            string[][] ways = [["--endpoints", Endpoint, "--target-leader"], ["--contact-points", $"akka.tcp://akkapaxos@127.0.0.1:{_ports[0]}"]];
            foreach (var (op, where) in ((string[])["put", "get"]).Zip(ways))
            {
                var bench = await Run(["bench", "--op", op, "--clients", "4", "--seconds", "1", "--warm-up", "0", "--value-size", "16", "--keys",
                    "10", "--json", .. where]);
                Assert.Equal((0, ""), (bench.Code, bench.Error));
                var figures = JsonNode.Parse(bench.Output)!;
                Assert.Equal((op, 4, 16, 0), ((string?)figures["op"], (int)figures["clients"]!, (int)figures["valueSize"]!,
                    (long)figures["errors"]!));
                Assert.True((long)figures["operations"]! > 0 && (double)figures["p50Ms"]! > 0
                    && (double)figures["p50Ms"]! <= (double)figures["p999Ms"]!);
            }
        });
        Assert.True(File.Exists(Path.Combine(Data, "journal.db")));
        await WhileNodeRuns(async () => Assert.Equal("key\nkept\n", (await Run("get", "key", "--endpoints", Endpoint)).Output));
    }

    [Fact]
    public async Task What_a_node_cannot_start_with_is_one_line_and_exit_2()
    {
        await Refuses("akkapaxos.roles=[acceptor, oracle]", "oracle");
        await Refuses("akkapaxos.window=wide", "window");
        await Refuses("akka.loglevel=LOUD", "akka.loglevel");
        await Refuses("akkapaxos.gateway.port=99999", "akkapaxos.gateway.port");
        await Refuses("akkapaxos.node-id=2", "akkapaxos.members");
        await Refuses("akkapaxos.state-machine=Nothing.Here", "akkapaxos.state-machine");
        await Refuses($"akkapaxos.data-directory={Config()}/data", Config());
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await Refuses($"akkapaxos.gateway.port={((IPEndPoint)taken.LocalEndpoint).Port}", taken.LocalEndpoint.ToString()!);

        async Task Refuses(string setting, string named)
        {
            var outcome = await Run("node", "--config", Config(), "--set", setting);
            Assert.Equal(2, outcome.Code);
            Assert.Contains(named, Assert.Single(outcome.ErrorLines));
        }
    }

    [Theory]
    [InlineData("--contact-points", "nowhere", 2)]
    [InlineData("--endpoints", "127.0.0.1:1", 1)]
    public async Task Bench_without_a_cluster_says_so(string option, string value, int code)
    {
        var outcome = await Run("bench", option, value);
        Assert.Equal((code, ""), (outcome.Code, outcome.Output));
        Assert.Contains(value, Assert.Single(outcome.ErrorLines));
    }

    private string Config()
    {
        var file = Path.Combine(_folder, "node.conf");
        File.WriteAllText(file, $$"""
            akkapaxos {
              node-id = 1
              members = [{ id = 1, address = "akka.tcp://akkapaxos@127.0.0.1:{{_ports[0]}}" }]
              data-directory = "{{Data}}"
              gateway.port = {{_ports[1]}}
              trace-slots = 100
            }
            """);
        return file;
    }

    private async Task WhileNodeRuns(Func<Task> act)
    {
        using var stop = new CancellationTokenSource();
        var (output, error) = (new LineWriter(), new StringWriter());
        var node = Program.Run(["node", "--config", Config()], new Terminal(Stream.Null, Stream.Null, output, error), stop.Token);
        using var http = new HttpClient();
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (!await IsHealthy() || !output.Lines.Any(l => l.EndsWith("node 1 is ready", StringComparison.Ordinal)))
        {
            Assert.False(node.IsCompleted, error.ToString());
            Assert.True(DateTime.UtcNow < deadline, "the node does not become healthy");
            await Task.Delay(50);
        }
        await act();
        await stop.CancelAsync();
        Assert.Equal(0, await node);
        var log = string.Join('\n', output.Lines);
        foreach (var said in (string[])["node 1 of group default, alone", Data, $"akka.tcp://akkapaxos@127.0.0.1:{_ports[0]}", $"http://{Endpoint}"])
            Assert.Contains(said, log);
        Assert.DoesNotContain(" ERROR ", log);
        Assert.Equal("", error.ToString());

        async Task<bool> IsHealthy()
        {
            try
            {
                using var response = await http.GetAsync($"http://{Endpoint}/health");
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}

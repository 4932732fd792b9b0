using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A node in this process, with its journal in SQLite, and the commands that a cluster is needed for.</summary>
public sealed class NodeCommandTests : NodeTestBase
{
    [Fact]
    public async Task A_node_serves_until_it_is_told_to_stop_and_has_its_data_when_it_is_started_again()
    {
        await WhileNodeRuns(async () =>
        {
            Assert.Equal("OK\n", (await Run("put", "key", "kept", "--endpoints", Endpoint)).Output);
            Assert.Contains("leader", (await Run("status", "--endpoints", Endpoint)).Output);
            Assert.Contains("Accept(1.1, 2, 1/1)", (await Run("trace", "--slots", "2", "--endpoints", Endpoint)).Output);

            // The address is asked for over HTTP, or given.
            string[][] ways = [["--endpoints", Endpoint, "--target-leader"], ["--contact-points", Address]];
            foreach (var (op, where) in ((string[])["put", "get"]).Zip(ways))
            {
                var bench = await Run(["bench", "--op", op, "--clients", "4", "--seconds", "1", "--warm-up", "0", "--value-size", "16", "--keys",
                    "10", "--json", .. where]);
                Assert.Equal((0, ""), (bench.Code, bench.Error));
                var figures = JsonNode.Parse(bench.Output)!;
                Assert.Equal((op, 4, 16, 0), ((string?)figures["op"], (int)figures["clients"]!, (int)figures["valueSize"]!,
                    (long)figures["errors"]!));
                Assert.Equal(where[0] == "--endpoints", (bool)figures["durable"]!); // the node was asked, and is
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
        await Refuses("akkapaxos.durability=some", "akkapaxos.durability");
        await Refuses("akka.loglevel=LOUD", "akka.loglevel");
        await Refuses("akkapaxos.gateway.port=99999", "akkapaxos.gateway.port");
        await Refuses("akkapaxos.node-id=2", "akkapaxos.members");
        await Refuses("akkapaxos.winodw=64", "akkapaxos.window");
        await Refuses("akkapaxos.state-machine=Nothing.Here", "akkapaxos.state-machine");
        await Refuses($"akkapaxos.data-directory={Config()}/data", Config());
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await Refuses($"akkapaxos.gateway.port={((IPEndPoint)taken.LocalEndpoint).Port}", taken.LocalEndpoint.ToString()!);

        async Task Refuses(string setting, string named)
        {
            Assert.Contains(named, await Refusal("--set", setting));
        }
    }

    [Fact]
    public void The_thread_pools_workers_do_not_spin_while_they_wait()
    {
        var options = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "AkkaPaxos.Cli.runtimeconfig.json")))!;
        Assert.Equal(0, (int)options["runtimeOptions"]!["configProperties"]!["System.Threading.ThreadPool.UnfairSemaphoreSpinLimit"]!);
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
}

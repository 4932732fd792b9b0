using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Gateway.Tests;

/// <summary>The gateway in front of a whole node.</summary>
public sealed class PaxosBackendTests
{
    [Fact]
    public async Task A_node_serves_what_is_put_and_shows_how_it_is()
    {
        var port = FreePort();
        var address = $"akka.tcp://akkapaxos@127.0.0.1:{port}";
        var config = ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = WARNING
              actor.provider = remote
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
              persistence.journal.plugin = "akka.persistence.journal.inmem"
              persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            }
            akkapaxos {
              node-id = 1
              members = [{ id = 1, address = "{{address}}" }]
              state-machine = "AkkaPaxos.Kv.KvStateMachine, AkkaPaxos.Kv"
              trace-slots = 1000
              gateway { port = 0, request-timeout = 30s }
            }
            """).WithFallback(PaxosSettings.DefaultConfig());
        var system = ActorSystem.Create("akkapaxos", config);
        try
        {
            await using var gateway = await HttpGateway.StartAsync(new PaxosBackend(Paxos.Get(system)), new GatewaySettings(config));
            using var http = new HttpClient { BaseAddress = new Uri(gateway.Address) };

            var put = await Post(http, "/v3/kv/put", new { key = "Zm9v", value = "YmFy" });
            Assert.Equal(("2", "1"), ((string?)put["header"]!["revision"], (string?)put["header"]!["member_id"]));
            Assert.Equal("YmFy", (string?)(await Post(http, "/v3/kv/range", new { key = "Zm9v" }))["kvs"]![0]!["value"]);
            Assert.Equal("""{"health":"true"}""", await http.GetStringAsync("/health"));

            var status = await Until(http, s => s.Leader == 1 && s.Peers[0].Disk is not null);
            Assert.Equal((1, address, null), (status.Node, status.Address, status.Problem));
            Assert.Equal((3, 0), (status.SlotOut, status.Configuration)); // it was founded with its disk
            Assert.Equal(["acceptor", "leader", "snapshotter", "replica", "fetcher", "admission"], status.Roles.Where(r => r.Running).Select(r => r.Name));
            var peer = Assert.Single(status.Peers);
            Assert.Equal(new PeerReport(1, address, true, false, status.SlotOut, Disk: peer.Disk), peer);
            Assert.Matches("^[0-9a-f]{16}$", status.Checksum);
            Assert.Equal("in memory", status.Durability!.Level);
            Assert.Contains("journal in memory", status.Durability.Detail);

            Assert.Equal(status.Ballot, $"{(string?)(await Post(http, "/v3/kv/range", new { key = "Zm9v" }))["header"]!["raft_term"]}.1");

            var added = await Post(http, "/v3/cluster/member/add", new { peerURLs = new[] { "akka.tcp://akkapaxos@127.0.0.1:9" }, isLearner = true });
            Assert.Equal(("2", true), ((string?)added["member"]!["ID"], (bool)added["member"]!["isLearner"]!));
            Assert.Equal(added["header"]!["cluster_id"]!.ToString(), put["header"]!["cluster_id"]!.ToString()); // it goes by who founded the cluster
            Assert.Single((await Post(http, "/v3/cluster/member/remove", new Dictionary<string, string> { ["ID"] = "2" }))["members"]!.AsArray());

            Assert.Null((await http.GetFromJsonAsync<ResourceReport>("/resources"))!.JournalCommits); // a journal in memory has none

            var trace = JsonSerializer.Deserialize<TraceReport>(await http.GetStringAsync("/trace?from=2&to=2"), JsonSerializerOptions.Web)!;
            Assert.Equal(1, trace.Node);
            foreach (var message in (string[])["Request(1/1)", "Propose(2, 1/1)", "Accept(1.1, 2, 1/1)", "Learned(1.1, 2)", "Accepted(1.1, 2)",
                "Decision(2, 1.1)", "Response(1/1)"])
                Assert.Contains(message, trace.Events.Select(e => e.Message));
            Assert.All(trace.Events, e => Assert.Equal(2, e.Slot));
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static async Task<NodeReport> Until(HttpClient http, Func<NodeReport, bool> condition)
    {
        for (var end = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(50))
        {
            var status = JsonSerializer.Deserialize<NodeReport>(await http.GetStringAsync("/status"), JsonSerializerOptions.Web)!;
            if (condition(status)) return status;
            Assert.True(DateTime.UtcNow < end, $"not in time; the last status: {status}");
        }
    }

    private static async Task<JsonNode> Post(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

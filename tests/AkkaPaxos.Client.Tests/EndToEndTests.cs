using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;

namespace AkkaPaxos.Client.Tests;

/// <summary>A node and a client in actor systems of their own, over TCP.</summary>
public sealed class EndToEndTests
{
    [Fact]
    public async Task A_program_reads_what_it_wrote_through_a_node()
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
            }
            """).WithFallback(PaxosSettings.DefaultConfig());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var node = ActorSystem.Create("akkapaxos", config);
        var program = ActorSystem.Create("program", PaxosClient.DefaultConfig());
        try
        {
            Paxos.Get(node);
            // The first contact point does not exist: the second is asked.
            var client = new PaxosClient(program, [$"akka.tcp://akkapaxos@127.0.0.1:{FreePort()}", address]);
            await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.PutAsync($"key{i}", $"value{i}", patience.Token)));
            for (var i = 0; i < 500; i += 50) Assert.Equal($"value{i}", (await client.GetAsync($"key{i}", patience.Token))!.Value.ToStringUtf8());
            var all = await client.RangeAsync(new RangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey, CountOnly = true },
                patience.Token);
            // Each write once: the revision tells.
            Assert.Equal((500, 501), (all.Count, all.Header.Revision));
            Assert.True(await client.DeleteAsync("key0", patience.Token));
            Assert.False(await client.DeleteAsync("key0", patience.Token));
        }
        finally
        {
            await program.Terminate();
            await node.Terminate();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

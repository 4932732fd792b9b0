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
        var (node, address) = StartNode();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var program = ActorSystem.Create("program", PaxosClient.DefaultConfig());
        try
        {
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

    [Fact]
    public async Task A_client_whose_session_was_forgotten_while_it_was_silent_goes_on_in_a_new_one()
    {
        var (node, address) = StartNode("akkapaxos.sessions = 5");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var program = ActorSystem.Create("program", PaxosClient.DefaultConfig());
        try
        {
            var client = new PaxosClient(program, [address]);
            await client.PutAsync("first", "1", patience.Token);
            for (var i = 0; i < 10; i++) await new PaxosClient(program, [address]).PutAsync($"other{i}", "1", patience.Token);
            var puts = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => client.PutAsync($"later{i}", "1", patience.Token)));
            // Each once: the revision tells.
            Assert.Equal(1 + 11 + 8, puts.Max(p => p.Header.Revision));
        }
        finally
        {
            await program.Terminate();
            await node.Terminate();
        }
    }

    [Fact]
    public async Task More_clients_at_work_than_sessions_are_remembered_is_an_error_that_names_the_setting()
    {
        var (node, address) = StartNode("akkapaxos.sessions = 2");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var program = ActorSystem.Create("program", PaxosClient.DefaultConfig());
        try
        {
            var errors = new List<Exception>();
            var done = 0;
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                var client = new PaxosClient(program, [address]);
                for (var n = 0; n < 20; n++)
                {
                    try
                    {
                        await client.PutAsync($"{i}", $"{n}", patience.Token);
                        Interlocked.Increment(ref done);
                    }
                    catch (Exception e)
                    {
                        lock (errors) errors.Add(e);
                    }
                }
            }));
            Assert.NotEmpty(errors);
            Assert.All(errors, e => Assert.True(e is OutcomeUnknownException or SessionsForgottenException, $"{e}"));
            Assert.All(errors, e => Assert.Contains("akkapaxos.sessions", e.Message));
            var revision = (await new PaxosClient(program, [address]).RangeAsync(new RangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey }, patience.Token)).Header.Revision;
            // What was surely not executed was not, and nothing was executed twice.
            Assert.InRange(revision - 1, done, done + errors.OfType<OutcomeUnknownException>().Count());
        }
        finally
        {
            await program.Terminate();
            await node.Terminate();
        }
    }

    private static (ActorSystem System, string Address) StartNode(string settings = "")
    {
        var port = FreePort();
        var address = $"akka.tcp://akkapaxos@127.0.0.1:{port}";
        var config = ConfigurationFactory.ParseString($$"""
            {{settings}}
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
        var system = ActorSystem.Create("akkapaxos", config);
        Paxos.Get(system);
        return (system, address);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

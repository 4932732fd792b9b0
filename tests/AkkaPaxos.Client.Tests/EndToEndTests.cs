using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;

namespace AkkaPaxos.Client.Tests;

/// <summary>A node and a client in actor systems of their own, over TCP.</summary>
public sealed class EndToEndTests
{
    [Theory]
    [InlineData("akka", "akka")]
    [InlineData("direct", "direct")]
    [InlineData("akka", "direct")]
    [InlineData("direct", "akka")]
    public async Task A_program_reads_what_it_wrote_through_a_node(string links, string own)
    {
        var (node, address) = StartNode($"akkapaxos.links = {links}\nakka.remote.dot-netty.tcp.maximum-frame-size = 4 MiB");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var program = ActorSystem.Create("program", ConfigurationFactory.ParseString($"akkapaxos.links = {own}").WithFallback(PaxosClient.DefaultConfig()));
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
            // Larger than a page, and an answer in parts.
            var large = new string('x', 2_000_000);
            for (var i = 0; i < 3; i++) await client.PutAsync($"large{i}", large, patience.Token);
            var answer = await client.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("large"), RangeEnd = ByteString.CopyFromUtf8("largf") }, patience.Token);
            Assert.Equal([large, large, large], answer.Kvs.Select(kv => kv.Value.ToStringUtf8()));
            // By which way: nodes count what goes by direct links.
            Assert.Equal(links == "direct" && own == "direct", Paxos.Get(node).Traffic is { Messages: > 10 });
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

    [Fact]
    public async Task A_large_answer_comes_in_parts_and_what_is_over_a_limit_is_refused_with_size_and_limit()
    {
        var (node, address) = StartNode("akka.remote.dot-netty.tcp { maximum-frame-size = 4 MiB, send-buffer-size = 8 MiB, receive-buffer-size = 8 MiB }");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var program = ActorSystem.Create("program", PaxosClient.DefaultConfig());
        try
        {
            var client = new PaxosClient(program, [address]);
            var random = new Random(1);
            var values = Enumerable.Range(0, 20).Select(_ => { var bytes = new byte[1 << 20]; random.NextBytes(bytes); return bytes; }).ToList();
            for (var i = 0; i < values.Count; i++)
                await client.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8($"{i:00}"), Value = UnsafeByteOperations.UnsafeWrap(values[i]) }, patience.Token);
            var everything = new RangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey };
            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => client.RangeAsync(everything, patience.Token)));
            foreach (var answer in answers) Assert.All(answer.Kvs.Zip(values), pair => Assert.True(pair.First.Value.Span.SequenceEqual(pair.Second)));

            foreach (var size in (int[])[5 << 20, 5 << 19])
            {
                var tooLarge = await Assert.ThrowsAsync<RequestTooLargeException>(() =>
                    client.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("large"), Value = UnsafeByteOperations.UnsafeWrap(new byte[size]) }, patience.Token));
                Assert.Matches($"^the request has {size / 1000}[0-9]+ bytes, and the limit is 2097152 ", tooLarge.Message);
            }
            // A client that believes in another limit is told by the node.
            var bold = new PaxosClient(program, [address], settings: new SessionSettings { MaxRequestBytes = 3 << 20 });
            await Assert.ThrowsAsync<RequestTooLargeException>(() =>
                bold.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("large"), Value = UnsafeByteOperations.UnsafeWrap(new byte[5 << 19]) }, patience.Token));
            Assert.Null(await client.GetAsync("large", patience.Token));

            var delete = new DeleteRangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey, PrevKv = true };
            Assert.Contains("nothing was written", (await Assert.ThrowsAsync<KvException>(() => client.DeleteAsync(delete, patience.Token))).Message);
            Assert.Equal(20, (await client.RangeAsync(new RangeRequest(everything) { CountOnly = true }, patience.Token)).Count);
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

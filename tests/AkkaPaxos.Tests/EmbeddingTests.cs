using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Node;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.Tests;

/// <summary>The README's example of a node in one's own actor system, as it stands there.</summary>
public class EmbeddingTests
{
    /// <summary>A counter: an operation is a number that is added, the answer is the sum.</summary>
    public sealed class Counter : IStateMachine
    {
        private long _sum;

        public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
        {
            _sum += BinaryPrimitives.ReadInt64BigEndian(operation.Span);
            return Number(_sum);
        }

        public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => Number(_sum);

        public Func<byte[]> Snapshot()
        {
            var sum = _sum;
            return () => Number(sum);
        }

        public void Restore(ReadOnlyMemory<byte> snapshot) => _sum = BinaryPrimitives.ReadInt64BigEndian(snapshot.Span);

        public ulong Checksum => (ulong)_sum;
    }

    [Fact]
    public async Task A_node_in_an_actor_system_of_ones_own_counts()
    {
        var port = FreePort();
        var config = ConfigurationFactory.ParseString($$"""
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
            akkapaxos {
              node-id = 1
              members = [{ id = 1, address = "akka.tcp://my-app@127.0.0.1:{{port}}" }]
              state-machine = "{{typeof(Counter).FullName}}, {{typeof(Counter).Assembly.GetName().Name}}"
            }
            """);
        using var system = ActorSystem.Create("my-app", config.WithFallback(PaxosSettings.DefaultConfig()));
        var paxos = Paxos.Get(system);

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await paxos.Submit(Number(40), patience.Token);
        var sum = await paxos.Submit(Number(2), patience.Token);
        Assert.Equal(42, BinaryPrimitives.ReadInt64BigEndian(sum.Span));
        Assert.Equal(42, BinaryPrimitives.ReadInt64BigEndian((await paxos.Query(default, cancellation: patience.Token)).Span));
        await system.Terminate();
    }

    private static byte[] Number(long n)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, n);
        return bytes;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

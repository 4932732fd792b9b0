using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using static Akka.Subset.Tests.RemoteTestSystem;

namespace Akka.Subset.Tests;

public class RemoteHostileInputTests
{
    [Fact]
    public Task An_http_request() => IsClosedAndHarmsNothing(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));

    [Fact]
    public Task Random_bytes()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        return IsClosedAndHarmsNothing(bytes);
    }

    [Fact]
    public Task A_frame_of_two_gibibytes() => IsClosedAndHarmsNothing(Length(int.MaxValue));

    [Fact]
    public Task A_frame_of_negative_length() => IsClosedAndHarmsNothing(Length(-1));

    [Fact]
    public Task A_frame_that_does_not_parse() => IsClosedAndHarmsNothing([.. Length(64), .. Enumerable.Repeat((byte)0xFF, 64)]);

    [Fact]
    public async Task A_connection_that_never_introduces_itself()
    {
        await using var b = new RemoteTestSystem("RemoteB", "akka.remote.dot-netty.tcp.connection-timeout = 1 s");
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, b.Port);
        Assert.True(await IsClosedByPeer(silent));
        await StillServes(b);
    }

    [Fact]
    public async Task Many_bad_connections_at_once()
    {
        await using var b = new RemoteTestSystem("RemoteB");
        var random = new Random(2);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            var bytes = new byte[random.Next(1, 5000)];
            random.NextBytes(bytes);
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, b.Port);
            await Send(client, bytes);
        }));
        await StillServes(b);
    }

    [Fact]
    public async Task Garbage_within_a_peers_connection_closes_that_one_and_the_peer_connects_again()
    {
        using var wire = new Wire();
        var port = Wire.FreePort();
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB", wire.LeadsTo(port));
        wire.ConnectTo(port);
        b.Echo();
        var echo = a.Resolve(b.PathOf("echo"));
        Assert.Equal("before", await a.AskUntilAnswered(echo, "before"));
        var connections = wire.Connections;
        wire.Inject(Enumerable.Repeat((byte)0xFF, 64).ToArray());
        await Eventually(() => b.Log.Any(), "a line in the log");
        Assert.Equal("after", await a.AskUntilAnswered(echo, "after"));
        Assert.True(wire.Connections > connections);
    }

    private static async Task IsClosedAndHarmsNothing(byte[] bytes)
    {
        await using var b = new RemoteTestSystem("RemoteB");
        await using var a = new RemoteTestSystem("RemoteA");
        b.Echo("first");
        Assert.Equal("before", await a.AskUntilAnswered(a.Resolve(b.PathOf("first")), "before"));

        using var attacker = new TcpClient();
        await attacker.ConnectAsync(IPAddress.Loopback, b.Port);
        await Send(attacker, bytes);
        Assert.True(await IsClosedByPeer(attacker), "the connection is closed");

        await Eventually(() => b.Log.Any(), "a line in the log");
        Assert.Single(b.Log);
        Assert.Equal("on the old connection", await a.Resolve(b.PathOf("first")).Ask<string>("on the old connection", Patience));
        await StillServes(b);
    }

    private static async Task StillServes(RemoteTestSystem b)
    {
        await using var c = new RemoteTestSystem("RemoteC");
        b.Echo();
        Assert.Equal("hello", await c.AskUntilAnswered(c.Resolve(b.PathOf("echo")), "hello"));
    }

    private static async Task Send(TcpClient client, byte[] bytes)
    {
        try
        {
            await client.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
            // It was closed before all was sent.
        }
    }

    private static async Task<bool> IsClosedByPeer(TcpClient client)
    {
        var buffer = new byte[1024];
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await client.GetStream().ReadAsync(buffer, patience.Token) > 0)
            {
            }
            return true;
        }
        catch (IOException)
        {
            return true; // reset
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}

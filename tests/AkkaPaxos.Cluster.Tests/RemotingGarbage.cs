using System.Net;
using System.Net.Sockets;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// What is no Akka peer on a node's remoting port. A frame begins with its length in four bytes: one beyond maximum-frame-size ends the connection at once,
/// as does a frame that is no message; a connection on which nobody introduces himself ends after connection-timeout.
/// </summary>
internal static class RemotingGarbage
{
    private static readonly byte[][] Kinds =
    [
        "GET / HTTP/1.1\r\n\r\n"u8.ToArray(),
        [0x7f, 0xff, 0xff, 0xff, 1, 2, 3],
        [0xff, 0xff, 0xff, 0x7f, 1, 2, 3],
        [0xff, 0xff, 0xff, 0xff],
        [4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff],
    ];

    /// <summary>Sends each kind on a connection of its own, and waits until the other side has closed it.</summary>
    public static async Task SendAll(int port, TimeSpan patience)
    {
        foreach (var bytes in Kinds)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, port);
            var stream = socket.GetStream();
            using var limit = new CancellationTokenSource(patience);
            try
            {
                await stream.WriteAsync(bytes, limit.Token);
                socket.Client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, await stream.ReadAtLeastAsync(new byte[1024], 1024, throwOnEndOfStream: false, limit.Token) / 1024);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // A reset closes as well.
            }
        }
    }
}

using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Akka.Remote.Transport;

/// <summary>Sockets and pipes: Kestrel's socket transport, set up as <c>akka.remote.dot-netty.tcp</c> says. Knows nothing of actors.</summary>
internal sealed class TcpTransport : IAsyncDisposable
{
    // Continuations run where the socket completed: each hop to another thread would cost more than the work done there.
    private const bool Inline = true;
    private const long PipeBuffer = 1024 * 1024;

    private readonly RemoteSettings _settings;
    private readonly SocketConnectionContextFactory _outbound;
    private IConnectionListener? _listener;

    public TcpTransport(RemoteSettings settings)
    {
        _settings = settings;
        _outbound = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions
            {
                UnsafePreferInlineScheduling = Inline,
                WaitForDataBeforeAllocatingBuffer = false,
                MaxReadBufferSize = PipeBuffer,
                MaxWriteBufferSize = PipeBuffer,
            },
            NullLogger.Instance);
    }

    /// <summary>Listens, and returns the port.</summary>
    /// <exception cref="RemoteTransportException">Names host, port and why.</exception>
    public async Task<int> Listen()
    {
        var factory = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions
            {
                UnsafePreferInlineScheduling = Inline,
                WaitForDataBeforeAllocatingBuffer = false,
                MaxReadBufferSize = PipeBuffer,
                MaxWriteBufferSize = PipeBuffer,
                NoDelay = _settings.NoDelay,
                Backlog = _settings.Backlog,
            }),
            NullLoggerFactory.Instance);
        try
        {
            _listener = await factory.BindAsync(new IPEndPoint(Resolve(_settings.Hostname), _settings.Port)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var cause = e.InnerException as SocketException ?? e;
            throw new RemoteTransportException(
                $"Remoting cannot listen on {_settings.Hostname}:{_settings.Port} (akka.remote.dot-netty.tcp): {cause.Message}. " +
                "Choose another hostname or port, or stop the process that has it.", cause);
        }
        return ((IPEndPoint)_listener.EndPoint).Port;
    }

    /// <summary>The next connection from a peer, or null once the listener is closed.</summary>
    public async ValueTask<ConnectionContext?> Accept()
    {
        var connection = await _listener!.AcceptAsync().ConfigureAwait(false);
        try
        {
            if (connection?.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket) Configure(socket);
        }
        catch (SocketException)
        {
            // The peer is gone already; reading from it will tell.
        }
        return connection;
    }

    public async Task<ConnectionContext> Connect(Address address, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await socket.ConnectAsync(address.Host!, address.Port!.Value, cancel).ConfigureAwait(false);
            return _outbound.Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The one place through which all bytes of a connection pass: TLS would wrap the connection's pipes here
    /// (<c>outbound</c> says who is the client). Plain for now, and RemoteSettings refuses <c>enable-ssl</c>.
    /// </summary>
    public static ValueTask<IDuplexPipe> Secure(ConnectionContext connection, bool outbound)
    {
        _ = outbound;
        return new ValueTask<IDuplexPipe>(connection.Transport);
    }

    public async ValueTask StopListening()
    {
        if (_listener is not { } listener) return;
        await listener.UnbindAsync().ConfigureAwait(false);
        await listener.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopListening().ConfigureAwait(false);
        _outbound.Dispose();
    }

    private void Configure(Socket socket)
    {
        socket.NoDelay = _settings.NoDelay;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, _settings.KeepAlive);
        if (_settings.SendBufferSize > 0) socket.SendBufferSize = _settings.SendBufferSize;
        if (_settings.ReceiveBufferSize > 0) socket.ReceiveBufferSize = _settings.ReceiveBufferSize;
    }

    private IPAddress Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var literal)) return literal;
        var addresses = Dns.GetHostAddresses(host);
        var family = _settings.UseIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return addresses.FirstOrDefault(a => a.AddressFamily == family) ?? addresses[0];
    }
}

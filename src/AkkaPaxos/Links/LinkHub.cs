using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Serialization;
using System.Security.Authentication;
using Akka.Actor;
using AkkaPaxos.Hocon;
using Proto = AkkaPaxos.Wire.Proto;

namespace AkkaPaxos.Links;

/// <summary>
/// The direct links of one actor system: listens where it is a node's, connects to peers whose port is known, and hands what comes to the actors it is for, on
/// the thread on which it comes.
/// </summary>
internal sealed class LinkHub : IDisposable
{
    // As long as Akka's remoting gives a connection that says nothing.
    private static readonly TimeSpan IntroductionPatience = TimeSpan.FromSeconds(5);
    private const long SilenceMilliseconds = 5_000;

    private readonly ExtendedActorSystem _system;
    private readonly string _ownAddress;
    private readonly int _ownNode;
    private readonly LinkSettings _settings;
    private readonly ConcurrentDictionary<string, LinkPeer> _nodes = new();
    private readonly ConcurrentDictionary<LinkConnection, byte> _connections = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly LinkMail _mail;
    private readonly LinkComplaints _complaints;
    private readonly LinkSecurity? _security;
    private readonly Socket? _listener;

    /// <summary>The links of an actor system.</summary>
    /// <param name="system">The system.</param>
    /// <param name="ownNode">The number of the node that it runs; 0: it is a client, which does not listen.</param>
    /// <param name="settings">Its settings.</param>
    /// <exception cref="SettingException">The port cannot be listened at, or the certificate cannot be read; one line that names the key.</exception>
    public LinkHub(ExtendedActorSystem system, int ownNode, LinkSettings settings)
    {
        (_system, _ownAddress, _ownNode, _settings) = (system, $"{system.Provider.DefaultAddress}", ownNode, settings);
        _mail = new LinkMail(system.Provider);
        _complaints = new LinkComplaints(system.Log);
        _security = LinkSecurity.Read(system.Settings.Config);
        if (ownNode == 0) return;
        _listener = Listen(settings);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    /// <summary>The port that it listens at; 0: it does not.</summary>
    public int Port { get; }

    /// <summary>What it has sent.</summary>
    public LinkTraffic Traffic { get; } = new();

    /// <summary>A node.</summary>
    /// <param name="address">Its Akka address.</param>
    public LinkPeer Node(string address) => _nodes.GetOrAdd(address, at => new LinkPeer(at, _system.Provider, Traffic));

    /// <summary>Begins to take connections: once there are actors to hand messages to.</summary>
    public void Open()
    {
        if (_listener is not null) _ = AcceptAll(_listener);
    }

    /// <summary>To be called each second: lets peers know that this side is there, and closes connections on which nothing comes.</summary>
    public void Look()
    {
        foreach (var connection in _connections.Keys)
        {
            if (connection.Silence > SilenceMilliseconds) connection.Close($"nothing came for {SilenceMilliseconds / 1000} s");
            else connection.SignOfLife();
        }
    }

    private static Socket Listen(LinkSettings settings)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var host = IPAddress.TryParse(settings.Host, out var ip) ? ip : Dns.GetHostAddresses(settings.Host)[0];
            socket.Bind(new IPEndPoint(host, settings.Port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SettingException("akkapaxos.links-port", $"akkapaxos.links-port = {settings.Port}: cannot listen at {settings.Host}: {e.Message}", e);
        }
    }

    private async Task AcceptAll(Socket listener)
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                _ = Serve(await listener.AcceptAsync(_disposed.Token).ConfigureAwait(false));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _complaints.Say("a connection to the links' port could not be taken", e.Message);
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false); // no file descriptors: others may be given back
            }
        }
    }

    // ---- who connects ----

    private async Task Serve(Socket socket)
    {
        var who = $"a connection from {socket.RemoteEndPoint}";
        try
        {
            using var patience = Patience();
            using var connection = await Over(socket, stream => _security?.Serve(stream, patience.Token)).ConfigureAwait(false);
            var hello = await connection.Introduction(Proto.LinkHello.Parser, patience.Token).ConfigureAwait(false);
            who = $"a connection from {hello.From} at {socket.RemoteEndPoint}";
            var problem = Problem(hello);
            await connection.Introduce(new Proto.LinkWelcome { Problem = problem ?? "" }, patience.Token).ConfigureAwait(false);
            if (problem is not null) throw new LinkProtocolException(problem);
            // A client does not listen, so what is for it goes back on the connection that it made.
            var peer = hello.Node != 0 ? Node(hello.From) : new LinkPeer(hello.From, _system.Provider, Traffic);
            if (hello.Node == 0) peer.Connected(connection, connection);
            await Receive(connection, peer).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheOtherSide(e))
        {
            if (!_disposed.IsCancellationRequested) _complaints.Say($"{who} was closed", Reason(e));
        }
    }

    private string? Problem(Proto.LinkHello hello) =>
        hello.To != _ownAddress ? $"it looks for {hello.To}, and this is {_ownAddress}"
        : !Address.TryParse(hello.From, out var from) || from.Host is null ? $"\"{hello.From}\" is not an address"
        : hello.Node != 0 && !_nodes.ContainsKey(hello.From) ? $"node {hello.Node} at {hello.From} is not among the members that node {_ownNode} knows"
        : null;

    // ---- connecting ----

    /// <summary>Connects to a node, where nothing is connected to it or being connected. Without success it is to be called again.</summary>
    /// <param name="peer">The node.</param>
    /// <param name="port">Its port for links.</param>
    public async Task Connect(LinkPeer peer, int port)
    {
        if (!peer.TryBegin()) return;
        try
        {
            using var small = await Dial(peer, port).ConfigureAwait(false);
            using var large = _ownNode == 0 ? small : await Dial(peer, port).ConfigureAwait(false); // a client's requests may wait for each other
            peer.Connected(small, large);
            // With one the other ends: a link is whole or not there.
            await Task.WhenAny(new[] { small, large }.Distinct().Select(connection => Receive(connection, peer))).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheOtherSide(e))
        {
            // What cannot be connected to is not there, or starts; who refuses this node says why.
            if (e is not (SocketException or OperationCanceledException)) _complaints.Say($"a connection to {peer.Address}, links' port {port}, was closed", Reason(e));
        }
        finally
        {
            peer.Ended();
        }
    }

    private async Task<LinkConnection> Dial(LinkPeer peer, int port)
    {
        var host = Address.Parse(peer.Address).Host;
        using var patience = Patience();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        LinkConnection? connection = null;
        try
        {
            await socket.ConnectAsync(host, port, patience.Token).ConfigureAwait(false);
            connection = await Over(socket, stream => _security?.Connect(stream, host, patience.Token)).ConfigureAwait(false);
            await connection.Introduce(new Proto.LinkHello { From = _ownAddress, To = peer.Address, Node = _ownNode }, patience.Token).ConfigureAwait(false);
            var welcome = await connection.Introduction(Proto.LinkWelcome.Parser, patience.Token).ConfigureAwait(false);
            return welcome.Problem.Length == 0 ? connection : throw new LinkProtocolException($"it refuses this one: {welcome.Problem}");
        }
        catch
        {
            connection?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    // ---- both ----

    private CancellationTokenSource Patience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        patience.CancelAfter(IntroductionPatience);
        return patience;
    }

    private async Task<LinkConnection> Over(Socket socket, Func<Stream, Task<Stream>?> secure)
    {
        socket.NoDelay = true;
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (secure(stream) is { } secured) stream = await secured.ConfigureAwait(false);
            return new LinkConnection(stream, _settings.WaitingBytes);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task Receive(LinkConnection connection, LinkPeer peer)
    {
        _connections.TryAdd(connection, 0);
        try
        {
            var senders = new Dictionary<string, IActorRef>();
            await connection.Receive(_settings.MaxFrameBytes, body => _mail.Deliver(body, peer, senders)).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheOtherSide(e))
        {
            _complaints.Say($"a connection with {peer.Address} was closed", Reason(e));
        }
        finally
        {
            connection.Dispose();
            peer.Disconnected(connection);
            _connections.TryRemove(connection, out _);
        }
    }

    // What the other side sends, or does not, is no fault of this one.
    private static bool IsOfTheOtherSide(Exception e) =>
        e is LinkProtocolException or SerializationException or IOException or SocketException or OperationCanceledException or AuthenticationException
            or ObjectDisposedException;

    private static string Reason(Exception e) => (e is OperationCanceledException ? $"it did not introduce itself within {IntroductionPatience.TotalSeconds:0} s" : e.Message).ReplaceLineEndings(" ");

    /// <summary>Closes all.</summary>
    public void Dispose()
    {
        _disposed.Cancel();
        _listener?.Dispose();
        foreach (var connection in _connections.Keys) connection.Dispose();
    }
}

using Akka.Actor;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Links;

/// <summary>
/// Who is at the other end: a node, or a client. A node is connected to twice: what is large has a connection of its own, so votes, heartbeats and what else
/// is small do not wait behind it. While there is no connection, and for what our serializer does not write, Akka's remoting takes the messages.
/// </summary>
/// <param name="address">Its Akka address.</param>
/// <param name="provider">Where Akka's references to it come from.</param>
/// <param name="traffic">Counts what is sent.</param>
internal sealed class LinkPeer(string address, IActorRefProvider provider, LinkTraffic traffic)
{
    /// <summary>Messages of more bytes go by the connection for what is large.</summary>
    private const int SmallBytes = 16 << 10;

    private volatile LinkConnection? _small;
    private volatile LinkConnection? _large;
    private int _isConnecting;

    /// <summary>Its Akka address.</summary>
    public string Address => address;

    /// <summary>Whether messages go directly.</summary>
    public bool IsConnected => _small is not null && _large is not null;

    /// <summary>Whether the caller is to connect: nobody else does, or has.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _isConnecting, 1) == 0;

    /// <summary>The caller's connection has ended, or did not come about.</summary>
    public void Ended() => Volatile.Write(ref _isConnecting, 0);

    /// <summary>From now on small messages go this way, and large ones that.</summary>
    public void Connected(LinkConnection small, LinkConnection large) => (_small, _large) = (small, large);

    /// <summary>The connection is closed.</summary>
    public void Disconnected(LinkConnection connection)
    {
        if (_small == connection || _large == connection) (_small, _large) = (null, null);
    }

    /// <summary>A reference to an actor there.</summary>
    /// <param name="path">Its path there, with a slash in front.</param>
    /// <param name="otherwise">Who takes what does not go directly; null: Akka's own reference.</param>
    public IActorRef Actor(string path, IActorRef? otherwise = null) => new LinkRef(this, path, otherwise);

    /// <summary>Akka's own reference to an actor there.</summary>
    public IActorRef ByRemoting(string path) => provider.ResolveActorRef(address + path);

    /// <summary>Sends a message directly; false where it must go another way.</summary>
    public bool TrySend(string target, object message, IActorRef sender)
    {
        if (!IsConnected || PaxosSerializer.MessageCodec(message.GetType()) is not { } codec) return false;
        var form = codec.ToForm(message);
        var size = form.Size;
        if ((size > SmallBytes ? _large : _small) is not { } connection) return false;
        var value = size >= LinkConnection.LargeBytes ? CarriedValue.Of(message).Value : null;
        var sent = connection.Send(form, codec.Manifest, target, Name(sender), value);
        if (sent == Sending.Sent) traffic.Sent(size);
        return sent != Sending.Closed;
    }

    private static string Name(IActorRef sender)
    {
        if (sender.IsNobody()) return "";
        var path = sender.Path.ToSerializationFormat();
        return sender.Path.Address.HasLocalScope ? path[path.IndexOf('/', path.IndexOf("//", StringComparison.Ordinal) + 2)..] : path;
    }
}

/// <summary>An actor at the other end of a link, as roles and sessions see it.</summary>
internal sealed class LinkRef(LinkPeer peer, string path, IActorRef? otherwise) : ActorRefBase
{
    private ActorPath? _path;
    private IActorRef? _otherwise = otherwise;

    /// <inheritdoc/>
    public override ActorPath Path => _path ??= ActorPath.Parse(peer.Address + path);

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        if (!peer.TrySend(path, message, sender)) (_otherwise ??= peer.ByRemoting(path)).Tell(message, sender);
    }
}

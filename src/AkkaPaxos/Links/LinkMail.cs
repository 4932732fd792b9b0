using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Links;

/// <summary>Hands messages that come on links to the actors of this system that they are for.</summary>
/// <param name="provider">Where references to them come from.</param>
internal sealed class LinkMail(IActorRefProvider provider)
{
    private const int Kept = 4_096;
    private const int ShortText = 512;
    private const string Users = "/user/"; // what the system's own actors are told does not come from outside

    private readonly string _ownAddress = $"{provider.DefaultAddress}";
    private readonly ConcurrentDictionary<string, IActorRef> _own = new();

    /// <summary>Delivers one message.</summary>
    /// <param name="body">A frame's.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="senders">Who has been seen on the connection, by the names there: of one thread at a time, and kept by this.</param>
    /// <exception cref="LinkProtocolException">The body is none.</exception>
    /// <exception cref="System.Runtime.Serialization.SerializationException">The message is none that is known here.</exception>
    public void Deliver(ReadOnlySequence<byte> body, LinkPeer from, Dictionary<string, IActorRef> senders)
    {
        if (body.IsSingleSegment)
        {
            Deliver(body.FirstSpan, from, senders);
            return;
        }
        var length = (int)body.Length;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(bytes);
            Deliver(bytes.AsSpan(0, length), from, senders);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Deliver(ReadOnlySpan<byte> body, LinkPeer from, Dictionary<string, IActorRef> senders)
    {
        Span<char> text = stackalloc char[ShortText];
        LinkFrame.Split(body, out var manifest, out var target, out var sender, out var bytes);
        var message = PaxosSerializer.Read(PaxosSerializer.MessageCodec(Text(manifest, text)), bytes);
        var receiver = Own(Text(target, text));
        receiver.Tell(message, sender.IsEmpty ? ActorRefs.NoSender : Sender(Text(sender, text), from, senders));
    }

    private static ReadOnlySpan<char> Text(ReadOnlySpan<byte> bytes, Span<char> text) =>
        bytes.Length > text.Length ? Encoding.UTF8.GetString(bytes) : text[..Encoding.UTF8.GetChars(bytes, text)];

    private IActorRef Own(ReadOnlySpan<char> path)
    {
        if (_own.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path, out var known)) return known;
        if (!path.StartsWith(Users)) throw new LinkProtocolException($"\"{path}\" is not the path of an actor that takes messages from outside");
        var name = path.ToString();
        var actor = provider.ResolveActorRef(_ownAddress + name);
        if (actor is EmptyLocalActorRef) return actor; // it may come
        if (_own.Count >= Kept) _own.Clear(); // most are gone
        return _own[name] = actor;
    }

    private IActorRef Sender(ReadOnlySpan<char> path, LinkPeer from, Dictionary<string, IActorRef> senders)
    {
        if (senders.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path, out var known)) return known;
        var name = path.ToString();
        var sender = name.StartsWith('/') ? from.Actor(name) : provider.ResolveActorRef(name);
        if (senders.Count >= Kept) senders.Clear();
        senders.Add(name, sender);
        return sender;
    }
}

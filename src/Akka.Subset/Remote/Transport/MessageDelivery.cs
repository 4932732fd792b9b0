using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Remote.Transport.Wire;
using Google.Protobuf;

namespace Akka.Remote.Transport;

/// <summary>
/// Turns what came on one connection into messages to local actors. Used by that connection's reader only, so its caches need no locks:
/// the same few actors talk all the time, and resolving a path costs more than all else here.
/// </summary>
internal sealed class MessageDelivery(Remoting remoting)
{
    private const int CacheLimit = 4096;

    private readonly Dictionary<string, IInternalActorRef> _recipients = [];
    private readonly Dictionary<string, IActorRef> _senders = [];

    public void Deliver(RemoteEnvelope envelope)
    {
        var recipient = Recipient(envelope.Recipient);
        if (recipient is RemoteActorRef)
        {
            remoting.Log.Error(
                "Message for [{0}] is dropped: it is no actor of this system, which is {1}.", envelope.Recipient, remoting.DefaultAddress);
            return;
        }
        object message;
        try
        {
            message = remoting.System.Serialization.Deserialize(Bytes(envelope.Payload), envelope.Serializer, envelope.Manifest);
        }
        catch (Exception e)
        {
            remoting.Log.Error(e, "Message for [{0}] from [{1}] with serializer id {2} and manifest [{3}] cannot be deserialized and is dropped: {4}",
                envelope.Recipient, envelope.Sender, envelope.Serializer, envelope.Manifest, e.Message);
            return;
        }
        var sender = envelope.Sender.Length == 0 ? remoting.System.DeadLetters : Sender(envelope.Sender);
        switch (message)
        {
            case ISystemMessage system: recipient.SendSystemMessage(system); break;
            case ActorSelectionMessage selection: ActorRefFactoryShared.Deliver(recipient, sender, selection); break;
            default: recipient.Tell(message, sender); break;
        }
    }

    private IInternalActorRef Recipient(string path)
    {
        // A path without uid leads to whoever lives there now, so a dead actor's entry is not to be used.
        if (_recipients.TryGetValue(path, out var cached) && !cached.IsTerminated) return cached;
        var recipient = remoting.Provider.ResolveActorRefWithLocalAddress(path, remoting.DefaultAddress);
        if (recipient is not LocalActorRef) return recipient; // nobody there yet, or an Ask, which gets one answer
        if (_recipients.Count >= CacheLimit) _recipients.Clear();
        _recipients[path] = recipient;
        return recipient;
    }

    private IActorRef Sender(string path)
    {
        if (_senders.TryGetValue(path, out var cached)) return cached;
        IActorRef sender = remoting.Provider.ResolveActorRefWithLocalAddress(path, remoting.DefaultAddress);
        if (sender is not RemoteActorRef || path.Contains("/temp/", StringComparison.Ordinal)) return sender;
        if (_senders.Count >= CacheLimit) _senders.Clear();
        _senders[path] = sender;
        return sender;
    }

    /// <summary>The payload's own array where the parser made one just for it, as it does.</summary>
    private static byte[] Bytes(ByteString payload) =>
        MemoryMarshal.TryGetArray(payload.Memory, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : payload.ToByteArray();
}

using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaPaxos.MultiPaxos;
using Google.Protobuf;

namespace AkkaPaxos.Wire;

/// <summary>
/// Writes and reads AkkaPaxos' messages and journal entries as Protocol Buffers (wire.proto, node.proto, links.proto, journal.proto, synod.proto), each under
/// a manifest of its name and version; what stays on disk with a checksum (RecordCodec.cs). reference.conf binds <see cref="IPaxosMessage"/>,
/// <see cref="IPaxosRecord"/> and <see cref="INodeMessage"/> to it, so that nothing of AkkaPaxos ever goes through Akka's default serializer, JSON:
/// that changes what stands in members of type object.
/// </summary>
public sealed class PaxosSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly Codec[] Bare = [.. WireCodecs.All, .. NodeCodecs.All, .. JournalCodecs.All, .. SynodCodecs.All];
    private static readonly Codec[] Written = [.. Bare.Select(c => typeof(IPaxosRecord).IsAssignableFrom(c.Type) ? new RecordCodec(c) : c)];
    private static readonly FrozenDictionary<Type, Codec> ByType = Written.ToFrozenDictionary(c => c.Type);

    // Records without a checksum too: data directories outlive versions of this program. Of two types with one manifest either one's codec reads both.
    private static readonly FrozenDictionary<string, Codec> ByManifest = Written.Union(Bare).DistinctBy(c => c.Manifest).ToFrozenDictionary(c => c.Manifest);
    private static readonly FrozenDictionary<string, Codec>.AlternateLookup<ReadOnlySpan<char>> ByManifestText = ByManifest.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    /// <exception cref="SerializationException">No codec writes this type.</exception>
    public override string Manifest(object o) => CodecOf(o).Manifest;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">No codec writes this type.</exception>
    public override byte[] ToBinary(object obj) => CodecOf(obj).Write(obj);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The manifest is not known here, or the bytes are not what it says.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => Read(CodecOf(manifest), bytes);

    /// <summary>How messages of a type are written; null where it is none that may cross the wire.</summary>
    internal static Codec? MessageCodec(Type type) =>
        typeof(IPaxosMessage).IsAssignableFrom(type) ? ByType.GetValueOrDefault(type) : null;

    /// <summary>How messages with a manifest are read.</summary>
    /// <exception cref="SerializationException">It is not known here, or not one of a message that may cross the wire.</exception>
    internal static Codec MessageCodec(ReadOnlySpan<char> manifest)
    {
        var codec = CodecOf(manifest);
        return typeof(IPaxosMessage).IsAssignableFrom(codec.Type)
            ? codec
            : throw new SerializationException($"'{manifest}' is not the manifest of a message");
    }

    /// <summary>Reads what a codec wrote.</summary>
    /// <exception cref="SerializationException">The bytes are not what the codec writes.</exception>
    internal static object Read(Codec codec, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return codec.Read(bytes);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException)
        {
            throw new SerializationException($"{bytes.Length} bytes with the manifest '{codec.Manifest}' are not such a message: {e.Message}", e);
        }
    }

    private static Codec CodecOf(ReadOnlySpan<char> manifest) =>
        ByManifestText.TryGetValue(manifest, out var codec)
            ? codec
            : throw new SerializationException(
                $"no message of AkkaPaxos has the manifest '{manifest}': was it written by a newer version? Upgrade this node");

    private static Codec CodecOf(object o) =>
        ByType.TryGetValue(o.GetType(), out var codec)
            ? codec
            : throw new SerializationException(o is INodeMessage
                ? $"{o.GetType()} goes only between the actors of one node ({nameof(INodeMessage)}): it was sent to another node, or journaled"
                : $"AkkaPaxos' serializer does not know {o.GetType()}. It writes AkkaPaxos' own messages and records; a role's own type is not marked "
                    + $"{nameof(IPaxosMessage)} or {nameof(IPaxosRecord)} but bound to a serializer of its own: akka.actor.serializers.mine = "
                    + "\"MyApp.MySerializer, MyApp\" and akka.actor.serialization-bindings { \"MyApp.MyMessage, MyApp\" = mine }");
}

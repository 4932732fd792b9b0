using Akka.Actor;

namespace Akka.Persistence;

/// <summary>An event or a snapshot as it is stored: bytes, the serializer that made them, and its manifest.</summary>
internal readonly record struct Payload(byte[] Bytes, int SerializerId, string Manifest);

/// <summary>Makes stored payloads by Akka's serialization.</summary>
internal sealed class PayloadSerializer(ActorSystem system, string? defaultSerializer)
{
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)system;
    private readonly Akka.Serialization.Serialization _serialization = system.Serialization;
    private readonly string? _default = string.IsNullOrEmpty(defaultSerializer) ? null : defaultSerializer;

    public Payload Serialize(object payload) => Akka.Serialization.Serialization.WithTransport(_system, (this, payload), static s =>
    {
        var serializer = s.Item1._serialization.FindSerializerForType(s.payload.GetType(), s.Item1._default);
        return new Payload(serializer.ToBinary(s.payload), serializer.Identifier,
            Akka.Serialization.Serialization.ManifestFor(serializer, s.payload));
    });

    public object Deserialize(byte[] bytes, int serializerId, string manifest) => _serialization.Deserialize(bytes, serializerId, manifest);
}

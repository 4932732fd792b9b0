using Akka.Actor;
using Google.Protobuf;
using static Akka.Serialization.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>A message inside a message: serialized by its own serializer.</summary>
internal static class WrappedPayload
{
    public static Wire.Payload? Wrap(ExtendedActorSystem system, object? message)
    {
        if (message is null) return null;
        var serializer = system.Serialization.FindSerializerFor(message);
        return new Wire.Payload
        {
            Serializer = serializer.Identifier,
            Manifest = ManifestFor(serializer, message),
            Message = UnsafeByteOperations.UnsafeWrap(serializer.ToBinary(message)),
        };
    }

    public static object? Unwrap(ExtendedActorSystem system, Wire.Payload? payload) =>
        payload is null ? null : system.Serialization.Deserialize(payload.Message.ToByteArray(), payload.Serializer, payload.Manifest);
}

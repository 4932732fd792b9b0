using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using static Akka.Serialization.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>Serializes the messages of Akka itself that actors of different systems exchange. Manifests are Akka.NET's where it has one.</summary>
public sealed class MiscMessageSerializer : SerializerWithStringManifest
{
    public MiscMessageSerializer(ExtendedActorSystem system) : base(system)
    {
    }

    public override string Manifest(object o) => o switch
    {
        Identify => "ID",
        ActorIdentity => "AID",
        IActorRef => "AR",
        PoisonPill => "PP",
        Kill => "K",
        RemoteWatcher.Heartbeat => "RWHB",
        RemoteWatcher.HeartbeatRsp => "RWHR",
        Status.Success => "SS",
        Status.Failure => "SF",
        Terminated => "T",
        Address => "A",
        _ => throw new ArgumentException($"Cannot serialize object of type [{o.GetType()}] with {nameof(MiscMessageSerializer)}"),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        Identify m => new Wire.OptionalPayload { Payload = WrappedPayload.Wrap(system, m.MessageId) }.ToByteArray(),
        ActorIdentity m => new Wire.ActorIdentity
        {
            Correlation = WrappedPayload.Wrap(system, m.MessageId),
            Path = m.Subject.IsNobody() ? "" : SerializedActorPath(m.Subject),
        }.ToByteArray(),
        IActorRef m => new Wire.ActorRef { Path = m is Nobody ? "" : SerializedActorPath(m) }.ToByteArray(),
        PoisonPill or Kill or RemoteWatcher.Heartbeat => [],
        RemoteWatcher.HeartbeatRsp m => new Wire.Uid { Uid_ = m.AddressUid }.ToByteArray(),
        Status.Success m => new Wire.OptionalPayload { Payload = WrappedPayload.Wrap(system, m.Status) }.ToByteArray(),
        Status.Failure m => new Wire.Failure { Type = m.Cause?.GetType().FullName ?? "", Message = m.Cause?.Message ?? "" }.ToByteArray(),
        Terminated m => new Wire.Terminated
        {
            Actor = SerializedActorPath(m.ActorRef),
            ExistenceConfirmed = m.ExistenceConfirmed,
            AddressTerminated = m.AddressTerminated,
        }.ToByteArray(),
        Address m => new Wire.Address { Text = m.ToString() }.ToByteArray(),
        _ => throw new ArgumentException($"Cannot serialize object of type [{obj.GetType()}] with {nameof(MiscMessageSerializer)}"),
    };

    public override object FromBinary(byte[] bytes, string manifest)
    {
        switch (manifest)
        {
            case "ID": return new Identify(WrappedPayload.Unwrap(system, Wire.OptionalPayload.Parser.ParseFrom(bytes).Payload));
            case "AID":
                var identity = Wire.ActorIdentity.Parser.ParseFrom(bytes);
                return new ActorIdentity(
                    WrappedPayload.Unwrap(system, identity.Correlation), identity.Path.Length == 0 ? null : Resolve(identity.Path));
            case "AR":
                var path = Wire.ActorRef.Parser.ParseFrom(bytes).Path;
                return path.Length == 0 ? Nobody.Instance : Resolve(path);
            case "PP": return PoisonPill.Instance;
            case "K": return Kill.Instance;
            case "RWHB": return RemoteWatcher.Heartbeat.Instance;
            case "RWHR": return new RemoteWatcher.HeartbeatRsp(Wire.Uid.Parser.ParseFrom(bytes).Uid_);
            case "SS": return new Status.Success(WrappedPayload.Unwrap(system, Wire.OptionalPayload.Parser.ParseFrom(bytes).Payload));
            case "SF":
                var failure = Wire.Failure.Parser.ParseFrom(bytes);
                // No exception type is made by a name that came from the network.
                return new Status.Failure(failure.Type.Length == 0 ? null : new RemoteException(failure.Type, failure.Message));
            case "T":
                var terminated = Wire.Terminated.Parser.ParseFrom(bytes);
                return new Terminated(Resolve(terminated.Actor), terminated.ExistenceConfirmed, terminated.AddressTerminated);
            case "A": return Address.Parse(Wire.Address.Parser.ParseFrom(bytes).Text);
            default: throw new SerializationException($"{nameof(MiscMessageSerializer)} knows no manifest [{manifest}]");
        }
    }

    private IActorRef Resolve(string path) => system.Provider.ResolveActorRef(path);
}

/// <summary>An exception that was thrown in another system.</summary>
internal sealed class RemoteException(string type, string message) : Exception($"{message} [{type}]");

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;
using Google.Protobuf;
using static Akka.Serialization.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>Strings, ints and longs.</summary>
public sealed class PrimitiveSerializers : SerializerWithStringManifest
{
    public PrimitiveSerializers(ExtendedActorSystem system, Config config) : base(system)
    {
    }

    public override string Manifest(object o) => o switch
    {
        string => "S",
        int => "I",
        long => "L",
        _ => throw new ArgumentException($"Cannot serialize object of type [{o.GetType()}] with {nameof(PrimitiveSerializers)}"),
    };

    public override byte[] ToBinary(object obj)
    {
        switch (obj)
        {
            case string text: return Encoding.UTF8.GetBytes(text);
            case int number:
                var four = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(four, number);
                return four;
            case long number:
                var eight = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(eight, number);
                return eight;
            default: throw new ArgumentException($"Cannot serialize object of type [{obj.GetType()}] with {nameof(PrimitiveSerializers)}");
        }
    }

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        "S" => Encoding.UTF8.GetString(bytes),
        "I" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "L" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => throw new SerializationException($"{nameof(PrimitiveSerializers)} knows no manifest [{manifest}]"),
    };
}

/// <summary>Generated Protocol Buffers messages; the manifest is the type's name.</summary>
public class ProtobufSerializer : Serializer
{
    private static readonly ConcurrentDictionary<Type, MessageParser> Parsers = new();

    public ProtobufSerializer(ExtendedActorSystem system) : base(system)
    {
    }

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object obj) => obj is IMessage message
        ? message.ToByteArray()
        : throw new ArgumentException($"Cannot serialize object of type [{obj.GetType()}] with {nameof(ProtobufSerializer)}: it is no IMessage");

    public override object FromBinary(byte[] bytes, Type type) => Parsers.GetOrAdd(type, FindParser).ParseFrom(bytes);

    private static MessageParser FindParser(Type type) =>
        typeof(IMessage).IsAssignableFrom(type)
        && type.GetProperty("Parser", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is MessageParser parser
            ? parser
            : throw new SerializationException($"[{type}] is no generated Protocol Buffers message");
}

/// <summary>Selections on their way to another system, with the message they carry.</summary>
public class MessageContainerSerializer : Serializer
{
    public MessageContainerSerializer(ExtendedActorSystem system) : base(system)
    {
    }

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        if (obj is not ActorSelectionMessage selection)
            throw new ArgumentException($"Cannot serialize object of type [{obj.GetType()}] with {nameof(MessageContainerSerializer)}");
        var wire = new Wire.Selection { Message = WrappedPayload.Wrap(system, selection.Message), WildcardFanOut = selection.WildCardFanOut };
        foreach (var element in selection.Elements)
            wire.Elements.Add(element switch
            {
                SelectChildName child => new Wire.Selection.Types.Element { Child = child.Name },
                SelectChildPattern pattern => new Wire.Selection.Types.Element { Pattern = pattern.PatternStr },
                SelectParent => new Wire.Selection.Types.Element { Parent = true },
                _ => throw new ArgumentException($"Cannot serialize a selection with [{element}]"),
            });
        return wire.ToByteArray();
    }

    public override object FromBinary(byte[] bytes, Type type)
    {
        var wire = Wire.Selection.Parser.ParseFrom(bytes);
        var elements = wire.Elements.Select<Wire.Selection.Types.Element, SelectionPathElement>(e => e.KindCase switch
        {
            Wire.Selection.Types.Element.KindOneofCase.Child => new SelectChildName(e.Child),
            Wire.Selection.Types.Element.KindOneofCase.Pattern => new SelectChildPattern(e.Pattern),
            Wire.Selection.Types.Element.KindOneofCase.Parent => new SelectParent(),
            _ => throw new SerializationException("A selection has an element of unknown kind"),
        });
        return new ActorSelectionMessage(WrappedPayload.Unwrap(system, wire.Message), elements.ToArray(), wire.WildcardFanOut);
    }
}

/// <summary>The system messages that travel: those of death watch, and a remote stop.</summary>
internal sealed class SystemMessageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override string Manifest(object o) => o switch
    {
        Watch => "W",
        Unwatch => "UW",
        DeathWatchNotification => "DWN",
        Terminate => "TM",
        _ => throw new ArgumentException($"System message [{o.GetType()}] cannot be sent to another system"),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        Watch m => new Wire.DeathWatch { Watchee = SerializedActorPath(m.Watchee), Watcher = SerializedActorPath(m.Watcher) }.ToByteArray(),
        Unwatch m => new Wire.DeathWatch { Watchee = SerializedActorPath(m.Watchee), Watcher = SerializedActorPath(m.Watcher) }.ToByteArray(),
        DeathWatchNotification m => new Wire.Terminated
        {
            Actor = SerializedActorPath(m.Actor),
            ExistenceConfirmed = m.ExistenceConfirmed,
            AddressTerminated = m.AddressTerminated,
        }.ToByteArray(),
        Terminate => [],
        _ => throw new ArgumentException($"System message [{obj.GetType()}] cannot be sent to another system"),
    };

    public override object FromBinary(byte[] bytes, string manifest)
    {
        switch (manifest)
        {
            case "W":
                var watch = Wire.DeathWatch.Parser.ParseFrom(bytes);
                return new Watch(Resolve(watch.Watchee), Resolve(watch.Watcher));
            case "UW":
                var unwatch = Wire.DeathWatch.Parser.ParseFrom(bytes);
                return new Unwatch(Resolve(unwatch.Watchee), Resolve(unwatch.Watcher));
            case "DWN":
                var terminated = Wire.Terminated.Parser.ParseFrom(bytes);
                return new DeathWatchNotification(Resolve(terminated.Actor), terminated.ExistenceConfirmed, terminated.AddressTerminated);
            case "TM": return new Terminate();
            default: throw new SerializationException($"{nameof(SystemMessageSerializer)} knows no manifest [{manifest}]");
        }
    }

    private IInternalActorRef Resolve(string path) => (IInternalActorRef)system.Provider.ResolveActorRef(path);
}

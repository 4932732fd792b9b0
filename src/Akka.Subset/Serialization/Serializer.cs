#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Util;

namespace Akka.Serialization;

/// <summary>Turns objects into bytes and back.</summary>
public abstract class Serializer
{
    protected readonly ExtendedActorSystem system;
    private readonly FastIdentifier _identifier;

    protected Serializer(ExtendedActorSystem system)
    {
        this.system = system;
        _identifier = new FastIdentifier(this);
    }

    /// <summary>Unique in the system, and fixed for as long as its bytes may be read; from the configuration unless overridden.</summary>
    public virtual int Identifier => _identifier.Value;

    /// <summary>Whether the bytes need a manifest (the type's name) beside them.</summary>
    public abstract bool IncludeManifest { get; }

    public abstract byte[] ToBinary(object obj);
    public abstract object FromBinary(byte[] bytes, Type type);
    public T FromBinary<T>(byte[] bytes) => (T)FromBinary(bytes, typeof(T));

    private sealed class FastIdentifier(Serializer owner)
    {
        private int? _value;
        public int Value => _value ??= SerializerIdentifierHelper.GetSerializerIdentifierFromConfig(owner.GetType(), owner.system);
    }
}

/// <summary>A serializer that names its formats itself, so that types can move and versions live side by side.</summary>
public abstract class SerializerWithStringManifest : Serializer
{
    protected SerializerWithStringManifest(ExtendedActorSystem system) : base(system) { }
    public sealed override bool IncludeManifest => true;
    public sealed override object FromBinary(byte[] bytes, Type type) => FromBinary(bytes, TypeName(type));
    public abstract object FromBinary(byte[] bytes, string manifest);
    public abstract string Manifest(object o);
    private static string TypeName(Type type) => SerializedTypes.NameOf(type);
}

/// <summary>A type's name without versions, as manifests carry it.</summary>
internal static class SerializedTypes
{
    private static readonly ConcurrentDictionary<Type, string> Names = new();

    public static string NameOf(Type type) => Names.GetOrAdd(type, static t => $"{t.FullName}, {t.Assembly.GetName().Name switch
    {
        "System.Private.CoreLib" => "System.Private.CoreLib",
        var name => name,
    }}");
}

public static class SerializerIdentifierHelper
{
    public static int GetSerializerIdentifierFromConfig(Type type, ExtendedActorSystem system)
    {
        var ids = system.Settings.Config.GetConfig("akka.actor.serialization-identifiers");
        foreach (var entry in ids?.Root.GetObject()?.Items ?? [])
            if (TypeResolver.Resolve(entry.Key) == type) return entry.Value.GetInt();
        throw new ArgumentException(
            $"Couldn't find serializer id for [{type.FullName}] under [akka.actor.serialization-identifiers] HOCON path; override Identifier or add it there.", nameof(type));
    }
}

public class ByteArraySerializer : Serializer
{
    public ByteArraySerializer(ExtendedActorSystem system) : base(system) { }
    public override int Identifier => 4;
    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => obj switch
    {
        null => null,
        byte[] bytes => bytes,
        _ => throw new NotSupportedException($"{nameof(ByteArraySerializer)} only serializes byte arrays, not [{obj.GetType()}]"),
    };

    public override object FromBinary(byte[] bytes, Type type) => bytes;
}

public class NullSerializer : Serializer
{
    private static readonly byte[] Nothing = [];
    public NullSerializer(ExtendedActorSystem system) : base(system) { }
    public override int Identifier => 0;
    public override bool IncludeManifest => false;
    public override byte[] ToBinary(object obj) => Nothing;
    public override object FromBinary(byte[] bytes, Type type) => null;
}

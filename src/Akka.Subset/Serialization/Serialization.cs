#nullable disable
using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Util;

namespace Akka.Serialization;

/// <summary>For whom references are being serialized: which address local ones are to carry.</summary>
public sealed class Information : IEquatable<Information>
{
    public Information(Address address, ActorSystem system)
    {
        Address = address;
        System = system;
    }

    public Address Address { get; }
    public ActorSystem System { get; }
    public bool Equals(Information other) => other is not null && Equals(Address, other.Address) && Equals(System, other.System);
    public override bool Equals(object obj) => Equals(obj as Information);
    public override int GetHashCode() => HashCode.Combine(Address, System);
    public static bool operator ==(Information left, Information right) => Equals(left, right);
    public static bool operator !=(Information left, Information right) => !Equals(left, right);
}

/// <summary>Finds the serializer of a type by the bindings of the configuration, the most specific first.</summary>
public class Serialization
{
    [ThreadStatic] private static Information _currentTransport;

    private readonly Serializer _nullSerializer;
    private readonly ConcurrentDictionary<Type, Serializer> _byType = new();
    private readonly ConcurrentDictionary<int, Serializer> _byId = new();
    private readonly ConcurrentDictionary<string, Serializer> _byName = new();
    private readonly ConcurrentDictionary<string, Type> _manifestTypes = new();
    private readonly object _lock = new();
    private List<KeyValuePair<Type, Serializer>> _bindings = [];
    private bool _configured;

    public Serialization(ExtendedActorSystem system)
    {
        System = system;
        _nullSerializer = new NullSerializer(system);
        AddSerializer("null", _nullSerializer);
    }

    public ExtendedActorSystem System { get; }

    // Modules add their defaults while the system starts, and serializers may use the whole system: so read when first needed.
    private void Configure()
    {
        if (Volatile.Read(ref _configured)) return;
        lock (_lock)
        {
            if (_configured) return;
            var config = System.Settings.Config;
            var settings = config.GetConfig("akka.actor.serialization-settings");
            foreach (var (name, value) in config.GetConfig("akka.actor.serializers").Root.GetObject().Items)
            {
                var type = TypeResolver.Resolve(value.GetString())
                    ?? throw new ConfigurationException($"'akka.actor.serializers.{name}' names the class '{value.GetString()}', which cannot be found; check the class and assembly name.");
                var own = settings?.GetConfig(name);
                AddSerializer(name, (Serializer)(own is { IsEmpty: false } && type.GetConstructor([typeof(ExtendedActorSystem), typeof(Config)]) is not null
                    ? Activator.CreateInstance(type, System, own)
                    : Activator.CreateInstance(type, System)));
            }
            foreach (var (typeName, value) in config.GetConfig("akka.actor.serialization-bindings").Root.GetObject().Items)
            {
                var name = value.GetString();
                if (TypeResolver.Resolve(typeName) is not { } type)
                {
                    System.Log.Warning("The type name [{0}] under 'akka.actor.serialization-bindings' did not map to an actual type", typeName);
                    continue;
                }
                if (!_byName.TryGetValue(name, out var serializer))
                    throw new ConfigurationException($"Serialization binding to non existing serializer: '{name}' for '{typeName}'; add it under 'akka.actor.serializers'.");
                Bind(type, serializer);
            }
            Volatile.Write(ref _configured, true);
        }
    }

    public void AddSerializer(Serializer serializer) => _byId.TryAdd(serializer.Identifier, serializer);

    public void AddSerializer(string name, Serializer serializer)
    {
        if (!_byId.TryAdd(serializer.Identifier, serializer) && _byId[serializer.Identifier].GetType() != serializer.GetType())
            throw new ConfigurationException($"The serializers {_byId[serializer.Identifier].GetType()} and {serializer.GetType()} have the same identifier {serializer.Identifier}.");
        _byName[name] = serializer;
    }

    public void AddSerializationMap(Type type, Serializer serializer)
    {
        Configure();
        lock (_lock) Bind(type, serializer);
    }

    private void Bind(Type type, Serializer serializer)
    {
        var bindings = _bindings.Where(b => b.Key != type).ToList();
        // A type goes before those it can be assigned to.
        var at = bindings.FindIndex(b => b.Key.IsAssignableFrom(type));
        bindings.Insert(at < 0 ? bindings.Count : at, new(type, serializer));
        _bindings = bindings;
        _byType.Clear();
    }

    public Serializer FindSerializerFor(object obj, string defaultSerializerName = null) =>
        obj is null ? _nullSerializer : FindSerializerForType(obj.GetType(), defaultSerializerName);

    public Serializer FindSerializerForType(Type objectType, string defaultSerializerName = null)
    {
        if (_byType.TryGetValue(objectType, out var known)) return known;
        Configure();
        foreach (var binding in _bindings)
            if (binding.Key.IsAssignableFrom(objectType)) return _byType[objectType] = binding.Value;
        if (defaultSerializerName is not null && _byName.TryGetValue(defaultSerializerName, out var byDefault)) return byDefault;
        throw new SerializationException(
            $"Serializer not found for type {objectType.FullName}; bind the type, or an interface of it, under 'akka.actor.serialization-bindings'.");
    }

    internal Serializer GetSerializerById(int id)
    {
        Configure();
        return _byId.TryGetValue(id, out var serializer)
            ? serializer
            : throw new SerializationException($"Cannot find serializer with id [{id}]; add its class under 'akka.actor.serializers' on this node too.");
    }

    public byte[] Serialize(object o) => WithTransport(System, (serialization: this, o), static s => s.serialization.FindSerializerFor(s.o).ToBinary(s.o));

    public object Deserialize(byte[] bytes, int serializerId, Type type) =>
        WithTransport(System, (serializer: GetSerializerById(serializerId), bytes, type), static s => s.serializer.FromBinary(s.bytes, s.type));

    public object Deserialize(byte[] bytes, int serializerId, string manifest)
    {
        var serializer = GetSerializerById(serializerId);
        return WithTransport(System, (self: this, serializer, bytes, manifest), static s =>
        {
            if (s.serializer is SerializerWithStringManifest withManifest) return withManifest.FromBinary(s.bytes, s.manifest);
            if (string.IsNullOrEmpty(s.manifest)) return s.serializer.FromBinary(s.bytes, null);
            var type = s.self._manifestTypes.GetOrAdd(s.manifest, static m => TypeResolver.Resolve(m)
                ?? throw new SerializationException($"Cannot find manifest class [{m}]; is its assembly there on this node?"));
            return s.serializer.FromBinary(s.bytes, type);
        });
    }

    public static string ManifestFor(Serializer s, object msg) => s switch
    {
        SerializerWithStringManifest withManifest => withManifest.Manifest(msg),
        { IncludeManifest: true } => SerializedTypes.NameOf(msg.GetType()),
        _ => string.Empty,
    };

    public static Information GetCurrentTransportInformation() =>
        _currentTransport ?? throw new InvalidOperationException("CurrentTransportInformation is not set. Use Serialization.WithTransport<T>.");

    public static T WithTransport<T>(ExtendedActorSystem system, Func<T> action) => WithTransport(system, action, static a => a());

    public static TResult WithTransport<TState, TResult>(ExtendedActorSystem system, TState state, Func<TState, TResult> action)
    {
        var previous = _currentTransport;
        // Within a transport's own scope its address stands.
        if (previous is null || !ReferenceEquals(previous.System, system)) _currentTransport = system.Provider.SerializationInformation;
        try
        {
            return action(state);
        }
        finally
        {
            _currentTransport = previous;
        }
    }

    public static T WithTransport<T>(ActorSystem system, Address address, Func<T> action)
    {
        var previous = _currentTransport;
        _currentTransport = new Information(address, system);
        try
        {
            return action();
        }
        finally
        {
            _currentTransport = previous;
        }
    }

    /// <summary>The path by which another system can reach the actor, if there is a transport; with its uid.</summary>
    public static string SerializedActorPath(IActorRef actorRef)
    {
        if (actorRef is null || ReferenceEquals(actorRef, ActorRefs.NoSender)) return string.Empty;
        var path = actorRef.Path;
        var info = _currentTransport;
        if (info is null) return path.ToSerializationFormat();
        if (actorRef is not IInternalActorRef { IsLocal: true } local || local is Nobody) return path.ToSerializationFormat();
        return path.ToSerializationFormatWithAddress(info.Address);
    }

    internal IActorRef DeserializeActorRef(string path) => System.Provider.ResolveActorRef(path);
}

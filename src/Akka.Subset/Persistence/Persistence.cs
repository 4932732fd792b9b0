using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Persistence;

/// <summary>Akka.Persistence in an actor system.</summary>
public class Persistence : ExtensionIdProvider<PersistenceExtension>
{
    public static Persistence Instance { get; } = new();

    public override PersistenceExtension CreateExtension(ExtendedActorSystem system) => new(system);

    public static Config DefaultConfig() => ConfigurationFactory.FromResource<Persistence>("Akka.Persistence.persistence.conf");
}

/// <summary>Starts the journal and snapshot-store plugins that HOCON names, each once, and hands out their actors.</summary>
public class PersistenceExtension : IExtension
{
    private const string JournalFallback = "akka.persistence.journal-plugin-fallback";
    private const string SnapshotStoreFallback = "akka.persistence.snapshot-store-plugin-fallback";

    private readonly ExtendedActorSystem _system;
    private readonly Config _config;
    private readonly ConcurrentDictionary<string, Lazy<PluginHolder>> _plugins = new();
    private readonly ConcurrentDictionary<string, Config> _configs = new();
    private readonly Lazy<IStashOverflowStrategy> _stashOverflowStrategy;
    private readonly Lazy<IActorRef> _recoveryPermitter;

    private sealed record PluginHolder(IActorRef Ref, Config Config);

    public PersistenceExtension(ExtendedActorSystem system)
    {
        _system = system;
        system.Settings.InjectTopLevelFallback(Persistence.DefaultConfig());
        _config = system.Settings.Config.GetConfig("akka.persistence");
        _stashOverflowStrategy = new Lazy<IStashOverflowStrategy>(CreateStashOverflowStrategy);
        _recoveryPermitter = new Lazy<IActorRef>(() => system.SystemActorOf(
            Akka.Persistence.RecoveryPermitter.Props(_config.GetInt("max-concurrent-recoveries", 50)), "recoveryPermitter"));
        foreach (var id in _config.GetStringList("journal.auto-start-journals", [])) JournalFor(id);
        foreach (var id in _config.GetStringList("snapshot-store.auto-start-snapshot-stores", [])) SnapshotStoreFor(id);
    }

    public IStashOverflowStrategy DefaultInternalStashOverflowStrategy => _stashOverflowStrategy.Value;
    internal IActorRef RecoveryPermitter => _recoveryPermitter.Value;

    /// <summary>The journal whose configuration stands at the path; null or "" is the default one.</summary>
    public IActorRef JournalFor(string? journalPluginId) => JournalPlugin(journalPluginId).Ref;

    /// <summary>The snapshot store whose configuration stands at the path; null or "" is the default one.</summary>
    public IActorRef SnapshotStoreFor(string? snapshotPluginId) =>
        Plugin(Default(snapshotPluginId, "snapshot-store.plugin", "akka.persistence.no-snapshot-store"), SnapshotStoreFallback).Ref;

    internal Config JournalConfigFor(string? journalPluginId) => JournalPlugin(journalPluginId).Config;

    /// <summary>A plugin's own configuration. The plugin's actor asks while it is being created, so its name finds it.</summary>
    internal Config ConfigFor(IActorRef plugin) => _configs.TryGetValue(plugin.Path.Name, out var config)
        ? config
        : throw new ArgumentException($"Unknown plugin actor {plugin}");

    private PluginHolder JournalPlugin(string? id) =>
        Plugin(Default(id, "journal.plugin", null), JournalFallback);

    private string Default(string? id, string key, string? otherwise)
    {
        if (!string.IsNullOrEmpty(id)) return id;
        var configured = _config.GetString(key);
        if (!string.IsNullOrEmpty(configured)) return configured;
        return otherwise ?? throw new ConfigurationException(
            $"No default journal: set akka.persistence.{key} to the path of a journal's configuration.");
    }

    private PluginHolder Plugin(string id, string fallback) =>
        _plugins.GetOrAdd(id, i => new Lazy<PluginHolder>(() => Start(i, fallback))).Value;

    private PluginHolder Start(string id, string fallback)
    {
        var all = _system.Settings.Config;
        if (!all.HasPath(id)) throw new ArgumentException($"Persistence config is missing plugin config path for: {id}");
        var config = all.GetConfig(id).WithFallback(all.GetConfig(fallback));
        _configs[id] = config;
        var className = config.GetString("class");
        if (string.IsNullOrEmpty(className))
            throw new ArgumentException($"Plugin class name must be defined in config property [{id}.class]");
        var type = TypeResolver.Resolve(className)
            ?? throw new ConfigurationException($"The class '{className}' that {id}.class names does not exist; is its assembly there?");
        var arguments = type.GetConstructor([typeof(Config)]) != null ? new object[] { config } : [];
        var props = new Props(type, arguments).WithDispatcher(config.GetString("plugin-dispatcher"));
        return new PluginHolder(_system.SystemActorOf(props, id), config);
    }

    private IStashOverflowStrategy CreateStashOverflowStrategy()
    {
        var className = _config.GetString("internal-stash-overflow-strategy");
        var type = TypeResolver.Resolve(className) ?? throw new ConfigurationException(
            $"The class '{className}' that akka.persistence.internal-stash-overflow-strategy names does not exist.");
        return ((IStashOverflowStrategyConfigurator)Activator.CreateInstance(type)!).Create(_system.Settings.Config);
    }
}

#nullable disable
using Akka.Actor.Internal;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor
{
    /// <summary>A tree of actors with its dispatchers, scheduler, event stream and configuration.</summary>
    public abstract class ActorSystem : IActorRefFactory, IDisposable
    {
        public abstract Settings Settings { get; }
        public abstract string Name { get; }
        public abstract Serialization.Serialization Serialization { get; }
        public abstract EventStream EventStream { get; }
        public abstract IActorRef DeadLetters { get; }
        public abstract IActorRef IgnoreRef { get; }
        public abstract Dispatchers Dispatchers { get; }
        public abstract Mailboxes Mailboxes { get; }
        public abstract IScheduler Scheduler { get; }
        public abstract ILoggingAdapter Log { get; }
        public abstract Task WhenTerminated { get; }
        public TimeSpan StartTime { get; } = TimeSpan.FromMilliseconds(Environment.TickCount64);
        public TimeSpan Uptime => TimeSpan.FromMilliseconds(Environment.TickCount64) - StartTime;

        public static ActorSystem Create(string name) => Start(name, Config.Empty, ActorSystemSetup.Empty);
        public static ActorSystem Create(string name, Config config) => Start(name, config ?? throw new ArgumentNullException(nameof(config)), ActorSystemSetup.Empty);
        public static ActorSystem Create(string name, BootstrapSetup setup) => Create(name, ActorSystemSetup.Create(setup));

        public static ActorSystem Create(string name, ActorSystemSetup setup)
        {
            var bootstrap = setup.Get<BootstrapSetup>();
            var config = bootstrap.HasValue && bootstrap.Value.Config.HasValue ? bootstrap.Value.Config.Value : Config.Empty;
            return Start(name, config, setup);
        }

        private static ActorSystem Start(string name, Config config, ActorSystemSetup setup)
        {
            var system = new ActorSystemImpl(name, config, setup, null);
            system.Start();
            return system;
        }

        public abstract object GetExtension(IExtensionId extensionId);
        public abstract T GetExtension<T>() where T : class, IExtension;
        public abstract bool HasExtension(Type type);
        public abstract bool HasExtension<T>() where T : class, IExtension;
        public abstract bool TryGetExtension(Type extensionType, out object extension);
        public abstract bool TryGetExtension<T>(out T extension) where T : class, IExtension;
        public abstract object RegisterExtension(IExtensionId extension);
        public abstract void RegisterOnTermination(Action code);
        public abstract Task Terminate();
        public abstract void Stop(IActorRef actor);
        public abstract IActorRef ActorOf(Props props, string name = null);
        public abstract ActorSelection ActorSelection(ActorPath actorPath);
        public abstract ActorSelection ActorSelection(string actorPath);

        public void Dispose() => Terminate().Wait(TimeSpan.FromSeconds(10));
    }

    public abstract class ExtendedActorSystem : ActorSystem
    {
        public abstract IActorRefProvider Provider { get; }
        public abstract IInternalActorRef Guardian { get; }
        public abstract IInternalActorRef LookupRoot { get; }
        public abstract IInternalActorRef SystemGuardian { get; }
        public abstract IActorRef SystemActorOf(Props props, string name = null);
        public abstract IActorRef SystemActorOf<TActor>(string name = null) where TActor : ActorBase, new();
        public abstract string PrintTree();
    }
}

namespace Akka.Actor.Setup
{
    /// <summary>A piece of programmatic configuration.</summary>
    public abstract class Setup
    {
        public ActorSystemSetup And(Setup other) => ActorSystemSetup.Create(this, other);
    }

    public sealed class ActorSystemSetup
    {
        private readonly Dictionary<Type, Setup> _setups;
        public static readonly ActorSystemSetup Empty = new([]);
        private ActorSystemSetup(Dictionary<Type, Setup> setups) => _setups = setups;

        public static ActorSystemSetup Create(params Setup[] setup)
        {
            var all = new Dictionary<Type, Setup>();
            foreach (var s in setup) all[s.GetType()] = s;
            return new ActorSystemSetup(all);
        }

        public Option<T> Get<T>() where T : Setup => _setups.TryGetValue(typeof(T), out var setup) ? new Option<T>((T)setup) : Option<T>.None;
        public ActorSystemSetup WithSetup<T>(T setup) where T : Setup => new(new Dictionary<Type, Setup>(_setups) { [setup.GetType()] = setup });
        public ActorSystemSetup And<T>(T setup) where T : Setup => WithSetup(setup);
    }
}

namespace Akka.Actor
{
    public abstract class ProviderSelection
    {
        private ProviderSelection(string identifier, string fqn, bool hasCluster) => (Identifier, Fqn, HasCluster) = (identifier, fqn, hasCluster);

        internal string Identifier { get; }
        internal string Fqn { get; }
        internal bool HasCluster { get; }

        public sealed class Local : ProviderSelection
        {
            public static readonly Local Instance = new();
            private Local() : base("local", typeof(LocalActorRefProvider).FullName, false) { }
        }

        public sealed class Remote : ProviderSelection
        {
            public static readonly Remote Instance = new();
            private Remote() : base("remote", "Akka.Remote.RemoteActorRefProvider, Akka.Remote", false) { }
        }

        public sealed class Cluster : ProviderSelection
        {
            public static readonly Cluster Instance = new();
            private Cluster() : base("cluster", "Akka.Cluster.ClusterActorRefProvider, Akka.Cluster", true) { }
        }

        public sealed class Custom : ProviderSelection
        {
            public Custom(string fqn, string identifier = null, bool hasCluster = false) : base(identifier ?? "custom", fqn, hasCluster) { }
        }

        internal static ProviderSelection GetProvider(string name) => name switch
        {
            "local" => Local.Instance,
            "remote" => Remote.Instance,
            "cluster" => Cluster.Instance,
            _ => name.StartsWith(Remote.Instance.Fqn[..^13], StringComparison.Ordinal) ? Remote.Instance
                : name.StartsWith(Cluster.Instance.Fqn[..^14], StringComparison.Ordinal) ? Cluster.Instance
                : new Custom(name),
        };
    }

    public sealed class BootstrapSetup : Setup.Setup
    {
        private BootstrapSetup(Option<Config> config, Option<ProviderSelection> provider) => (Config, ActorRefProvider) = (config, provider);

        public Option<Config> Config { get; }
        public Option<ProviderSelection> ActorRefProvider { get; }
        public static BootstrapSetup Create() => new(Option<Config>.None, Option<ProviderSelection>.None);
        public BootstrapSetup WithConfig(Config config) => new(config, ActorRefProvider);
        public BootstrapSetup WithConfigFallback(Config config) => new(Config.HasValue ? Config.Value.WithFallback(config) : config, ActorRefProvider);
        public BootstrapSetup WithActorRefProvider(ProviderSelection name) => new(Config, name);
    }

    /// <summary>The settings under <c>akka</c>; see reference.conf.</summary>
    public class Settings
    {
        private static readonly Lazy<Config> Defaults = new(ConfigurationFactory.Default); // parsed once a process
        private readonly Config _userConfig;
        private Config _fallback;

        public Settings(ActorSystem system, Config config) : this(system, config, ActorSystemSetup.Empty) { }

        public Settings(ActorSystem system, Config config, ActorSystemSetup setup)
        {
            System = system;
            Setup = setup;
            _userConfig = config;
            _fallback = Defaults.Value;
            Rebuild();
            var c = Config.GetConfig("akka");
            var bootstrap = setup.Get<BootstrapSetup>();
            ProviderSelectionType = bootstrap.HasValue && bootstrap.Value.ActorRefProvider.HasValue
                ? bootstrap.Value.ActorRefProvider.Value
                : ProviderSelection.GetProvider(c.GetString("actor.provider", "local"));
            SupervisorStrategyClass = c.GetString("actor.guardian-supervisor-strategy");
            AskTimeout = c.GetTimeSpan("actor.ask-timeout", Timeout.InfiniteTimeSpan);
            LogLevel = c.GetString("loglevel");
            StdoutLogLevel = c.GetString("stdout-loglevel");
            Loggers = c.GetStringList("loggers");
            LoggerStartTimeout = c.GetTimeSpan("logger-startup-timeout", TimeSpan.FromSeconds(5));
            DebugLifecycle = c.GetBoolean("actor.debug.lifecycle");
            LogDeadLetters = c.GetString("log-dead-letters", "off").ToLowerInvariant() switch
            {
                "on" or "true" or "yes" => int.MaxValue,
                "off" or "false" or "no" => 0,
                _ => c.GetInt("log-dead-letters"),
            };
            LogDeadLettersDuringShutdown = c.GetBoolean("log-dead-letters-during-shutdown");
            SchedulerClass = c.GetString("scheduler.implementation");
            CoordinatedShutdownTerminateActorSystem = c.GetBoolean("coordinated-shutdown.terminate-actor-system");
            CoordinatedShutdownRunByActorSystemTerminate = c.GetBoolean("coordinated-shutdown.run-by-actor-system-terminate");
        }

        public ActorSystem System { get; }
        public ActorSystemSetup Setup { get; }
        public Config Config { get; private set; }
        public ProviderSelection ProviderSelectionType { get; }
        public string ProviderClass => ProviderSelectionType.Fqn;
        public bool HasCluster => ProviderSelectionType.HasCluster;
        public string SupervisorStrategyClass { get; }
        public TimeSpan AskTimeout { get; }
        public string LogLevel { get; }
        public string StdoutLogLevel { get; }
        public IList<string> Loggers { get; }
        public TimeSpan LoggerStartTimeout { get; }
        public bool DebugLifecycle { get; }
        public int LogDeadLetters { get; }
        public bool LogDeadLettersDuringShutdown { get; }
        public string SchedulerClass { get; }
        public bool CoordinatedShutdownTerminateActorSystem { get; }
        public bool CoordinatedShutdownRunByActorSystemTerminate { get; }

        /// <summary>Adds a module's defaults below all there is.</summary>
        public void InjectTopLevelFallback(Config config)
        {
            _fallback = _fallback.WithFallback(config);
            Rebuild();
        }

        private void Rebuild() => Config = _userConfig.WithFallback(_fallback);
    }
}

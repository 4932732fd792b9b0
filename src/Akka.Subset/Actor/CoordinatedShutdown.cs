#nullable disable
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor
{
    public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
    {
        public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => new(system);
    }

    /// <summary>Shuts a system down in phases that depend on each other; each phase's tasks run side by side.</summary>
    public sealed class CoordinatedShutdown : IExtension
    {
        public const string PhaseBeforeServiceUnbind = "before-service-unbind";
        public const string PhaseServiceUnbind = "service-unbind";
        public const string PhaseServiceRequestsDone = "service-requests-done";
        public const string PhaseServiceStop = "service-stop";
        public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";
        public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";
        public const string PhaseClusterLeave = "cluster-leave";
        public const string PhaseClusterExiting = "cluster-exiting";
        public const string PhaseClusterExitingDone = "cluster-exiting-done";
        public const string PhaseClusterShutdown = "cluster-shutdown";
        public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
        public const string PhaseActorSystemTerminate = "actor-system-terminate";

        /// <summary>Why the system shuts down; the configuration can override settings by reason.</summary>
        public class Reason { }

        public class UnknownReason : Reason
        {
            public static readonly Reason Instance = new UnknownReason();
            private UnknownReason() { }
        }

        public class ActorSystemTerminateReason : Reason
        {
            public static readonly Reason Instance = new ActorSystemTerminateReason();
            private ActorSystemTerminateReason() { }
        }

        public class ClrExitReason : Reason
        {
            public static readonly Reason Instance = new ClrExitReason();
            private ClrExitReason() { }
        }

        public class ClusterDowningReason : Reason
        {
            public static readonly Reason Instance = new ClusterDowningReason();
            private ClusterDowningReason() { }
        }

        public class ClusterLeavingReason : Reason
        {
            public static readonly Reason Instance = new ClusterLeavingReason();
            private ClusterLeavingReason() { }
        }

        public class ClusterJoinUnsuccessfulReason : Reason
        {
            public static readonly Reason Instance = new ClusterJoinUnsuccessfulReason();
            private ClusterJoinUnsuccessfulReason() { }
        }

        private sealed record Phase(string Name, string[] DependsOn, TimeSpan Timeout, bool Recover, bool Enabled);

        private readonly Dictionary<string, Phase> _phases = [];
        private readonly List<Phase> _order = [];
        private readonly Dictionary<string, List<(string Name, Func<Task<Done>> Task)>> _tasks = [];
        private readonly TaskCompletionSource<Done> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Config _config;
        private readonly ILoggingAdapter _log;
        private Reason _reason;

        internal CoordinatedShutdown(ExtendedActorSystem system)
        {
            System = system;
            _log = Logging.GetLogger(system, typeof(CoordinatedShutdown));
            _config = system.Settings.Config.GetConfig("akka.coordinated-shutdown");
            var defaultTimeout = _config.GetTimeSpan("default-phase-timeout", TimeSpan.FromSeconds(5));
            var phases = _config.GetConfig("phases");
            foreach (var name in phases.Root.GetObject().Items.Keys)
            {
                var c = phases.GetConfig(name);
                _phases[name] = new Phase(
                    name, [.. c.GetStringList("depends-on", [])], c.GetTimeSpan("timeout", defaultTimeout), c.GetBoolean("recover", true), c.GetBoolean("enabled", true));
            }
            Sort();
            if (_config.GetBoolean("terminate-actor-system"))
                AddTask(PhaseActorSystemTerminate, "terminate-system", () => TerminateSystem());
            if (_config.GetBoolean("run-by-clr-shutdown-hook")) RunOnProcessExit();
        }

        public ExtendedActorSystem System { get; }
        public Reason ShutdownReason => Volatile.Read(ref _reason);
        public TimeSpan TotalTimeout => TimeSpan.FromTicks(_order.Sum(p => p.Enabled ? p.Timeout.Ticks : 0));

        public static CoordinatedShutdown Get(ActorSystem sys) => (CoordinatedShutdown)sys.RegisterExtension(new CoordinatedShutdownExtension());

        public TimeSpan Timeout(string phase) => _phases.TryGetValue(phase, out var p)
            ? p.Timeout
            : throw new ArgumentException($"Unknown phase [{phase}]. All phases must be defined in configuration.", nameof(phase));

        public void AddTask(string phase, string taskName, Func<Task<Done>> task)
        {
            if (!_phases.ContainsKey(phase))
                throw new ConfigurationException($"Unknown phase [{phase}], known phases [{string.Join(",", _phases.Keys)}]. All phases (along with their optional dependencies) must be defined in configuration.");
            lock (_tasks)
            {
                if (!_tasks.TryGetValue(phase, out var list)) _tasks[phase] = list = [];
                list.Add((taskName, task));
            }
        }

        /// <summary>Runs the phases once, from <paramref name="fromPhase"/> on; who calls later gets the same task.</summary>
        public Task<Done> Run(Reason reason, string fromPhase = null)
        {
            if (Interlocked.CompareExchange(ref _reason, reason, null) is not null) return _done.Task;
            _ = RunPhases(fromPhase);
            return _done.Task;
        }

        private async Task RunPhases(string fromPhase)
        {
            await Task.Yield();
            try
            {
                var skipping = fromPhase is not null;
                foreach (var phase in _order)
                {
                    skipping = skipping && phase.Name != fromPhase;
                    if (skipping || !phase.Enabled) continue;
                    await RunPhase(phase).ConfigureAwait(false);
                }
                _done.TrySetResult(Done.Instance);
            }
            catch (Exception e)
            {
                _done.TrySetException(e);
                _ = _done.Task.Exception; // whoever does not look at the task is not to be punished for it
            }
        }

        private async Task RunPhase(Phase phase)
        {
            (string Name, Func<Task<Done>> Task)[] tasks;
            lock (_tasks) tasks = _tasks.TryGetValue(phase.Name, out var list) ? [.. list] : [];
            if (tasks.Length == 0) return;
            var all = Task.WhenAll(tasks.Select(t => RunTask(phase, t.Name, t.Task)));
            if (await Task.WhenAny(all, Task.Delay(phase.Timeout)).ConfigureAwait(false) == all)
            {
                await all.ConfigureAwait(false);
                return;
            }
            var text = $"Coordinated shutdown phase [{phase.Name}] timed out after {phase.Timeout}";
            if (!phase.Recover) throw new TimeoutException(text);
            _log.Warning(text);
        }

        private async Task RunTask(Phase phase, string name, Func<Task<Done>> task)
        {
            try
            {
                await task().ConfigureAwait(false);
            }
            catch (Exception e) when (phase.Recover)
            {
                _log.Warning(e, "Task [{0}] failed in phase [{1}]", name, phase.Name);
            }
        }

        private async Task<Done> TerminateSystem()
        {
            var exit = _config.GetBoolean("exit-clr");
            if (exit)
                _ = System.WhenTerminated.ContinueWith(_ => Environment.Exit(_config.GetInt("exit-code", 0)), TaskScheduler.Default);
            await ((Internal.ActorSystemImpl)System).FinalTerminate().ConfigureAwait(false);
            return Done.Instance;
        }

        private void RunOnProcessExit()
        {
            EventHandler onExit = (_, _) => Run(ClrExitReason.Instance).Wait(TotalTimeout);
            AppDomain.CurrentDomain.ProcessExit += onExit;
            // The process must not keep a system that is gone.
            System.RegisterOnTermination(() => AppDomain.CurrentDomain.ProcessExit -= onExit);
        }

        /// <summary>An order in which each phase comes after those it depends on.</summary>
        private void Sort()
        {
            var done = new HashSet<string>();
            var path = new HashSet<string>();
            foreach (var name in _phases.Keys.Order(StringComparer.Ordinal)) Visit(name);

            void Visit(string name)
            {
                if (done.Contains(name)) return;
                if (!path.Add(name)) throw new ConfigurationException($"Cycle detected in graph of phases. It must be a DAG. phase [{name}] depends transitively on itself.");
                var phase = _phases.TryGetValue(name, out var p) ? p : null;
                foreach (var before in (phase?.DependsOn ?? []).Order(StringComparer.Ordinal)) Visit(before);
                path.Remove(name);
                done.Add(name);
                if (phase is not null) _order.Add(phase);
            }
        }
    }
}

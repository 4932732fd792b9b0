using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Node;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>The nodes, their disks and the driver: what the stepping network and seeded clusters have in common.</summary>
internal abstract class SimulatedWorld
{
    /// <summary>What wall clocks show at virtual time 0.</summary>
    public static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Config Fixed = ConfigurationFactory.ParseString($$"""
        akka {
          loggers = []
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          scheduler.implementation = "{{Name<SimulatedScheduler>()}}"
          actor {
            provider = "{{Name<SimulatedActorRefProvider>()}}"
            default-dispatcher { type = "{{Name<SimulatedDispatcherConfigurator>()}}" }
            internal-dispatcher = akka.actor.default-dispatcher
            default-blocking-io-dispatcher = akka.actor.default-dispatcher
          }
          coordinated-shutdown { run-by-clr-shutdown-hook = off, run-by-actor-system-terminate = off }
          persistence {
            journal {
              plugin = "akka.persistence.journal.simulated"
              simulated {
                class = "{{Name<SimulatedJournal>()}}"
                plugin-dispatcher = "akka.actor.default-dispatcher"
                # Virtual time stands still while a scenario does not move it, so nothing is ever too late.
                recovery-event-timeout = 1d
                circuit-breaker.call-timeout = infinite
              }
            }
            snapshot-store {
              plugin = "akka.persistence.snapshot-store.simulated"
              simulated {
                class = "{{Name<SimulatedSnapshotStore>()}}"
                plugin-dispatcher = "akka.actor.default-dispatcher"
                circuit-breaker.call-timeout = infinite
              }
            }
            dispatchers {
              default-plugin-dispatcher = akka.actor.default-dispatcher
              default-replay-dispatcher = akka.actor.default-dispatcher
              default-stream-dispatcher = akka.actor.default-dispatcher
            }
          }
        }
        """);

    private static readonly Config Defaults = PaxosSettings.DefaultConfig();

    private static readonly Config Standard = Fixed.WithFallback(Defaults);

    private readonly SortedDictionary<string, SimulatedNode> _nodes = new(StringComparer.Ordinal);

    protected SimulatedWorld(Random? scheduling, Config? config)
    {
        Driver = new SimulationDriver(scheduling);
        Config = config is null ? Standard : Fixed.WithFallback(config).WithFallback(Defaults);
    }

    public SimulationDriver Driver { get; }

    protected Config Config { get; }

    public IReadOnlyDictionary<string, SimulatedNode> Nodes => _nodes;

    /// <summary>The actor system for a node that starts.</summary>
    public virtual SimulatedSystem SystemFor(Incarnation life) => SimulatedSystem.New(life, Config);

    /// <summary>A message leaves a node.</summary>
    public abstract void Send(Frame frame);

    /// <summary>How long a node's disk takes to make a write safe.</summary>
    public abstract TimeSpan SyncDelay(SimulatedNode node);

    /// <summary>How long an actor that has a message waits for its turn: others run meanwhile.</summary>
    public virtual TimeSpan TurnDelay(string path) => TimeSpan.Zero;

    /// <summary>Whether a node's disk refuses what is written now, and whether it is written all the same.</summary>
    public virtual bool DiskFails(SimulatedNode node, out bool stored) => stored = false;

    /// <summary>A message was put into a mailbox.</summary>
    public virtual void OnTold(SimulatedNode node, ActorCell cell, Envelope envelope)
    {
    }

    /// <summary>A timer is due.</summary>
    public virtual void OnTimer(SimulatedNode node, VirtualTimer timer)
    {
    }

    /// <summary>A role threw.</summary>
    public abstract void OnFailed(SimulatedNode node, string role, Exception cause);

    /// <summary>Writes have become safe.</summary>
    public virtual void OnSynced(SimulatedNode node, IReadOnlyList<IDiskOperation> operations)
    {
    }

    /// <summary>A role could not read what it has on disk.</summary>
    public virtual void OnRecoveryFailed(SimulatedNode node, string role, Exception cause) => OnFailed(node, role, cause);

    /// <summary>A node read a record whose bits are not those that were written.</summary>
    /// <param name="node">The node.</param>
    /// <param name="payload">What it took the record for; null where it noticed.</param>
    public virtual void OnCorruptRead(SimulatedNode node, object? payload)
    {
    }

    /// <summary>A node's event stream: errors, warnings, dead letters, unhandled messages, protocol events.</summary>
    public virtual void OnPublished(SimulatedNode node, object what)
    {
    }

    protected void Add(SimulatedNode node)
    {
        if (!_nodes.TryAdd(node.Name, node)) throw new ArgumentException($"there is a node {node.Name} already");
    }

    /// <summary>A node's present life.</summary>
    /// <exception cref="InvalidOperationException">The node is down.</exception>
    public Incarnation Up(string name) => Node(name).Current ?? throw new InvalidOperationException($"{name} is down");

    /// <summary>Tells a role something, as from within its node.</summary>
    /// <exception cref="InvalidOperationException">The node is down.</exception>
    public void Tell(string node, string role, object message) => Up(node).Role(role).Tell(message, ActorRefs.NoSender);

    protected SimulatedNode Node(string name) =>
        _nodes.TryGetValue(name, out var node)
            ? node
            : throw new ArgumentException($"there is no node {name}; there are {string.Join(", ", _nodes.Keys)}");

    private static string Name<T>() => typeof(T).AssemblyQualifiedName!;
}

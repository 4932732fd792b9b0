using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// An actor system, and the life of a node that it serves. To create one costs as much as a second of a simulated cluster: Akka.NET reads the text of
/// its own configuration anew for each, and for Akka.Persistence once more. So one may be emptied after a life and serve another, which then finds it
/// as a new one: what it does while it serves none is in no trace and draws on no chance.
/// </summary>
internal sealed class SimulatedSystem
{
    private static readonly ConcurrentDictionary<(string Name, Config Config), ConcurrentStack<SimulatedSystem>> Spare = new();
    [ThreadStatic] private static SimulatedSystem? _creating;

    private readonly bool _isKept;
    private readonly Config _config;

    private SimulatedSystem(string name, Config config, bool isKept)
    {
        (_config, _isKept) = (config, isKept);
        var before = _creating;
        _creating = this;
        try
        {
            Actors = (ExtendedActorSystem)ActorSystem.Create(name, config);
        }
        finally
        {
            _creating = before;
        }
        var log = new LogListener(this);
        foreach (var type in new[] { typeof(Error), typeof(Warning), typeof(DeadLetter), typeof(UnhandledMessage), typeof(MessageSent) })
            Actors.EventStream.Subscribe(log, type);
    }

    /// <summary>The one whose actors are being created on this thread: how the classes that HOCON names find their simulation.</summary>
    public static SimulatedSystem Creating =>
        _creating ?? throw new InvalidOperationException("this class runs only in an actor system that the simulation creates");

    public ExtendedActorSystem Actors { get; }

    /// <summary>The life that it serves, or has served last; null while it is made ready for the next one.</summary>
    public Incarnation? Life { get; private set; }

    /// <summary>Set by the dispatcher.</summary>
    public SimulatedDispatcher Dispatcher { get; set; } = null!;

    /// <summary>A new system for one life.</summary>
    /// <param name="life">The life.</param>
    /// <param name="config">The system's configuration.</param>
    public static SimulatedSystem New(Incarnation life, Config config)
    {
        var system = new SimulatedSystem(life.Node.Name, config, false);
        return system.Serve(life);
    }

    /// <summary>A system whose journal and snapshot store run already: one that is spare where there is one.</summary>
    /// <param name="life">The life.</param>
    /// <param name="config">The system's configuration; one that is spare was created with this very object.</param>
    /// <param name="isKept">Whether it is spare when the life is over.</param>
    public static SimulatedSystem Ready(Incarnation life, Config config, bool isKept)
    {
        if (isKept && Spare.TryGetValue((life.Node.Name, config), out var spare) && spare.TryPop(out var system)) return system.Serve(life);
        system = new SimulatedSystem(life.Node.Name, config, isKept);
        var persistence = Persistence.Instance.Apply(system.Actors);
        persistence.JournalFor(null);
        persistence.SnapshotStoreFor(null);
        return system.Serve(life);
    }

    /// <summary>The life is over. A crash runs nobody's PostStop, so the system is forgotten and not terminated; one that is kept is emptied.</summary>
    public void End()
    {
        if (!_isKept) return;
        var node = Actors.Provider.ResolveActorRef(Actors.Provider.RootPath / "user" / SimulatedNode.Supervisor);
        Life = null;
        Actors.Stop(node);
        Dispatcher.RunAll();
        if (Dispatcher.IsEmpty) Spare.GetOrAdd((Actors.Name, _config), _ => new ConcurrentStack<SimulatedSystem>()).Push(this);
    }

    private SimulatedSystem Serve(Incarnation life)
    {
        Dispatcher.RunAll();
        Life = life;
        return this;
    }

    /// <summary>Subscribed to what a system publishes; a plain reference, as a logger's actor would block the system's creation.</summary>
    private sealed class LogListener(SimulatedSystem system) : SimulatedRef
    {
        public override ActorPath Path { get; } = system.Actors.Provider.RootPath / "simulation-log";

        public override IActorRefProvider Provider => system.Actors.Provider;

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (system.Life is { IsAlive: true } life) life.Node.World.OnPublished(life.Node, message);
        }
    }
}

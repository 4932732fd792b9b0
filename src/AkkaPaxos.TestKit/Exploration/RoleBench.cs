using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Scenarios;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>
/// Makes real actors of one participant, as many as are asked for, each untouched by the others. They share a node, as starting an actor system takes
/// longer than all that an actor does in an exploration; only those that are to crash have a node each.
/// </summary>
internal sealed class RoleBench(SynodProtocol protocol, Participant who)
{
    private const int Copies = 64;

    private SteppingNetwork? _shared;
    private int _next = Copies;

    /// <summary>A new actor.</summary>
    /// <param name="crashes">Whether it may crash.</param>
    public RoleUnderTest Take(bool crashes)
    {
        if (crashes) return new RoleUnderTest(Network(1), who, 0);
        if (_next == Copies) (_shared, _next) = (Network(Copies), 0);
        return new RoleUnderTest(_shared!, who, _next++);
    }

    private SteppingNetwork Network(int copies)
    {
        var network = new SteppingNetwork();
        network.AddNode(who.Node,
            start => Enumerable.Range(0, copies).Select(i => new SimulatedRole($"{who.Role}-{i}", protocol.RoleOf(who, start, $"{i}"))));
        return network;
    }
}

/// <summary>In the place of a message: the time has come for all that an actor's timers are set for.</summary>
internal sealed record TimersFire
{
    public static readonly TimersFire Instance = new();
}

/// <summary>A real actor, with its network to itself for the time of a step.</summary>
internal sealed class RoleUnderTest(SteppingNetwork network, Participant who, int copy)
{
    private readonly string _role = $"{who.Role}-{copy}";

    /// <summary>What it is told, and what it sends then.</summary>
    public IReadOnlyList<MessageInFlight> Tell(object message)
    {
        if (message is TimersFire)
            foreach (var timer in network.Timers.Where(t => t.Role == _role)) network.Fire(timer.Id);
        else
            network.Tell(who.Node, _role, message);
        var sent = network.InFlight;
        foreach (var m in sent) network.Drop(m.Id);
        return sent;
    }

    /// <summary>Its node crashes and is started again.</summary>
    public IReadOnlyList<MessageInFlight> Restart()
    {
        network.Crash(who.Node);
        network.Restart(who.Node);
        var sent = network.InFlight;
        foreach (var m in sent) network.Drop(m.Id);
        return sent;
    }

    /// <summary>Why it failed; null: it did not.</summary>
    public string? Failure => network.Failures.FirstOrDefault(f => f.Role == _role)?.Cause.Message;

    /// <summary>What it tells of its state; null where it does not answer.</summary>
    public object? State() => network.Ask(who.Node, _role, AskState.Instance) is [var state] ? state : null;

    /// <summary>What it has on disk, as a text.</summary>
    public string Journal() => string.Join('|', network.Journal(who.Node, $"synod-{copy}-{Declarations.Number(who.Name)}-{who.Role}"));

    /// <summary>Whether it will do something by itself.</summary>
    public bool HasTimer() => network.Timers.Any(t => t.Role == _role);
}

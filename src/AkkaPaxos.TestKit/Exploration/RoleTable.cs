using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>A message on its way in an exploration; equal messages have one number.</summary>
internal sealed record TravelingMessage(string From, string To, object Message);

/// <summary>Numbers for messages.</summary>
internal sealed class MessageNumbers
{
    private readonly Dictionary<TravelingMessage, ushort> _numbers = [];
    private readonly List<TravelingMessage> _messages = [];

    public TravelingMessage this[ushort number] => _messages[number];

    public ushort Of(TravelingMessage message)
    {
        if (_numbers.TryGetValue(message, out var number)) return number;
        number = checked((ushort)_messages.Count);
        _numbers.Add(message, number);
        _messages.Add(message);
        return number;
    }
}

/// <summary>What one role does with one input in one of its states.</summary>
/// <param name="Next">Its state then.</param>
/// <param name="Sent">The messages that it sends.</param>
/// <param name="Violation">What is wrong with that; null: nothing.</param>
internal sealed record RoleStep(ushort Next, IReadOnlyList<ushort> Sent, string? Violation)
{
    /// <summary>Whether it does nothing at all.</summary>
    public bool IsIdle(ushort before) => Next == before && Sent.Count == 0 && Violation is null;
}

/// <summary>One of the states of a role: what it tells of itself, and what it has on disk.</summary>
/// <param name="State">What it answers to AskState; null: it failed.</param>
/// <param name="Journal">What it has on disk.</param>
/// <param name="HasTimer">Whether it will do something by itself.</param>
/// <param name="History">One way there: messages, and null for a crash with a restart.</param>
internal sealed record RoleState(object? State, string Journal, bool HasTimer, IReadOnlyList<object?> History);

/// <summary>
/// What one participant does, state by state and input by input. Roles are deterministic, so each such step is asked of a real actor once.
/// </summary>
internal sealed class RoleTable
{
    private readonly RoleBench _bench;
    private readonly MessageNumbers _messages;
    private readonly bool _hasPromises;
    private readonly List<RoleState> _states = [];
    private readonly Dictionary<string, ushort> _known = [];
    private readonly Dictionary<int, RoleStep> _steps = [];
    private readonly Dictionary<string, RoleStep> _restarts = [];
    private readonly Dictionary<ushort, RoleUnderTest> _ready = []; // actors that are in a state

    public RoleTable(SynodProtocol protocol, Participant who, MessageNumbers messages)
    {
        (_bench, _messages, Who, _hasPromises) = (new RoleBench(protocol, who), messages, who, protocol.HasPromises);
        var actor = _bench.Take(false);
        Initial = Known(actor, []);
        if (_states[Initial].State is null) throw new InvalidOperationException($"{who.Name} does not start: {actor.Failure}");
    }

    public Participant Who { get; }

    public ushort Initial { get; }

    /// <summary>How many steps were asked of actors.</summary>
    public int Asked { get; private set; }

    public RoleState this[ushort state] => _states[state];

    /// <summary>A message comes.</summary>
    public RoleStep Deliver(ushort state, ushort message)
    {
        var key = (state << 16) | message;
        if (!_steps.TryGetValue(key, out var step)) _steps.Add(key, step = Ask(state, _messages[message].Message));
        return step;
    }

    /// <summary>It crashes, and is started again.</summary>
    public RoleStep Restart(ushort state)
    {
        // What it is then is a function of its disk.
        var key = _states[state].Journal;
        if (!_restarts.TryGetValue(key, out var step)) _restarts.Add(key, step = Ask(state, null));
        return step with { Violation = step.Violation ?? Wrong(_states[state], _states[step.Next]) };
    }

    private RoleStep Ask(ushort state, object? input)
    {
        Asked++;
        var before = _states[state];
        if (before.State is null && input is not null) return new RoleStep(state, [], null); // it failed, and is no more
        if (input is null || !_ready.Remove(state, out var actor))
        {
            actor = _bench.Take(input is null || before.History.Contains(null));
            foreach (var one in before.History) Do(actor, one);
        }
        var sent = Do(actor, input);
        var next = Known(actor, [.. before.History, input]);
        var violation = actor.Failure;
        if (violation is null) _ready[next] = actor;
        else violation = $"{Who.Name} fails: {violation}";
        return new RoleStep(next, sent, violation ?? Wrong(before, _states[next]));
    }

    private List<ushort> Do(RoleUnderTest actor, object? input) =>
        [.. (input is null ? actor.Restart() : actor.Tell(input)).Select(m => _messages.Of(new TravelingMessage(m.From, m.To, m.Message)))];

    private ushort Known(RoleUnderTest actor, IReadOnlyList<object?> history)
    {
        var state = new RoleState(actor.State(), actor.Journal(), actor.HasTimer(), history);
        var key = $"{state.State}\n{state.Journal}\n{state.HasTimer}";
        if (_known.TryGetValue(key, out var number)) return number;
        number = checked((ushort)_states.Count);
        _states.Add(state);
        _known.Add(key, number);
        return number;
    }

    // A1 and A2: an acceptor's promise only grows, also over a restart, and it accepts nothing below it.
    private string? Wrong(RoleState before, RoleState after)
    {
        if (!_hasPromises || before.State is not AcceptorState was || after.State is not AcceptorState now) return null;
        if (now.Promised < was.Promised) return $"A1: {Who.Name} promised {was.Promised}, and then has promised only {now.Promised}";
        if (now.Accepted is { } accepted && accepted != was.Accepted && accepted.Ballot < was.Promised)
            return $"A2: {Who.Name} promised {was.Promised}, and then accepts {accepted}";
        return null;
    }
}

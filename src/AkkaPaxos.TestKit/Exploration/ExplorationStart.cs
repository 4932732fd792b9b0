using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>Obeys a scenario's commands with the roles' tables: what they lead to is where an exploration starts.</summary>
internal sealed class ExplorationStart
{
    private readonly ScenarioFile _file;
    private readonly SynodProtocol _protocol;
    private readonly MessageNumbers _messages;

    public ExplorationStart(ScenarioFile file, SynodProtocol protocol, Declarations declared, MessageNumbers messages)
    {
        (_file, _protocol, _messages) = (file, protocol, messages);
        foreach (var who in protocol.Participants.Where(p => p.Role != "client"))
        {
            var table = new RoleTable(protocol, who, messages);
            Tables.Add(who.Name, table);
            States.Add(who.Name, table.Initial);
        }
        // A former life, as the scenario language has it: a round is used, nobody hears of it, and the proposer crashes.
        foreach (var past in declared.Past)
            for (var round = 0; round < past.Round; round++)
            {
                var table = Tables[past.Name];
                var used = table.Deliver(States[past.Name], Lead(past.Name));
                States[past.Name] = table.Restart(used.Next).Next;
            }
        foreach (var line in file.Lines) Obey(line);
    }

    public Dictionary<string, RoleTable> Tables { get; } = [];

    /// <summary>Who is in which state; who is not in it is down.</summary>
    public Dictionary<string, ushort> States { get; } = [];

    /// <summary>On their way, in the order of sending; those to clients too.</summary>
    public List<ushort> Waiting { get; } = [];

    /// <summary>All that was sent.</summary>
    public List<ushort> Sent { get; } = [];

    /// <summary>Which client asked for which value.</summary>
    public List<(string Client, string Value)> Proposed { get; } = [];

    /// <summary>What a role did wrong on the way; null: nothing.</summary>
    public string? Violation { get; private set; }

    /// <summary>The number of the message by which a proposer is told to begin.</summary>
    public ushort Lead(string proposer) => _messages.Of(new TravelingMessage("", proposer, Synod.Lead.Instance));

    private void Obey(ScenarioLine line)
    {
        switch (line.Statement)
        {
            case Propose s:
                Send(_messages.Of(new TravelingMessage(s.From, s.To, new Request(s.Value))));
                Proposed.Add((s.From, s.Value));
                break;
            case Handle s:
                foreach (var message in Waiting.Where(m => IsSelected(s.Selector, _messages[m])).ToList())
                    switch (s.Handling)
                    {
                        case Handling.Deliver: Deliver(message); break;
                        case Handling.Drop: Waiting.Remove(message); break;
                        case Handling.Duplicate: Waiting.Add(message); break;
                    }
                break;
            case RunUntilQuiet:
                while (Waiting.Count > 0) Deliver(Waiting[0]);
                break;
            case ActOnNodes { Action: not NodeAction.LoseDisk } s:
                foreach (var name in s.Names) Act(s.Action, name);
                break;
            case ProtocolDeclaration or RolesDeclaration or SetDeclaration or PastDeclaration or Note or ShowWaiting or ShowState or ExpectChosen
                or ExpectNoDecision or ExpectState:
                break; // what a scenario expects is for scenario run
            default:
                throw new ScenarioException(_file.Name, line.Number, 1, $"\"{line.Text.Trim()}\", expected before an exploration only propose, deliver, drop, "
                    + "duplicate, run until quiet, crash, restart and elect");
        }
    }

    private readonly Dictionary<string, ushort> _before = []; // those that are down: their last states

    private void Act(NodeAction action, string name)
    {
        if (!Tables.TryGetValue(name, out var table)) return; // a client
        switch (action)
        {
            case NodeAction.Crash:
                if (States.Remove(name, out var last)) _before[name] = last;
                break;
            case NodeAction.Restart:
                if (_before.Remove(name, out var before)) Take(name, table.Restart(before));
                break;
            case NodeAction.Elect:
                if (States.TryGetValue(name, out var state)) Take(name, table.Deliver(state, Lead(name)));
                break;
        }
    }

    private void Deliver(ushort message)
    {
        Waiting.Remove(message);
        var to = _messages[message].To;
        if (States.TryGetValue(to, out var state)) Take(to, Tables[to].Deliver(state, message));
    }

    private void Take(string name, RoleStep step)
    {
        States[name] = step.Next;
        Violation ??= step.Violation;
        foreach (var message in step.Sent) Send(message);
    }

    private void Send(ushort message)
    {
        Waiting.Add(message);
        Sent.Add(message);
    }

    private bool IsSelected(Selector selector, TravelingMessage message)
    {
        var label = _protocol.Label(message.Message);
        return (selector.From?.Contains(message.From) ?? true) && (selector.To?.Contains(message.To) ?? true)
            && (selector.Kind is null || selector.Kind == label.Name || selector.Kind == $"{label}");
    }
}

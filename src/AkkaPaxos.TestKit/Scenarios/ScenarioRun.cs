using System.Text.RegularExpressions;
using AkkaPaxos.Hocon;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>Something in a scenario did not go as the file says.</summary>
/// <param name="Line">The command's line.</param>
/// <param name="Text">What was expected and what happened; may have several lines.</param>
/// <param name="IsOutput">Whether only the output under a command differs: rewriting the file mends that, and nothing else.</param>
public sealed record ScenarioProblem(int Line, string Text, bool IsOutput);

/// <summary>What became of a scenario: real actors, stepped as the file says.</summary>
public sealed partial class ScenarioRun
{
    private readonly ScenarioFile _file;
    private readonly List<IReadOnlyList<string>> _outputs = [];
    private readonly List<ScenarioProblem> _problems = [];
    private readonly Declarations _declared;

    // From the first command on.
    private Protocol _protocol = null!;
    private SteppingNetwork? _network;
    private DiagramBuilder _drawing = new();
    private DiagramBuilder _sketch = new(); // of one command
    private TextDiagram _page = new([]);
    private IReadOnlyList<MessageInFlight> _before = [];

    private ScenarioRun(ScenarioFile file, Declarations declared) => (_file, _declared) = (file, declared);

    /// <summary>The whole run, ready to be drawn.</summary>
    public Diagram Diagram => _drawing.Build();

    /// <summary>What did not go as the file says, by line.</summary>
    public IReadOnlyList<ScenarioProblem> Problems => _problems;

    /// <summary>The file's text with what the commands print now.</summary>
    public string Rewritten => _file.With(_outputs);

    /// <summary>What is chosen at its end, without slots: single-decree Paxos has one.</summary>
    internal IReadOnlyList<(string Value, string Ballot)> Choices => [.. Chosen(0).Select(c => (c.Value, c.Ballot))];

    /// <summary>Runs a scenario.</summary>
    /// <exception cref="ScenarioException">It names something that it does not declare, or declares something that there is not.</exception>
    public static ScenarioRun Of(ScenarioFile file) => Of(file, new Declarations());

    /// <summary>Runs a scenario, with roles other than the real ones.</summary>
    internal static ScenarioRun With(ScenarioFile file, IReadOnlyDictionary<Synod.SynodRole, Type> doubles) =>
        Of(file, new Declarations { Doubles = doubles });

    private static ScenarioRun Of(ScenarioFile file, Declarations declared)
    {
        var run = new ScenarioRun(file, declared);
        run.All();
        return run;
    }

    private void All()
    {
        var stopped = false;
        foreach (var line in _file.Lines)
        {
            // After a command that could not be obeyed nothing is as the file assumes.
            var output = stopped ? line.Expected : One(line, out stopped);
            _outputs.Add(output);
            if (!output.SequenceEqual(line.Expected))
                _problems.Add(new ScenarioProblem(line.Number, $"{line.Text}\n{Difference(line.Expected, output)}", true));
        }
        if (_network is null) throw new ScenarioException(_file.Name, 1, 1, "the file ends, expected a command");
    }

    private IReadOnlyList<string> One(ScenarioLine line, out bool failed)
    {
        failed = false;
        if (Declare(line)) return [];
        if (_network is null) Start(line);
        _sketch = new DiagramBuilder(_drawing.Build().Lifelines);
        _before = _network!.InFlight;
        try
        {
            var output = Obey(line, line.Statement);
            return output ?? [.. _sketch.Build().Rows.Select(r => _page.Line(r).TrimEnd()), .. New()];
        }
        catch (ScenarioFailure e)
        {
            _problems.Add(new ScenarioProblem(line.Number, $"{line.Text}\n    {e.Message}", false));
            failed = e.IsFatal;
            return line.Expected;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            _problems.Add(new ScenarioProblem(line.Number, $"{line.Text}\n    {e.Message}", false));
            failed = true;
            return line.Expected;
        }
    }

    /// <summary>A command could not be obeyed, or an expectation does not hold.</summary>
    private sealed class ScenarioFailure(string message, bool isFatal) : Exception(message)
    {
        public bool IsFatal { get; } = isFatal;
    }

    // ---- declarations ----

    private bool Declare(ScenarioLine line)
    {
        if (line.Statement is not (ProtocolDeclaration or RolesDeclaration or SetDeclaration or PastDeclaration)) return false;
        if (_network is not null) throw Wrong(line, line.Text.Trim().Split(' ')[0], "expected no declaration after the first command");
        switch (line.Statement)
        {
            case ProtocolDeclaration s:
                _declared.Protocol = s.Name;
                break;
            case RolesDeclaration s:
                foreach (var name in s.Names)
                    if (_declared.Names.Values.Any(n => n.Contains(name))) throw Wrong(line, name, $"is declared twice");
                    else if (_declared.Names.TryGetValue(s.Kind, out var names)) names.Add(name);
                    else _declared.Names.Add(s.Kind, [name]);
                break;
            case SetDeclaration s:
                _declared.Settings.Add($"{s.Key} = {HoconText.Quote(s.Value)}");
                break;
            case PastDeclaration s:
                if (!_declared.Of("proposers").Contains(s.Name))
                    throw Wrong(line, s.Name, $"expected one of the proposers: {string.Join(", ", _declared.Of("proposers"))}");
                _declared.Past.Add(s);
                break;
        }
        return true;
    }

    /// <summary>What a file declares, and nothing of what it commands.</summary>
    /// <exception cref="ScenarioException">It declares something that there is not, or too little.</exception>
    internal static (Protocol Protocol, Declarations Declared) Declared(ScenarioFile file, IReadOnlyDictionary<Synod.SynodRole, Type> doubles)
    {
        var run = new ScenarioRun(file, new Declarations { Doubles = doubles });
        var command = file.Lines.FirstOrDefault(line => !run.Declare(line)) ?? throw new ScenarioException(file.Name, 1, 1, "the file ends, expected a command");
        run.Complete(command);
        return (run._protocol, run._declared);
    }

    private void Complete(ScenarioLine line)
    {
        try
        {
            _protocol = Protocol.Of(_declared);
        }
        catch (Exception e) when (e is FormatException or Akka.Configuration.ConfigurationException)
        {
            throw Incomplete(line, e.Message);
        }
    }

    private void Start(ScenarioLine line)
    {
        Complete(line);
        _drawing = new DiagramBuilder(_protocol.Participants.SelectMany(p => p.Lines));
        _page = new TextDiagram(_drawing.Build().Lifelines);
        _network = new SteppingNetwork();
        _protocol.Start(_network);
        if (_network.Failures is [var failure, ..]) throw Incomplete(line, $"{failure.Node} does not start: {failure.Cause.Message}");
        foreach (var message in _network.InFlight) Count(message);
        _network.Happened += Happened;
    }

    // ---- commands ----

    /// <summary>Does what a line says; returns what it prints, or null for what happened in the network.</summary>
    private IReadOnlyList<string>? Obey(ScenarioLine line, Statement statement)
    {
        switch (statement)
        {
            case Propose s:
                _protocol.Propose(_network!, Who(line, s.From), Who(line, s.To), s.Value);
                return null;
            case Handle s:
                foreach (var message in Selected(line, s.Selector))
                    switch (s.Handling)
                    {
                        case Handling.Deliver: _network!.Deliver(message.Id); break;
                        case Handling.Drop: _network!.Drop(message.Id); break;
                        case Handling.Duplicate: _network!.Duplicate(message.Id); break;
                    }
                return null;
            case Delay s:
                foreach (var message in Selected(line, s.Selector)) _network!.Delay(message.Id, s.By);
                return [$"later: {string.Join(", ", Groups(Selected(line, s.Selector)))}"];
            case ActOnNodes s:
                foreach (var name in s.Names) Act(line, s.Action, Who(line, name));
                return null;
            case Partition s:
                Part(line, s);
                return null;
            case Heal:
                var nodes = _network!.Nodes;
                foreach (var a in nodes)
                    foreach (var b in nodes)
                        if (string.CompareOrdinal(a, b) < 0) _network.Heal(a, b);
                Remark(NoteKind.Remark, "the network is whole again");
                return null;
            case Advance s:
                _network!.Advance(s.By);
                return null;
            case Note s:
                Remark(NoteKind.Remark, s.Text);
                return null;
            case RunUntilQuiet:
                _network!.RunUntilQuiet(10_000);
                return null;
            case ShowWaiting:
                var groups = Groups(_network!.InFlight).ToList();
                return groups.Count > 0 ? groups : ["nothing"];
            case ShowState s:
                return [.. s.Names.Select(n => $"{n}: {State(line, n)}")];
            case ExpectChosen s: return Expect(s);
            case ExpectNoDecision s:
                var chosen = Chosen(s.Slot);
                return chosen.Count == 0 ? ["ok"] : throw new ScenarioFailure($"expected no decision, but {string.Join(", ", chosen)}", false);
            case ExpectState s: return Expect(line, s);
            default: throw new InvalidOperationException($"{statement.GetType().Name} cannot be run");
        }
    }

    private void Act(ScenarioLine line, NodeAction action, Participant who)
    {
        if (action == NodeAction.Elect)
        {
            if (who.Role is not ("proposer" or "leader")) throw Wrong(line, who.Name, "expected a proposer or leader");
            Remark(NoteKind.Remark, $"{who.Name} is to lead");
            _protocol.Elect(_network!, who);
            return;
        }
        if (!_network!.Nodes.Contains(who.Name)) throw Wrong(line, who.Name, $"expected its node, {who.Node}: all roles of a node crash together");
        switch (action)
        {
            case NodeAction.Crash: _network.Crash(who.Node); break;
            case NodeAction.Restart: _network.Restart(who.Node); break;
            case NodeAction.LoseDisk: _network.LoseDisk(who.Node); break;
        }
    }

    private void Part(ScenarioLine line, Partition partition)
    {
        var sides = partition.Sides.Select(side => side.Select(n => Who(line, n).Node).Distinct().ToList()).ToList();
        var seen = new HashSet<string>();
        foreach (var node in sides.SelectMany(s => s))
            if (!seen.Add(node)) throw Wrong(line, node, "is on two sides");
        Remark(NoteKind.Remark, $"cut off: {string.Join(" | ", partition.Sides.Select(s => string.Join(' ', s)))}");
        for (var i = 0; i < sides.Count; i++)
            for (var j = i + 1; j < sides.Count; j++)
                foreach (var a in sides[i])
                    foreach (var b in sides[j])
                        _network!.Cut(a, b);
    }

    private Participant Who(ScenarioLine line, string name) =>
        _protocol.Participants.FirstOrDefault(p => p.Name == name)
        ?? throw Wrong(line, name, $"expected one of {string.Join(", ", _protocol.Participants.Select(p => p.Name))}");

    private List<MessageInFlight> Selected(ScenarioLine line, Selector selector)
    {
        foreach (var name in (selector.From ?? []).Concat(selector.To ?? [])) Who(line, name);
        var found = _network!.InFlight.Where(m =>
        {
            var arrow = Arrow(m);
            return (selector.From?.Contains(arrow.From.Name) ?? true) && (selector.To?.Contains(arrow.To.Name) ?? true)
                && (selector.Kind is null || selector.Kind == arrow.Label.Name || selector.Kind == $"{arrow.Label}");
        }).ToList();
        if (found.Count > 0) return selector.OnlyFirst ? found[..1] : found;
        var waiting = string.Join("; ", Groups(_network.InFlight));
        throw new ScenarioFailure(
            $"no message waits that is {selector}; {(waiting.Length > 0 ? $"there are {waiting}" : "none waits at all")}", true);
    }

    // ---- what happens ----

    private void Happened(SimulationEvent what)
    {
        switch (what)
        {
            case MessageLeft e:
                Count(e.Message);
                break;
            case MessageDelivered e:
                Draw(e.Message, false);
                break;
            case MessageDropped e:
                Draw(e.Message, true);
                break;
            case NodeCrashed e:
                Remark(NoteKind.Crash, $"{e.Node} crashes", Lines(e.Node));
                break;
            case NodeStarted e:
                Remark(NoteKind.Restart, $"{e.Node} restarts", Lines(e.Node));
                break;
            case DiskLost e:
                Remark(NoteKind.Remark, $"{e.Node} loses its disk", Lines(e.Node));
                break;
            case TimerDue e when _protocol.Line(e.Node, e.Role, "") is var line:
                Remark(NoteKind.Timeout, $"{line.Name} times out: {e.Key}", [line]);
                break;
            case RoleFailed e:
                Remark(NoteKind.Crash, $"{_protocol.Line(e.Node, e.Role, "").Name} fails: {e.Cause.Message}", [_protocol.Line(e.Node, e.Role, "")]);
                break;
        }
    }

    private Arrow Arrow(MessageInFlight message)
    {
        var label = _protocol.Label(message.Message);
        // A message without a sender comes from the node as a whole, so from the role it goes to.
        var from = message.FromRole.Length > 0 ? message.FromRole : message.ToRole;
        return new Arrow(_protocol.Line(message.From, from, label.Name), _protocol.Line(message.To, message.ToRole, label.Name), label);
    }

    private void Draw(MessageInFlight message, bool isLost)
    {
        var (from, to, label) = Arrow(message);
        _drawing.Message(from, to, label, isLost);
        _sketch.Message(from, to, label, isLost);
    }

    private void Remark(NoteKind kind, string text, IReadOnlyList<Lifeline>? lines = null)
    {
        _drawing.Note(kind, text, lines);
        _sketch.Note(kind, text, lines);
    }

    private List<Lifeline> Lines(string node) => [.. _protocol.Participants.Where(p => p.Node == node).SelectMany(p => p.Lines).Distinct().Order()];

    /// <summary>What was sent during a command and waits.</summary>
    private IEnumerable<string> New()
    {
        var known = _before.Select(m => m.Id).ToHashSet();
        return Groups(_network!.InFlight.Where(m => !known.Contains(m.Id))).Select(g => $"sent: {g}");
    }

    /// <summary>Messages in short: <c>p1 -> a1 a2 a3 Prepare(1.1)</c>, <c>a1 a2 -> p1 Promise(1.1, {null,null})</c>.</summary>
    private IEnumerable<string> Groups(IEnumerable<MessageInFlight> messages)
    {
        List<List<Arrow>> broadcasts = [];
        foreach (var arrow in messages.Select(Arrow))
        {
            if (broadcasts is [.., var last] && last[0].From == arrow.From && last[0].Label.Equals(arrow.Label)) last.Add(arrow);
            else broadcasts.Add([arrow]);
        }
        // The same to the same from several.
        List<List<List<Arrow>>> merged = [];
        foreach (var group in broadcasts)
        {
            if (merged is [.., var last] && Alike(last[0], group)) last.Add(group);
            else merged.Add([group]);
        }
        return merged.Select(m =>
            $"{string.Join(' ', m.Select(g => g[0].From))} -> {string.Join(' ', m[0].Select(a => a.To))} "
            + MessageLabel.Text([.. m.Select(g => g[0].Label)]));

        static bool Alike(List<Arrow> a, List<Arrow> b) => a[0].Label.Joins(b[0].Label) && a.Select(x => x.To).SequenceEqual(b.Select(x => x.To));
    }

    // ---- words ----

    private ScenarioException Incomplete(ScenarioLine line, string problem) =>
        new(_file.Name, line.Number, 1, $"the declarations above make no cluster: {problem}");

    private ScenarioException Wrong(ScenarioLine line, string word, string problem)
    {
        var at = Regex.Match(line.Text, $@"(?<![\w-]){Regex.Escape(word)}(?![\w-])");
        return new ScenarioException(_file.Name, line.Number, at.Success ? at.Index + 1 : 1, $"\"{word}\", {problem}");
    }

    private static string Difference(IReadOnlyList<string> expected, IReadOnlyList<string> happened) =>
        string.Join('\n', expected.Except(happened).Select(l => $"  - {l}").Concat(happened.Except(expected).Select(l => $"  + {l}"))
            .DefaultIfEmpty("  the lines are in another order"));
}

using System.Text;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>Writes a way through an exploration as a scenario file, with what the scenario's commands print.</summary>
internal sealed class CounterexampleWriter(ScenarioFile file, SynodProtocol protocol, IReadOnlyDictionary<Synod.SynodRole, Type> doubles, MessageNumbers messages)
{
    /// <summary>The command that delivers a message.</summary>
    public string Deliver(ushort message) => $"deliver {Selector(message)}";

    /// <summary>The command that loses a message.</summary>
    public string Drop(ushort message) => $"drop {Selector(message)}";

    /// <summary>The counterexample's text, which <c>akkapaxos scenario run</c> accepts, and its drawing.</summary>
    /// <param name="what">What is wrong.</param>
    /// <param name="steps">The commands after those of the file.</param>
    public (string Text, string Drawing) Write(string what, IReadOnlyList<string> steps)
    {
        var run = Run(Text($"# Found by exploring {Path.GetFileName(file.Name)}: {what}", steps));
        var chosen = run.Choices.Select(c => c.Value).Distinct().Order(StringComparer.Ordinal).ToList();
        List<string> end =
        [
            .. steps,
            chosen.Count == 0 ? "expect no decision" : $"expect chosen {string.Join(" and ", chosen)}",
            $"state {string.Join(' ', protocol.Participants.Where(p => p.Role is "acceptor" or "learner").Select(p => p.Name))}",
        ];
        run = Run(Text($"# Found by exploring {Path.GetFileName(file.Name)}:\n# {what}", end));
        return (run.Rewritten, TextDiagram.Draw(run.Diagram));
    }

    /// <summary>Whether no value is chosen after these steps, and none when time goes on.</summary>
    public bool StaysUndecided(IReadOnlyList<string> steps)
    {
        List<string> all = [.. steps];
        for (var i = 0; i < 40; i++) all.AddRange(["advance 500ms", "run until quiet"]);
        var run = Run(Text("", all));
        return run.Choices.Count == 0 && run.Problems.All(p => p.IsOutput);
    }

    private ScenarioRun Run(string text) => ScenarioRun.With(ScenarioFile.Parse(file.Name, text), doubles);

    private string Selector(ushort number)
    {
        var message = messages[number];
        return $"{message.From} -> {message.To} {protocol.Label(message.Message)}";
    }

    // The file's own commands without what they print: that is filled in by running them.
    private string Text(string comment, IReadOnlyList<string> steps)
    {
        var text = new StringBuilder(comment).Append("\n\n");
        var declares = true;
        foreach (var line in file.Lines)
        {
            var isDeclaration = line.Statement is ProtocolDeclaration or RolesDeclaration or SetDeclaration or PastDeclaration;
            if (declares && !isDeclaration) text.Append('\n');
            declares = isDeclaration;
            text.Append(line.Text.Trim()).Append('\n');
        }
        text.Append("\n# What was found:\n");
        foreach (var step in steps) text.Append(step).Append('\n');
        return text.ToString();
    }
}

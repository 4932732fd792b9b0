using System.CommandLine;
using AkkaPaxos.Gateway;
using AkkaPaxos.TestKit.Diagrams;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos trace</c>: what the roles of all nodes said to each other about some slots, as a sequence diagram.</summary>
internal static class TraceCommand
{
    public static Command Create(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var slots = new Option<string>("--slots")
        {
            Description = "Which slots: one, or the first and last with two dots between.", HelpName = "A..B", Required = true,
        };
        var format = DiagramFormats.Option();
        var command = new Command("trace", "Draws what was sent for some slots as a sequence diagram. The nodes must keep it: akkapaxos.trace-slots.")
        {
            slots, format,
        };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var (from, to) = Slots(parsed.GetRequiredValue(slots));
            var drawn = DiagramFormats.Parse(parsed.GetValue(format));
            using var endpoints = endpointOptions.Open(parsed);
            var (diagram, silent) = await Diagram(endpoints, from, to, cancel);
            terminal.Text.Write(diagram.Draw(drawn));
            return silent.Count == 0 ? 0 : throw new CliException($"what was sent from there is missing: {string.Join("; ", silent)}");
        });
        return command;
    }

    /// <summary>The diagram of the slots from <paramref name="from"/> to <paramref name="to"/>, as the nodes remember them.</summary>
    /// <exception cref="CliException">No node answers, or none remembers anything.</exception>
    public static async Task<string> Draw(IReadOnlyList<string> endpoints, long from, long to, CancellationToken cancel)
    {
        using var all = Endpoints.Parse(string.Join(',', endpoints));
        return (await Diagram(all, from, to, cancel)).Diagram.Draw(DiagramFormat.Text).TrimEnd();
    }

    private static async Task<(Diagram Diagram, IReadOnlyList<string> Silent)> Diagram(Endpoints endpoints, long from, long to, CancellationToken cancel)
    {
        var answers = await endpoints.GetAll<TraceReport>($"/trace?from={from}&to={to}", cancel);
        var silent = answers.Where(a => a.Answer is null).Select(a => $"{a.Endpoint}: {a.Failure}").ToList();
        if (silent.Count == answers.Count) throw new CliException($"no node answers: {string.Join("; ", silent)}");
        // Each node's events are in their order already; the clocks of different nodes decide between nodes.
        var events = answers.SelectMany(a => a.Answer?.Events ?? []).OrderBy(e => e.At).ToList();
        if (events.Count == 0)
            throw new CliException($"no node remembers slots {from}..{to}: not decided yet, or too long ago, or akkapaxos.trace-slots is 0");
        return (Diagram(events), silent);
    }

    /// <summary>The diagram of <paramref name="events"/>, which are in the order to be drawn.</summary>
    internal static Diagram Diagram(IReadOnlyList<TraceEntry> events)
    {
        var builder = new DiagramBuilder();
        foreach (var e in events)
        {
            var label = MessageLabel.Parse(e.Message);
            builder.Message(
                RoleLifelines.Of(e.FromRole, e.From, label.Name), RoleLifelines.Of(e.ToRole, e.To, label.Name), label, at: e.At - events[0].At);
        }
        return builder.Build();
    }

    private static (long From, long To) Slots(string text)
    {
        var ends = text.Split("..");
        return ends.Length <= 2 && long.TryParse(ends[0], out var from) && long.TryParse(ends[^1], out var to) && from >= 1 && to >= from
            ? (from, to)
            : throw new CliException($"--slots: \"{text}\" is not like 17 or 17..20", 2);
    }
}

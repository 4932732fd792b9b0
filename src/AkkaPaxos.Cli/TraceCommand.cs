using System.CommandLine;
using AkkaPaxos.Gateway;
using AkkaPaxos.TestKit.Diagrams;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos trace</c>: what the roles of all nodes said to each other about some slots, as a sequence diagram.</summary>
internal static class TraceCommand
{
    public static Command Create(Terminal terminal)
    {
        var endpointsOption = Endpoints.Option();
        var slots = new Option<string>("--slots")
        {
            Description = "Which slots: one, or the first and last with two dots between.", HelpName = "A..B", Required = true,
        };
        var format = DiagramFormats.Option();
        var command = new Command("trace", "Draws what was sent for some slots as a sequence diagram. The nodes must keep it: akkapaxos.trace-slots.")
        {
            endpointsOption, slots, format,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var (from, to) = Slots(parsed.GetRequiredValue(slots));
            var drawn = DiagramFormats.Parse(parsed.GetValue(format));
            using var endpoints = Endpoints.Parse(parsed.GetRequiredValue(endpointsOption));
            terminal.Text.Write((await Diagram(endpoints, from, to, cancel)).Draw(drawn));
            return 0;
        });
        return command;
    }

    /// <summary>The diagram of the slots from <paramref name="from"/> to <paramref name="to"/>, as the nodes remember them.</summary>
    /// <exception cref="CliException">No node answers, or none remembers anything.</exception>
    public static async Task<string> Draw(IReadOnlyList<string> endpoints, long from, long to, CancellationToken cancel)
    {
        using var all = Endpoints.Parse(string.Join(',', endpoints));
        return (await Diagram(all, from, to, cancel)).Draw(DiagramFormat.Text).TrimEnd();
    }

    private static async Task<Diagram> Diagram(Endpoints endpoints, long from, long to, CancellationToken cancel)
    {
        var answers = await endpoints.GetAll<TraceReport>($"/trace?from={from}&to={to}", cancel);
        if (answers.All(a => a.Answer is null))
            throw new CliException($"no node answers: {string.Join("; ", answers.Select(a => $"{a.Endpoint}: {a.Failure}"))}");
        // Each node's events are in their order already; the clocks of different nodes decide between nodes.
        var events = answers.SelectMany(a => a.Answer?.Events ?? []).OrderBy(e => e.At).ToList();
        if (events.Count == 0)
            throw new CliException($"no node remembers slots {from}..{to}: not decided yet, or too long ago, or akkapaxos.trace-slots is 0");
        return Diagram(events);
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

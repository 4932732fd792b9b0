using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos status</c>: a table of the nodes.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var json = new Option<bool>("--json") { Description = "Print what each node says, a line of JSON each." };
        var command = new Command("status",
            "Shows the nodes at the endpoints: who leads, how far each is, whom it reaches. Exits with 0 where every endpoint answers and every node serves, "
            + "otherwise with 1 and the reasons.")
        {
            json,
        };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var answers = await endpoints.Status(cancel);
            if (parsed.GetValue(json))
                foreach (var (endpoint, status, failure) in answers)
                    terminal.Text.WriteLine(JsonSerializer.Serialize(new { endpoint, status, failure }, JsonSerializerOptions.Web));
            else
                Print(terminal, answers);
            var wrong = Wrong(answers).ToList();
            foreach (var what in wrong) terminal.Error.WriteLine($"akkapaxos: {Program.OneLine(what)}");
            return wrong.Count == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>What keeps the nodes that were asked from serving.</summary>
    private static IEnumerable<string> Wrong(IReadOnlyList<(string Endpoint, Gateway.NodeReport? Answer, string? Failure)> answers)
    {
        foreach (var (endpoint, status, failure) in answers)
        {
            if (status is null) yield return $"{endpoint}: {failure ?? "no answer"}";
            else if (status.Problem is { } problem) yield return $"{endpoint}: node {status.Node} does not serve: {problem}";
        }
        var answered = answers.Select(a => a.Answer).OfType<Gateway.NodeReport>().ToList();
        var members = answered.SelectMany(a => a.Peers).Select(p => p.Node).ToHashSet();
        var silent = members.Except(answered.Select(a => a.Node)).Order().ToList();
        // Only where each of them was asked: one endpoint is enough to ask a node how it is.
        if (answers.Count >= members.Count && 2 * (members.Count - silent.Count) <= members.Count && answered.Count > 0)
            yield return $"no majority answers: of {members.Count} members not node {string.Join(", ", silent)}";
    }

    private static void Print(Terminal terminal, IReadOnlyList<(string Endpoint, Gateway.NodeReport? Answer, string? Failure)> answers)
    {
        var table = new Table { Border = TableBorder.Ascii }
            .AddColumns("endpoint", "id", "role", "leader", "ballot", "slotIn", "slotOut", "checksum", "reaches");
        table.Columns[1].Alignment = table.Columns[5].Alignment = table.Columns[6].Alignment = Justify.Right;
        foreach (var (endpoint, status, _) in answers)
        {
            if (status is null)
            {
                table.AddRow(new Text(endpoint), new Text("-"), new Text("no answer"));
                continue;
            }
            var reached = status.Peers.Where(p => p.Reachable && p.Node != status.Node).Select(p => p.Node).ToList();
            var stopped = status.Roles.Where(r => !r.Running).Select(r => r.Name).ToList();
            table.AddRow(new[]
            {
                endpoint,
                $"{status.Node}",
                (status.Leader == status.Node ? "leader" : "follower") + (status.Problem is null ? "" : ", does not serve")
                    + (stopped.Count > 0 ? $", without {string.Join(", ", stopped)}" : ""),
                status.Leader == 0 ? "none" : $"{status.Leader}",
                status.Ballot,
                $"{status.SlotIn}",
                $"{status.SlotOut}",
                status.Checksum,
                reached.Count > 0 ? string.Join(' ', reached) : "none",
            }.Select(cell => new Text(cell)));
        }
        terminal.Write(table);
        foreach (var (_, status, _) in answers)
        {
            if (status?.Durability is { } durability && durability.Level != "full")
                terminal.Text.WriteLine($"node {status.Node}: durability is {durability.Level}: {durability.Detail}");
        }
    }
}

using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos status</c>: a table of the nodes.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var endpointsOption = Endpoints.Option();
        var json = new Option<bool>("--json") { Description = "Print what each node says, a line of JSON each." };
        var command = new Command("status", "Shows the nodes at the endpoints: who leads, how far each is, whom it reaches.")
        {
            endpointsOption, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = Endpoints.Parse(parsed.GetRequiredValue(endpointsOption));
            var answers = await endpoints.Status(cancel);
            if (parsed.GetValue(json))
                foreach (var (endpoint, status, failure) in answers)
                    terminal.Text.WriteLine(JsonSerializer.Serialize(new { endpoint, status, failure }, JsonSerializerOptions.Web));
            else
                Print(terminal, answers);
            foreach (var (endpoint, _, failure) in answers)
                if (failure is not null)
                    terminal.Error.WriteLine($"akkapaxos: {endpoint}: {Program.OneLine(failure)}");
            return answers.All(a => a.Answer is { Problem: null }) ? 0 : 1;
        });
        return command;
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
                (status.Leader == status.Node ? "leader" : "follower") + (stopped.Count > 0 ? $", without {string.Join(", ", stopped)}" : ""),
                status.Leader == 0 ? "none" : $"{status.Leader}",
                status.Ballot,
                $"{status.SlotIn}",
                $"{status.SlotOut}",
                status.Checksum,
                reached.Count > 0 ? string.Join(' ', reached) : "none",
            }.Select(cell => new Text(cell)));
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(terminal.Text),
        });
        // Wide enough that a row is a line, also in a pipe.
        console.Profile.Width = Math.Max(console.Profile.Width, 160);
        console.Write(table);
        foreach (var (_, status, _) in answers)
        {
            if (status?.Problem is { } problem) terminal.Text.WriteLine($"node {status.Node}: {problem}");
            if (status?.Durability is { } durability && durability.Level != "full")
                terminal.Text.WriteLine($"node {status.Node}: durability is {durability.Level}: {durability.Detail}");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using AkkaPaxos.TestKit.Exploration;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos explore</c>: everything that may happen after a scenario's commands.</summary>
internal static class ExploreCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A scenario file of single-decree Paxos; the exploration starts after its last command.", HelpName = "FILE" };
        var drops = Number("--drops", "How many messages may be lost.", 1);
        var crashes = Number("--crashes", "How many times a node may crash.", 1);
        var retries = Number("--retries", "How many times each proposer may begin again after a refusal or a crash.", 0);
        var time = Number("--time", "Give up after this many seconds.", 60);
        var command = new Command("explore", "Tries every order of delivery, and losses and crashes up to a budget, and checks what Paxos promises in each state.")
        {
            file, drops, crashes, retries, time,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var result = Explore(path, new ExplorationSettings
            {
                Drops = Checked(drops, parsed.GetValue(drops), 1000), Crashes = Checked(crashes, parsed.GetValue(crashes), 1000),
                Retries = Checked(retries, parsed.GetValue(retries), 1000), Time = TimeSpan.FromSeconds(Checked(time, parsed.GetValue(time), 1_000_000)),
            });
            var size = string.Create(CultureInfo.InvariantCulture,
                $"{result.States:N0} states, {result.Steps:N0} steps between them, {result.RoleSteps:N0} different steps of roles");
            if (result.Violation is { } violation)
            {
                terminal.Text.WriteLine($"# {size}\n{result.Counterexample}");
                foreach (var line in result.Drawing!.TrimEnd('\n').Split('\n')) terminal.Text.WriteLine($"# {line}");
                throw new CliException($"{path}: {violation}");
            }
            if (!result.IsComplete) throw new CliException($"{path}: no violation in {size}, but the time was over before all were visited: see --time", 3);
            terminal.Text.WriteLine($"{path}: no violation in {size}");
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };

    private static int Checked(Option<int> option, int value, int most) =>
        value >= 0 && value <= most ? value : throw new CliException($"{option.Name}: {value} is not between 0 and {most}", 2);

    private static ExplorationResult Explore(string path, ExplorationSettings settings)
    {
        try
        {
            return Explorer.Explore(ScenarioFile.Read(path), settings);
        }
        catch (ScenarioException e)
        {
            throw new CliException(e.Message, 2);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new CliException($"{path}: {e.Message}", 2);
        }
    }
}

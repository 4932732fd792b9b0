using System.CommandLine;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos scenario</c>: runs of real actors, written as text; docs/scenarios.md describes the language.</summary>
internal static class ScenarioCommands
{
    public static Command Create(Terminal terminal) =>
        new("scenario", "Runs and draws scenario files: Paxos step by step, with real actors.") { Run(terminal), Draw(terminal) };

    private static Command Run(Terminal terminal)
    {
        var file = FileArgument();
        var rewrite = new Option<bool>("--rewrite")
        {
            Description = "Write what the commands print now into the file. What it expects must hold all the same.",
        };
        var command = new Command("run", "Runs a scenario, and fails where something does not go as the file says.") { file, rewrite };
        command.SetAction(parsed =>
        {
            var (path, rewrites) = (parsed.GetRequiredValue(file), parsed.GetValue(rewrite));
            var run = Of(path);
            if (rewrites) File.WriteAllText(path, run.Rewritten);
            Report(terminal, path, run.Problems.Where(p => !(rewrites && p.IsOutput)));
            terminal.Text.WriteLine($"{path}: ok");
        });
        return command;
    }

    private static Command Draw(Terminal terminal)
    {
        var file = FileArgument();
        var format = DiagramFormats.Option();
        var command = new Command("draw", "Runs a scenario, and draws what happened as a sequence diagram.") { file, format };
        command.SetAction(parsed =>
        {
            var drawn = DiagramFormats.Parse(parsed.GetValue(format));
            var path = parsed.GetRequiredValue(file);
            var run = Of(path);
            terminal.Text.Write(run.Diagram.Draw(drawn));
            // What the file expects to see printed is not what is asked here; a command that could not be obeyed is.
            Report(terminal, path, run.Problems.Where(p => !p.IsOutput));
        });
        return command;
    }

    private static void Report(Terminal terminal, string path, IEnumerable<ScenarioProblem> problems)
    {
        var failed = problems.ToList();
        foreach (var problem in failed) terminal.Error.WriteLine($"{path}:{problem.Line}: {problem.Text}");
        if (failed.Count > 0) throw new CliException($"{path}: {failed.Count} of its commands did not go as it says");
    }

    private static Argument<string> FileArgument() => new("file") { Description = "A scenario file.", HelpName = "FILE" };

    private static ScenarioRun Of(string path)
    {
        try
        {
            return ScenarioRun.Of(ScenarioFile.Read(path));
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

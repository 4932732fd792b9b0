using System.Globalization;
using AkkaPaxos.TestKit.Linearizability;
using AkkaPaxos.TestKit.Runner;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary>What <c>akkapaxos simulate</c> shows: progress while it runs, counts at the end, and what failed.</summary>
internal sealed class SimulationReport(Terminal terminal)
{
    private const int LastEvents = 60;

    /// <summary>Runs something with a progress bar, where a person sees it.</summary>
    /// <param name="runs">How many runs it is.</param>
    /// <param name="work">Calls its argument after each run.</param>
    public T Watch<T>(int runs, Func<Action, T> work)
    {
        if (!terminal.ShowsProgress) return work(() => { });
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var (task, watch) = (context.AddTask("seeds", maxValue: runs), System.Diagnostics.Stopwatch.StartNew());
                return work(() =>
                {
                    task.Increment(1);
                    task.Description = Text($"{task.Value:N0} of {runs:N0} runs, {task.Value / watch.Elapsed.TotalSeconds:0.0} a second");
                });
            });
    }

    /// <summary>The counts of many runs.</summary>
    public void Print(Campaign campaign, SimulationCase first, int asked)
    {
        var last = unchecked(first.Seed + asked - 1);
        var seeds = asked == 1 ? $"seed {first.Seed}" : $"seeds {first.Seed} to {last}";
        var profile = $"{first.Profile}".ToLowerInvariant();
        var seconds = Math.Max(campaign.Elapsed.TotalSeconds, 1e-3);
        var held = campaign.Failed is null ? "no violation" : Text($"seed {campaign.Failed.Case.Seed} failed");
        var journal = first.Journal == default ? "" : $", journal {first.Journal}".ToLowerInvariant();
        terminal.Text.WriteLine($"{seeds}, profile {profile}{journal}{(first.Mutant is null ? "" : $", mutant {first.Mutant}")}: {held}");
        terminal.Text.WriteLine(Text($"{campaign.Runs:N0} runs in {seconds:0.0} s, {campaign.Runs / seconds:0.0} a second: ")
            + Text($"{campaign.VirtualTime.TotalHours:0.00} h of virtual time, {campaign.Messages:N0} messages, ")
            + Text($"{campaign.Messages / seconds:N0} a second; ")
            + Text($"{campaign.Answered:N0} operations answered, none in {campaign.Idle:N0} runs"));
        if (campaign.Slowest is { } slowest)
            terminal.Text.WriteLine(Text(
                $"after the last fault all was decided and answered in {campaign.SlowestRecovery.TotalSeconds:0.0} s at most (seed {slowest.Seed})"));
        terminal.Text.WriteLine($"faults: {Counts(campaign.Faults)}");
        terminal.Text.WriteLine($"checks: {Counts(campaign.Checks)}");
    }

    /// <summary>Shrinks a failing run, prints it and keeps it; returns what did not hold, in a line.</summary>
    public string Failed(SimulationOutcome failed, string? keep, CancellationToken cancel)
    {
        terminal.Text.WriteLine($"{failed.Case}\n  {FirstLine(failed)}");
        var shrinker = Shrinker.Shrink(failed, cancel: cancel);
        var small = shrinker.Smallest.Case.Run(LastEvents);
        terminal.Text.WriteLine(Text($"made smaller in {shrinker.Runs} runs, from {Size(failed)} to {Size(small)}:"));
        terminal.Text.WriteLine($"{small.Case}\n  {FirstLine(small)}");
        if (small.Unexplained is { } history) terminal.Text.WriteLine(HistoryWords.Of(history).TrimEnd());
        terminal.Text.WriteLine("its last events:");
        terminal.Text.WriteLine(small.Drawing);
        if (keep is not null) terminal.Text.WriteLine($"kept as {Keep(small, keep)}");
        return $"seed {failed.Case.Seed}: {small.Violation!.Invariant} does not hold: {small.Case}";
    }

    private static string Keep(SimulationOutcome small, string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{small.Violation!.Invariant.Replace(' ', '-')}-{small.Case.Seed}.simulation");
        File.WriteAllText(file, $"# {FirstLine(small)}\n{string.Join(' ', small.Case.Arguments)}\n");
        if (small.Unexplained is { } history)
            File.WriteAllText(Path.ChangeExtension(file, ".html"), HistoryPage.Draw(history, $"seed {small.Case.Seed}"));
        return file;
    }

    private static string FirstLine(SimulationOutcome outcome) => $"{outcome.Violation}".ReplaceLineEndings("\n").Split('\n')[0];

    private static string Size(SimulationOutcome outcome) =>
        Text($"{outcome.Case.Time.TotalSeconds:0.###} s, {Count(outcome.Case.Nodes, "node")}, ")
        + $"{Count(outcome.Faults.Values.Sum(), "fault")}, {Count(outcome.Operations, "operation")}";

    private static string Count(long number, string what) => Text($"{number:N0} {what}{(number == 1 ? "" : "s")}");

    private static string Counts(IReadOnlyDictionary<string, long> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => Text($"{c.Key} {c.Value:N0}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

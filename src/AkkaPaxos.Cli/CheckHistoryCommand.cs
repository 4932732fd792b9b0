using System.CommandLine;
using System.Text;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos check-history</c>: whether a history of clients is linearizable.</summary>
internal static class CheckHistoryCommand
{
    private const int Violated = 1, NotKnown = 3; // exit codes

    // Bytes that are none would all be read as the same character, and different values as one.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file")
        {
            Description = "Events of operations: Jepsen's log or history.txt (3<tab>:invoke<tab>:cas<tab>[1 4]), EDN maps "
                + "({:process 9, :type :invoke, :f :append, :key \"0\", :value \"x\"}) or tuples, or JSON with the same fields. "
                + "docs/linearizability.md has an example of each.",
            HelpName = "FILE",
        };
        var model = new Option<string>("--model")
        {
            Description = $"What the history is compared with: {string.Join(", ", HistoryCheck.Models)}.", HelpName = "MODEL", Required = true,
        };
        var time = new Option<double>("--time")
        {
            Description = "Give up after this many seconds.", HelpName = "SECONDS", DefaultValueFactory = _ => 60,
        };
        var html = new Option<string?>("--html")
        {
            Description = "Also write what was found as a page for browsers; of a violation it is a drawing.", HelpName = "FILE",
        };
        var command = new Command("check-history",
            "Checks whether a history of clients is linearizable. Exits with 0: it is; 1: it is not, and the shortest part that cannot be explained "
            + "is printed; 3: that was not known before the time was over.")
        {
            file, model, time, html,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var report = Check(path, parsed.GetRequiredValue(model), parsed.GetValue(time));
            terminal.Text.Write(HistoryWords.Of(report));
            if (parsed.GetValue(html) is { } page)
            {
                try
                {
                    File.WriteAllText(page, HistoryPage.Draw(report, Path.GetFileName(path)));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new CliException($"--html {page} cannot be written: {e.Message}", 2);
                }
            }
            return report.Verdict switch { Verdict.Ok => 0, Verdict.Violation => Violated, _ => NotKnown };
        });
        return command;
    }

    private static HistoryReport Check(string path, string model, double seconds)
    {
        if (!HistoryCheck.Models.Contains(model))
            throw new CliException($"--model: there is no model {model}, but {string.Join(", ", HistoryCheck.Models)}", 2);
        if (!(seconds is >= 0 and <= 1_000_000)) throw new CliException($"--time: {seconds} is not between 0 and 1000000", 2);
        try
        {
            using var text = new StreamReader(path, StrictUtf8);
            return HistoryCheck.Check(text, model, new CheckLimit { Time = TimeSpan.FromSeconds(seconds) });
        }
        catch (HistoryFormatException e)
        {
            throw new CliException($"{path}:{e.Line}: {e.Message}", 2);
        }
        catch (DecoderFallbackException)
        {
            throw new CliException($"{path}: it is not UTF-8", 2);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path}: {e.Message}", 2);
        }
    }
}

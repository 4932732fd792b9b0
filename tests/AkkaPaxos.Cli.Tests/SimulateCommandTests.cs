using AkkaPaxos.TestKit.Mutants;

namespace AkkaPaxos.Cli.Tests;

public sealed class SimulateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkapaxos-seeds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kept() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "seeds"), "*.simulation")
            .Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task What_failed_once_holds_now(string file)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "seeds", file));
        var run = Assert.Single(lines, l => l.Length > 0 && !l.StartsWith('#'));

        var outcome = await CommandLine.Run(["simulate", .. run.Split(' ')]);

        Assert.True(outcome.Code == 0, outcome.Output + outcome.Error);
        // It still comes to what failed, which its name begins with: a change of the simulation may have made another run of it.
        Assert.Matches($"\nchecks: .*{file.Split('-')[0]} [1-9]", outcome.Output);
    }

    [Fact]
    public async Task Where_all_holds_it_exits_with_0_and_counts()
    {
        var outcome = await CommandLine.Run("simulate", "--runs", "4", "--seed", "7", "--time", "3s", "--profile", "liveness");

        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        Assert.StartsWith("seeds 7 to 10, profile liveness: no violation\n4 runs in ", outcome.Output);
        Assert.Matches("\nfaults: .*crash [1-9].*drop [1-9]", outcome.Output);
        Assert.Matches("\nchecks: .*A1 [1-9].*history [1-9]", outcome.Output);
    }

    [Fact]
    public async Task What_fails_on_the_log_is_replayed_on_the_log()
    {
        var failed = await CommandLine.Run(
            "simulate", "--runs", "50", "--seed", "1", "--time", "5s", "--journal", "log", "--mutant", "accepts-before-persist");

        Assert.Equal(1, failed.Code);
        Assert.StartsWith("seeds 1 to 50, profile swarm, journal log, mutant accepts-before-persist: seed ", failed.Output);
        Assert.Matches(" S1 does not hold: akkapaxos simulate .*--journal log", failed.Error);
    }

    [Fact]
    public async Task Without_a_seed_it_takes_new_ones()
    {
        var first = await CommandLine.Run("simulate", "--runs", "1", "--time", "100ms", "--profile", "calm");
        var second = await CommandLine.Run("simulate", "--runs", "1", "--time", "100ms", "--profile", "calm");

        Assert.NotEqual(first.Output.Split('\n')[0], second.Output.Split('\n')[0]);
    }

    [Fact]
    public async Task What_fails_is_made_smaller_drawn_kept_and_replayed()
    {
        var failed = await CommandLine.Run(
            "simulate", "--runs", "50", "--seed", "1", "--mutant", "promises-before-persist", "--keep", _folder);

        Assert.Equal(1, failed.Code);
        Assert.Contains("\nmade smaller in ", failed.Output);
        Assert.Contains("Promise(", failed.Output);
        var command = failed.Error.TrimEnd('\n').Split(" does not hold: akkapaxos ")[1];
        var replayed = await CommandLine.Run(command.Split(' '));
        Assert.Equal(1, replayed.Code);
        Assert.Contains(" S1 does not hold: ", replayed.Error);

        var file = Assert.Single(Directory.GetFiles(_folder));
        var lines = await File.ReadAllLinesAsync(file);
        Assert.StartsWith("# ", lines[0]);
        Assert.Equal(command, $"simulate {lines[1]}");
    }

    [Fact]
    public async Task The_table_has_every_mutant_and_what_none_catches_fails()
    {
        var outcome = await CommandLine.Run("simulate", "--mutants", "--runs", "1", "--seed", "5");

        Assert.All(Mutant.All, m => Assert.Contains($"| {m.Name} ", outcome.Output));
        Assert.Equal(1, outcome.Code);
        Assert.StartsWith("akkapaxos: none of 1 seeds caught ", outcome.Error);
    }

    [Fact]
    public async Task The_table_is_printed_row_by_row_and_one_who_stops_it_has_what_it_found()
    {
        using var stop = new CancellationTokenSource();
        var text = new StopsAt(stop, $"| {Mutant.All[1].Name} ");
        var terminal = new Terminal(Stream.Null, Stream.Null, text, TextWriter.Null);

        Assert.Equal(130, await Program.Run(["simulate", "--mutants", "--runs", "1", "--seed", "5"], terminal, stop.Token));

        var rows = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, rows.Length); // two of head
        Assert.StartsWith("| mutant ", rows[0]);
        Assert.StartsWith($"| {Mutant.All[0].Name} ", rows[2]);
        Assert.Single(rows.Select(r => r.TrimEnd('\r').Length).Distinct());
    }

    private sealed class StopsAt(CancellationTokenSource stop, string line) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.StartsWith(line, StringComparison.Ordinal)) stop.Cancel();
        }
    }

    [Fact]
    public async Task What_the_table_does_not_heed_is_refused_with_it()
    {
        var outcome = await CommandLine.Run("simulate", "--mutants", "--nodes", "3");

        Assert.Equal(2, outcome.Code);
        Assert.StartsWith("akkapaxos: --nodes cannot be given with --mutants", outcome.Error);
    }

    [Theory]
    [InlineData("--profile", "storm", "there is no profile \"storm\"; there are swarm, calm, liveness")]
    [InlineData("--journal", "tape", "there is no journal \"tape\"; there are sql, log")]
    [InlineData("--time", "soon", "\"soon\" is no duration, like 15s, 500ms, 2m or 1h")]
    [InlineData("--nodes", "0", "--nodes: 0 is less than 1")]
    [InlineData("--runs", "0", "--runs: 0 is less than 1")]
    [InlineData("--without", "flood", "\"flood\" is no fault")]
    [InlineData("--mutant", "nobody", "there is no mutant nobody")]
    public async Task What_makes_no_sense_is_wrong_usage(string option, string value, string says)
    {
        var outcome = await CommandLine.Run("simulate", option, value);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(says, outcome.ErrorLines[0]);
        Assert.Equal("", outcome.Output);
    }
}

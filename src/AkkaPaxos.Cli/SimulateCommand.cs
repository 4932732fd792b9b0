using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Runner;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos simulate</c>: whole clusters in virtual time under seeded faults; replays, shrinks and keeps what fails.</summary>
internal static class SimulateCommand
{
    private const int RunsUnlessTold = 100;
    private const int MutantRunsUnlessTold = 1000;

    private sealed record Options(
        Option<int?> Runs, Option<int?> Seed, Option<SimulationProfile?> Profile, Option<JournalModel?> Journal, Option<int?> Nodes, Option<TimeSpan?> Time, Option<string?> Without,
        Option<int?> Clients, Option<long?> Operations, Option<TimeSpan?> From, Option<TimeSpan?> Until, Option<string?> Mutant, Option<bool> Mutants,
        Option<int?> Threads, Option<string?> Keep)
    {
        public IEnumerable<Option> All =>
            [Runs, Seed, Profile, Journal, Nodes, Time, Mutant, Mutants, Threads, Keep, Without, Clients, Operations, From, Until];
    }

    public static Command Create(Terminal terminal)
    {
        var options = new Options(
            new("--runs")
            {
                Description = $"How many seeds, one after the other from --seed on. Default: {RunsUnlessTold}; 1 with --seed.", HelpName = "N",
            },
            new(SimulationCase.SeedOption) { Description = "The first seed. Default: a new one each time, which is printed.", HelpName = "S" },
            new("--profile")
            {
                Description = "What goes wrong. swarm: a random subset of all faults, then quiet; liveness: every fault, then quiet; calm: nothing.",
                HelpName = "swarm|liveness|calm", CustomParser = a => Parsers.OneOf<SimulationProfile>(a, "profile"),
            },
            new("--journal")
            {
                Description = "What the journals are kept in. sql: a table, each event of which is there or not; log: the log of akkapaxos.journal = log, "
                    + "of which a crash takes sectors and names that were not synced. Default: sql.",
                HelpName = "sql|log", CustomParser = a => Parsers.OneOf<JournalModel>(a, "journal"),
            },
            new("--nodes") { Description = "Nodes of the cluster. Default: 3 or 5, by the seed.", HelpName = "N" },
            new("--time")
            {
                Description = "The virtual time until the faults end, like 15s, 500ms or 1h. Default: 15s.", HelpName = "T",
                CustomParser = Parsers.Duration,
            },
            new("--without")
            {
                Description = "Faults to leave out, with commas between: a kind, like drop, or one by its number, like crash.2.", HelpName = "FAULTS",
            },
            new("--clients") { Description = "Clients that write and read. Default: by the profile.", HelpName = "N" },
            new("--operations") { Description = "Operations of all clients together, at most.", HelpName = "N" },
            new("--message-faults-from")
            {
                Description = "The virtual time from which messages are lost, repeated, late or reordered.", HelpName = "T",
                CustomParser = Parsers.Duration,
            },
            new("--message-faults-until") { Description = "The virtual time until which they are.", HelpName = "T", CustomParser = Parsers.Duration },
            new("--mutant") { Description = "Run roles with one rule broken: a name out of the table of --mutants.", HelpName = "NAME" },
            new("--mutants")
            {
                Description =
                    $"Run every mutant and print, as soon as it is known, how many of {MutantRunsUnlessTold} seeds (--runs) catch it; fail where one is caught by none.",
            },
            new("--threads") { Description = "Runs at a time. Default: one for each core.", HelpName = "N" },
            new("--keep") { Description = "A folder to keep a failing run in, as a file of the options that replay it.", HelpName = "DIR" });
        var command = new Command("simulate",
            "Runs whole clusters of the real roles in virtual time under seeded faults, and checks every invariant at every step. A run that "
            + "fails is made smaller, and printed as the command that replays it with a sequence diagram of its last events.");
        foreach (var option in options.All) command.Add(option);
        // On another thread: Ctrl-C reaches an action only once it has returned its task.
        command.SetAction((parsed, cancel) => Task.Run(() => Run(terminal, options, parsed, cancel), cancel));
        return command;
    }

    private static int Run(Terminal terminal, Options options, ParseResult parsed, CancellationToken cancel)
    {
        var threads = AtLeast(options.Threads, parsed.GetValue(options.Threads), 1) ?? Environment.ProcessorCount;
        var runs = AtLeast(options.Runs, parsed.GetValue(options.Runs), 1);
        var seed = parsed.GetValue(options.Seed);
        if (parsed.GetValue(options.Mutants))
        {
            if (options.All.Except([options.Mutants, options.Journal, options.Runs, options.Seed, options.Threads]).FirstOrDefault(o => parsed.GetResult(o) is not null)
                is { } other)
                throw new CliException($"{other.Name} cannot be given with --mutants: each is run as the profile swarm has it", 2);
            return Mutants(terminal, parsed.GetValue(options.Journal) ?? default, seed ?? 1, runs ?? MutantRunsUnlessTold, threads, cancel);
        }
        var report = new SimulationReport(terminal);
        var first = Case(options, parsed, seed ?? RandomNumberGenerator.GetInt32(1, 1_000_000_000));
        var count = runs ?? (seed is null ? RunsUnlessTold : 1);
        var cases = Enumerable.Range(0, count).Select(i => Case(options, parsed, unchecked(first.Seed + i)));
        var campaign = report.Watch(count, advance => Campaign.Run(cases, threads, advance, cancel));
        report.Print(campaign, first, count);
        if (campaign.Failed is not { } failed) return 0;
        var keep = parsed.GetValue(options.Keep);
        throw new CliException(report.Failed(failed, keep, cancel));
    }

    private static SimulationCase Case(Options options, ParseResult parsed, int seed)
    {
        var one = new SimulationCase(seed);
        var mutant = parsed.GetValue(options.Mutant);
        if (mutant is not null && Mutant.All.All(m => m.Name != mutant))
            throw new CliException($"--mutant: there is no mutant {mutant}; there are {string.Join(", ", Mutant.All)}", 2);
        var without = parsed.GetValue(options.Without)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        foreach (var fault in without)
            if (!SimulationCase.IsFault(fault))
                throw new CliException(
                    $"--without: \"{fault}\" is no fault, nor one with a number; there are {string.Join(", ", SimulationCase.FaultKinds)}", 2);
        return one with
        {
            Profile = parsed.GetValue(options.Profile) ?? one.Profile,
            Journal = parsed.GetValue(options.Journal) ?? one.Journal,
            Nodes = AtLeast(options.Nodes, parsed.GetValue(options.Nodes), 1) ?? one.Nodes,
            Time = parsed.GetValue(options.Time) ?? one.Time,
            Without = without,
            Clients = AtLeast(options.Clients, parsed.GetValue(options.Clients), 1),
            Operations = AtLeast(options.Operations, parsed.GetValue(options.Operations), 0),
            MessageFaultsFrom = parsed.GetValue(options.From),
            MessageFaultsUntil = parsed.GetValue(options.Until),
            Mutant = mutant,
        };
    }

    private static int Mutants(Terminal terminal, JournalModel journal, int seed, int runs, int threads, CancellationToken cancel)
    {
        var table = new MutantTable(terminal.Text, Mutant.All);
        var missed = new List<string>();
        foreach (var mutant in Mutant.All)
        {
            var score = MutantScore.Of(mutant, seed, runs, threads, journal, cancel);
            table.Add(score);
            if (score.Caught == 0) missed.Add(mutant.Name);
        }
        if (missed.Count > 0) throw new CliException($"none of {runs} seeds caught {string.Join(", ", missed)}");
        return 0;
    }

    private static T? AtLeast<T>(Option<T?> option, T? value, T least) where T : struct, IComparable<T> =>
        value is { } given && given.CompareTo(least) < 0
            ? throw new CliException(string.Create(CultureInfo.InvariantCulture, $"{option.Name}: {given} is less than {least}"), 2)
            : value;
}

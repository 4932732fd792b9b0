using System.CommandLine;

namespace AkkaPaxos.Benchmarks;

/// <summary>What a comparison is to do.</summary>
internal sealed record Options(
    int Rounds, int[] Clients, string[] Ops, double Seconds, double WarmUp, double ColdSeconds, double IdleSeconds, double GapSeconds, int ValueSize, int Keys,
    int Nodes, string[] Only, string[] Set, bool Embedded, string? Against, bool Json, string? Plot, string? Grow, string Directory, bool IsSmoke)
{
    private static readonly string[] Operations = ["put", "get"];

    /// <summary>Whether only the warm figures are asked for.</summary>
    public bool WarmOnly => Embedded || Against is not null || Plot is not null || Grow is not null;

    /// <summary>The options of scripts/bench, on a command that hands them over.</summary>
    public static void AddTo(Command command, Func<Options, CancellationToken, Task<int>> run)
    {
        var rounds = Number("--rounds", "Rounds, in each of which every contender runs once; figures are medians.", 5, 1, 1000);
        var clients = List("--clients", "Closed-loop clients at once, with commas between.", "1,64,256");
        clients.Validators.Add(r => Each(r, clients, s => int.TryParse(s, out var n) && n is >= 1 and <= 100_000, "whole numbers from 1 to 100000 with commas between"));
        var ops = List("--op", "put, get (linearizable), or both with a comma between.", "put,get");
        ops.Validators.Add(r => Each(r, ops, Operations.Contains, "put, get or put,get"));
        var seconds = Number("--seconds", "Length of a measurement.", 5, 1, 3600);
        var warmUp = Number("--warm-up", "Seconds of the same load before each measurement.", 3, 0, 3600);
        var valueSize = Number("--value-size", "Bytes of a value.", 256, 0, 1 << 20);
        var keys = Number("--keys", "Different keys.", 10_000, 1, 10_000_000);
        var nodes = Number("--nodes", "Nodes of each cluster.", 3, 1, 15);
        var only = List("--only", "Contenders by name, with commas between; all that are installed without it.", null);
        var set = new Option<string[]>("--set") { Description = "key=value: a HOCON setting for every node of ours; may be given again." };
        var embedded = new Option<bool>("--embedded")
        {
            Description = "Compares callers in a node's own process: ours with DotNext's Raft. --clients is 256 then unless given.",
        };
        var against = new Option<string?>("--against")
        {
            Description = "Compares with another commit of this repository, built in a temporary worktree; each is measured by its own akkapaxos bench.",
            HelpName = "REV",
        };
        var json = new Option<bool>("--json") { Description = "Prints every figure of every round as JSON." };
        var plot = new Option<string?>("--plot")
        {
            Description = "Draws throughput against latency as an SVG. --clients is 1,2,4,... to 1024 then, and --op put, unless given.",
            HelpName = "FILE.svg",
        };
        plot.Validators.Add(r =>
        {
            // Before the rounds, not after them.
            if (r.Tokens is [var given] && !System.IO.Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(given.Value)))) r.AddError($"--plot: the folder of {given.Value} does not exist");
        });
        var grow = new Option<string?>("--grow")
        {
            Description = "Measures puts as one thing grows: 3 to 7 nodes, values of 16 bytes to 1 MB, 1,000 to 1,000,000 keys, 1 to 1,024 clients; draws an SVG of each.",
            HelpName = "FOLDER",
        };
        var smoke = new Option<bool>("--smoke")
        {
            Description = "One short round of everything that is installed, embedded ones too: whether it runs. Its figures say nothing.",
        };
        var directory = new Option<string>("--directory")
        {
            Description = "Folder for data and logs of all contenders; emptied before each.",
            DefaultValueFactory = _ => ".run/bench",
        };
        var micro = new Option<string?>("--micro")
        {
            Description = "Measures parts of the data path alone, with what they allocate: those whose name has FILTER in it, or all.", HelpName = "FILTER", Arity = ArgumentArity.ZeroOrOne,
        };
        Option[] all = [rounds, clients, ops, seconds, warmUp, valueSize, keys, nodes, only, set, embedded, against, json, plot, grow, smoke, micro, directory];
        foreach (var option in all) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(embedded) && result.GetValue(against) is not null) result.AddError("--embedded and --against cannot be given together");
            if (result.GetValue(grow) is null) return;
            foreach (var option in (Option[])[clients, ops, valueSize, keys, nodes, embedded, against, json, plot, smoke])
                if (result.GetResult(option) is { Implicit: false }) result.AddError($"--grow and {option.Name} cannot be given together");
        });
        command.SetAction((parsed, cancel) =>
        {
            if (parsed.GetResult(micro) is not null) return Task.FromResult(Micro.Run(parsed.GetValue(micro) ?? "", Path.GetFullPath(parsed.GetRequiredValue(directory))));
            bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
            string[] Parts(Option<string?> option) => parsed.GetValue(option)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
            var counts = Parts(clients).Select(int.Parse).ToArray();
            if (!Given(clients) && parsed.GetValue(embedded)) counts = [256];
            if (!Given(clients) && parsed.GetValue(plot) is not null) counts = [.. Enumerable.Range(0, 11).Select(i => 1 << i)];
            var options = new Options(
                parsed.GetValue(rounds), counts, (parsed.GetValue(plot) ?? parsed.GetValue(grow)) is not null && !Given(ops) ? ["put"] : Parts(ops), parsed.GetValue(seconds), parsed.GetValue(warmUp),
                10, 10, 12, parsed.GetValue(valueSize), parsed.GetValue(keys), parsed.GetValue(nodes), Parts(only), parsed.GetValue(set) ?? [],
                parsed.GetValue(embedded), parsed.GetValue(against), parsed.GetValue(json), parsed.GetValue(plot), parsed.GetValue(grow), Path.GetFullPath(parsed.GetRequiredValue(directory)), parsed.GetValue(smoke));
            return run(parsed.GetValue(smoke) ? options.Smoke() : options, cancel);
        });
    }

    private Options Smoke() => this with
    {
        Rounds = 1, Clients = [64], Seconds = 1, WarmUp = 0.5, ColdSeconds = 1, IdleSeconds = 1, GapSeconds = 4, Keys = 1000,
    };

    private static Option<int> Number(string name, string description, int value, int min, int max)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        option.Validators.Add(r =>
        {
            if (r.Tokens is [var given] && !(int.TryParse(given.Value, out var n) && n >= min && n <= max)) r.AddError($"{name}: {given.Value} is not a whole number from {min} to {max}");
        });
        return option;
    }

    private static Option<string?> List(string name, string description, string? value) =>
        new(name) { Description = description, HelpName = "A,B,...", DefaultValueFactory = _ => value };

    private static void Each(System.CommandLine.Parsing.OptionResult result, Option option, Func<string, bool> isGood, string what)
    {
        if (result.Tokens is [var given] && given.Value.Split(',', StringSplitOptions.TrimEntries) is var parts && !parts.All(isGood))
            result.AddError($"{option.Name}: {given.Value} is not {what}");
    }
}

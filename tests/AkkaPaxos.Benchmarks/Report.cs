using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace AkkaPaxos.Benchmarks;

/// <summary>What a comparison found, for people and for programs.</summary>
internal static class Report
{
    private const int Width = 190;
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints what is durable, the warm figures, and the rest.</summary>
    /// <param name="results">Of all contenders, in the order in which they ran.</param>
    /// <param name="beside">The contender whose figures the others' are divided by; none where it did not run.</param>
    /// <param name="folder">Where all had their data.</param>
    /// <param name="to">Where to.</param>
    public static void Print(IReadOnlyList<Result> results, string beside, string folder, TextWriter to)
    {
        to.WriteLine(string.Join("; ", results.Select(r => r.Durability + (r.Evidence is null ? "" : $" ({r.Evidence})"))));
        var ratios = results.Count > 1 && results.Any(r => r.Name == beside) ? $", times {beside}'s" : "";
        to.WriteLine($"{Environment.ProcessorCount} cores, all on this machine, data of all in {folder}; medians of {results[0].Rounds.Count} rounds, (least-greatest){ratios}");
        var console = Console(to);
        console.Write(Warm(results, beside));
        to.WriteLine($"kB/op: allocated for an operation; {string.Join("; ", results.Select(r => $"{r.Name}: {r.Allocations}"))}");
        if (results.Any(r => r.Rounds[0].Cold is not null)) console.Write(Rest(results, beside));
        foreach (var error in results.SelectMany(r => r.Rounds.SelectMany(round => round.Warm).Where(f => f.FirstError is not null).Take(1).Select(f => $"{r.Name}: {f.FirstError}")))
            to.WriteLine($"of the errors, one of {error}");
    }

    /// <summary>Where tables are written: without colours, and as wide as they are.</summary>
    public static IAnsiConsole Console(TextWriter to)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(to) });
        console.Profile.Width = Width;
        return console;
    }

    /// <summary>Everything, as JSON.</summary>
    public static string Json(IReadOnlyList<Result> results, string beside, Options options) => JsonSerializer.Serialize(new
    {
        at = DateTime.UtcNow, cores = Environment.ProcessorCount, os = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
        runtime = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription, options, beside,
        contenders = results,
        summary = results.Select(r => new
        {
            r.Name,
            warm = Cells(r).Select((c, i) => new
            {
                c.Op, c.Clients, perSecond = Of(r, i, f => f.PerSecond), p50Ms = Of(r, i, f => f.P50Ms), p99Ms = Of(r, i, f => f.P99Ms),
                ratios = Other(results, r, beside) is { } other
                    ? new { perSecond = Ratio(r, other, i, f => f.PerSecond), p50 = Ratio(r, other, i, f => f.P50Ms), p99 = Ratio(r, other, i, f => f.P99Ms) }
                    : null,
            }),
        }),
    }, new JsonSerializerOptions(JsonSerializerOptions.Web) { WriteIndented = true });

    private static Table Warm(IReadOnlyList<Result> results, string beside)
    {
        var table = Table("warm", "clients", "", "per second", "times", "p50 ms", "times", "p99 ms", "times", "errors", "kB/op");
        foreach (var (i, cell) in Cells(results[0]).Index())
            foreach (var r in results)
            {
                var other = Other(results, r, beside);
                string Times(Func<Figures, double> figure) => other is null ? "" : Text(Ratio(r, other, i, figure), "0.00");
                table.AddRow(
                    cell.Op, cell.Clients.ToString(Culture), r.Name, Text(Of(r, i, f => f.PerSecond), "0"), Times(f => f.PerSecond),
                    Text(Of(r, i, f => f.P50Ms), "0.00"), Times(f => f.P50Ms), Text(Of(r, i, f => f.P99Ms), "0.0"), Times(f => f.P99Ms),
                    r.Rounds.Sum(round => round.Warm[i].Errors).ToString(Culture),
                    Spread.Of(r.Rounds.Select(round => round.Warm[i].AllocatedBytes / 1000).OfType<double>())?.Median.ToString("0.0", Culture) ?? "");
            }
        return table;
    }

    private static Table Rest(IReadOnlyList<Result> results, string beside)
    {
        var table = Table("", "cold puts/s, 64 clients", "of warm", "idle node, % of a core", "longest gap ms, 16 writers, leader killed", "times");
        foreach (var r in results)
        {
            var warm = Cells(r).Index().Where(c => c.Item is { Op: "put", Clients: 64 }).Select(c => (int?)c.Index).FirstOrDefault();
            table.AddRow(
                r.Name,
                Text(Spread.Of(r.Rounds.Select(round => round.Cold?.PerSecond).OfType<double>()), "0"),
                warm is { } i ? Text(Spread.OfRatios(r.Rounds.Select(round => round.Cold?.PerSecond), r.Rounds.Select(round => (double?)round.Warm[i].PerSecond)), "0.00") : "",
                Text(Spread.Of(r.Rounds.Select(round => round.IdleShare * 100).OfType<double>()), "0.0"),
                Text(Spread.Of(r.Rounds.Select(round => round.GapMs).OfType<double>()), "0"),
                Other(results, r, beside) is { } other ? Text(Spread.OfRatios(r.Rounds.Select(round => round.GapMs), other.Rounds.Select(round => round.GapMs)), "0.00") : "");
        }
        return table;
    }

    private static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Ascii };
        foreach (var (i, column) in columns.Index()) table.AddColumn(new TableColumn(column) { Alignment = column.Length > 0 && i > 0 ? Justify.Right : Justify.Left });
        return table;
    }

    private static IReadOnlyList<Figures> Cells(Result result) => result.Rounds[0].Warm;

    private static Result? Other(IReadOnlyList<Result> results, Result result, string beside) => result.Name == beside ? null : results.FirstOrDefault(r => r.Name == beside);

    private static Spread? Of(Result result, int cell, Func<Figures, double> figure) => Spread.Of(result.Rounds.Select(r => figure(r.Warm[cell])));

    private static Spread? Ratio(Result result, Result other, int cell, Func<Figures, double> figure) =>
        Spread.OfRatios(result.Rounds.Select(r => (double?)figure(r.Warm[cell])), other.Rounds.Select(r => (double?)figure(r.Warm[cell])));

    private static string Text(Spread? spread, string format)
    {
        if (spread is null) return "";
        string Number(double number) => number.ToString(format, Culture);
        return spread.Min == spread.Max ? Number(spread.Median) : $"{Number(spread.Median)} ({Number(spread.Min)}-{Number(spread.Max)})";
    }
}

using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using Spectre.Console;

namespace AkkaPaxos.Benchmarks;

/// <summary>What becomes of the writes as one thing grows and all else stays as it is: a table, and a plot for each.</summary>
internal static class Growth
{
    private const int Width = 900, Height = 500;
    private const int Clients = 64;
    private const int ValueBytesAtOnce = 16 << 20; // more than that of large values would be refused, or wait for each other

    /// <summary>A thing that grows.</summary>
    /// <param name="File">The name of its plot.</param>
    /// <param name="What">What is counted, for people.</param>
    /// <param name="Runs">What is compared; each run has one step, or all of them.</param>
    private sealed record Thing(string File, string What, Func<Options, IEnumerable<(string Step, Options Options)>> Runs);

    private static readonly Thing[] Things =
    [
        new("nodes", "nodes", o => ((int[])[3, 5, 7]).Select(n => ($"{n}", o with { Nodes = n, Clients = [Clients] }))),
        new("value-size", "bytes of a value", o => ((int[])[16, 256, 4 << 10, 64 << 10, 1_000_000]).Select(
            bytes => (Text(bytes), o with { ValueSize = bytes, Clients = [Math.Min(Clients, ValueBytesAtOnce / bytes)] }))),
        new("keys", "keys", o => ((int[])[1_000, 10_000, 100_000, 1_000_000]).Select(keys => (Text(keys), o with { Keys = keys, Clients = [Clients] }))),
        new("clients", "clients", o => [("", o with { Clients = [.. Enumerable.Range(0, 11).Select(i => 1 << i)] })]),
    ];

    private sealed record Point(string Step, string Contender, double PerSecond, double P50Ms, double P99Ms, long Errors);

    /// <summary>Measures all, and draws.</summary>
    /// <param name="options">What is measured beside what grows.</param>
    /// <param name="entries">The contenders for some options.</param>
    /// <param name="folder">Where the plots go.</param>
    /// <param name="to">Where the table goes.</param>
    public static async Task Run(Options options, Func<Options, IReadOnlyList<Entry>> entries, string folder, TextWriter to, CancellationToken cancel)
    {
        var table = new Table().Border(TableBorder.Ascii).AddColumns("of", "", "", "puts/s", "p50 ms", "p99 ms", "errors");
        foreach (var thing in Things)
        {
            var points = new List<Point>();
            foreach (var (step, run) in thing.Runs(options))
            {
                var results = await Comparison.Run(entries(run), run, line => Console.Error.WriteLine($"{thing.What} {step}: {line}"), cancel);
                foreach (var (i, cell) in results[0].Rounds[0].Warm.Index())
                    foreach (var result in results)
                        points.Add(new Point(
                            step.Length > 0 ? step : Text(cell.Clients), result.Name, Median(result, i, f => f.PerSecond), Median(result, i, f => f.P50Ms),
                            Median(result, i, f => f.P99Ms), result.Rounds.Sum(r => r.Warm[i].Errors)));
            }
            foreach (var p in points)
                table.AddRow(thing.What, p.Step, p.Contender, Text(p.PerSecond), $"{p.P50Ms.ToString("0.00", CultureInfo.InvariantCulture)}", $"{p.P99Ms.ToString("0.0", CultureInfo.InvariantCulture)}", $"{p.Errors}");
            Draw(thing, points, Path.Combine(folder, $"{thing.File}.svg"));
        }
        Report.Console(to).Write(table);
    }

    private static double Median(Result result, int cell, Func<Figures, double> figure) => Spread.Of(result.Rounds.Select(r => figure(r.Warm[cell])))!.Median;

    private static string Text(double number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static void Draw(Thing thing, List<Point> points, string file)
    {
        var plot = new ScottPlot.Plot();
        var steps = points.Select(p => p.Step).Distinct().ToList();
        foreach (var of in points.GroupBy(p => p.Contender))
        {
            double[] x = [.. of.Select(p => (double)steps.IndexOf(p.Step))], y = [.. of.Select(p => Math.Log10(Math.Max(1, p.PerSecond)))];
            var line = plot.Add.Scatter(x, y);
            line.LegendText = of.Key;
            foreach (var (i, p) in of.Index()) plot.Add.Text(Text(p.PerSecond), x[i], y[i]).LabelFontColor = line.Color;
        }
        plot.Title($"put: {thing.What}");
        plot.XLabel(thing.What);
        plot.YLabel("operations per second");
        var across = new NumericManual();
        foreach (var (i, step) in steps.Index()) across.AddMajor(i, step);
        plot.Axes.Bottom.TickGenerator = across;
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsX(-0.05 * steps.Count, 1.12 * steps.Count - 1); // the numbers stand to the right of their points
        Plot.DrawLogarithms(plot);
        plot.ShowLegend(Edge.Right);
        plot.SaveSvg(file, Width, Height);
    }
}

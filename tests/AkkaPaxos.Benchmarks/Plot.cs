using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace AkkaPaxos.Benchmarks;

/// <summary>Throughput against latency, a line for each contender, a point for each number of clients.</summary>
internal static class Plot
{
    private const int Width = 900, Height = 600;

    /// <summary>Draws the medians of one operation to an SVG.</summary>
    public static void Save(IReadOnlyList<Result> results, string op, string file)
    {
        var plot = new ScottPlot.Plot();
        foreach (var result in results)
        {
            var cells = result.Rounds[0].Warm.Index().Where(c => c.Item.Op == op).ToList();
            double[] Medians(Func<Figures, double> figure) => [.. cells.Select(c => Spread.Of(result.Rounds.Select(r => figure(r.Warm[c.Index])))!.Median)];
            var (x, y) = (Medians(f => f.PerSecond), Medians(f => Math.Log10(f.P50Ms)));
            var line = plot.Add.Scatter(x, y);
            line.LegendText = result.Name;
            foreach (var (i, cell) in cells.Index()) plot.Add.Text(cell.Item.Clients.ToString(), x[i], y[i]).LabelFontColor = line.Color;
        }
        plot.Title($"{op}: 1 to {results[0].Rounds[0].Warm.Max(f => f.Clients):N0} clients, medians of {results[0].Rounds.Count} rounds");
        plot.XLabel("operations per second");
        plot.YLabel("p50, ms");
        plot.Axes.AutoScale();
        DrawLogarithms(plot);
        plot.Axes.SetLimitsX(0, plot.Axes.GetLimits().Right);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.SaveSvg(file, Width, Height);
    }

    /// <summary>Ticks for heights that are logarithms: ScottPlot draws a logarithmic axis so, with ticks of one's own.</summary>
    public static void DrawLogarithms(ScottPlot.Plot plot)
    {
        var (limits, ticks) = (plot.Axes.GetLimits(), new NumericManual());
        for (var power = (int)Math.Floor(limits.Bottom); power <= limits.Top; power++)
            foreach (var number in (double[])[1, 2, 5])
                ticks.AddMajor(power + Math.Log10(number), (number * Math.Pow(10, power)).ToString("#,0.###", CultureInfo.InvariantCulture));
        plot.Axes.Left.TickGenerator = ticks;
    }
}

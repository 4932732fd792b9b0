using System.Globalization;
using System.Net;
using System.Text;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Draws operations as bars, a lane or more for each client, from the left to the right in the order of their events: where a bar ends before another
/// begins, it returned before. Open ones go on to the right edge.
/// </summary>
internal sealed class HistoryChart
{
    private const int LaneHeight = 42, BarHeight = 22, Top = 15, Gap = 14, Point = 26, Edge = 60, MostCharacters = 48;
    private const double CharacterWidth = 6.7;

    private readonly HistoryReport _report;
    private readonly IReadOnlyList<int> _shown;
    private readonly IReadOnlyList<int> _order; // of those shown that are in the longest prefix
    private readonly Dictionary<int, (int Begin, int? End)> _events = []; // the numbers of an operation's events
    private readonly Dictionary<int, int> _pointAfter = []; // the event after which an operation of the prefix takes effect
    private readonly Dictionary<int, int> _lane = [];
    private readonly double[] _x; // of the events
    private readonly double _width;

    /// <param name="report">The history.</param>
    /// <param name="shown">Which of its operations to draw.</param>
    /// <param name="hasOrder">Whether to show the longest prefix.</param>
    public HistoryChart(HistoryReport report, IReadOnlyList<int> shown, bool hasOrder)
    {
        (_report, _shown) = (report, shown);
        _order = hasOrder ? report.LongestPrefix : [];
        var events = new List<(long At, bool IsReturn, int Operation)>();
        foreach (var i in shown)
        {
            events.Add((report.Operations[i].Invoked, false, i));
            if (report.Operations[i].Returned is { } returned) events.Add((returned, true, i));
        }
        events.Sort();
        for (var e = 0; e < events.Count; e++)
        {
            var (_, isReturn, operation) = events[e];
            _events[operation] = isReturn ? (_events[operation].Begin, e) : (e, null);
        }

        // An operation takes effect right after the last invocation of those in the order up to it: that is before its return.
        var latest = 0;
        foreach (var operation in _order) _pointAfter[operation] = latest = Math.Max(latest, _events[operation].Begin);
        var points = _pointAfter.Values.CountBy(e => e).ToDictionary();
        _x = new double[events.Count];
        for (var e = 0; e < events.Count; e++)
        {
            var (_, isReturn, operation) = events[e];
            _x[e] = e == 0 ? Gap : _x[e - 1] + Gap + (points.GetValueOrDefault(e - 1) * Point);
            if (isReturn) _x[e] = Math.Max(_x[e], _x[_events[operation].Begin] + Width(operation));
        }
        _width = Math.Max(
            (_x.Length > 0 ? _x[^1] : 0) + (points.GetValueOrDefault(events.Count - 1) * Point),
            shown.Select(i => _x[_events[i].Begin] + Width(i)).DefaultIfEmpty().Max()) + Edge;
        Clients = Lanes();
    }

    /// <summary>The clients from the top to the bottom, each with how many lanes it has.</summary>
    public IReadOnlyList<(string Client, int Lanes)> Clients { get; }

    /// <summary>The height of one lane, in pixels.</summary>
    public static int Lane => LaneHeight;

    /// <summary>The drawing, as SVG.</summary>
    public string Draw()
    {
        var height = Clients.Sum(c => c.Lanes) * LaneHeight;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{_width:0}\" height=\"{height}\">\n");
        var lane = 0;
        for (var i = 0; i < Clients.Count; lane += Clients[i].Lanes, i++)
            if (i % 2 == 1)
                svg.Append(CultureInfo.InvariantCulture,
                    $"<rect class=\"stripe\" x=\"0\" y=\"{lane * LaneHeight}\" width=\"{_width:0}\" height=\"{Clients[i].Lanes * LaneHeight}\"/>\n");
        var points = Points();
        if (points.Count > 0)
        {
            svg.Append("<polyline class=\"order\" points=\"");
            foreach (var (x, y) in points) svg.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y} ");
            svg.Append("\"/>\n");
        }
        foreach (var i in _shown) Bar(svg, i);
        for (var n = 0; n < points.Count; n++)
        {
            var (x, y) = points[n];
            svg.Append(CultureInfo.InvariantCulture, $"<g class=\"point\"><title>{n + 1}: {WebUtility.HtmlEncode(Title(_order[n]))}</title>")
                .Append(CultureInfo.InvariantCulture, $"<rect x=\"{x - 11:0.#}\" y=\"{y - 7}\" width=\"22\" height=\"14\" rx=\"7\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y + 3.5}\">{n + 1}</text></g>\n");
        }
        return svg.Append("</svg>\n").ToString();
    }

    private List<(string, int)> Lanes()
    {
        List<(string, int)> clients = [];
        var first = 0;
        foreach (var client in _shown.GroupBy(i => _report.Operations[i].Client)
            .OrderBy(c => long.TryParse(c.Key, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue)
            .ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            List<int> free = []; // the event from which on each of its lanes is
            foreach (var i in client.OrderBy(i => _events[i].Begin))
            {
                var lane = free.FindIndex(f => f <= _events[i].Begin);
                if (lane < 0)
                {
                    lane = free.Count;
                    free.Add(0);
                }
                free[lane] = _events[i].End ?? int.MaxValue;
                _lane[i] = first + lane;
            }
            clients.Add((client.Key, free.Count));
            first += free.Count;
        }
        return clients;
    }

    private void Bar(StringBuilder svg, int i)
    {
        var operation = _report.Operations[i];
        var (begin, end) = _events[i];
        var (x, y) = (_x[begin], (_lane[i] * LaneHeight) + Top);
        var width = (end is { } e ? _x[e] : _width + 10) - x; // beyond the edge: it has no end
        var style = _report.CannotFollow.ContainsKey(i) ? "wrong" : _pointAfter.ContainsKey(i) ? "in" : "out";
        var key = _report.Unexplainable.Contains(i) ? " part" : "";
        svg.Append(CultureInfo.InvariantCulture, $"<g class=\"op {style}{key}{(operation.Returned is null ? " open" : "")}\" id=\"{Id(i)}\">")
            .Append("<title>").Append(WebUtility.HtmlEncode(Title(i))).Append("</title>")
            .Append(CultureInfo.InvariantCulture, $"<rect x=\"{x + 1:0.#}\" y=\"{y}\" width=\"{Math.Max(2, width - 2):0.#}\" ")
            .Append(CultureInfo.InvariantCulture, $"height=\"{BarHeight}\" rx=\"4\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 7:0.#}\" y=\"{y + 15}\">")
            .Append(WebUtility.HtmlEncode(Short(i))).Append("</text></g>\n");
    }

    // Where the operations of the prefix take effect, on the upper edges of their bars.
    private List<(double X, int Y)> Points()
    {
        Dictionary<int, int> after = [];
        List<(double X, int Y)> points = [];
        foreach (var i in _order)
        {
            var nth = after[_pointAfter[i]] = after.GetValueOrDefault(_pointAfter[i]) + 1;
            points.Add((_x[_pointAfter[i]] + (nth * Point) - (Point / 3.0), (_lane[i] * LaneHeight) + Top - 2));
        }
        return points;
    }

    private string Id(int i) => $"{(_order.Count > 0 ? "o" : "u")}{i}";

    private string Title(int i)
    {
        var operation = _report.Operations[i];
        var title = $"client {operation.Client}: {operation.Call}\n"
            + $"{(operation.Result is { } result ? $"answer: {result}" : "no answer: it may take effect at any later time, or never")}\n"
            + $"from {operation.Invoked} to {(operation.Returned is { } returned ? $"{returned}" : "whenever")}";
        return _report.CannotFollow.TryGetValue(i, out var expected)
            ? $"{title}\ncannot follow: after the order that is marked the answer is {expected}"
            : title;
    }

    private string Short(int i)
    {
        var operation = _report.Operations[i];
        var text = $"{operation.Call}{(operation.Result is null ? "  ?" : operation.Result == "ok" ? "" : $"  → {operation.Result}")}";
        return text.Length <= MostCharacters ? text : $"{text[..(MostCharacters / 2)]} … {text[^(MostCharacters / 2)..]}";
    }

    // Of an operation's bar, at least: that of its text.
    private double Width(int i) => (Short(i).Length * CharacterWidth) + 16;
}

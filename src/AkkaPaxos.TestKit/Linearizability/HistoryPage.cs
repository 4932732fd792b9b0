using System.Globalization;
using System.Net;
using System.Text;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// A page that shows what a check found. Of a history that is not linearizable it draws the shortest part that no order explains, and all operations on
/// its keys with the longest order that explains them. It is a file of its own: no fonts, styles or scripts from elsewhere.
/// </summary>
public static class HistoryPage
{
    private const string Style =
        """
        :root{--ink:#1f2328;--dim:#59636e;--line:#d1d9e0;--red:#cf222e;--green:#1a7f37;--blue:#0550ae}
        *{box-sizing:border-box}body{margin:0;font:14px/1.5 system-ui,sans-serif;color:var(--ink);background:#fff}
        header{padding:20px 28px 14px;border-bottom:1px solid var(--line);background:#f6f8fa}h1{font-size:20px;margin:0 0 2px}h1 b{color:var(--red)}
        h2{font-size:16px;margin:26px 28px 4px}p{margin:0 28px 10px;color:var(--dim);max-width:70em}header p{margin:0}
        table{margin:0 28px 14px;border-collapse:collapse}
        td,th{text-align:left;padding:3px 18px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:600;color:var(--dim)}
        td{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;overflow-wrap:anywhere;max-width:60em}
        .chart{display:flex;margin:6px 28px 0;border:1px solid var(--line);border-radius:6px;overflow:hidden}
        .chart{width:fit-content;max-width:calc(100% - 56px)}
        .names{flex:none;border-right:1px solid var(--line);background:#f6f8fa;font:12px ui-monospace,Menlo,Consolas,monospace}
        .names div{padding:0 14px;display:flex;align-items:center}.names div:nth-child(even){background:#eaeef2}
        .scroll{overflow-x:auto}.scroll svg{display:block}
        svg text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:var(--ink);pointer-events:none}
        .stripe{fill:#f6f8fa}.op rect{stroke-width:1}.op.in rect{fill:#dafbe1e6;stroke:#4ac26b}.op.out rect{fill:#eaeef2e6;stroke:#9aa4af}
        .op.wrong rect{fill:#ffd8d3;stroke:var(--red);stroke-width:1.6}.op.wrong text{fill:#82071e;font-weight:600}
        .op.part rect{stroke-width:2.4}.op.open rect{stroke-dasharray:5 3;fill-opacity:.45}.op:hover rect{filter:brightness(.93)}
        .order{fill:none;stroke:var(--blue);stroke-width:1.3;opacity:.55}.point rect{fill:var(--blue)}
        .point text{fill:#fff;text-anchor:middle;font-size:10px}
        .key{display:flex;gap:22px;flex-wrap:wrap;margin:8px 28px 40px;color:var(--dim);font-size:13px}
        .key i{display:inline-block;width:26px;height:13px;
        border-radius:3px;margin-right:6px;vertical-align:-2px;border:1.5px solid}.key .n{background:var(--blue);border:0;border-radius:7px}
        """;

    // The charts start where it goes wrong.
    private const string Script =
        """
        document.querySelectorAll('.scroll').forEach(function(s){var w=s.querySelector('.wrong');
        if(w){s.scrollLeft=Math.max(0,+w.querySelector('rect').getAttribute('x')-s.clientWidth/2);}});
        """;

    /// <summary>The page, as HTML.</summary>
    /// <param name="report">The check's report.</param>
    /// <param name="title">What the history is, such as a file's name.</param>
    public static string Draw(HistoryReport report, string title)
    {
        var html = new StringBuilder();
        var verdict = report.Verdict switch
        {
            Verdict.Ok => "linearizable", Verdict.Violation => "<b>not linearizable</b>", _ => "not known whether linearizable",
        };
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>{Escaped(title)}: {verdict.Replace("<b>", "").Replace("</b>", "")}</title>\n")
            .Append(CultureInfo.InvariantCulture, $"<style>\n{Style}\n</style>\n</head>\n<body>\n<header><h1>{Escaped(title)}: {verdict}</h1>\n")
            .Append(CultureInfo.InvariantCulture, $"<p>{report.Count:N0} operations")
            .Append(report.Keys.Count > 0 ? Escaped($"; the violation is in those on {HistoryWords.KeysOf(report)}") : "").Append("</p></header>\n");
        if (report.Verdict == Verdict.Violation) Violation(html, report);
        else html.Append(CultureInfo.InvariantCulture, $"<h2>{Escaped(Heading(HistoryWords.Of(report).TrimEnd()))}</h2>\n");
        return html.Append("</body>\n</html>\n").ToString().ReplaceLineEndings("\n");
    }

    private static void Violation(StringBuilder html, HistoryReport report)
    {
        var part = report.Unexplainable;
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Escaped(Heading(HistoryWords.Reason(report)))}</h2>\n")
            .Append("<p>The shortest part of the history that cannot be explained, whatever became of the operations that are not in it.</p>\n");
        Table(html, report);
        Chart(html, new HistoryChart(report, part, hasOrder: false));
        html.Append(CultureInfo.InvariantCulture,
                $"<h2>{report.LongestPrefix.Count:N0} of {report.Operations.Count:N0} operations can be put in an order</h2>\n")
            .Append("<p>The longest order that explains its answers, numbered. None of the red operations can follow: ")
            .Append("point at one for what it would be answered.</p>\n");
        Chart(html, new HistoryChart(report, [.. Enumerable.Range(0, report.Operations.Count)], hasOrder: true));
        html.Append("<div class=\"key\"><span><i class=\"n\"></i>takes effect, in this order</span>")
            .Append("<span><i style=\"background:#dafbe1;border-color:#4ac26b\"></i>in the order</span>")
            .Append("<span><i style=\"background:#ffd8d3;border-color:#cf222e\"></i>cannot follow</span>")
            .Append("<span><i style=\"background:#eaeef2;border-color:#9aa4af\"></i>not reached, or need not take effect</span>")
            .Append("<span><i style=\"border-color:#9aa4af;border-style:dashed\"></i>open: no answer</span>")
            .Append("<span><i style=\"border-color:#59636e;border-width:2.5px\"></i>in the shortest part</span></div>\n");
        html.Append("<script>\n").Append(Script).Append("\n</script>\n");
    }

    private static void Table(StringBuilder html, HistoryReport report)
    {
        html.Append("<table><tr><th>client</th><th>from</th><th>to</th><th>call</th><th>answer</th></tr>\n");
        foreach (var operation in report.Unexplainable.Select(i => report.Operations[i]))
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escaped(operation.Client)}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td>{operation.Invoked}</td><td>{operation.Returned}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td>{Escaped(operation.Call)}</td><td>{Escaped(operation.Result ?? "none")}</td></tr>\n");
        html.Append("</table>\n");
    }

    private static void Chart(StringBuilder html, HistoryChart chart)
    {
        html.Append("<div class=\"chart\"><div class=\"names\">");
        foreach (var (client, lanes) in chart.Clients)
            html.Append(CultureInfo.InvariantCulture, $"<div style=\"height:{lanes * HistoryChart.Lane}px\">{Escaped(client)}</div>");
        html.Append("</div><div class=\"scroll\">\n").Append(chart.Draw()).Append("</div></div>\n");
    }

    private static string Heading(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}

using System.Globalization;
using System.Net;
using System.Text;

namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>
/// Draws as an SVG picture of its own: no fonts, styles or scripts from elsewhere. A long run is cut into sections, each with its own heading;
/// in a browser all but the first and the last are folded, and a click on a section's bar opens or folds it. Where no script runs (in an img element)
/// everything is open.
/// </summary>
public static class SvgDiagram
{
    private const int SectionRows = 40; // a screen's worth
    private const int Left = 20, Near = 34, Apart = 86; // from one lifeline to the next, in a group and between groups
    private const int HeadingHeight = 46, BarHeight = 24, RowHeight = 26, Step = 7; // Step: between the arrows of one row
    private const double TextWidth = 7.3; // of a character, at most

    private const string Style =
        "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}" +
        ".t{font-weight:bold;text-anchor:middle}.n{text-anchor:middle;fill:#59636e}" +
        ".l{stroke:#9aa4af;stroke-width:1.2}.a{stroke:#0550ae;stroke-width:1.4;marker-end:url(#head)}" +
        ".x{stroke:#bc4c00;stroke-width:1.4;stroke-dasharray:4 3;marker-end:url(#lost)}" +
        ".s{fill:#0550ae}.w{fill:#bc4c00}.d{fill:none;stroke:#cf222e;stroke-width:2}" +
        ".u{fill:none;stroke:#1a7f37;stroke-width:2}.m{fill:#9a6700;font-style:italic}" +
        ".b rect{fill:#eaeef2}.b{cursor:pointer}";

    // Folding moves what is below: the sections are laid out anew at each click.
    private const string Script =
        "(function(){var r=(document.currentScript||{}).parentNode||document.documentElement,s=[].slice.call(r.querySelectorAll('.section'));" +
        "function lay(){var y=0;s.forEach(function(g){g.setAttribute('transform','translate(0,'+y+')');var o=g.getAttribute('data-open')==='1';" +
        "g.querySelector('.body').style.display=o?'':'none';g.querySelector('.sign').textContent=o?'\\u25be':'\\u25b8';" +
        "y+=o?+g.getAttribute('data-height'):" + "BAR" + ";});" +
        "r.setAttribute('height',y);r.setAttribute('viewBox','0 0 '+r.getAttribute('width')+' '+y);}" +
        "s.forEach(function(g,i){g.setAttribute('data-open',i===0||i===s.length-1?'1':'0');" +
        "g.querySelector('.b').addEventListener('click',function(){" +
        "g.setAttribute('data-open',g.getAttribute('data-open')==='1'?'0':'1');lay();});});lay();})();";

    /// <summary>The whole of a run.</summary>
    public static string Draw(Diagram diagram)
    {
        var x = Columns(diagram.Lifelines);
        var textLeft = x.Values.DefaultIfEmpty(Left).Max() + 40;
        var width = textLeft + (int)(diagram.Rows.Select(r => Words(r).Length).DefaultIfEmpty().Max() * TextWidth) + Left;
        var sections = diagram.Rows.Chunk(SectionRows).ToList();
        if (sections.Count == 0) sections.Add([]);
        if (sections.Count > 1 && sections[^1].Length < 5) // a few last rows are no section
        {
            sections[^2] = [.. sections[^2], .. sections[^1]];
            sections.RemoveAt(sections.Count - 1);
        }

        var body = new StringBuilder();
        var down = new HashSet<Lifeline>();
        var (y, first) = (0, 1);
        foreach (var rows in sections)
        {
            var part = new StringBuilder();
            var bar = sections.Count > 1 ? BarHeight : 0;
            var height = Section(part, rows, diagram.Lifelines, x, textLeft, bar, down);
            body.Append($"<g class=\"section\" data-height=\"{height}\" transform=\"translate(0,{y})\">");
            if (bar > 0)
                body.Append($"<g class=\"b\"><rect x=\"4\" y=\"2\" width=\"{width - 8}\" height=\"{bar - 4}\" rx=\"4\"/><text x=\"12\" y=\"16\">" +
                            $"<tspan class=\"sign\">▾</tspan> {first} to {first + rows.Length - 1} of {diagram.Rows.Count}</text></g>");
            body.Append("<g class=\"body\">").Append(part).Append("</g></g>\n");
            y += height;
            first += rows.Length;
        }

        var script = sections.Count > 1 ? $"<script><![CDATA[{Script.Replace("BAR", $"{BarHeight}")}]]></script>\n" : "";
        return
            $"""
             <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}">
             <style>{Style}</style>
             <defs>
             <marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto" markerUnits="userSpaceOnUse">
             <path d="M0,0.5 L8,4 L0,7.5 z" fill="#0550ae"/></marker>
             <marker id="lost" markerWidth="10" markerHeight="10" refX="9" refY="5" orient="auto" markerUnits="userSpaceOnUse">
             <path d="M1,1 L9,9 M1,9 L9,1" stroke="#bc4c00" stroke-width="1.6"/></marker>
             </defs>
             <rect width="100%" height="100%" fill="#ffffff"/>
             {body}{script}</svg>

             """.ReplaceLineEndings("\n");
    }

    private static Dictionary<Lifeline, int> Columns(IReadOnlyList<Lifeline> lines)
    {
        Dictionary<Lifeline, int> x = [];
        var at = Left + (Near / 2);
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) at += lines[i].Group == lines[i - 1].Group ? Near : Apart;
            x[lines[i]] = at;
        }
        return x;
    }

    /// <summary>Draws some rows below a heading; returns how high that is.</summary>
    private static int Section(
        StringBuilder svg, IReadOnlyList<DiagramRow> rows, IReadOnlyList<Lifeline> lines, Dictionary<Lifeline, int> x, int textLeft, int top,
        HashSet<Lifeline> down)
    {
        foreach (var group in lines.GroupBy(l => l.Group))
            svg.Append(Text("t", group.Average(l => x[l]), top + 18, group.First().Title));
        foreach (var line in lines) svg.Append(Text("n", x[line], top + 34, line.Name));

        // Where each line starts: it is drawn as far as its next crash, or the end of the section.
        var start = top + HeadingHeight - 6;
        var since = lines.Where(l => !down.Contains(l)).ToDictionary(l => l, _ => start);
        var marks = new StringBuilder();
        var y = top + HeadingHeight;
        foreach (var row in rows)
        {
            var middle = y + 8;
            marks.Append(Text(row is NoteRow ? "m" : "", textLeft, middle + 4, Words(row)));
            switch (row)
            {
                case MessageRow message:
                    y += RowHeight + (Step * (message.Arrows.Count - 1));
                    foreach (var arrow in message.Arrows)
                    {
                        Arrow(marks, arrow, x, middle, message.IsLost);
                        middle += Step;
                    }
                    break;
                case NoteRow note:
                    foreach (var line in note.Lines) Note(svg, marks, note.Kind, line, x[line], middle, since, down);
                    y += RowHeight;
                    break;
            }
        }
        foreach (var (line, from) in since) svg.Append(Vertical(x[line], from, y));
        svg.Append(marks);
        return y + 8;
    }

    private static void Arrow(StringBuilder svg, Arrow arrow, Dictionary<Lifeline, int> x, int y, bool isLost)
    {
        var (from, to) = (x[arrow.From], x[arrow.To]);
        var end = isLost ? to - (Math.Sign(to - from) * 12) : to;
        svg.Append($"<g><title>{Escaped($"{arrow.From} to {arrow.To}: {arrow.Label}{(isLost ? ", lost" : "")}")}</title>")
            .Append($"<circle class=\"{(isLost ? "w" : "s")}\" cx=\"{from}\" cy=\"{y}\" r=\"2.5\"/>")
            .Append($"<line class=\"{(isLost ? "x" : "a")}\" x1=\"{from}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"/></g>");
    }

    private static void Note(
        StringBuilder svg, StringBuilder marks, NoteKind kind, Lifeline line, int x, int y, Dictionary<Lifeline, int> since, HashSet<Lifeline> down)
    {
        switch (kind)
        {
            case NoteKind.Crash:
                if (since.Remove(line, out var from)) svg.Append(Vertical(x, from, y));
                down.Add(line);
                marks.Append($"<path class=\"d\" d=\"M{x - 5},{y - 5} l10,10 m0,-10 l-10,10\"/>");
                break;
            case NoteKind.Restart:
                if (down.Remove(line)) since[line] = y;
                marks.Append($"<circle class=\"u\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>");
                break;
            case NoteKind.Timeout:
                marks.Append($"<path class=\"u\" d=\"M{x - 4},{y - 5} h8 l-8,10 h8 z\"/>"); // an hourglass
                break;
        }
    }

    private static string Vertical(int x, int from, int to) => $"<line class=\"l\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>";

    private static string Text(string style, double x, int y, string text) =>
        $"<text{(style.Length > 0 ? $" class=\"{style}\"" : "")} "
        + $"x=\"{x.ToString("0.#", CultureInfo.InvariantCulture)}\" y=\"{y}\">{Escaped(text)}</text>\n";

    private static string Words(DiagramRow row) =>
        (row.At is { } at ? string.Create(CultureInfo.InvariantCulture, $"+{at.TotalMilliseconds:0.0} ms  ") : "")
        + (row is NoteRow note ? note.Remark : row.Text);

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}

using System.Text;

namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>
/// Draws with characters, as the second seed does:
/// <code>
///  Client   Proposer   Acceptor   Learner
///    c         p1      a1 a2 a3   l1 l2
///    |         |       |  |  |    |  |
///    X--------&gt;|       |  |  |    |  |   Request(V)
///    |         X------&gt;|-&gt;|-&gt;|    |  |   Prepare(1.1)
/// </code>
/// X sends, an arrow's head receives, an x before a lifeline is a message that was lost, ! is a crash and * a restart or a time-out. While a role is
/// down it has no line.
/// </summary>
public sealed class TextDiagram
{
    private const int LeastGap = 3; // columns from one lifeline of a group to the next, and between groups

    private readonly Dictionary<Lifeline, int> _column = [];
    private readonly SortedSet<Lifeline> _down = [];
    private readonly int _width;

    /// <summary>A page with these lifelines.</summary>
    public TextDiagram(IReadOnlyList<Lifeline> lifelines)
    {
        var gap = Math.Max(LeastGap, lifelines.Select(l => l.Name.Length + 1).DefaultIfEmpty().Max());
        var (titles, names) = (new StringBuilder(" "), new StringBuilder(" "));
        foreach (var group in lifelines.GroupBy(l => l.Group))
        {
            var members = group.ToList();
            var title = members[0].Title;
            var span = ((members.Count - 1) * gap) + 1;
            var room = Math.Max(title.Length, span);
            var first = titles.Length + ((room - span) / 2);
            for (var i = 0; i < members.Count; i++)
            {
                var column = _column[members[i]] = first + (i * gap);
                names.Append(' ', Math.Max(0, column - names.Length)).Append(members[i].Name);
            }
            titles.Append(' ', (room - title.Length) / 2).Append(title);
            titles.Append(' ', Math.Max(0, first + span - titles.Length)).Append(' ', LeastGap);
        }
        _width = Math.Max(titles.Length - LeastGap + 1, 1);
        Header = [titles.ToString().TrimEnd(), names.ToString().TrimEnd()];
    }

    /// <summary>The lines above the drawing: roles, and the names of their lifelines.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <summary>The whole of a run.</summary>
    public static string Draw(Diagram diagram)
    {
        var page = new TextDiagram(diagram.Lifelines);
        var times = diagram.Rows.Select(r => r.At is { } at ? $"+{at.TotalMilliseconds:0.0} ms" : "").ToList();
        var timeWidth = times.Select(t => t.Length).DefaultIfEmpty().Max();
        var text = new StringBuilder();
        foreach (var line in page.Header) text.Append(line).Append('\n');
        text.Append(page.Idle()).Append('\n');
        foreach (var (row, time) in diagram.Rows.Zip(times)) text.Append(page.Line(row, timeWidth > 0 ? time.PadLeft(timeWidth) : null)).Append('\n');
        return text.Append(page.Idle()).Append('\n').ToString();
    }

    /// <summary>A line in which nothing happens.</summary>
    public string Idle() => new string(Cells()).TrimEnd();

    /// <summary>The next line. Crashes and restarts are remembered for the lines that follow.</summary>
    /// <param name="row">What happens.</param>
    /// <param name="time">What stands between the drawing and its text; null for nothing.</param>
    public string Line(DiagramRow row, string? time = null)
    {
        var cells = row switch
        {
            MessageRow message => Messages(message),
            NoteRow note => Note(note),
            _ => throw new ArgumentException($"a row of type {row.GetType().Name} cannot be drawn", nameof(row)),
        };
        return $"{new string(cells)}  {(time is null ? "" : time + "  ")}{row.Text}";
    }

    private char[] Cells()
    {
        var cells = new char[_width];
        Array.Fill(cells, ' ');
        foreach (var (line, column) in _column) cells[column] = _down.Contains(line) ? ' ' : '|';
        return cells;
    }

    private char[] Messages(MessageRow row)
    {
        var cells = Cells();
        foreach (var (from, to) in row.Arrows.Select(a => (_column[a.From], _column[a.To])))
            for (var i = Math.Min(from, to) + 1; i < Math.Max(from, to); i++) cells[i] = '-';
        // What an arrow passes over stays visible where it sends or receives itself.
        foreach (var arrow in row.Arrows)
        {
            var (from, to) = (_column[arrow.From], _column[arrow.To]);
            cells[to] = _down.Contains(arrow.To) ? ' ' : '|';
            cells[to > from ? to - 1 : to + 1] = row.IsLost ? 'x' : to > from ? '>' : '<';
        }
        foreach (var arrow in row.Arrows) cells[_column[arrow.From]] = 'X';
        return cells;
    }

    private char[] Note(NoteRow note)
    {
        if (note.Kind == NoteKind.Crash) _down.UnionWith(note.Lines);
        if (note.Kind == NoteKind.Restart) _down.ExceptWith(note.Lines);
        var cells = Cells();
        foreach (var line in note.Lines)
            cells[_column[line]] = note.Kind switch { NoteKind.Crash => '!', NoteKind.Restart or NoteKind.Timeout => '*', _ => cells[_column[line]] };
        return cells;
    }
}

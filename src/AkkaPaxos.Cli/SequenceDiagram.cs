using System.Text;
using AkkaPaxos.Gateway;

namespace AkkaPaxos.Cli;

/// <summary>
/// Draws messages between lifelines, as papers and RFCs do:
/// <code>
///  Client  Replica  Leader  Commander  Acceptor  Replica
///             1       1         1      1  2  3   1  2  3
///    X------->|       |         |      |  |  |   |  |  |   +0.0 ms  Request(1/1)
///    |        |       |         X-----&gt;|-&gt;|-&gt;|   |  |  |   +1.2 ms  Accept(1.1, 4, 1/1)
/// </code>
/// X sends, an arrow's head receives. A message to several, or the same from several, is one row.
/// </summary>
internal static class SequenceDiagram
{
    private const int Gap = 3; // columns from one lifeline of a group to the next, and the least between groups

    // A replica has two places, as in the paper's figures: on the left it takes requests, on the right it learns.
    private enum Place { Client, Replica, Leader, Scout, Commander, Confirmer, Acceptor, Learner, Other }

    private readonly record struct Lifeline(Place Place, int Node) : IComparable<Lifeline>
    {
        public int CompareTo(Lifeline other) => (Place, Node).CompareTo((other.Place, other.Node));
    }

    private sealed record Arrow(Lifeline From, Lifeline To);

    private sealed record Row(string Message, DateTimeOffset At)
    {
        public List<Arrow> Arrows { get; } = [];

        public bool Touches(Lifeline line) => Arrows.Any(a => a.From == line || a.To == line);
    }

    /// <summary>The diagram of <paramref name="events"/>, which are in the order to be drawn.</summary>
    public static string Draw(IReadOnlyList<TraceEntry> events)
    {
        var rows = Rows(events);
        var lines = rows.SelectMany(r => r.Arrows).SelectMany(a => new[] { a.From, a.To }).Distinct().Order().ToList();
        var column = Columns(lines, out var names, out var numbers, out var width);
        var idle = new string(' ', width).ToCharArray();
        foreach (var line in lines) idle[column[line]] = '|';

        var text = new StringBuilder();
        text.AppendLine(names.TrimEnd()).AppendLine(numbers.TrimEnd());
        var start = rows.Count > 0 ? rows[0].At : default;
        var times = rows.Select(r => $"+{(r.At - start).TotalMilliseconds:0.0} ms").ToList();
        var timeWidth = times.Max(t => t.Length);
        foreach (var (row, time) in rows.Zip(times))
            text.Append(Draw(row, (char[])idle.Clone(), column)).Append("  ").Append(time.PadLeft(timeWidth)).Append("  ").AppendLine(row.Message);
        return text.ToString().TrimEnd();
    }

    private static char[] Draw(Row row, char[] cells, Dictionary<Lifeline, int> column)
    {
        foreach (var (from, to) in row.Arrows.Select(a => (column[a.From], column[a.To])))
            for (var i = Math.Min(from, to) + 1; i < Math.Max(from, to); i++) cells[i] = '-';
        // What an arrow passes over stays visible where it sends or receives itself.
        foreach (var arrow in row.Arrows)
        {
            var (from, to) = (column[arrow.From], column[arrow.To]);
            cells[to] = '|';
            cells[to > from ? to - 1 : to + 1] = to > from ? '>' : '<';
        }
        foreach (var arrow in row.Arrows) cells[column[arrow.From]] = 'X';
        return cells;
    }

    /// <summary>
    /// Puts equal messages into one row, where that changes the order of no lifeline: an event may join an earlier row only if nothing
    /// after that row concerns its sender or its receiver.
    /// </summary>
    private static List<Row> Rows(IReadOnlyList<TraceEntry> events)
    {
        List<Row> rows = [];
        foreach (var e in events)
        {
            var arrow = new Arrow(Line(e.FromRole, e.From, e.Message), Line(e.ToRole, e.To, e.Message));
            if (arrow.From == arrow.To) continue;
            Row? joins = null;
            for (var i = rows.Count - 1; i >= 0; i--)
            {
                var row = rows[i];
                if (row.Message == e.Message && !row.Arrows.Contains(arrow) && IsAlike(row.Arrows[0], arrow) && !Chains(row, arrow))
                {
                    joins = row;
                    break;
                }
                if (row.Touches(arrow.From) || row.Touches(arrow.To)) break;
            }
            if (joins is null) rows.Add(joins = new Row(e.Message, e.At));
            joins.Arrows.Add(arrow);
        }
        return rows;
    }

    private static bool IsAlike(Arrow a, Arrow b) => a.From.Place == b.From.Place && a.To.Place == b.To.Place;

    /// <summary>Whether a lifeline of the row would send and receive: that takes two rows.</summary>
    private static bool Chains(Row row, Arrow arrow) => row.Arrows.Any(a => a.From == arrow.To || a.To == arrow.From);

    private static Lifeline Line(string role, int node, string message) => role switch
    {
        "client" => new Lifeline(Place.Client, 0),
        "replica" => new Lifeline(Learns(message) ? Place.Learner : Place.Replica, node),
        "leader" => new Lifeline(Place.Leader, node),
        "scout" => new Lifeline(Place.Scout, node),
        "commander" => new Lifeline(Place.Commander, node),
        "confirmer" => new Lifeline(Place.Confirmer, node),
        "acceptor" => new Lifeline(Place.Acceptor, node),
        _ => new Lifeline(Place.Other, node),
    };

    private static bool Learns(string message) => message.Split('(')[0]
        is "Learned" or "Decision" or "Decisions" or "CatchUp" or "SnapshotOffer" or "FetchSnapshot" or "SnapshotChunk";

    private static Dictionary<Lifeline, int> Columns(List<Lifeline> lines, out string names, out string numbers, out int width)
    {
        var column = new Dictionary<Lifeline, int>();
        var (top, bottom) = (new StringBuilder(" "), new StringBuilder(" "));
        foreach (var group in lines.GroupBy(l => l.Place))
        {
            var members = group.ToList();
            var name = group.Key == Place.Learner ? "Replica" : group.Key.ToString();
            var span = ((members.Count - 1) * Gap) + 1;
            var room = Math.Max(name.Length, span);
            var first = top.Length + ((room - span) / 2);
            for (var i = 0; i < members.Count; i++) column[members[i]] = first + (i * Gap);
            top.Append(new string(' ', (room - name.Length) / 2)).Append(name);
            foreach (var member in members)
            {
                var number = member.Place == Place.Client ? "" : $"{member.Node}";
                if (bottom.Length < column[member]) bottom.Append(' ', column[member] - bottom.Length);
                bottom.Append(number);
            }
            var end = Math.Max(first + span, top.Length);
            if (top.Length < end) top.Append(' ', end - top.Length);
            top.Append(' ', Gap);
        }
        width = top.Length - Gap + 1;
        (names, numbers) = (top.ToString(), bottom.ToString());
        return column;
    }
}

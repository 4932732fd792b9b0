namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>
/// Makes a <see cref="Diagram"/> of what happened, one event after the other. Messages with one name become one row, as the seeds draw them,
/// where that changes the order of no lifeline: a message joins an earlier row only if nothing after that row concerns its sender or its receiver.
/// </summary>
public sealed class DiagramBuilder
{
    private readonly SortedSet<Lifeline> _lifelines;
    private readonly List<Row> _rows = [];

    /// <summary>An empty drawing.</summary>
    /// <param name="lifelines">Those to be drawn even if nothing happens to them.</param>
    public DiagramBuilder(IEnumerable<Lifeline>? lifelines = null) => _lifelines = [.. lifelines ?? []];

    // A row in the making: a note where there are no arrows.
    private sealed record Row(TimeSpan? At, bool IsLost, NoteRow? Note)
    {
        public List<Arrow> Arrows { get; } = [];

        public bool Touches(Lifeline line) =>
            Arrows.Any(a => a.From == line || a.To == line) || (Note is not null && (Note.Lines.Count == 0 || Note.Lines.Contains(line)));

        public bool Takes(Arrow arrow, bool isLost) =>
            Note is null && IsLost == isLost && Arrows[0].Label.Joins(arrow.Label) && Arrows[0].From.Group == arrow.From.Group
            && !Arrows.Any(a => a.From == arrow.From && a.To == arrow.To)
            // A lifeline that would send and receive takes two rows.
            && !Arrows.Any(a => a.From == arrow.To || a.To == arrow.From);
    }

    /// <summary>Adds a message.</summary>
    public void Message(Lifeline from, Lifeline to, MessageLabel label, bool isLost = false, TimeSpan? at = null)
    {
        if (from == to) return; // what a role tells itself is no exchange
        _lifelines.Add(from);
        _lifelines.Add(to);
        var arrow = new Arrow(from, to, label);
        var row = Joinable(arrow, isLost);
        if (row is null) _rows.Add(row = new Row(at, isLost, null));
        row.Arrows.Add(arrow);
    }

    /// <summary>Adds a note; without <paramref name="lines"/> it is about the whole.</summary>
    public void Note(NoteKind kind, string remark, IReadOnlyList<Lifeline>? lines = null, TimeSpan? at = null)
    {
        _lifelines.UnionWith(lines ?? []);
        _rows.Add(new Row(at, false, new NoteRow(at, lines ?? [], kind, remark)));
    }

    /// <summary>What was added so far.</summary>
    public Diagram Build() => new([.. _lifelines], [.. _rows.Select(r => r.Note ?? (DiagramRow)new MessageRow(r.At, [.. r.Arrows], r.IsLost))]);

    private Row? Joinable(Arrow arrow, bool isLost)
    {
        for (var i = _rows.Count - 1; i >= 0; i--)
        {
            if (_rows[i].Takes(arrow, isLost)) return _rows[i];
            if (_rows[i].Touches(arrow.From) || _rows[i].Touches(arrow.To)) return null;
        }
        return null;
    }
}

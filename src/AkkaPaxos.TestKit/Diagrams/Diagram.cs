namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>
/// What a lifeline stands for. The order is the order on the page, from left to right. A replica has two places, as in the paper's figures:
/// on the left it takes requests, on the right it learns.
/// </summary>
public enum LifelineGroup
{
    /// <summary>Whoever asks.</summary>
    Client,

    /// <summary>Synod's proposer.</summary>
    Proposer,

    /// <summary>A replica, where it takes requests.</summary>
    Replica,

    /// <summary>A leader of multi-Paxos.</summary>
    Leader,

    /// <summary>A leader's attempt at a ballot.</summary>
    Scout,

    /// <summary>A leader's slot in flight.</summary>
    Commander,

    /// <summary>A leader's question whether it still leads.</summary>
    Confirmer,

    /// <summary>An acceptor.</summary>
    Acceptor,

    /// <summary>Synod's learner.</summary>
    Learner,

    /// <summary>A replica, where it learns.</summary>
    LearningReplica,

    /// <summary>A role that an experiment added.</summary>
    Other,
}

/// <summary>A vertical line of a drawing: one role of one node.</summary>
/// <param name="Group">The role.</param>
/// <param name="Number">The node's number; 0 where there is only one and it needs none.</param>
public readonly record struct Lifeline(LifelineGroup Group, int Number) : IComparable<Lifeline>
{
    private static readonly string[] Letters = ["c", "p", "r", "l", "s", "k", "q", "a", "l", "r", "x"];

    /// <summary>The role as a heading shows it.</summary>
    public string Title => Group == LifelineGroup.LearningReplica ? nameof(LifelineGroup.Replica) : Group.ToString();

    /// <summary>A letter for the role, and the number: <c>a2</c>. The two places of a replica have one name.</summary>
    public string Name => Letters[(int)Group] + (Number == 0 ? "" : $"{Number}");

    /// <inheritdoc/>
    public int CompareTo(Lifeline other) => (Group, Number).CompareTo((other.Group, other.Number));

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What a message is called in a drawing.</summary>
/// <param name="Name">Its kind: <c>Promise</c>.</param>
/// <param name="Numbers">What stands in parentheses: ballot, slot, value. May be empty.</param>
/// <param name="Each">
/// What may differ between messages that are drawn as one row, so that the row gathers it:
/// <c>Promise(2.2, {V,null,null})</c>; null where there is none.
/// </param>
public sealed record MessageLabel(string Name, string Numbers, string? Each = null)
{
    /// <summary>Reads a label as it stands in text: <c>Accept(1.1, 4)</c>.</summary>
    public static MessageLabel Parse(string text)
    {
        var open = text.IndexOf('(');
        return open < 0 ? new MessageLabel(text, "") : new MessageLabel(text[..open], text[(open + 1)..].TrimEnd(')'));
    }

    /// <summary>The one label of several messages that <see cref="Joins"/> each other.</summary>
    public static string Text(IReadOnlyList<MessageLabel> labels)
    {
        var first = labels[0];
        var gathered = first.Each is null ? "" : $"{{{string.Join(',', labels.Select(l => l.Each))}}}";
        var inner = string.Join(", ", new[] { first.Numbers, gathered }.Where(p => p.Length > 0));
        return inner.Length > 0 ? $"{first.Name}({inner})" : first.Name;
    }

    /// <summary>Whether both may be in one row.</summary>
    public bool Joins(MessageLabel other) => Name == other.Name && Numbers == other.Numbers && Each is null == other.Each is null;

    /// <inheritdoc/>
    public override string ToString() => Text([this]);
}

/// <summary>One message on its way.</summary>
/// <param name="From">Who sends.</param>
/// <param name="To">Who receives.</param>
/// <param name="Label">What it is called.</param>
public sealed record Arrow(Lifeline From, Lifeline To, MessageLabel Label);

/// <summary>One line of a drawing.</summary>
/// <param name="At">When, since the start; null where the run has no clock worth showing.</param>
/// <param name="Text">What stands beside it.</param>
public abstract record DiagramRow(TimeSpan? At, string Text);

/// <summary>A message to several, the same from several, or just one.</summary>
/// <param name="At">When the first was sent.</param>
/// <param name="Arrows">One each.</param>
/// <param name="IsLost">Whether they never arrived.</param>
public sealed record MessageRow(TimeSpan? At, IReadOnlyList<Arrow> Arrows, bool IsLost)
    : DiagramRow(At, MessageLabel.Text([.. Arrows.Select(a => a.Label)]) + (IsLost ? "  lost" : ""));

/// <summary>What a note means for the lifelines it is about.</summary>
public enum NoteKind
{
    /// <summary>Just a remark.</summary>
    Remark,

    /// <summary>From here on they are down.</summary>
    Crash,

    /// <summary>From here on they are up again.</summary>
    Restart,

    /// <summary>They waited in vain.</summary>
    Timeout,
}

/// <summary>Something that happened, other than a message.</summary>
/// <param name="At">When.</param>
/// <param name="Lines">Whom it concerns; may be empty.</param>
/// <param name="Kind">What it means for them.</param>
/// <param name="Remark">In words.</param>
public sealed record NoteRow(TimeSpan? At, IReadOnlyList<Lifeline> Lines, NoteKind Kind, string Remark) : DiagramRow(At, $"!! {Remark} !!");

/// <summary>A run, ready to be drawn: what <see cref="TextDiagram"/>, <see cref="SvgDiagram"/> and <see cref="MermaidDiagram"/> take.</summary>
/// <param name="Lifelines">In their order on the page.</param>
/// <param name="Rows">From top to bottom.</param>
public sealed record Diagram(IReadOnlyList<Lifeline> Lifelines, IReadOnlyList<DiagramRow> Rows);

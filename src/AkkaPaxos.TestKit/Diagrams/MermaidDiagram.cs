using System.Text;

namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>Draws as the text of a Mermaid sequence diagram, which GitHub, GitLab and many editors show as a picture.</summary>
public static class MermaidDiagram
{
    /// <summary>The whole of a run.</summary>
    public static string Draw(Diagram diagram)
    {
        var text = new StringBuilder("sequenceDiagram\n");
        foreach (var line in diagram.Lifelines)
            text.Append($"    participant {Id(line)} as {line.Title}{(line.Number == 0 ? "" : $" {line.Number}")}\n");
        foreach (var row in diagram.Rows)
        {
            switch (row)
            {
                case MessageRow message:
                    foreach (var arrow in message.Arrows)
                        text.Append($"    {Id(arrow.From)}{(message.IsLost ? "-x" : "->>")}{Id(arrow.To)}: {Escaped(arrow.Label.ToString())}\n");
                    break;
                case NoteRow { Lines.Count: > 0 } note:
                    // A note over many participants names the outer ones.
                    var over = note.Lines.Count == 1 ? Id(note.Lines[0]) : $"{Id(note.Lines.Min())},{Id(note.Lines.Max())}";
                    text.Append($"    Note over {over}: {Escaped(note.Remark)}\n");
                    break;
                case NoteRow note when diagram.Lifelines.Count > 0:
                    var last = diagram.Lifelines.Count > 1 ? $",{Id(diagram.Lifelines[^1])}" : "";
                    text.Append($"    Note over {Id(diagram.Lifelines[0])}{last}: {Escaped(note.Remark)}\n");
                    break;
            }
        }
        return text.ToString();
    }

    // Names that are not unique (a replica has two places) and words that Mermaid knows must not meet.
    private static string Id(Lifeline line) => $"{line.Group}{line.Number}";

    private static string Escaped(string text) => text.Replace("#", "#35;").Replace(";", "#59;").Replace("#35#59;", "#35;").ReplaceLineEndings(" ");
}

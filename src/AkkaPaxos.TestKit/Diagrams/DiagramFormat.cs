namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>How a diagram is written.</summary>
public enum DiagramFormat
{
    /// <summary>With characters, as the second seed does.</summary>
    Text,

    /// <summary>A picture.</summary>
    Svg,

    /// <summary>The text of a Mermaid diagram.</summary>
    Mermaid,
}

/// <summary>Draws a run in any format.</summary>
public static class DiagramDrawing
{
    /// <summary>The whole of a run.</summary>
    public static string Draw(this Diagram diagram, DiagramFormat format) => format switch
    {
        DiagramFormat.Text => TextDiagram.Draw(diagram),
        DiagramFormat.Svg => SvgDiagram.Draw(diagram),
        DiagramFormat.Mermaid => MermaidDiagram.Draw(diagram),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such format"),
    };
}

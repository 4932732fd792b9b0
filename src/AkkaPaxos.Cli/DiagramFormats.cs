using System.CommandLine;
using AkkaPaxos.TestKit.Diagrams;

namespace AkkaPaxos.Cli;

/// <summary>The option <c>--format</c> of the commands that draw.</summary>
internal static class DiagramFormats
{
    public static Option<string> Option() =>
        new("--format") { Description = "How to draw: text, svg or mermaid.", HelpName = "text|svg|mermaid", DefaultValueFactory = _ => "text" };

    /// <exception cref="CliException">There is no such format.</exception>
    public static DiagramFormat Parse(string? text) => text switch
    {
        "text" => DiagramFormat.Text,
        "svg" => DiagramFormat.Svg,
        "mermaid" => DiagramFormat.Mermaid,
        _ => throw new CliException($"--format: \"{text}\" is none of text, svg, mermaid", 2),
    };
}

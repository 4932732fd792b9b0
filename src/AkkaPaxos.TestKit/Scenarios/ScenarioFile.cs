using System.Text;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>
/// A scenario as a text: comments, declarations and commands, and under a command, after a line <c>----</c>, what it is expected to print, as far as
/// the next empty line. docs/scenarios.md describes each command.
/// </summary>
public sealed class ScenarioFile
{
    private const string Separator = "----";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly IReadOnlyList<Part> _parts;

    private ScenarioFile(string name, IReadOnlyList<Part> parts) => (Name, _parts) = (name, parts);

    /// <summary>What errors call it: its path.</summary>
    public string Name { get; }

    /// <summary>The statements, in their order.</summary>
    internal IEnumerable<ScenarioLine> Lines => _parts.Where(p => p.Line is not null).Select(p => p.Line!);

    // Either a statement, or a comment or an empty line, as it stands.
    private sealed record Part(string Text, ScenarioLine? Line);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScenarioException">It is no scenario.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ScenarioFile Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path, StrictUtf8));
        }
        catch (DecoderFallbackException)
        {
            throw new ScenarioException(path, 1, 1, "the file is not UTF-8");
        }
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="ScenarioException">It is no scenario.</exception>
    public static ScenarioFile Parse(string name, string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n').Select(l => l.TrimEnd()).ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        List<Part> parts = [];
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            if (line.Length == 0 || line.TrimStart().StartsWith('#'))
            {
                parts.Add(new Part(line, null));
                continue;
            }
            if (line == Separator) throw new ScenarioException(name, i + 1, 1, $"\"{Separator}\", expected a command above it");
            var statement = ScenarioGrammar.Statement(line, name, i + 1);
            var number = i + 1;
            List<string> output = [];
            if (i + 1 < lines.Count && lines[i + 1] == Separator)
                for (i += 2; i < lines.Count && lines[i].Length > 0; i++) output.Add(lines[i]);
            parts.Add(new Part(line, new ScenarioLine(statement, number, line, output)));
            if (output.Count > 0 && i < lines.Count) parts.Add(new Part("", null)); // the empty line that ended it
        }
        return new ScenarioFile(name, parts);
    }

    /// <summary>The text with what the commands print now.</summary>
    /// <param name="outputs">For each statement the lines that it prints.</param>
    internal string With(IReadOnlyList<IReadOnlyList<string>> outputs)
    {
        var text = new StringBuilder();
        var next = 0;
        for (var i = 0; i < _parts.Count; i++)
        {
            text.Append(_parts[i].Text).Append('\n');
            if (_parts[i].Line is null) continue;
            var output = outputs[next++];
            if (output.Count == 0) continue;
            text.Append(Separator).Append('\n');
            foreach (var line in output) text.Append(line).Append('\n');
            if (i + 1 < _parts.Count && _parts[i + 1].Text.Length > 0) text.Append('\n');
        }
        return text.ToString();
    }
}

/// <summary>A statement of a scenario.</summary>
/// <param name="Statement">What it says.</param>
/// <param name="Number">Its line, from 1.</param>
/// <param name="Text">The line itself.</param>
/// <param name="Expected">What stands under it.</param>
internal sealed record ScenarioLine(Statement Statement, int Number, string Text, IReadOnlyList<string> Expected);

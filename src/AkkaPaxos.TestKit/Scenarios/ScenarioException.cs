namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>A scenario cannot be read: a syntax error, or a name that was not declared.</summary>
/// <param name="file">The file.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="column">The column, from 1.</param>
/// <param name="problem">What stands there and what was expected.</param>
public sealed class ScenarioException(string file, int line, int column, string problem) : Exception($"{file}:{line}:{column}: {problem}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The column, from 1.</summary>
    public int Column { get; } = column;
}

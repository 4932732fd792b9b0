namespace AkkaPaxos.Cli;

/// <summary>Where a command reads and writes: the process's standard streams, or a test's.</summary>
internal sealed class Terminal(Stream input, Stream output, TextWriter text, TextWriter error, bool isInteractive = false, bool showsProgress = false)
{
    /// <summary>Standard input, as bytes.</summary>
    public Stream Input { get; } = input;

    /// <summary>Standard output, as text.</summary>
    public TextWriter Text { get; } = text;

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether a person types the input.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Whether a person sees standard error.</summary>
    public bool ShowsProgress { get; } = showsProgress;

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(
        Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Out, Console.Error,
        isInteractive: !Console.IsInputRedirected, showsProgress: !Console.IsErrorRedirected);

    /// <summary>Writes bytes as they are, and a new line: keys and values are not always text.</summary>
    public void WriteLine(ReadOnlySpan<byte> bytes)
    {
        Text.Flush();
        output.Write(bytes);
        output.Write("\n"u8);
        output.Flush();
    }
}

/// <summary>A command cannot do what it was asked for.</summary>
/// <param name="message">One line for stderr.</param>
/// <param name="exitCode">1: it failed. 2: it was used wrongly, or a configuration cannot be used.</param>
internal sealed class CliException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}

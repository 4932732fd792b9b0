using System.Runtime.InteropServices;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary>Where a command reads and writes: the process's standard streams, or a test's.</summary>
internal sealed class Terminal(Stream? input, Stream output, TextWriter text, TextWriter error, bool isInteractive = false, bool showsProgress = false)
{
    private const int GetDescriptorFlags = 1, CloseOnExec = 1; // F_GETFD, FD_CLOEXEC

    /// <summary>Standard output, as text.</summary>
    public TextWriter Text { get; } = text;

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether a person sees standard error.</summary>
    public bool ShowsProgress { get; } = showsProgress;

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(
        IsInputOpen() ? Console.OpenStandardInput() : null, Console.OpenStandardOutput(), Console.Out, Console.Error,
        isInteractive: !Console.IsInputRedirected, showsProgress: !Console.IsErrorRedirected);

    /// <summary>All of standard input, to its end.</summary>
    /// <param name="what">What is read: "the value".</param>
    /// <param name="hint">What to do where there is nothing.</param>
    /// <exception cref="CliException">It is closed or empty: more likely a script's mistake than meant.</exception>
    public byte[] ReadInput(string what, string hint)
    {
        if (input is null) throw new CliException($"{what} was to be read from standard input, which is closed: {hint}", 2);
        if (isInteractive) Error.WriteLine($"{what}, then Ctrl-D:");
        using var bytes = new MemoryStream();
        input.CopyTo(bytes);
        return bytes.Length > 0 ? bytes.ToArray() : throw new CliException($"{what} was to be read from standard input, which is empty: {hint}", 2);
    }

    // Where standard input was closed, its number belongs to the first file that the runtime opened for itself, and reading from that may never end. Such a
    // one goes at exec; what a process was started with was there after it.
    private static bool IsInputOpen()
    {
        if (OperatingSystem.IsWindows()) return true;
        var flags = fcntl(0, GetDescriptorFlags);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

    [DllImport("libc", ExactSpelling = true)]
    private static extern int fcntl(int descriptor, int command);

    /// <summary>Writes a table, each row a line, also in a pipe.</summary>
    public void Write(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(Text) });
        console.Profile.Width = Math.Max(console.Profile.Width, 160);
        console.Write(table);
    }

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
/// <param name="exitCode">1: it failed. 2: it was used wrongly, or a configuration or file cannot be used. 3: it is not known.</param>
internal sealed class CliException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}

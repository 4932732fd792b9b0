using System.Collections.Concurrent;
using System.Text;

namespace AkkaPaxos.Cli.Tests;

/// <summary>Runs command lines as the program does, with streams of its own.</summary>
internal static class CommandLine
{
    public sealed record Outcome(int Code, string Output, string Error)
    {
        public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static Task<Outcome> Run(params string[] arguments) => RunWith("", arguments);

    public static Task<Outcome> RunWith(string input, params string[] arguments) => RunWith(Encoding.UTF8.GetBytes(input), arguments);

    public static async Task<Outcome> RunWith(byte[] input, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var text = new StreamWriter(output) { AutoFlush = true };
        var code = await Program.Run(arguments, new Terminal(new MemoryStream(input), output, text, error));
        text.Flush();
        return new Outcome(code, Encoding.UTF8.GetString(output.ToArray()).ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }
}

/// <summary>Keeps lines that one thread writes while another reads.</summary>
internal sealed class LineWriter : TextWriter
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void WriteLine(string? value) => Lines.Enqueue(value ?? "");
}

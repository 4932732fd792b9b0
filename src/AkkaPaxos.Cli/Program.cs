using System.CommandLine;
using System.Net.Sockets;

namespace AkkaPaxos.Cli;

/// <summary>The <c>akkapaxos</c> program.</summary>
internal static class Program
{
    // How long a node may take to leave after SIGTERM or Ctrl-C before the process ends all the same.
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(20);

    private static Task<int> Main(string[] arguments) => Run(arguments, Terminal.OfProcess());

    /// <summary>Runs a command line.</summary>
    /// <returns>0: done. 1: it failed, the reason is on stderr. 2: wrong usage, or a configuration that cannot be used.</returns>
    public static async Task<int> Run(string[] arguments, Terminal terminal, CancellationToken cancel = default)
    {
        var parsed = Root(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) terminal.Error.WriteLine($"akkapaxos: {OneLine(error.Message)}");
            terminal.Error.WriteLine($"akkapaxos: see akkapaxos {string.Join(' ', Path(parsed))}--help");
            return 2;
        }
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Text, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = ShutdownPatience,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancel);
        }
        catch (CliException e)
        {
            terminal.Error.WriteLine($"akkapaxos: {OneLine(e.Message)}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return 130; // as shells report a command that Ctrl-C ended
        }
        catch (Exception e) when (e is IOException or HttpRequestException or SocketException or TimeoutException or UnauthorizedAccessException or InvalidOperationException)
        {
            terminal.Error.WriteLine($"akkapaxos: {OneLine(e.Message)}");
            return 1;
        }
    }

    private static RootCommand Root(Terminal terminal) => new("AkkaPaxos: a replicated key-value store by Paxos, and the nodes that keep it.")
    {
        NodeCommand.Create(terminal),
        KvCommands.Put(terminal),
        KvCommands.Get(terminal),
        KvCommands.Del(terminal),
        KvCommands.Txn(terminal),
        StatusCommand.Create(terminal),
        TraceCommand.Create(terminal),
        BenchCommand.Create(terminal),
        ClusterCommands.Cluster(),
        ClusterCommands.Demo(),
    };

    private static IEnumerable<string> Path(ParseResult parsed)
    {
        var name = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name;
        return name.Length > 0 ? [name, ""] : [""];
    }

    internal static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}

using System.CommandLine;
using System.CommandLine.Help;
using System.Net.Sockets;

namespace AkkaPaxos.Cli;

/// <summary>The <c>akkapaxos</c> program.</summary>
internal static class Program
{
    // How long a node may take to leave after SIGTERM or Ctrl-C before the process ends all the same.
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(20);

    private static Task<int> Main(string[] arguments) => Run(arguments, Terminal.OfProcess());

    /// <summary>Runs a command line.</summary>
    /// <returns>
    /// 0: done. 1: it failed, the reason is on stderr. 2: wrong usage, or a configuration or file that cannot be used. 3: check-history does not
    /// know.
    /// </returns>
    public static async Task<int> Run(string[] arguments, Terminal terminal, CancellationToken cancel = default)
    {
        var parsed = Root(terminal).Parse(arguments);
        if (Errors(parsed, arguments) is { Count: > 0 } errors)
        {
            var command = parsed.CommandResult.Command == parsed.RootCommandResult.Command ? "" : parsed.CommandResult.Command.Name + " ";
            foreach (var error in errors) terminal.Error.WriteLine($"akkapaxos: {error}");
            terminal.Error.WriteLine($"akkapaxos: see akkapaxos {command}--help");
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
        catch (Exception e) when (e is IOException or HttpRequestException or SocketException or TimeoutException or UnauthorizedAccessException
            or InvalidOperationException)
        {
            terminal.Error.WriteLine($"akkapaxos: {OneLine(e.Message)}");
            return 1;
        }
    }

    // Not a RootCommand: that one is called what the dll is called.
    private static Command Root(Terminal terminal) => new(
        "akkapaxos", "AkkaPaxos: a replicated key-value store by Paxos, and the nodes that keep it.")
    {
        new HelpOption(),
        new VersionOption(),
        NodeCommand.Create(terminal),
        KvCommands.Put(terminal),
        KvCommands.Get(terminal),
        KvCommands.Del(terminal),
        KvCommands.Txn(terminal),
        StatusCommand.Create(terminal),
        TraceCommand.Create(terminal),
        ScenarioCommands.Create(terminal),
        ExploreCommand.Create(terminal),
        SimulateCommand.Create(terminal),
        CheckHistoryCommand.Create(terminal),
        BenchCommand.Create(terminal),
        ClusterCommands.Cluster(),
        ClusterCommands.Demo(),
    };

    /// <summary>What is wrong with a command line, a line each.</summary>
    internal static IReadOnlyList<string> Errors(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        // The parser takes an option that it does not know for an argument where there is room for one: get KEY --prefx would read a range.
        var known = parsed.CommandResult.Command.Options.Concat(parsed.RootCommandResult.Command.Options)
            .SelectMany(o => o.Aliases.Prepend(o.Name)).ToHashSet();
        var unknown = arguments.TakeWhile(a => a != "--")
            .Where(a => a.StartsWith("--", StringComparison.Ordinal) && !known.Contains(a.Split('=', ':')[0])).ToList();
        return unknown.Count > 0 ? [.. unknown.Select(u => $"there is no option {u}")] : [.. parsed.Errors.Select(e => OneLine(e.Message))];
    }

    internal static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}

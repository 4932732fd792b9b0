using System.CommandLine;
using System.CommandLine.Help;
using System.Net.Sockets;

namespace AkkaPaxos.Cli;

/// <summary>The <c>akkapaxos</c> program.</summary>
internal static class Program
{
    /// <summary>How command lines are read. An argument that begins with @ is one like any other, not the name of a file with more of them.</summary>
    internal static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    // Those that have more to do at their end than to stop.
    private static readonly string[] LeavingCommands = ["node", "cluster", "demo"];

    // Those whose arguments are keys and values.
    private static readonly string[] ByteCommands = ["put", "get", "del"];

    private static async Task<int> Main(string[] arguments)
    {
        // Before all else, as a node may be told to stop while it starts.
        using var signals = new Signals(TimeSpan.FromSeconds(arguments.Any(LeavingCommands.Contains) ? 20 : 1));
        var code = await Run(arguments, Terminal.OfProcess(), signals.Token);
        return code == Signals.Ended ? signals.ExitCode : code;
    }

    /// <summary>Runs a command line.</summary>
    /// <returns>
    /// 0: what was asked for is so. 1: it is not, the reason is on stderr. 2: wrong usage, or a configuration or file that cannot be used. 3: it is not
    /// known, by check-history and explore. 130: it was told to stop. docs/operating.md has them by command.
    /// </returns>
    public static async Task<int> Run(string[] arguments, Terminal terminal, CancellationToken cancel = default)
    {
        try
        {
            return await RunCommand(RawText.OfProcess(arguments), terminal, cancel);
        }
        catch (CliException e)
        {
            terminal.Error.WriteLine($"akkapaxos: {OneLine(e.Message)}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return Signals.Ended;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or SocketException or TimeoutException or UnauthorizedAccessException
            or InvalidOperationException)
        {
            terminal.Error.WriteLine($"akkapaxos: {OneLine(e.Message)}");
            return 1;
        }
    }

    private static Task<int> RunCommand(string[] given, Terminal terminal, CancellationToken cancel)
    {
        var root = Root(terminal);
        var arguments = CommandFirst(root, given);
        var parsed = root.Parse(arguments, Parsing);
        if (Errors(parsed, arguments) is { Count: > 0 } errors)
        {
            var command = parsed.CommandResult.Command == parsed.RootCommandResult.Command ? "" : parsed.CommandResult.Command.Name + " ";
            foreach (var error in errors) terminal.Error.WriteLine($"akkapaxos: {error}");
            terminal.Error.WriteLine($"akkapaxos: see akkapaxos {command}--help");
            return Task.FromResult(2);
        }
        if (!ByteCommands.Contains(parsed.CommandResult.Command.Name) && arguments.FirstOrDefault(a => !IsText(a)) is { } bytes)
            throw new CliException($"the argument \"{bytes}\" is not UTF-8: only keys and values may be any bytes", 2);
        // Signals are heard by Main.
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Text, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
        };
        return parsed.InvokeAsync(invocation, cancel);
    }

    /// <summary>The arguments with the command in front: etcdctl takes options before it, too.</summary>
    private static string[] CommandFirst(Command root, string[] arguments)
    {
        var options = root.Subcommands.SelectMany(c => c.Subcommands.Prepend(c)).SelectMany(c => c.Options).ToLookup(o => o.Name);
        var at = 0;
        while (at < arguments.Length && options.Contains(arguments[at].Split('=')[0]))
            at += options[arguments[at]].Any(o => o.Arity.MinimumNumberOfValues > 0) ? 2 : 1;
        var (behind, command) = (at, root);
        while (behind < arguments.Length && command.Subcommands.FirstOrDefault(c => c.Name == arguments[behind]) is { } inner)
            (behind, command) = (behind + 1, inner);
        return [.. arguments.Take(behind).Skip(at), .. arguments.Take(at), .. arguments.Skip(behind)];
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
        MoveLeaderCommand.Create(terminal),
        MemberCommand.Create(terminal),
        TraceCommand.Create(terminal),
        ScenarioCommands.Create(terminal),
        ExploreCommand.Create(terminal),
        SimulateCommand.Create(terminal),
        CheckHistoryCommand.Create(terminal),
        BenchCommand.Create(terminal),
        JournalCommand.Create(terminal),
        SnapshotCommand.Create(terminal),
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

    private static bool IsText(string argument)
    {
        for (var i = 0; i < argument.Length; i++)
            if (char.IsSurrogate(argument[i]) && !(i + 1 < argument.Length && char.IsSurrogatePair(argument[i], argument[++i]))) return false;
        return true;
    }

    internal static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}

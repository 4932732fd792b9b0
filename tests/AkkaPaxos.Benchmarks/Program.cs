using System.CommandLine;
using System.CommandLine.Help;
using System.Net.Sockets;
using AkkaPaxos.Benchmarks;
using AkkaPaxos.Cli;
using Grpc.Core;

// scripts/bench: AkkaPaxos and its peers side by side, on the same work.
using var signals = new Signals(TimeSpan.FromSeconds(20));
var root = new Command(
    "scripts/bench", "Compares AkkaPaxos with etcd and ZooKeeper where they are installed (Debian: etcd-server, zookeeper), with DotNext's Raft, or with an earlier commit.")
{
    new HelpOption(),
};
Options.AddTo(root, Run);
Hosts.AddTo(root);
try
{
    var parsed = root.Parse(args, AkkaPaxos.Cli.Program.Parsing);
    if (AkkaPaxos.Cli.Program.Errors(parsed, args) is { Count: > 0 } errors)
    {
        foreach (var error in errors) Console.Error.WriteLine($"scripts/bench: {error}");
        Console.Error.WriteLine("scripts/bench: see scripts/bench --help");
        return 2;
    }
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, signals.Token);
}
catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
{
    return signals.ExitCode;
}
catch (Exception e) when (e is CliException or IOException or TimeoutException or InvalidOperationException or HttpRequestException or UnauthorizedAccessException
    or SocketException or RpcException or ZooKeeperException)
{
    Console.Error.WriteLine($"scripts/bench: {AkkaPaxos.Cli.Program.OneLine(e.Message)}");
    return e is CliException wrong ? wrong.ExitCode : 1;
}
finally
{
    Started.KillAll();
}

static async Task<int> Run(Options options, CancellationToken cancel)
{
    if (options.Grow is { } folder)
    {
        Directory.CreateDirectory(folder);
        await Growth.Run(options, o => Present(Contenders.Of(o, null).Entries), folder, Console.Out, cancel);
        return 0;
    }
    if (options.Against is not null) Console.Error.WriteLine($"building {options.Against}");
    using var other = options.Against is { } revision ? await OtherRevision.Build(revision, cancel) : null;
    await Compare(options, Contenders.Of(options, other), cancel);
    if (options.IsSmoke) await Compare(options with { Embedded = true }, Contenders.Of(options with { Embedded = true, Only = [] }, null), cancel);
    return 0;
}

static async Task Compare(Options options, (IReadOnlyList<Entry> Entries, string Beside) contenders, CancellationToken cancel)
{
    foreach (var missing in contenders.Entries.Select(e => e.Missing).OfType<string>()) Console.Error.WriteLine($"scripts/bench: {missing}: no figures beside ours");
    var results = await Comparison.Run(Present(contenders.Entries), options, line => Console.Error.WriteLine(line), cancel);
    if (options.Json) Console.WriteLine(Report.Json(results, contenders.Beside, options));
    else Report.Print(results, contenders.Beside, options.Directory, Console.Out);
    if (options.Plot is { } file) Plot.Save(results, options.Ops[0], file);
}

static IReadOnlyList<Entry> Present(IReadOnlyList<Entry> entries)
{
    List<Entry> present = [.. entries.Where(e => e.Missing is null)];
    return present.Count > 0 ? present : throw new CliException("nothing that --only names is installed", 2);
}

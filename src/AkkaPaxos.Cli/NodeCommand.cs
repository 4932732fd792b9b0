using System.CommandLine;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaPaxos.Gateway;
using AkkaPaxos.Journal;
using AkkaPaxos.Node;
using Microsoft.AspNetCore.Connections;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos node</c>: one node of a cluster, until SIGINT or SIGTERM.</summary>
internal static class NodeCommand
{
    // What a node cannot start with ends it with this code: configuration, ports, folders.
    internal const int CannotStart = 2;

    private static readonly TimeSpan ReadyCheck = TimeSpan.FromMilliseconds(50);
    // Within this a client that asks one thing after the other has asked the next, and has learned that it is to go elsewhere.
    private static readonly TimeSpan ClientsLeaveWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClientsLeaveAtMost = TimeSpan.FromSeconds(5);

    public static Command Create(Terminal terminal)
    {
        var file = new Option<string>("--config")
        {
            Description = "The node's HOCON file; hocon/node.conf shows every key.", HelpName = "FILE", Required = true,
        };
        var set = new Option<string[]>("--set")
        {
            Description = "A setting over the file's: akkapaxos.window=128. May be given again.", HelpName = "key=value",
        };
        var command = new Command("node", "Runs a node of a cluster, and serves etcd's JSON API, until Ctrl-C or SIGTERM.") { file, set };
        command.SetAction((parsed, cancel) => Run(parsed.GetRequiredValue(file), parsed.GetValue(set) ?? [], terminal, cancel));
        return command;
    }

    private static async Task<int> Run(string file, string[] set, Terminal terminal, CancellationToken cancel)
    {
        HoconFile? user = null;
        Config config;
        PaxosSettings settings;
        GatewaySettings gatewaySettings;
        try
        {
            user = HoconFile.Load(file, set);
            config = NodeConfig.Of(user);
            settings = new PaxosSettings(config);
            gatewaySettings = new GatewaySettings(config);
        }
        catch (HoconFileException e)
        {
            throw new CliException(e.Message, CannotStart);
        }
        catch (ConfigurationException e)
        {
            throw new CliException(user!.Describe(e), CannotStart);
        }
        var data = NodeConfig.DataDirectory(config, settings);
        var isLog = Durability.PluginOf(config, "journal") == LogJournal.PluginId;
        using var folder = IsKeptIn(data, config, isLog) ? DataFolder.Take(data, settings) : null;
        if (Directory.Exists(data)) RequireJournal(new JournalFiles(data), isLog);

        ActorSystemSetup stores;
        try
        {
            stores = await Stores.Open(config, settings, line => Say(terminal, $"node {settings.NodeId} {line}"), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 0;
        }

        while (await RunOnce(config, settings, gatewaySettings, user!, stores, terminal, cancel)) { }
        return 0;
    }

    /// <summary>Runs the node in one actor system.</summary>
    /// <returns>Whether it is to be started again in another one; otherwise it was told to stop.</returns>
    private static async Task<bool> RunOnce(
        Config config, PaxosSettings settings, GatewaySettings gatewaySettings, HoconFile user, ActorSystemSetup stores, Terminal terminal,
        CancellationToken cancel)
    {
        using var system = StartSystem(config, settings, stores, terminal);
        var log = Logging.GetLogger(system, typeof(NodeCommand));
        string? leaveFrom = null;
        try
        {
            log.Info(Who(settings));
            var paxos = GetPaxos(system, user);
            // What is weaker Paxos warns of.
            if (paxos.Durability.Level == DurabilityLevel.Full) log.Info("durability is {0}", paxos.Durability);
            HttpGateway gateway;
            try
            {
                var backend = new PaxosBackend(paxos);
                gateway = await HttpGateway.StartAsync(backend, gatewaySettings, (e, path) => log.Error(e, "HTTP {0} failed", path));
            }
            catch (IOException e)
            {
                throw new CliException(e.Message, CannotStart);
            }
            await using (gateway)
            {
                log.Info("listening at {0} for nodes and at {1} for clients", settings.Address, gateway.Address);
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var serving = SayWhenServing(paxos, log, ended.Token);
                var first = await Task.WhenAny(paxos.Failed, system.WhenTerminated, WhenCancelled(cancel));
                await ended.CancelAsync();
                await serving;
                if (first == paxos.Failed)
                {
                    var failed = await paxos.Failed;
                    if (failed.IsRemoved) return false;
                    if (!failed.StartAgain) throw new CliException(failed.Message, CannotStart);
                    // Nobody in the cluster that it leaves could answer.
                    leaveFrom = CoordinatedShutdown.PhaseActorSystemTerminate;
                    return true;
                }
                if (first == system.WhenTerminated && !cancel.IsCancellationRequested)
                    throw new CliException("the actor system ended by itself; the log says why");
                log.Info("node {0} stops as it was told to", settings.NodeId);
                await gateway.Drain(ClientsLeaveWithin, ClientsLeaveAtMost);
            }
            return false;
        }
        finally
        {
            await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance, leaveFrom);
        }
    }

    private static string Who(PaxosSettings settings)
    {
        var version = typeof(NodeCommand).Assembly.GetName().Version?.ToString(3);
        var others = settings.Membership.Members.Where(m => m.Id != settings.NodeId).Select(m => $"{m.Id} at {m.Address}").ToList();
        return $"AkkaPaxos {version}, node {settings.NodeId} of group {settings.Group}, {(others.Count == 0 ? "alone" : $"with {string.Join(", ", others)}")}";
    }

    // The journal or the snapshots: with both elsewhere, in a database, nothing is in the folder.
    private static bool IsKeptIn(string folder, Config config, bool isLog) =>
        ((string[])[isLog ? $"{LogJournal.PluginId}.directory" : "akka.persistence.journal.sql.connection-string", "akka.persistence.snapshot-store.sql.connection-string"])
            .Any(place => config.GetString(place)?.Contains(folder, StringComparison.Ordinal) == true);

    private static void RequireJournal(JournalFiles files, bool isLog)
    {
        try
        {
            files.Finish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"a conversion of the journal in {files.Folder} cannot be ended: {e.Message}", CannotStart);
        }
        files.RequireNoOther(isLog);
    }

    /// <summary>Says that the node is ready, once it can serve.</summary>
    private static async Task SayWhenServing(Paxos paxos, ILoggingAdapter log, CancellationToken ended)
    {
        try
        {
            while (await paxos.Status(ended) is { Leader.Value: 0 } or { Problem: not null }) await Task.Delay(ReadyCheck, ended);
            log.Info("node {0} is ready", paxos.Settings.NodeId);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // It stops before it could serve.
        }
    }

    private static void Say(Terminal terminal, string line)
    {
        terminal.Text.WriteLine(NodeLogger.Line(DateTime.UtcNow, LogLevel.WarningLevel, line));
        terminal.Text.Flush();
    }

    private static ActorSystem StartSystem(Config config, PaxosSettings settings, ActorSystemSetup stores, Terminal terminal)
    {
        var setup = stores.And(BootstrapSetup.Create().WithConfig(config.WithFallback(PaxosSettings.DefaultConfig())))
            .And(new NodeLogSetup(terminal.Text));
        if (Logging.LogLevelFor(config.GetString("akka.loglevel")) > LogLevel.DebugLevel) setup = setup.And(new LogFilterSetup([new QuietLogFilter()]));
        try
        {
            return ActorSystem.Create(Address.Parse(settings.Address).System, setup);
        }
        catch (Exception e) when (Cause(e) is { } cause)
        {
            var what = cause is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
                ? "this machine does not have the address"
                : "the port is in use";
            var keys = "akkapaxos.members, or akka.remote.dot-netty.tcp.hostname and port";
            throw new CliException($"cannot listen on {settings.Address} ({keys}): {what}", CannotStart);
        }
        catch (Exception e) when (Innermost(e) is ConfigurationException wrong)
        {
            throw new CliException(wrong.Message, CannotStart);
        }
    }

    private static Paxos GetPaxos(ActorSystem system, HoconFile user)
    {
        try
        {
            return Paxos.Get(system);
        }
        catch (Exception e) when (Innermost(e) is ConfigurationException wrong)
        {
            throw new CliException(user.Describe(wrong), CannotStart);
        }
    }

    /// <summary>What of a failed start says that the address cannot be listened on; null where it failed for another reason.</summary>
    private static Exception? Cause(Exception? e) => e switch
    {
        null => null,
        AddressInUseException => e,
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied } => e,
        AggregateException many => many.InnerExceptions.Select(Cause).FirstOrDefault(c => c is not null),
        _ => Cause(e.InnerException),
    };

    private static Exception Innermost(Exception e) => e is ConfigurationException || e.InnerException is null ? e : Innermost(e.InnerException);

    private static Task WhenCancelled(CancellationToken cancel)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancel.Register(() => cancelled.TrySetResult());
        return cancelled.Task;
    }
}

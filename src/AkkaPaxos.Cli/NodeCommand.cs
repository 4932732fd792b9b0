using System.CommandLine;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaPaxos.Gateway;
using AkkaPaxos.Node;
using Microsoft.AspNetCore.Connections;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos node</c>: one node of a cluster, until SIGINT or SIGTERM.</summary>
internal static class NodeCommand
{
    // What a node cannot start with ends it with this code: configuration, ports, folders.
    private const int CannotStart = 2;

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
        CreateDataDirectory(config, settings);

        ActorSystemSetup stores;
        try
        {
            stores = await Stores.Open(config, settings, line => Say(terminal, $"node {settings.NodeId} {line}"), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 0;
        }

        using var system = StartSystem(config, settings, stores);
        try
        {
            var paxos = GetPaxos(system, user);
            HttpGateway gateway;
            try
            {
                var backend = new PaxosBackend(paxos);
                gateway = await HttpGateway.StartAsync(backend, gatewaySettings, (e, path) => system.Log.Error(e, "HTTP {0} failed", path));
            }
            catch (IOException e)
            {
                throw new CliException(e.Message, CannotStart);
            }
            await using (gateway)
            {
                Say(terminal, $"node {settings.NodeId} ready: {settings.Address} {gateway.Address}");
                var ended = await Task.WhenAny(paxos.Failed, system.WhenTerminated, WhenCancelled(cancel));
                if (ended == paxos.Failed) throw new CliException((await paxos.Failed).Message, CannotStart);
                if (ended == system.WhenTerminated && !cancel.IsCancellationRequested)
                    throw new CliException("the actor system ended by itself; the log says why");
            }
            return 0;
        }
        finally
        {
            await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
        }
    }

    /// <summary>Creates the folder of journal and snapshots, unless the configuration keeps them elsewhere.</summary>
    private static void CreateDataDirectory(Config config, PaxosSettings settings)
    {
        var folder = NodeConfig.DataDirectory(config, settings);
        if (config.GetString("akka.persistence.journal.sql.connection-string")?.Contains(folder, StringComparison.Ordinal) != true) return;
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, ".writable");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"akkapaxos.data-directory {Path.GetFullPath(folder)} cannot be written: {e.Message}", CannotStart);
        }
    }

    private static void Say(Terminal terminal, string line)
    {
        terminal.Text.WriteLine(line);
        terminal.Text.Flush();
    }

    private static ActorSystem StartSystem(Config config, PaxosSettings settings, ActorSystemSetup stores)
    {
        try
        {
            var setup = stores.And(BootstrapSetup.Create().WithConfig(config.WithFallback(PaxosSettings.DefaultConfig())));
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

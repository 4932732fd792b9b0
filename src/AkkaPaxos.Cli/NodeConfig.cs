using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Gateway;
using AkkaPaxos.Hocon;
using AkkaPaxos.Journal;
using AkkaPaxos.Node;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Cli;

/// <summary>
/// The configuration of one node: the user's file and <c>--set</c>s, behind them what follows from node id and members, behind that
/// node-defaults.conf.
/// </summary>
internal static class NodeConfig
{
    private static readonly string[] LogLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "OFF"];

    /// <summary>node-defaults.conf.</summary>
    public static Config Defaults => ConfigurationFactory.FromResource("AkkaPaxos.Cli.node-defaults.conf", typeof(NodeConfig).Assembly);

    /// <summary>A node's configuration for an actor system that only works on its stores: it speaks to nobody, and logs nothing.</summary>
    public static Config Quiet(Config node) =>
        ConfigurationFactory.ParseString("akka.actor.provider = local\nakka.loggers = []\nakka.loglevel = OFF\nakka.stdout-loglevel = OFF").WithFallback(node);

    /// <summary>What a node is to run with.</summary>
    /// <param name="user">The user's file and settings.</param>
    /// <exception cref="HoconFileException">A key below <c>akkapaxos</c> is not known.</exception>
    /// <exception cref="ConfigurationException">Node id and members do not fit together; the message names the key.</exception>
    public static Config Of(HoconFile user)
    {
        var defaults = Defaults;
        user.RequireKnownKeys(defaults.WithFallback(PaxosSettings.DefaultConfig()).WithFallback(GatewaySettings.DefaultConfig));
        var config = user.Config.WithFallback(defaults);
        var node = new PaxosSettings(config);
        var own = node.Membership.Members.Single(m => m.Id == node.NodeId);
        if (!Address.TryParse(own.Address, out var address) || address.Host is null || address.Port is null)
            throw new SettingException("akkapaxos.members",
                $"akkapaxos.members: the address of node {own.Id}, \"{own.Address}\", is not like akka.tcp://akkapaxos@host:port");
        var level = config.GetString("akka.loglevel");
        if (!LogLevels.Contains(level, StringComparer.OrdinalIgnoreCase))
            throw new SettingException("akka.loglevel", $"akka.loglevel = {level}: must be one of {string.Join(", ", LogLevels)}");
        if (node.FrameProblem(config) is { } problem) throw new SettingException("akka.remote.dot-netty.tcp.maximum-frame-size", problem);
        var data = DataDirectory(config, node);
        var places = string.Join('\n', Places(data).Select(place => $"{place.Key} = {HoconText.Quote(place.Value)}"));
        // Two files: a large snapshot on its way to the disk holds up no promise.
        return config.WithFallback(ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp.hostname = {{HoconText.Quote(address.Host)}}
            akka.remote.dot-netty.tcp.port = {{address.Port}}
            akka.cluster.roles = ["paxos-{{node.NodeId}}"]
            akka.persistence.journal.plugin = {{HoconText.Quote(IsLog(config) ? LogJournal.PluginId : "akka.persistence.journal.sql")}}
            {{places}}
            akkapaxos.journal-log.sync = {{(node.IsDurabilityRelaxed ? "off" : "on")}}
            akka.persistence.snapshot-store.sql.connection-string = {{HoconText.Quote(Sqlite(data, "snapshots.db"))}}
            """));
    }

    /// <summary>Reads a node's file, and what a command wants of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="set">Settings that stand above it.</param>
    /// <param name="read">Gets what the node is to run with, reference.conf behind it.</param>
    /// <exception cref="CliException">The file cannot be used; one line with the place of what is wrong.</exception>
    public static T Read<T>(string file, string[] set, Func<Config, T> read)
    {
        HoconFile? user = null;
        try
        {
            user = HoconFile.Load(file, set);
            return read(Of(user).WithFallback(PaxosSettings.DefaultConfig()));
        }
        catch (HoconFileException e)
        {
            throw new CliException(e.Message, NodeCommand.CannotStart);
        }
        catch (ConfigurationException e)
        {
            throw new CliException(user!.Describe(e), NodeCommand.CannotStart);
        }
    }

    /// <summary>Whether <c>akkapaxos.journal</c> is log.</summary>
    /// <exception cref="ConfigurationException">It is neither that nor sql.</exception>
    public static bool IsLog(Config config) => Section.Of(config, "akkapaxos") is var section && section.Text("journal") switch
    {
        "sql" => false,
        "log" => true,
        _ => throw section.Wrong("journal", "sql or log"),
    };

    /// <summary>The keys that say where journals are, with their values for a folder.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Places(string data)
    {
        var files = new JournalFiles(data);
        return
        [
            new("akka.persistence.journal.sql.connection-string", Sqlite(data, Path.GetFileName(files.PathOf(isLog: false)))),
            new($"{LogJournal.PluginId}.directory", files.PathOf(isLog: true)),
        ];
    }

    // For a file that another process has locked SQLite itself waits this many seconds, less than node-defaults.conf's call-timeout: so what fails
    // says "database is locked".
    private static string Sqlite(string folder, string file) =>
        new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, file), DefaultTimeout = 15 }.ConnectionString;

    /// <summary>Where the node keeps its journal and snapshots.</summary>
    public static string DataDirectory(Config config, PaxosSettings node) =>
        Section.Of(config, "akkapaxos").Text("data-directory") is { Length: > 0 } set ? set : Path.Combine("data", $"node-{node.NodeId}");
}

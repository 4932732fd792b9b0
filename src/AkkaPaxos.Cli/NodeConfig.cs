using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Node;

namespace AkkaPaxos.Cli;

/// <summary>
/// The configuration of one node: the user's file and <c>--set</c>s, behind them what follows from node id and members, behind that
/// node-defaults.conf.
/// </summary>
internal static class NodeConfig
{
    private static readonly string[] LogLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "OFF"];

    /// <summary>Reads a node's file.</summary>
    /// <param name="path">The HOCON file.</param>
    /// <param name="settings">Overrides, <c>key=value</c> each.</param>
    /// <exception cref="HoconFileException">The file cannot be read or parsed; the message names file, line and column.</exception>
    /// <exception cref="ConfigurationException">Node id and members do not fit together; the message names the key.</exception>
    public static Config Load(string path, IEnumerable<string> settings)
    {
        var config = HoconFile.Load(path, settings)
            .WithFallback(ConfigurationFactory.FromResource("AkkaPaxos.Cli.node-defaults.conf", typeof(NodeConfig).Assembly));
        var node = new PaxosSettings(config);
        var own = node.Membership.Members.Single(m => m.Id == node.NodeId);
        if (!Address.TryParse(own.Address, out var address) || address.Host is null || address.Port is null)
            throw new ConfigurationException($"akkapaxos.members: the address of node {own.Id}, \"{own.Address}\", is not like akka.tcp://akkapaxos@host:port");
        var level = config.GetString("akka.loglevel");
        if (!LogLevels.Contains(level, StringComparer.OrdinalIgnoreCase))
            throw new ConfigurationException($"akka.loglevel = {level}: must be one of {string.Join(", ", LogLevels)}");
        var data = DataDirectory(config, node);
        // Two files: a large snapshot on its way to the disk holds up no promise.
        return config.WithFallback(ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp.hostname = "{{address.Host}}"
            akka.remote.dot-netty.tcp.port = {{address.Port}}
            akka.cluster.roles = ["paxos-{{node.NodeId}}"]
            akka.persistence.journal.sql.connection-string = "Data Source={{Path.Combine(data, "journal.db")}}"
            akka.persistence.snapshot-store.sql.connection-string = "Data Source={{Path.Combine(data, "snapshots.db")}}"
            """));
    }

    /// <summary>Where the node keeps its journal and snapshots.</summary>
    public static string DataDirectory(Config config, PaxosSettings node) =>
        config.GetString("akkapaxos.data-directory") is { Length: > 0 } set ? set : Path.Combine("data", $"node-{node.NodeId}");
}

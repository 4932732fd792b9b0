using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>The section akka.cluster of a configuration; cluster.conf beside this file says what each key means.</summary>
public sealed class ClusterSettings
{
    private static readonly string[] Off = ["off", "false", "no"];
    private static readonly string[] On = ["on", "true", "yes"];

    /// <exception cref="ConfigurationException">There is no akka.cluster, or a value does not fit its key.</exception>
    public ClusterSettings(Config config, string systemName)
    {
        var cluster = config.GetConfig("akka.cluster");
        if (cluster.IsNullOrEmpty())
            throw new ConfigurationException(
                $"Failed to create {nameof(ClusterSettings)} of {systemName}: the configuration has no section akka.cluster");

        LogInfo = cluster.GetBoolean("log-info", true);
        FailureDetectorConfig = cluster.GetConfig("failure-detector");
        FailureDetectorImplementationClass = FailureDetectorConfig.GetString("implementation-class");
        HeartbeatInterval = FailureDetectorConfig.GetTimeSpan("heartbeat-interval");
        HeartbeatExpectedResponseAfter = FailureDetectorConfig.GetTimeSpan("expected-response-after");
        MonitoredByNrOfMembers = FailureDetectorConfig.GetInt("monitored-by-nr-of-members");

        SeedNodes = cluster.GetStringList("seed-nodes").Select(Seed).ToImmutableList();
        SeedNodeTimeout = cluster.GetTimeSpan("seed-node-timeout");
        RetryUnsuccessfulJoinAfter = SpanOrOff(cluster, "retry-unsuccessful-join-after");
        ShutdownAfterUnsuccessfulJoinSeedNodes = SpanOrOff(cluster, "shutdown-after-unsuccessful-join-seed-nodes");
        DownRemovalMargin = SpanOrOff(cluster, "down-removal-margin") ?? TimeSpan.Zero;
        PeriodicTasksInitialDelay = cluster.GetTimeSpan("periodic-tasks-initial-delay");
        GossipInterval = cluster.GetTimeSpan("gossip-interval");
        LeaderActionsInterval = cluster.GetTimeSpan("leader-actions-interval");
        UnreachableNodesReaperInterval = cluster.GetTimeSpan("unreachable-nodes-reaper-interval");
        GossipDifferentViewProbability = cluster.GetDouble("gossip-different-view-probability");

        Roles = cluster.GetStringList("roles").ToImmutableHashSet();
        MinNrOfMembers = cluster.GetInt("min-nr-of-members");
        var role = cluster.GetConfig("role");
        MinNrOfMembersOfRole = role.IsNullOrEmpty()
            ? ImmutableDictionary<string, int>.Empty
            : role.AsEnumerable().ToImmutableDictionary(r => r.Key, r => role.GetInt($"\"{r.Key}\".min-nr-of-members"));

        var dispatcher = cluster.GetString("use-dispatcher");
        UseDispatcher = string.IsNullOrEmpty(dispatcher) ? "akka.actor.internal-dispatcher" : dispatcher;

        // "on" is what earlier versions had; it means the default time.
        var weaklyUp = cluster.GetString("allow-weakly-up-members")?.ToLowerInvariant();
        WeaklyUpAfter = weaklyUp is null || On.Contains(weaklyUp)
            ? TimeSpan.FromSeconds(7)
            : SpanOrOff(cluster, "allow-weakly-up-members") ?? TimeSpan.MaxValue;
        AllowWeaklyUpMembers = WeaklyUpAfter != TimeSpan.MaxValue;

        RunCoordinatedShutdownWhenDown = cluster.GetBoolean("run-coordinated-shutdown-when-down", true);

        var downing = cluster.GetString("downing-provider-class");
        DowningProviderType = string.IsNullOrEmpty(downing)
            ? typeof(NoDowning)
            : TypeResolver.Resolve(downing)
                ?? throw new ConfigurationException($"akka.cluster.downing-provider-class names no known class: {downing}");
    }

    public bool LogInfo { get; }
    public Config FailureDetectorConfig { get; }
    public string FailureDetectorImplementationClass { get; }
    public TimeSpan HeartbeatInterval { get; }
    public TimeSpan HeartbeatExpectedResponseAfter { get; }
    public int MonitoredByNrOfMembers { get; }
    public ImmutableList<Address> SeedNodes { get; }
    public TimeSpan SeedNodeTimeout { get; }
    public TimeSpan? RetryUnsuccessfulJoinAfter { get; }
    public TimeSpan? ShutdownAfterUnsuccessfulJoinSeedNodes { get; }
    public TimeSpan PeriodicTasksInitialDelay { get; }
    public TimeSpan GossipInterval { get; }
    public TimeSpan LeaderActionsInterval { get; }
    public TimeSpan UnreachableNodesReaperInterval { get; }
    public double GossipDifferentViewProbability { get; }
    public ImmutableHashSet<string> Roles { get; }
    public int MinNrOfMembers { get; }
    public ImmutableDictionary<string, int> MinNrOfMembersOfRole { get; }
    public string UseDispatcher { get; }
    public bool AllowWeaklyUpMembers { get; }
    public TimeSpan WeaklyUpAfter { get; }
    public bool RunCoordinatedShutdownWhenDown { get; }
    public Type DowningProviderType { get; }
    internal TimeSpan DownRemovalMargin { get; }

    private static Address Seed(string text) => Address.TryParse(text, out Address address)
        ? address
        : throw new ConfigurationException($"akka.cluster.seed-nodes: '{text}' is no address; it must look like akka.tcp://system@host:port");

    private static TimeSpan? SpanOrOff(Config config, string key)
    {
        var text = config.GetString(key);
        return text is null || Off.Contains(text.ToLowerInvariant()) ? null : config.GetTimeSpan(key);
    }
}

using Akka.Actor.Setup;
using Akka.Configuration;

namespace AkkaPaxos.Node;

/// <summary>What an acknowledged write survives, from most to least.</summary>
public enum DurabilityLevel
{
    /// <summary>Verified at start: what is acknowledged was synced to the disks of a quorum.</summary>
    Full,

    /// <summary>Weaker, by <c>akkapaxos.durability = relaxed</c>: it survives the end of a process, not of the machine.</summary>
    Relaxed,

    /// <summary>Nobody has looked: the journal or snapshot store is a plugin whose settings are not known here.</summary>
    Unverified,

    /// <summary>It ends with the process.</summary>
    InMemory,
}

/// <summary>How durable a node's journal and snapshots are. Shown by <see cref="NodeStatus"/>.</summary>
/// <param name="Level">What an acknowledged write survives.</param>
/// <param name="Detail">In one line: which store, and what makes it so.</param>
public sealed record Durability(DurabilityLevel Level, string Detail)
{
    /// <summary>The level as a word for people: <c>full</c>, <c>relaxed</c>, <c>unverified</c> or <c>in memory</c>.</summary>
    public string Word => Level switch
    {
        DurabilityLevel.Full => "full",
        DurabilityLevel.Relaxed => "relaxed",
        DurabilityLevel.Unverified => "unverified",
        _ => "in memory",
    };

    /// <summary>What can be said of a configuration's journal and snapshot store without opening them.</summary>
    /// <param name="config">A whole configuration, with Akka.Persistence's behind it or not.</param>
    public static Durability Unopened(Config config) => OfBoth(UnopenedStore(config, "journal"), UnopenedStore(config, "snapshot-store"));

    /// <summary>What can be said of one store without opening it.</summary>
    /// <param name="config">A whole configuration.</param>
    /// <param name="store"><c>journal</c> or <c>snapshot-store</c>.</param>
    public static Durability UnopenedStore(Config config, string store)
    {
        var plugin = PluginOf(config, store);
        return plugin.EndsWith(".inmem", StringComparison.Ordinal)
            ? new Durability(DurabilityLevel.InMemory, $"{Words(store)} in memory, lost with the process")
            : new Durability(DurabilityLevel.Unverified, $"{Words(store)} in {plugin}, whose durability is not known here");
    }

    /// <summary>Both stores together: as weak as the weaker one.</summary>
    public static Durability OfBoth(Durability journal, Durability snapshots) => new(
        (DurabilityLevel)Math.Max((int)journal.Level, (int)snapshots.Level),
        $"{journal.Detail}; {snapshots.Detail}");

    /// <summary>The path of the plugin that a configuration names; Akka.Persistence's default where it names none.</summary>
    /// <param name="config">A whole configuration.</param>
    /// <param name="store"><c>journal</c> or <c>snapshot-store</c>.</param>
    public static string PluginOf(Config config, string store) =>
        config.GetString($"akka.persistence.{store}.plugin") is { Length: > 0 } set ? set
        : store == "journal" ? "akka.persistence.journal.inmem" : "akka.persistence.snapshot-store.local";

    /// <summary>What people call a store.</summary>
    /// <param name="store"><c>journal</c> or <c>snapshot-store</c>.</param>
    public static string Words(string store) => store == "journal" ? "journal" : "snapshots";

    /// <inheritdoc/>
    public override string ToString() => $"{Word}: {Detail}";
}

/// <summary>
/// Hands a node what its host verified of the stores, as a part of the actor system's setup. Without it a node says
/// <see cref="Durability.Unopened"/>.
/// </summary>
/// <param name="durability">What was verified.</param>
public sealed class DurabilitySetup(Durability durability) : Setup
{
    /// <summary>What was verified.</summary>
    public Durability Durability { get; } = durability;
}

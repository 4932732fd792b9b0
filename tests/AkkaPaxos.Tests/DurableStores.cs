using AkkaPaxos.Hocon;

namespace AkkaPaxos.Tests;

/// <summary>Stores of a node in a folder, that outlive its actor system; they need not outlive the machine.</summary>
internal static class DurableStores
{
    /// <summary>The configuration of a node whose journal and snapshots are in a folder.</summary>
    public static string In(string folder) => $$"""
        akka.persistence.journal.plugin = "akkapaxos.journal-log"
        akkapaxos.journal-log { directory = {{HoconText.Quote(Path.Combine(folder, "log"))}}, segment-bytes = 64 KiB, sync = off }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.local"
        akka.persistence.snapshot-store.local.dir = {{HoconText.Quote(Path.Combine(folder, "snapshots"))}}
        """;
}

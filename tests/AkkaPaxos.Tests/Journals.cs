using AkkaPaxos.Journal;

namespace AkkaPaxos.Tests;

/// <summary>The two journals that a node may have, for tests that hold for both.</summary>
internal static class Journals
{
    /// <summary>Makes one the journal of a system.</summary>
    /// <param name="kind">sql or log.</param>
    /// <param name="folder">Where it is.</param>
    public static string Hocon(string kind, string folder) => kind == "log" ? Log(folder) : Sql(folder);

    /// <summary>SQLite.</summary>
    public static string Sql(string folder) => $$"""
        akka.persistence.journal {
          plugin = "akka.persistence.journal.sql"
          sql {
            class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
            connection-string = "Data Source={{Path.Combine(folder, "journal.db").Replace('\\', '/')}}"
            provider-name = "SQLite.MS"
            auto-initialize = true
          }
        }
        """;

    /// <summary>AkkaPaxos' own, with reference.conf behind it.</summary>
    public static string Log(string folder) => $$"""
        akka.persistence.journal.plugin = "{{LogJournal.PluginId}}"
        {{LogJournal.PluginId}} {
          directory = "{{Path.Combine(folder, "log").Replace('\\', '/')}}"
          segment-bytes = 1 MiB
        }
        """;

    /// <summary>Where in a log's file an entry's payload begins, and how long it is.</summary>
    /// <param name="folder">Where the log is, which nobody has open.</param>
    /// <param name="persistenceId">Whose entry.</param>
    /// <param name="sequenceNr">Its number; 0: the last one.</param>
    public static (string File, int At, int Length) PlaceOf(string folder, string persistenceId, long sequenceNr)
    {
        LogPlace place;
        LogEntry? entry = null;
        using (var log = SegmentedLog.Open(new DiskFolder(Path.Combine(folder, "log"), sync: true), LogSettings.Of(1 << 20)))
        {
            var number = sequenceNr == 0 ? log.Index.Highest(persistenceId) : sequenceNr;
            place = log.Index.Find(persistenceId, number, number, 1).Single();
            SegmentedLog.Read([place], persistenceId, e => entry = e);
        }
        var at = File.ReadAllBytes(place.Segment.Path).AsSpan((int)place.Frame).IndexOf(entry!.Payload) + (int)place.Frame;
        return (place.Segment.Path, at, entry.Payload.Length);
    }
}

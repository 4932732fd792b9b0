using System.CommandLine;
using System.Data.Common;
using AkkaPaxos.Journal;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos journal</c>: works on a node's journal while the node does not run. Here: one of one kind is made from the other.</summary>
internal static class JournalCommand
{
    private const int CommitRecords = 1000;
    private const long CommitBytes = 4 << 20;

    public static Command Create(Terminal terminal)
    {
        var to = new Option<string>("--to") { Description = "What it is to become: log, or sql (SQLite).", HelpName = "KIND", Required = true };
        to.AcceptOnlyFromAmong("log", "sql");
        var where = new JournalOptions();
        var convert = new Command("convert",
            "Makes a node's journal of one kind from the other. The node must not run; its akkapaxos.journal is to be set to the new kind then. The new journal is "
            + "compared with the old one before it takes its place, and the old one stays under another name.")
        {
            to,
        };
        where.AddTo(convert);
        convert.SetAction(async (parsed, cancel) =>
        {
            using var place = where.Open(parsed);
            return await Run(place, parsed.GetRequiredValue(to) == "log", terminal);
        });
        return new Command("journal", "Works on a node's journal.") { convert, JournalReport.Stats(terminal), JournalReport.Verify(terminal) };
    }

    private static async Task<int> Run(JournalPlace place, bool toLog, Terminal terminal)
    {
        var files = place.Files;
        if (place.IsLog() == toLog)
            throw new CliException($"the journal in {files.Folder} is {JournalFiles.Words(toLog)} already: set akkapaxos.journal = {JournalFiles.Word(toLog)}", 1);
        files.RemoveEmpty(toLog);
        try
        {
            var (ids, entries) = toLog ? ToLog(files, place.SegmentBytes) : await ToSql(files, place.SegmentBytes);
            var old = files.Switch(toLog);
            terminal.Text.WriteLine($"{files.PathOf(toLog)} is the journal now, {ids} actors with {entries} entries, each compared: set akkapaxos.journal = {JournalFiles.Word(toLog)}. "
                + $"The old one is {old}; once the node has run on the new one it must never be used again.");
            return 0;
        }
        catch (Exception e) when (e is DbException or LogCorruptException or InvalidOperationException)
        {
            throw new CliException($"nothing was changed: {Program.OneLine(e.Message)}", 1);
        }
    }

    private static (int Ids, long Entries) ToLog(JournalFiles files, long segmentBytes)
    {
        using var from = SqlJournalFile.Open(files.PathOf(false));
        using (var log = JournalPlace.OpenLog(files.BuildingOf(true), segmentBytes)) Add(log, from);
        using var read = JournalPlace.OpenLog(files.BuildingOf(true), segmentBytes);
        return Compare(from, new LogContents(read));
    }

    private static async Task<(int Ids, long Entries)> ToSql(JournalFiles files, long segmentBytes)
    {
        using var log = JournalPlace.OpenLog(files.PathOf(true), segmentBytes);
        var from = new LogContents(log);
        using (var sql = await SqlJournalFile.Create(files.BuildingOf(false))) sql.Add(from);
        using var read = SqlJournalFile.Open(files.BuildingOf(false));
        return Compare(from, read);
    }

    private static void Add(SegmentedLog log, IJournalContents contents)
    {
        var (records, bytes) = (new List<LogRecord>(), 0L);
        foreach (var id in contents.PersistenceIds)
        {
            var first = 0L;
            foreach (var entry in contents.Entries(id))
            {
                if (first == 0) first = entry.SequenceNr;
                records.Add(entry);
                bytes += entry.Payload.Length;
                if (records.Count < CommitRecords && bytes < CommitBytes) continue;
                log.Commit(records);
                records.Clear();
                bytes = 0;
            }
            var highest = contents.Highest(id);
            records.Add(new LogDeletion(id, first > 0 ? first - 1 : highest, highest));
        }
        if (records.Count > 0) log.Commit(records);
    }

    private static (int Ids, long Entries) Compare(IJournalContents one, IJournalContents other)
    {
        var (ids, entries) = (one.PersistenceIds, 0L);
        if (!ids.SequenceEqual(other.PersistenceIds)) throw new InvalidOperationException("the new journal does not read back with the same actors");
        foreach (var id in ids)
        {
            if (one.Highest(id) != other.Highest(id)) throw new InvalidOperationException($"of {id} the new journal does not read back with the same last number");
            using var others = other.Entries(id).GetEnumerator();
            foreach (var entry in one.Entries(id))
            {
                if (!others.MoveNext() || others.Current != entry) throw new InvalidOperationException($"entry {entry.SequenceNr} of {id} does not read back as it was");
                entries++;
            }
            if (others.MoveNext()) throw new InvalidOperationException($"entry {others.Current.SequenceNr} of {id} reads back and was not there");
        }
        return (ids.Count, entries);
    }
}

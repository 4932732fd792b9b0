using System.CommandLine;
using System.Data.Common;
using Akka.Configuration;
using AkkaPaxos.Hocon;
using AkkaPaxos.Journal;
using AkkaPaxos.Node;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos journal convert</c>: makes a node's journal of one kind from the other, while the node does not run.</summary>
internal static class JournalCommand
{
    private const int CommitRecords = 1000;
    private const long CommitBytes = 4 << 20;

    public static Command Create(Terminal terminal)
    {
        var to = new Option<string>("--to") { Description = "What it is to become: log, or sql (SQLite).", HelpName = "KIND", Required = true };
        to.AcceptOnlyFromAmong("log", "sql");
        var file = new Option<string?>("--config") { Description = "The node's HOCON file.", HelpName = "FILE" };
        var set = new Option<string[]>("--set") { Description = "A setting over the file's. May be given again.", HelpName = "key=value" };
        var folder = new Option<string?>("--data-directory") { Description = "The node's folder, where no file is given.", HelpName = "FOLDER" };
        var convert = new Command("convert",
            "Makes a node's journal of one kind from the other. The node must not run; its akkapaxos.journal is to be set to the new kind then. The new journal is "
            + "compared with the old one before it takes its place, and the old one stays under another name.")
        {
            to, file, set, folder,
        };
        convert.SetAction((parsed, cancel) => Run(
            parsed.GetRequiredValue(to) == "log", parsed.GetValue(file), parsed.GetValue(set) ?? [], parsed.GetValue(folder), terminal));
        return new Command("journal", "Works on a node's journal.") { convert };
    }

    private static async Task<int> Run(bool toLog, string? file, string[] set, string? folder, Terminal terminal)
    {
        if (file is null == folder is null) throw new CliException("either --config or --data-directory says where the journal is", 2);
        var segmentBytes = LogJournalSettings.DefaultSegmentBytes;
        PaxosSettings? settings = null;
        if (file is not null) (folder, segmentBytes, settings) = FolderOf(file, set);
        if (!Directory.Exists(folder)) throw new CliException($"there is no folder {Path.GetFullPath(folder!)}", 2);
        using var held = DataFolder.Take(folder!, settings);
        var files = new JournalFiles(folder!);
        files.Finish();
        if (!files.HasEntries(!toLog))
            throw new CliException(files.HasEntries(toLog)
                ? $"the journal in {folder} is {JournalFiles.Words(toLog)} already: set akkapaxos.journal = {JournalFiles.Word(toLog)}"
                : $"there is no journal in {folder}: its node begins one of the kind that akkapaxos.journal names", 1);
        if (files.HasEntries(toLog))
            throw new CliException($"{folder} holds journals of both kinds, {files.PathOf(true)} and {files.PathOf(false)}: only one of them is what the node last ran on; move the other away", 1);
        files.RemoveEmpty(toLog);
        try
        {
            var (ids, entries) = toLog ? ToLog(files, segmentBytes) : await ToSql(files, segmentBytes);
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

    private static (string Folder, long SegmentBytes, PaxosSettings Settings) FolderOf(string file, string[] set)
    {
        HoconFile? user = null;
        try
        {
            user = HoconFile.Load(file, set);
            var config = NodeConfig.Of(user);
            var settings = new PaxosSettings(config);
            var folder = NodeConfig.DataDirectory(config, settings);
            foreach (var (key, own) in NodeConfig.Places(folder))
                if (config.GetString(key) is { } found && found != own)
                    throw new CliException($"{key} is set, and what is converted is in akkapaxos.data-directory; leave it out", 2);
            return (folder, new LogJournalSettings(config.WithFallback(PaxosSettings.DefaultConfig()).GetConfig(LogJournal.PluginId)).SegmentBytes, settings);
        }
        catch (HoconFileException e)
        {
            throw new CliException(e.Message, 2);
        }
        catch (ConfigurationException e)
        {
            throw new CliException(user!.Describe(e), 2);
        }
    }

    private static (int Ids, long Entries) ToLog(JournalFiles files, long segmentBytes)
    {
        using var from = SqlJournalFile.Open(files.PathOf(false));
        using (var log = OpenLog(files.BuildingOf(true), segmentBytes)) Add(log, from);
        using var read = OpenLog(files.BuildingOf(true), segmentBytes);
        return Compare(from, new LogContents(read));
    }

    private static async Task<(int Ids, long Entries)> ToSql(JournalFiles files, long segmentBytes)
    {
        using var log = OpenLog(files.PathOf(true), segmentBytes);
        var from = new LogContents(log);
        using (var sql = await SqlJournalFile.Create(files.BuildingOf(false))) sql.Add(from);
        using var read = SqlJournalFile.Open(files.BuildingOf(false));
        return Compare(from, read);
    }

    private static SegmentedLog OpenLog(string folder, long segmentBytes) => SegmentedLog.Open(new DiskFolder(folder, sync: true), LogSettings.Of(segmentBytes));

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

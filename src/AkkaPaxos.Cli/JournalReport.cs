using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using Akka.Actor;
using AkkaPaxos.Journal;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos journal stats</c> and <c>verify</c>: what is in a node's journal, and whether all of it reads back.</summary>
internal static class JournalReport
{
    public static Command Stats(Terminal terminal) => Create("stats",
        "Shows what is in a node's journal: of each actor how many entries, from which number to which, how large, and of what kinds. The node must not run.",
        (place, contents, what) =>
        {
            terminal.Text.WriteLine(what);
            var table = new Table { Border = TableBorder.Ascii }.AddColumns("actor", "entries", "first", "last", "bytes", "kinds");
            for (var column = 1; column <= 4; column++) table.Columns[column].Alignment = Justify.Right;
            foreach (var id in contents.PersistenceIds)
            {
                var (first, count, bytes, kinds) = (0L, 0L, 0L, new SortedDictionary<string, long>(StringComparer.Ordinal));
                foreach (var entry in contents.Entries(id))
                {
                    if (count++ == 0) first = entry.SequenceNr;
                    bytes += entry.Payload.Length;
                    var kind = Kind(entry);
                    kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                }
                table.AddRow(new[]
                {
                    id, Number(count), count > 0 ? Number(first) : "-", Number(contents.Highest(id)), Number(bytes), string.Join(", ", kinds.Select(k => $"{k.Key} {Number(k.Value)}")),
                }.Select(cell => new Text(cell)));
            }
            terminal.Write(table);
        });

    public static Command Verify(Terminal terminal) => Create("verify",
        "Reads a node's journal as the node does when it starts: every entry with its checksum, and whether one is missing between others. The node must not run. "
        + "Exits with 0 where all of it reads back, otherwise with 1 and the first entry that does not.",
        (place, contents, what) =>
        {
            using var system = ActorSystem.Create("verify", NodeConfig.Quiet(place.Config));
            var all = 0L;
            foreach (var id in contents.PersistenceIds)
            {
                var last = 0L;
                foreach (var entry in contents.Entries(id))
                {
                    if (last > 0 && entry.SequenceNr != last + 1) throw new InvalidOperationException($"after entry {last} of {id} comes {entry.SequenceNr}: those between are missing");
                    last = entry.SequenceNr;
                    try
                    {
                        system.Serialization.Deserialize(entry.Payload, entry.SerializerId, entry.Manifest);
                    }
                    catch (Exception e) // a serializer may throw anything
                    {
                        throw new InvalidOperationException($"entry {last} of {id} cannot be read: {e.GetBaseException().Message}");
                    }
                    all++;
                }
                if (last > 0 && contents.Highest(id) is var highest && highest != last)
                    throw new InvalidOperationException($"after entry {last} of {id} come others up to {highest}, which are missing");
            }
            terminal.Text.WriteLine($"ok: {Number(all)} entries of {contents.PersistenceIds.Count} actors read back as they were written ({what})");
        });

    private static Command Create(string name, string description, Action<JournalPlace, IJournalContents, string> report)
    {
        var where = new JournalOptions();
        var command = new Command(name, description);
        where.AddTo(command);
        command.SetAction(parsed =>
        {
            using var place = where.Open(parsed);
            var isLog = place.IsLog();
            var path = place.Files.PathOf(isLog);
            try
            {
                if (isLog)
                {
                    using var log = JournalPlace.OpenLog(path, place.SegmentBytes);
                    var (first, last) = log.Segments;
                    report(place, new LogContents(log), $"{path}: a log, segments {Number(first)} to {Number(last)}, {Number(Size(path))} bytes on disk");
                }
                else
                {
                    using var sql = SqlJournalFile.Open(path);
                    sql.Check();
                    report(place, sql, $"{path}: in SQLite, {Number(new FileInfo(path).Length)} bytes on disk");
                }
                return 0;
            }
            catch (Exception e) when (e is DbException or LogCorruptException or InvalidOperationException)
            {
                throw new CliException($"{path} is not as it was written: {Program.OneLine(e.Message)}", 1);
            }
        });
        return command;
    }

    private static long Size(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);

    // Of ours a manifest is a name and a version; others have a type's full name with its assembly, or none.
    private static string Kind(LogEntry entry) =>
        entry.Manifest.Length == 0 ? $"serializer {entry.SerializerId}" : entry.Manifest.Split(',')[0].Split('/')[0];

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

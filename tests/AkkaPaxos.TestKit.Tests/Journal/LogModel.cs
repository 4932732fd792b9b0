using AkkaPaxos.Journal;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests.Journal;

/// <summary>What a log should hold: for each persistence id its entries, and its highest number.</summary>
internal sealed class LogModel
{
    private readonly SortedDictionary<string, (long Highest, List<LogEntry> Entries)> _ids = new(StringComparer.Ordinal);

    /// <summary>The highest number of an id.</summary>
    public long Highest(string id) => _ids.GetValueOrDefault(id).Highest;

    /// <summary>Applies what was committed.</summary>
    public void Apply(IEnumerable<LogRecord> records)
    {
        foreach (var record in records)
        {
            if (record is LogEntry entry)
            {
                var (_, entries) = Of(entry.PersistenceId);
                entries.Add(entry);
                _ids[entry.PersistenceId] = (entry.SequenceNr, entries);
            }
            else if (record is LogDeletion deletion)
            {
                Of(deletion.PersistenceId).Entries.RemoveAll(e => e.SequenceNr <= deletion.To);
            }
        }
    }

    /// <summary>The same, for a trial.</summary>
    public LogModel Copy()
    {
        var copy = new LogModel();
        foreach (var (id, (highest, entries)) in _ids) copy._ids.Add(id, (highest, [.. entries]));
        return copy;
    }

    /// <summary>How a log differs from this; null where it does not.</summary>
    public string? Difference(SegmentedLog log)
    {
        var ids = log.Index.PersistenceIds;
        if (!ids.SequenceEqual(_ids.Keys)) return $"there is [{string.Join(", ", ids)}] and not [{string.Join(", ", _ids.Keys)}]";
        foreach (var (id, (highest, entries)) in _ids)
        {
            if (log.Index.Highest(id) != highest) return $"{id} ends at {log.Index.Highest(id)} and not at {highest}";
            var found = new List<LogEntry>();
            SegmentedLog.Read(log.Index.Find(id, 0, long.MaxValue, long.MaxValue), id, found.Add);
            if (!found.SequenceEqual(entries))
                return $"{id} has [{string.Join(", ", found.Select(e => e.SequenceNr))}] and not [{string.Join(", ", entries.Select(e => e.SequenceNr))}], or others with the numbers";
        }
        return null;
    }

    private (long Highest, List<LogEntry> Entries) Of(string id)
    {
        if (!_ids.TryGetValue(id, out var found)) _ids.Add(id, found = (0, []));
        return found;
    }

    /// <summary>Records that somebody may want to write next.</summary>
    public List<LogRecord> Next(Random random)
    {
        var id = $"actor-{random.Next(4)}";
        var highest = Highest(id);
        if (highest > 0 && random.Next(6) == 0) return [new LogDeletion(id, random.NextInt64(1, highest + 1), highest)];
        return [.. Enumerable.Range(1, random.Next(1, 5)).Select(i => EntryOf(random, id, highest + i))];
    }

    /// <summary>An entry of random bytes, mostly few.</summary>
    public static LogEntry EntryOf(Random random, string id, long number)
    {
        var payload = new byte[random.Next(20) == 0 ? random.Next(20_000) : random.Next(600)];
        random.NextBytes(payload);
        return new LogEntry(id, number, random.NextInt64(), random.Next(-5, 5), random.Next(2) == 0 ? "" : $"manifest-{random.Next(3)}", "", "writer", payload);
    }

    /// <summary>Settings with segments that are soon full, and salts that follow from a seed.</summary>
    public static LogSettings Settings(Random random) => new(LogSettings.MinSegmentBytes, () => (ulong)random.NextInt64());

    /// <summary>Opens the log of a folder.</summary>
    public static SegmentedLog Open(SimulatedFolder folder, Random random) => SegmentedLog.Open(folder, Settings(random));
}

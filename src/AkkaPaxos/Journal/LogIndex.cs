using System.Runtime.InteropServices;

namespace AkkaPaxos.Journal;

/// <summary>Where the frame with an entry stands.</summary>
/// <param name="SequenceNr">The entry's number.</param>
/// <param name="Segment">The segment.</param>
/// <param name="Frame">The frame's offset.</param>
/// <param name="Size">The size of the entry's record.</param>
internal readonly record struct LogPlace(long SequenceNr, Segment Segment, long Frame, int Size);

/// <summary>
/// What the log holds, in memory: for each persistence id its highest number, what is deleted, and where the other entries are. It also counts what of
/// each segment is needed.
/// </summary>
internal sealed class LogIndex
{
    private sealed class History
    {
        public long Highest;
        public long DeletedTo;
        public List<LogPlace> Places { get; } = []; // by sequence number
        public Segment? DeletionIn; // where the last deletion is noted
        public int DeletionSize;

        public int FirstFrom(long sequenceNr)
        {
            var places = CollectionsMarshal.AsSpan(Places);
            if (places.Length == 0 || places[^1].SequenceNr < sequenceNr) return places.Length;
            var (low, high) = (0, places.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (places[middle].SequenceNr < sequenceNr) low = middle + 1;
                else high = middle;
            }
            return low;
        }
    }

    private readonly Dictionary<string, History> _histories = new(StringComparer.Ordinal);

    /// <summary>The persistence ids that ever had an entry, in order.</summary>
    public IReadOnlyList<string> PersistenceIds => [.. _histories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The highest number that an id ever used; 0: it has none.</summary>
    public long Highest(string persistenceId) => _histories.GetValueOrDefault(persistenceId)?.Highest ?? 0;

    /// <summary>Up to where an id's entries are deleted; 0: none is.</summary>
    public long DeletedTo(string persistenceId) => _histories.GetValueOrDefault(persistenceId)?.DeletedTo ?? 0;

    /// <summary>The entries of an id with numbers from one to another, at most so many.</summary>
    public IReadOnlyList<LogPlace> Find(string persistenceId, long from, long to, long max)
    {
        if (!_histories.TryGetValue(persistenceId, out var history)) return [];
        var first = history.FirstFrom(from);
        var end = to == long.MaxValue ? history.Places.Count : history.FirstFrom(to + 1);
        return end <= first || max <= 0 ? [] : history.Places.GetRange(first, (int)Math.Min(end - first, max));
    }

    /// <summary>Whether an entry that stands in a frame is what counts of its number.</summary>
    public bool IsLive(string persistenceId, long sequenceNr, Segment segment, long frame)
    {
        if (!_histories.TryGetValue(persistenceId, out var history)) return false;
        var i = history.FirstFrom(sequenceNr);
        return i < history.Places.Count && history.Places[i] is var place
            && place.SequenceNr == sequenceNr && place.Segment == segment && place.Frame == frame;
    }

    /// <summary>Whether an id's last deletion is noted in a segment.</summary>
    public bool IsDeletionIn(string persistenceId, Segment segment) => _histories.GetValueOrDefault(persistenceId)?.DeletionIn == segment;

    /// <summary>An entry is on disk. One with a number that is there already takes its place: it was carried there.</summary>
    public void Put(string persistenceId, LogPlace place)
    {
        var history = HistoryOf(persistenceId);
        history.Highest = Math.Max(history.Highest, place.SequenceNr);
        if (place.SequenceNr <= history.DeletedTo) return;
        var i = history.FirstFrom(place.SequenceNr);
        if (i < history.Places.Count && history.Places[i].SequenceNr == place.SequenceNr)
        {
            history.Places[i].Segment.LiveBytes -= history.Places[i].Size;
            history.Places[i] = place;
        }
        else
        {
            history.Places.Insert(i, place);
        }
        place.Segment.LiveBytes += place.Size;
    }

    /// <summary>A deletion is on disk.</summary>
    public void Delete(string persistenceId, long to, long highest, Segment segment, int size)
    {
        var history = HistoryOf(persistenceId);
        history.Highest = Math.Max(history.Highest, highest);
        history.DeletedTo = Math.Max(history.DeletedTo, to);
        if (history.DeletionIn is { } before) before.LiveBytes -= history.DeletionSize;
        (history.DeletionIn, history.DeletionSize) = (segment, size);
        segment.LiveBytes += size;
        var gone = history.FirstFrom(history.DeletedTo + 1);
        for (var i = 0; i < gone; i++) history.Places[i].Segment.LiveBytes -= history.Places[i].Size;
        history.Places.RemoveRange(0, gone);
    }

    private History HistoryOf(string persistenceId)
    {
        ref var history = ref CollectionsMarshal.GetValueRefOrAddDefault(_histories, persistenceId, out _);
        return history ??= new History();
    }
}

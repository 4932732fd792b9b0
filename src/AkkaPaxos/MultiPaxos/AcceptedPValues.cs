using System.Diagnostics.CodeAnalysis;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>What an acceptor has accepted and its journal holds: of each slot the pvalue with the highest ballot, above the truncation point.</summary>
internal sealed class AcceptedPValues
{
    private readonly SortedList<long, Entry> _bySlot = []; // slots come in about their order, so an insertion is at the end

    private readonly record struct Entry(PValue PValue, long SequenceNr);

    /// <summary>Slots with a pvalue.</summary>
    public int Count => _bySlot.Count;

    /// <summary>The pvalue of a slot.</summary>
    public bool TryGet(long slot, [NotNullWhen(true)] out PValue? pvalue)
    {
        var found = _bySlot.TryGetValue(slot, out var entry);
        pvalue = entry.PValue;
        return found;
    }

    /// <summary>A pvalue takes the place of the slot's earlier one.</summary>
    /// <param name="pvalue">The pvalue.</param>
    /// <param name="sequenceNr">Where in the journal it stands.</param>
    public void Set(PValue pvalue, long sequenceNr) => _bySlot[pvalue.Slot] = new Entry(pvalue, sequenceNr);

    /// <summary>The pvalues from a slot on, up to so many bytes but at least one, and where the next page starts; 0 where there is none.</summary>
    public (IReadOnlyList<PValue> PValues, long NextSlot) Page(long fromSlot, long pageBytes)
    {
        var page = new List<PValue>();
        var bytes = 0L;
        for (var i = FirstIndexFrom(fromSlot); i < _bySlot.Count; i++)
        {
            var pvalue = _bySlot.GetValueAtIndex(i).PValue;
            bytes += pvalue.Value.Encoded.Length;
            if (page.Count > 0 && bytes > pageBytes) return (page, pvalue.Slot);
            page.Add(pvalue);
        }

        return (page, 0);
    }

    /// <summary>Forgets the slots below one.</summary>
    public void Truncate(long belowSlot)
    {
        var gone = FirstIndexFrom(belowSlot);
        if (gone == 0) return;
        var kept = _bySlot.Skip(gone).ToArray();
        _bySlot.Clear();
        foreach (var (slot, entry) in kept) _bySlot.Add(slot, entry);
    }

    /// <summary>The first entry of the journal that is needed, where the latest one is.</summary>
    public long FirstNeeded(long latest)
    {
        foreach (var entry in _bySlot.Values) latest = Math.Min(latest, entry.SequenceNr);
        return latest;
    }

    private int FirstIndexFrom(long slot)
    {
        var (low, high) = (0, _bySlot.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_bySlot.GetKeyAtIndex(middle) < slot) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The slots that a replica knows to be decided: those it has executed and still keeps for others, without a gap from
/// <see cref="Lowest"/> on, and those that wait for a lower one. Beside them what its own acceptor accepted, as a decision may name just
/// slot and ballot.
/// </summary>
internal sealed class ReplicaDecisionLog
{
    private readonly Dictionary<long, Decision> _decided = [];
    private readonly Dictionary<long, PValue> _learned = [];
    private readonly Dictionary<long, Ballot> _unnamed = []; // decided under this ballot, value not known yet

    /// <summary>Decisions are kept from this slot on.</summary>
    public long Lowest { get; private set; } = 1;

    /// <summary>The highest slot known to be decided, also where its value is not known.</summary>
    public long Highest { get; private set; }

    /// <summary>Bytes of all values that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>The own acceptor accepted this. True where that makes a decision known.</summary>
    public bool Learn(PValue pvalue)
    {
        if (_decided.ContainsKey(pvalue.Slot)) return false;
        if (_unnamed.TryGetValue(pvalue.Slot, out var ballot) && ballot == pvalue.Ballot)
            return Add(new Decision(pvalue.Slot, pvalue.Ballot, pvalue.Value));
        // Always the latest: a decision under an older ballot that was overtaken has the same value anyway (A5), and is asked for.
        _learned[pvalue.Slot] = pvalue;
        return false;
    }

    /// <summary>A slot is decided. True where that was not known, and its value is.</summary>
    /// <exception cref="InvariantViolationException">R1: another value was decided for the slot.</exception>
    public bool Add(Decision decision)
    {
        var slot = decision.Slot;
        if (slot < Lowest) return false;
        var value = decision.Value;
        if (value is null && _learned.TryGetValue(slot, out var learned) && learned.Ballot == decision.Ballot) value = learned.Value;
        if (_decided.TryGetValue(slot, out var known))
        {
            if (value is null || value.Equals(known.Value)) return false;
            throw new InvariantViolationException(
                "R1", $"slot {slot} is decided as {known.Value} under ballot {known.Ballot}, and as {value} under ballot {decision.Ballot}");
        }
        Highest = Math.Max(Highest, slot);
        if (value is null)
        {
            _unnamed[slot] = decision.Ballot;
            return false;
        }
        _learned.Remove(slot);
        _unnamed.Remove(slot);
        _decided.Add(slot, decision.Value is null ? decision with { Value = value } : decision);
        Bytes += value.Encoded.Length;
        return true;
    }

    /// <summary>A slot too far ahead to be kept is decided.</summary>
    public void Note(long slot) => Highest = Math.Max(Highest, slot);

    /// <summary>The decision of a slot, where it is known.</summary>
    public bool TryGet(long slot, out Decision decision) => _decided.TryGetValue(slot, out decision!);

    /// <summary>Whether a slot is known to be decided, also where its value is not known.</summary>
    public bool IsDecided(long slot) => slot < Lowest || _decided.ContainsKey(slot) || _unnamed.ContainsKey(slot);

    /// <summary>Decisions from a slot on, without a gap, of about so many bytes, one at least; none where that slot is not known.</summary>
    public List<Decision> Page(long from, long bytes)
    {
        var page = new List<Decision>();
        for (var slot = from; _decided.TryGetValue(slot, out var decision); slot++)
        {
            bytes -= decision.Value!.Encoded.Length + 32; // about what slot, ballot and framing take
            if (bytes < 0 && page.Count > 0) break;
            page.Add(decision);
        }
        return page;
    }

    /// <summary>
    /// Forgets what lies below the snapshot but the latest <paramref name="keep"/> slots, and of these what is over <paramref name="bytes"/>.
    /// </summary>
    public void Trim(long snapshotSlot, long keep, long bytes)
    {
        while (Lowest < snapshotSlot && (Lowest < snapshotSlot - keep || Bytes > bytes)) Forget(Lowest++);
    }

    /// <summary>A snapshot holds every slot below: nothing below is kept.</summary>
    public void StartAt(long slot)
    {
        // Slots far below a snapshot that was fetched are mostly not there, so what is there is looked at instead of counting up.
        foreach (var old in _decided.Keys.Concat(_learned.Keys).Concat(_unnamed.Keys).Where(s => s < slot).ToList()) Forget(old);
        Lowest = Math.Max(Lowest, slot);
        Highest = Math.Max(Highest, slot - 1);
    }

    private void Forget(long slot)
    {
        if (_decided.Remove(slot, out var decision)) Bytes -= decision.Value!.Encoded.Length;
        _learned.Remove(slot);
        _unnamed.Remove(slot);
    }
}

using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// What a leader knows about slots: PMMC's <c>proposals</c>, with which of them are in flight. A plain class, so that the leader's file shows the
/// protocol.
/// </summary>
/// <param name="window">Commanders at once, slots beyond those in use for which proposals are taken, and slots beyond what the replica beside the leader has executed
/// that are commanded: what governs later ones is not known (M1).</param>
/// <param name="windowBytes">Bytes of values that commanders have in flight at once; a single larger value still gets one.</param>
internal sealed class LeaderSlots(long window, long windowBytes)
{
    private readonly SortedDictionary<long, Value> _proposals = [];
    private readonly SortedSet<long> _waiting = []; // have no commander yet under this ballot; empty while not active
    private readonly SortedDictionary<long, LeaderChild> _commanders = [];
    private long _bytesInFlight; // of the commanders' values
    private readonly SortedSet<long> _chosen = []; // under this ballot, and not executed yet; empty while not active
    private long _truncatedBelow = 1;
    private long _scoutedFrom = 1;

    /// <summary>The slotOut of the replica beside the leader.</summary>
    public long Executed { get; private set; } = 1;

    /// <summary>
    /// Nothing is proposed below: those slots are decided, and known here or in a majority's snapshots. Nor is it ever lower than where the ballot's
    /// scout began, even when the replica falls back behind that: what acceptors have accepted there is not known under this ballot.
    /// </summary>
    public long Floor => Math.Max(Executed, Math.Max(_truncatedBelow, _scoutedFrom));

    /// <summary>The highest slot in which anything can have been decided, as far as the active leader knows.</summary>
    public long Highest { get; private set; }

    /// <summary>
    /// The highest slot that anyone can have had an answer from, as far as the active leader knows: up to it all is found by the scout or chosen since.
    /// </summary>
    public long Answerable { get; private set; }

    /// <summary>The commanders in flight, by slot.</summary>
    public IEnumerable<LeaderChild> Commanders => _commanders.Values;

    /// <summary>A new ballot begins.</summary>
    /// <returns>Where its scout begins.</returns>
    public long Scout()
    {
        _scoutedFrom = Math.Max(Executed, _truncatedBelow);
        return Floor;
    }

    /// <summary>
    /// proposals ◁ pmax (PMMC figure 7): what acceptors have accepted takes the place of what was proposed. Gaps below the highest
    /// accepted slot get a no-op (PMMC 3), for no quorum can have chosen anything there.
    /// </summary>
    public void Adopt(Adopted adopted)
    {
        _truncatedBelow = Math.Max(_truncatedBelow, adopted.TruncatedBelow);
        Forget();
        Highest = Floor - 1;
        foreach (var pvalue in adopted.PValues)
        {
            if (pvalue.Slot < Floor) continue;
            _proposals[pvalue.Slot] = pvalue.Value;
            Highest = Math.Max(Highest, pvalue.Slot);
        }

        Answerable = Highest;

        for (var slot = Floor; slot < Highest; slot++)
            if (!_proposals.ContainsKey(slot))
                _proposals.Add(slot, Value.NoOp);

        if (_proposals.Count > 0) Highest = Math.Max(Highest, _proposals.Keys.Last());
        _waiting.UnionWith(_proposals.Keys);
    }

    /// <summary>
    /// Takes a replica's proposal, unless the slot has one or is out of bounds. A replica proposes below its slotOut + WINDOW (R4), and
    /// its slotOut is at most one beyond the highest slot that an active leader has used.
    /// </summary>
    /// <returns>Whether there is something new to command.</returns>
    public bool Propose(long slot, Value value, bool active)
    {
        var from = active ? Math.Max(Floor, Highest + 1) : Floor;
        if (slot < Floor || slot >= from + window || !_proposals.TryAdd(slot, value)) return false;
        if (!active) return false;
        Highest = Math.Max(Highest, slot);
        _waiting.Add(slot);
        return true;
    }

    /// <summary>The lowest slot that waits for a commander, while there is room for one.</summary>
    public bool TryNext(out long slot, out Value value)
    {
        (slot, value) = (0, Value.NoOp);
        if (_commanders.Count >= window || _waiting.Count == 0) return false;
        slot = _waiting.Min;
        if (slot >= Executed + window) return false;
        value = _proposals[slot];
        return _commanders.Count == 0 || _bytesInFlight + value.Encoded.Length <= windowBytes;
    }

    /// <summary>The slot has its commander (C1: it leaves the waiting ones, and comes back only under a new ballot).</summary>
    public void Started(long slot, LeaderChild commander)
    {
        if (!_waiting.Remove(slot)) throw new InvariantViolationException("C1", $"slot {slot} got a second commander under one ballot");
        _commanders.Add(slot, commander);
        _bytesInFlight += _proposals[slot].Encoded.Length;
    }

    /// <summary>The slot's commander has ended. The proposal stays until the slot is executed, so that no other is taken for it.</summary>
    public void Chosen(long slot)
    {
        if (!_proposals.TryGetValue(slot, out var value)) return;
        if (_commanders.Remove(slot)) _bytesInFlight -= value.Encoded.Length;
        _chosen.Add(slot);
        Advance();
    }

    // Answers come in the order of the slots.
    private void Advance()
    {
        Answerable = Math.Max(Answerable, Floor - 1);
        while (_chosen.Contains(Answerable + 1)) Answerable++;
    }

    /// <summary>
    /// What is chosen under this ballot and the replica has not executed, from its slotOut on, as much as it takes at once. Where every replica
    /// missed a decision nobody but this leader knows of it any more: its commander is gone.
    /// </summary>
    public IReadOnlyList<(long Slot, Value Value)> ChosenUnexecuted() =>
        [.. _chosen.GetViewBetween(Executed, Executed + window - 1).Select(slot => (slot, _proposals[slot]))];

    /// <summary>The replica beside the leader has executed every slot below, or was started again and is behind where it was.</summary>
    /// <returns>Commanders that are no longer needed.</returns>
    public List<LeaderChild> Execute(long slotOut)
    {
        Executed = slotOut;
        return Forget();
    }

    /// <summary>The ballot is given up.</summary>
    /// <returns>The commanders that were in flight.</returns>
    public List<LeaderChild> StepDown()
    {
        var commanders = _commanders.Values.ToList();
        _commanders.Clear();
        _bytesInFlight = 0;
        _waiting.Clear();
        _chosen.Clear();
        return commanders;
    }

    /// <summary>Drops what is below the floor.</summary>
    private List<LeaderChild> Forget()
    {
        var gone = _proposals.Keys.TakeWhile(slot => slot < Floor).ToList();
        var commanders = new List<LeaderChild>();
        foreach (var slot in gone)
        {
            _proposals.Remove(slot, out var value);
            _waiting.Remove(slot);
            _chosen.Remove(slot);
            if (!_commanders.Remove(slot, out var commander)) continue;
            _bytesInFlight -= value!.Encoded.Length;
            commanders.Add(commander);
        }

        Advance();
        return commanders;
    }
}

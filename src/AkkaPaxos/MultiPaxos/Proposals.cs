using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>What a replica has proposed for a slot.</summary>
/// <param name="Value">The value.</param>
/// <param name="Commands">Its commands; none where it fills a gap.</param>
internal sealed record Proposal(Value Value, IReadOnlyList<PendingCommand> Commands)
{
    /// <summary>The replica's tick at which it was last sent.</summary>
    public long SentAt { get; set; }
}

/// <summary>PMMC's proposals: those of a replica whose slots are not decided, as far as it knows.</summary>
internal sealed class Proposals
{
    private readonly SortedDictionary<long, Proposal> _bySlot = [];

    /// <summary>How many there are.</summary>
    public int Count => _bySlot.Count;

    /// <summary>Bytes of their values.</summary>
    public long Bytes { get; private set; }

    public bool Contains(long slot) => _bySlot.ContainsKey(slot);

    public void Add(long slot, Proposal proposal)
    {
        _bySlot.Add(slot, proposal);
        Bytes += proposal.Value.Encoded.Length;
    }

    public Proposal? Remove(long slot)
    {
        if (!_bySlot.Remove(slot, out var proposal)) return null;
        Bytes -= proposal.Value.Encoded.Length;
        return proposal;
    }

    /// <summary>Those of the lowest slots.</summary>
    public IEnumerable<KeyValuePair<long, Proposal>> Lowest(int count) => _bySlot.Take(count);

    /// <summary>Removes all.</summary>
    public List<Proposal> RemoveAll() => RemoveBelow(long.MaxValue);

    /// <summary>Removes those of the slots below one.</summary>
    public List<Proposal> RemoveBelow(long slot) => [.. _bySlot.Keys.TakeWhile(s => s < slot).ToList().Select(s => Remove(s)!)];
}

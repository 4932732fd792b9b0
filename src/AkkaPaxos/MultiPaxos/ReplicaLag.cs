using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// How far the other replicas say they are, whether this one is behind for good or just a moment, and whom to ask for what it lacks: one at
/// a time, another one when that one is silent.
/// </summary>
internal sealed class ReplicaLag(NodeId self)
{
    private readonly SortedDictionary<NodeId, Progress> _peers = [];
    private long _ahead;   // what was ahead when last looked: not reached by the next look, and no step made, means behind
    private long _slotOut; // this replica's when last looked: as long as it moves, what it lacks may well be on its way
    private NodeId _asked;
    private long _askedAt;
    private NodeId _silent;

    /// <summary>What the others last said, by node.</summary>
    public IReadOnlyCollection<Progress> Peers => _peers.Values;

    /// <summary>The node that is being asked; <see cref="NodeId.None"/> where none is.</summary>
    public NodeId Asked => _asked;

    public void Heard(Progress progress)
    {
        if (progress.From == self) return;
        _peers[progress.From] = progress;
    }

    /// <summary>Looks, once a progress interval, whether this replica is behind; returns whom to ask.</summary>
    /// <param name="slotOut">How far this replica is.</param>
    /// <param name="decided">The highest slot that it knows to be decided.</param>
    /// <param name="fallback">Whom to ask where nobody says to be ahead: who decided.</param>
    /// <param name="tick">The number of this look.</param>
    /// <param name="patience">Looks without an answer until another one is asked.</param>
    public NodeId? Look(long slotOut, long decided, NodeId fallback, long tick, long patience)
    {
        if (_asked != NodeId.None)
        {
            if (tick - _askedAt < patience) return null;
            (_silent, _asked) = (_asked, NodeId.None);
        }
        var behind = slotOut < _ahead && slotOut == _slotOut;
        _slotOut = slotOut;
        _ahead = Math.Max(decided + 1, _peers.Count == 0 ? 0 : _peers.Values.Max(p => p.SlotOut));
        if (!behind) return null;
        return Ask(slotOut, fallback, tick);
    }

    /// <summary>An answer came. Returns whom to ask for more at once, where there is more to be had.</summary>
    public NodeId? Answered(long slotOut, bool helped, long tick)
    {
        var peer = _asked;
        _asked = NodeId.None;
        if (!helped) _silent = peer;
        if (!helped || slotOut >= _ahead || peer == NodeId.None) return null;
        _askedAt = tick;
        return _asked = peer;
    }

    /// <summary>A part of a long answer came: patience starts anew.</summary>
    public void StillAnswering(long tick) => _askedAt = tick;

    private NodeId? Ask(long slotOut, NodeId fallback, long tick)
    {
        var ahead = _peers.Values.Where(p => p.SlotOut > slotOut)
            .OrderBy(p => p.From == _silent).ThenByDescending(p => p.SlotOut).ThenBy(p => p.From);
        var whom = ahead.FirstOrDefault()?.From ?? fallback;
        if (whom == NodeId.None || whom == self) return null;
        (_asked, _askedAt) = (whom, tick);
        return whom;
    }
}

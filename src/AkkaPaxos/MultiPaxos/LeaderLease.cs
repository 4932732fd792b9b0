using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Until when a leader may answer for reads without asking (Paxos Made Live 5.2): acceptors that meet every quorum of phase 1 have said that they
/// promise no other leader anything for a while, so nothing is chosen under another's ballot. That holds only while clocks keep their rates within
/// a stated bound; so it is off unless an operator says otherwise.
/// </summary>
/// <param name="settings">How long a lease is asked for, and how far clocks may drift.</param>
internal sealed class LeaderLease(ProtocolSettings settings)
{
    private TimeSpan _until = TimeSpan.MinValue;
    private Configuration? _grantedBy;

    /// <summary>Whether it holds at a time of the leader's clock.</summary>
    /// <param name="now">The time.</param>
    /// <param name="governing">What governs the first slot that another leader might have had decided: what others have granted binds nobody there.</param>
    public bool Holds(TimeSpan now, Configuration governing) => now < _until && _grantedBy!.HasQuorumsOf(governing);

    /// <summary>
    /// Acceptors have granted one. They count from when they answered, by their clocks; the leader from before it asked, by its own, and as if its clock
    /// were as slow and theirs as fast as the bound allows.
    /// </summary>
    /// <param name="from">When it began to count, by the leader's clock.</param>
    /// <param name="lease">What each of them granted at least.</param>
    /// <param name="by">The configuration of these acceptors.</param>
    public void Granted(TimeSpan from, TimeSpan lease, Configuration by)
    {
        var until = from + lease * ((1 - settings.ClockDrift) / (1 + settings.ClockDrift));
        if (lease > TimeSpan.Zero && until > _until) (_until, _grantedBy) = (until, by);
    }

    /// <summary>The ballot for which it was granted is given up.</summary>
    public void End() => _until = TimeSpan.MinValue;
}

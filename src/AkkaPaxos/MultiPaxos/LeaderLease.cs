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

    /// <summary>Whether it holds at a time of the leader's clock.</summary>
    public bool Holds(TimeSpan now) => now < _until;

    /// <summary>
    /// Acceptors have granted one. They count from when they answered, by their clocks; the leader from before it asked, by its own, and as if its clock
    /// were as slow and theirs as fast as the bound allows.
    /// </summary>
    /// <param name="from">When it began to count, by the leader's clock.</param>
    /// <param name="lease">What each of them granted at least.</param>
    public void Granted(TimeSpan from, TimeSpan lease)
    {
        var until = from + lease * ((1 - settings.ClockDrift) / (1 + settings.ClockDrift));
        if (lease > TimeSpan.Zero && until > _until) _until = until;
    }

    /// <summary>The ballot for which it was granted is given up.</summary>
    public void End() => _until = TimeSpan.MinValue;
}

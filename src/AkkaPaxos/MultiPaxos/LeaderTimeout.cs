namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// How long a leader waits in silence before it tries to lead (PMMC 3): multiplied at a preemption, so that two that duel come to rest, and
/// taken back step by step with success. Every wait has a random part of its own.
/// </summary>
/// <param name="settings">The bounds, factor, step and random share.</param>
/// <param name="random">Seeded, so that a run can be repeated.</param>
internal sealed class LeaderTimeout(ProtocolSettings settings, Random random)
{
    /// <summary>The time-out without its random part.</summary>
    public TimeSpan Base { get; private set; } = settings.LeaderTimeout;

    /// <summary>The time-out with a fresh random part.</summary>
    public TimeSpan Next() => Base + NextPart();

    /// <summary>A fresh random part alone: for those who need not wait, but had better not all begin at the same moment.</summary>
    public TimeSpan NextPart() => Base * (settings.LeaderJitter * random.NextDouble());

    /// <summary>The leader was preempted.</summary>
    public void Grow()
    {
        var grown = Base * settings.LeaderTimeoutFactor;
        Base = grown < settings.LeaderTimeoutMax ? grown : settings.LeaderTimeoutMax;
    }

    /// <summary>Something succeeded: a ballot was adopted, a slot chosen, a living leader heard.</summary>
    public void Shrink()
    {
        var shrunk = Base - settings.LeaderTimeoutStep;
        Base = shrunk > settings.LeaderTimeout ? shrunk : settings.LeaderTimeout;
    }
}

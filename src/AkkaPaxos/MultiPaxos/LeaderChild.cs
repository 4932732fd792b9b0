using Akka.Actor;

namespace AkkaPaxos.MultiPaxos;

/// <summary>A leader's scout, commander or confirmer, and when to have it ask again those that have not answered: one timer paces them all.</summary>
/// <param name="leader">The leader's own context.</param>
/// <param name="child">The child.</param>
/// <param name="askAgainAt">The tick from which it is to ask again.</param>
internal sealed class LeaderChild(IActorContext leader, IActorRef child, long askAgainAt)
{
    private long _askAgainAt = askAgainAt;

    /// <summary>Has it ask again, where it is time.</summary>
    /// <param name="tick">Now.</param>
    /// <param name="interval">Ticks until it is time again.</param>
    public void AskAgain(long tick, long interval)
    {
        if (tick < _askAgainAt) return;
        _askAgainAt = tick + interval;
        child.Tell(Resend.Instance, leader.Self);
    }

    /// <summary>Ends it.</summary>
    public void Stop() => leader.Stop(child);
}

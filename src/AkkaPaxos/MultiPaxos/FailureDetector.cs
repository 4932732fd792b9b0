using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>To a leader: no heartbeat has come for as long as it was to wait.</summary>
internal sealed record Silence : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly Silence Instance = new();
}

/// <summary>
/// Whom a leader hears, and for how long it bears silence (PMMC 3). One that has fallen silent is heard no more somewhat before anybody's patience ends: so when the
/// first one asks, the others hear it no more either.
/// </summary>
/// <param name="context">The node's.</param>
/// <param name="actor">The leader, which gets <see cref="Silence"/>.</param>
internal sealed class FailureDetector(RoleContext context, IWithTimers actor)
{
    private readonly TimeSpan _hearsFor = context.Settings.LeaderTimeout
        - (context.Settings.HeartbeatInterval < context.Settings.LeaderTimeout / 4 ? context.Settings.HeartbeatInterval : context.Settings.LeaderTimeout / 4);

    // Silence, but not yet long enough to do something about it.
    private sealed record Doubt(TimeSpan Rest) : INodeMessage;

    /// <summary>How long it bears silence.</summary>
    public LeaderTimeout Timeout { get; } = new(context.Settings, new Random(context.Seed));

    /// <summary>The ballot whose leader it hears; <see cref="Ballot.Bottom"/>: nobody.</summary>
    public Ballot Heard { get; private set; }

    /// <summary>Whether it hears anybody.</summary>
    public bool IsHearing => Heard != Ballot.Bottom;

    /// <summary>Whether it hears a leader that leads, and not one that is about to.</summary>
    public bool HearsLeader { get; private set; }

    /// <summary>A heartbeat has come.</summary>
    /// <param name="ballot">Whose.</param>
    /// <param name="leads">Whether that one leads.</param>
    public void Hear(Ballot ballot, bool leads)
    {
        (Heard, HearsLeader) = (ballot, leads);
        if (leads) Timeout.Shrink();
        var patience = Timeout.Next();
        StartTimer(new Doubt(patience - _hearsFor), _hearsFor);
    }

    /// <summary>It hears nobody, and bears that for a while.</summary>
    /// <param name="patience">For so long.</param>
    public void Wait(TimeSpan patience)
    {
        (Heard, HearsLeader) = (Ballot.Bottom, false);
        StartTimer(Silence.Instance, patience);
    }

    /// <summary>It does not wait for anybody.</summary>
    public void Stop()
    {
        (Heard, HearsLeader) = (Ballot.Bottom, false);
        actor.Timers.Cancel(Silence.Instance);
    }

    /// <summary>Handles its own messages; false where the message is something else.</summary>
    public bool Command(object message)
    {
        if (message is not Doubt doubt) return false;
        if (IsHearing) Wait(doubt.Rest);
        return true;
    }

    private void StartTimer(object message, TimeSpan time) => actor.Timers.StartSingleTimer(Silence.Instance, message, time);
}

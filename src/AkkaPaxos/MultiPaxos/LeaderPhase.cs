namespace AkkaPaxos.MultiPaxos;

/// <summary>What a leader does about leading.</summary>
internal enum LeaderPhase
{
    /// <summary>It hears another one, or waits.</summary>
    Watching,

    /// <summary>It hears nobody, and asks the others whom they hear.</summary>
    Polling,

    /// <summary>It tries to have a ballot adopted.</summary>
    Scouting,

    /// <summary>Its ballot is adopted.</summary>
    Active,
}

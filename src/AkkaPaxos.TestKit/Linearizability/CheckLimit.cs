namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>How far a check goes before it answers unknown. With no limit it goes on to the end, which can be exponentially far.</summary>
public sealed record CheckLimit
{
    /// <summary>No limit.</summary>
    public static CheckLimit None { get; } = new();

    /// <summary>The time that it may take; null: any. No clock is read then.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>How often the model may be asked for a step: a limit that is the same on each machine; null: any number of times.</summary>
    public long? Steps { get; init; }

    /// <summary>How many further steps the search for a violation's shortest part may take. It never changes the verdict.</summary>
    public long ExplanationSteps { get; init; } = 5_000_000;
}

using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>What may go wrong during an exploration, and how far it goes.</summary>
public sealed record ExplorationSettings
{
    /// <summary>How many messages may be lost.</summary>
    public int Drops { get; init; } = 1;

    /// <summary>How many times a node may crash; it may be started again, or stay down.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>How many times each proposer may begin again, or first, without being asked.</summary>
    public int Retries { get; init; }

    /// <summary>When to give up.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Test doubles: for a role the class to use in its place.</summary>
    public IReadOnlyDictionary<SynodRole, Type> Doubles { get; init; } = new Dictionary<SynodRole, Type>();
}

/// <summary>What an exploration found.</summary>
/// <param name="States">The number of states visited.</param>
/// <param name="Steps">The number of steps between them.</param>
/// <param name="RoleSteps">The number of different steps of single roles: as often a real actor was asked what it does.</param>
/// <param name="IsComplete">Whether that is all there are; false: the time was over, or a violation ended it.</param>
/// <param name="Violation">What is wrong, in a line; null: nothing was found.</param>
/// <param name="Counterexample">A shortest way there: the text of a scenario file; null where there is none.</param>
/// <param name="Drawing">The counterexample as a text diagram.</param>
public sealed record ExplorationResult(
    int States, long Steps, int RoleSteps, bool IsComplete, string? Violation = null, string? Counterexample = null, string? Drawing = null);

namespace AkkaPaxos.Consensus;

/// <summary>
/// Something that must always hold does not (the names A1 to S2 are those of the design's list): a bug, two clusters mixed up, or storage
/// that lied. Whoever finds it stops for good rather than serve from a state that is wrong; a restart would only repeat it.
/// </summary>
/// <param name="invariant">The invariant's name, for example <c>R1</c>.</param>
/// <param name="message">What was found, and where.</param>
public sealed class InvariantViolationException(string invariant, string message) : Exception($"invariant {invariant} violated: {message}")
{
    /// <summary>The invariant's name, for example <c>R1</c>.</summary>
    public string Invariant { get; } = invariant;
}

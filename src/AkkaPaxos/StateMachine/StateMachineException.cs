namespace AkkaPaxos.StateMachine;

/// <summary>
/// The application threw where it had to answer: executing the same slot again would only repeat it, so the replica stops for good.
/// </summary>
/// <param name="slot">The slot being executed.</param>
/// <param name="cause">What the application threw.</param>
public sealed class StateMachineException(long slot, Exception cause)
    : Exception($"the state machine failed in slot {slot}: {cause.GetType().Name}: {cause.Message}", cause)
{
    /// <summary>The slot being executed.</summary>
    public long Slot { get; } = slot;
}

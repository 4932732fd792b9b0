using Akka.Actor;

namespace Akka.Pattern;

/// <summary>A circuit breaker is open: the call was not made.</summary>
public class OpenCircuitException : AkkaException
{
    public OpenCircuitException(string message, TimeSpan remainingDuration) : base(message) => RemainingDuration = remainingDuration;

    /// <summary>After this time a call is made again.</summary>
    public TimeSpan RemainingDuration { get; }
}

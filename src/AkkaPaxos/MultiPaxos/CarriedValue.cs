namespace AkkaPaxos.MultiPaxos;

/// <summary>What of a message is in bulk: a value, or commands that are passed on. Timers repeat it, so whoever sends it bounds it, and knows it again.</summary>
internal static class CarriedValue
{
    /// <summary>What a message carries, as an object to be known again, and its bytes; null and 0 where it carries none.</summary>
    public static (object? Value, long Bytes) Of(object message) => message switch
    {
        Accept { PValue.Value: var value } => (value, value.Encoded.Length),
        Decision { Value: { } value } => (value, value.Encoded.Length),
        Propose m => (m.Value, m.Value.Encoded.Length),
        Forward m => (m.Commands, m.Commands.Sum(c => (long)c.Operation.Length)),
        _ => (null, 0),
    };
}

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a lock can be asked for.</summary>
/// <param name="Owner">Who asks.</param>
/// <param name="Name">Which lock.</param>
public abstract record LockCall(string Owner, string Name);

/// <summary>To be the lock's owner; the answer is false while it has one, be it the same.</summary>
/// <param name="Owner">Who asks.</param>
/// <param name="Name">Which lock.</param>
public sealed record Acquire(string Owner, string Name = "") : LockCall(Owner, Name);

/// <summary>To be no longer the lock's owner; the answer is false for whoever is not.</summary>
/// <param name="Owner">Who asks.</param>
/// <param name="Name">Which lock.</param>
public sealed record Release(string Owner, string Name = "") : LockCall(Owner, Name);

/// <summary>Locks, free at first. The state is the owner; null: there is none. The answer is whether it was done.</summary>
public sealed class LockModel : Model<string?, LockCall, bool>
{
    /// <inheritdoc/>
    public override string? Initial => null;

    /// <inheritdoc/>
    public override (string? Next, bool Result) Step(string? state, LockCall call) => call switch
    {
        Acquire when state is null => (call.Owner, true),
        Release when state == call.Owner => (null, true),
        _ => (state, false),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys(LockCall call) => [call.Name];

    /// <inheritdoc/>
    public override string Describe(LockCall call) =>
        $"{(call.Name.Length > 0 ? call.Name + ": " : "")}{(call is Acquire ? "acquire" : "release")} by {call.Owner}";

    /// <inheritdoc/>
    public override string Describe(LockCall call, bool result) => result ? "ok" : "refused";
}

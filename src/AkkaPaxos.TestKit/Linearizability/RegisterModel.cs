namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a register can be asked for.</summary>
/// <param name="Name">Which register.</param>
public abstract record RegisterCall(string Name);

/// <summary>Its value; the answer is a <see cref="RegisterResult.Value"/>.</summary>
/// <param name="Name">Which register.</param>
public sealed record RegisterRead(string Name = "") : RegisterCall(Name);

/// <summary>A new value; the answer is done.</summary>
/// <param name="Value">The value; null: the register is unset again.</param>
/// <param name="Name">Which register.</param>
public sealed record RegisterWrite(string? Value, string Name = "") : RegisterCall(Name);

/// <summary>A new value in place of an expected one, if it has that; the answer is whether it had.</summary>
/// <param name="Expected">The value that it must have; null: it must be unset.</param>
/// <param name="Value">The value that it gets.</param>
/// <param name="Name">Which register.</param>
public sealed record RegisterCompareAndSet(string? Expected, string? Value, string Name = "") : RegisterCall(Name);

/// <summary>What a register answers.</summary>
/// <param name="Done">Whether it did what was asked for; false only where a comparison failed.</param>
/// <param name="Value">What was read; null: nothing, it is unset.</param>
public readonly record struct RegisterResult(bool Done, string? Value = null);

/// <summary>Registers that are unset at first: read, write, compare and set. Each name is one of its own.</summary>
public sealed class RegisterModel : Model<string?, RegisterCall, RegisterResult>
{
    /// <inheritdoc/>
    public override string? Initial => null;

    /// <inheritdoc/>
    public override (string? Next, RegisterResult Result) Step(string? state, RegisterCall call) => call switch
    {
        RegisterWrite write => (write.Value, new RegisterResult(true)),
        RegisterCompareAndSet cas => state == cas.Expected ? (cas.Value, new RegisterResult(true)) : (state, new RegisterResult(false)),
        _ => (state, new RegisterResult(true, state)),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys(RegisterCall call) => [call.Name];

    /// <summary>Only a value that is read, or expected by a comparison, can make a difference; and any where a comparison failed.</summary>
    public override Func<string?, RegisterCall, string?, bool>? OpenFilter(IReadOnlyList<Operation<RegisterCall, RegisterResult>> operations)
    {
        HashSet<string> seen = [];
        foreach (var operation in operations)
        {
            if (operation is { IsOpen: false, Result.Done: false }) return null;
            var value = operation.Call is RegisterCompareAndSet cas ? cas.Expected : operation.IsOpen ? null : operation.Result.Value;
            if (value is not null) seen.Add(value);
        }
        return (_, _, next) => next is null || seen.Contains(next);
    }

    /// <inheritdoc/>
    public override string Describe(RegisterCall call) => Named(call, call switch
    {
        RegisterWrite write => $"write {Text(write.Value)}",
        RegisterCompareAndSet cas => $"cas {Text(cas.Expected)} -> {Text(cas.Value)}",
        _ => "read",
    });

    /// <inheritdoc/>
    public override string Describe(RegisterCall call, RegisterResult result) =>
        !result.Done ? "compare failed" : call is RegisterRead ? Text(result.Value) : "ok";

    private static string Named(RegisterCall call, string what) => call.Name.Length > 0 ? $"{call.Name}: {what}" : what;

    private static string Text(string? value) => value ?? "nil";
}

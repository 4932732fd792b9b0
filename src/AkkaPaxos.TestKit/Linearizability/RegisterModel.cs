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
    public override bool IsReadOnly(RegisterCall call, RegisterResult observed) => call is RegisterRead || !observed.Done;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys(RegisterCall call) => [call.Name];

    /// <inheritdoc/>
    public override Observations<string?, RegisterCall> Observations(IReadOnlyList<Operation<RegisterCall, RegisterResult>> operations) =>
        new Seen(operations);

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

    /// <summary>Values that nobody read or compared with are alike.</summary>
    private sealed class Seen : Observations<string?, RegisterCall>
    {
        private const string Unseen = "\uffff";

        private readonly HashSet<string> _seen = [];
        private readonly bool _isUnseenUseless;

        public Seen(IReadOnlyList<Operation<RegisterCall, RegisterResult>> operations)
        {
            foreach (var operation in operations)
            {
                if (operation.Result.Value is { } value) _seen.Add(value);
                if (operation.Call is RegisterCompareAndSet { Expected: { } expected }) _seen.Add(expected);
            }
            // Where a comparison failed, a value may have been needed just for not being the expected one.
            _isUnseenUseless = operations.All(o => o.IsOpen || o.Result.Done);
        }

        public override string? Reduced(RegisterCall call, string? next) => IsSeen(next) ? next : Unseen;

        public override bool IsSeen(string? state) => state is null || _seen.Contains(state);

        public override bool MayHelp(RegisterCall open, string? next) => !_isUnseenUseless || IsSeen(next);
    }
}

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Registers: <c>:read</c>, <c>:write</c>, and where the model has it <c>:cas</c>. Values are compared as they are written.</summary>
internal sealed class RegisterForm(bool hasCompareAndSet) : HistoryForm<RegisterCall, RegisterResult>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Functions => hasCompareAndSet ? ["read", "write", "cas"] : ["read", "write"];

    /// <inheritdoc/>
    public override RegisterCall? Call(HistoryEvent invocation)
    {
        var name = invocation.Key ?? "";
        switch (invocation.Function)
        {
            case "read": return new RegisterRead(name);
            case "write": return new RegisterWrite(Text(invocation.Value), name);
            case "cas" when hasCompareAndSet:
                var (expected, value) = Pair(invocation);
                return new RegisterCompareAndSet(Text(expected), Text(value), name);
            default: return null;
        }
    }

    /// <inheritdoc/>
    public override RegisterResult Result(RegisterCall call, HistoryEvent ok) => call switch
    {
        RegisterRead => new RegisterResult(true, Text(ok.Value)),
        RegisterCompareAndSet => new RegisterResult(ok.Value is not HistoryAtom { Value: "false" }),
        _ => new RegisterResult(true),
    };

    /// <inheritdoc/>
    public override bool IsAnswer(RegisterCall call, HistoryEvent fail, out RegisterResult result)
    {
        result = new RegisterResult(false);
        return call is RegisterCompareAndSet && !fail.HasError;
    }

    private static string? Text(HistoryValue? value) => value is null ? null : HistoryValue.Text(value);
}

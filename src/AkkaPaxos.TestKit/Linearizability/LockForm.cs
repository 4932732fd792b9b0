namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Locks: <c>:acquire</c> and <c>:release</c>, whose value is the owner, by default the process. An answer of false says that it was refused.
/// </summary>
internal sealed class LockForm : HistoryForm<LockCall, bool>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Functions => ["acquire", "release"];

    /// <inheritdoc/>
    public override LockCall? Call(HistoryEvent invocation)
    {
        var owner = HistoryValue.Content(invocation.Value) ?? invocation.Process;
        return invocation.Function switch
        {
            "acquire" => new Acquire(owner, invocation.Key ?? ""),
            "release" => new Release(owner, invocation.Key ?? ""),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override bool Result(LockCall call, HistoryEvent ok) => ok.Value is not HistoryAtom { Value: "false" };
}

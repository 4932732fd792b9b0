namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Queues: <c>:enqueue</c> and <c>:dequeue</c>, whose answer is nil where the queue was empty.</summary>
internal sealed class QueueForm : HistoryForm<QueueCall, QueueResult>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Functions => ["enqueue", "dequeue"];

    /// <inheritdoc/>
    public override QueueCall? Call(HistoryEvent invocation) => invocation.Function switch
    {
        "enqueue" when invocation.Value is null => throw Wrong(invocation, ":enqueue has no value"),
        "enqueue" => new Enqueue(HistoryValue.Text(invocation.Value), invocation.Key ?? ""),
        "dequeue" => new Dequeue(invocation.Key ?? ""),
        _ => null,
    };

    /// <inheritdoc/>
    public override QueueResult Result(QueueCall call, HistoryEvent ok) =>
        new(call is Enqueue || ok.Value is null ? null : HistoryValue.Text(ok.Value));
}

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Records a history event by event, in the order in which they happen. For one thread at a time.</summary>
public sealed class HistoryRecorder<TCall, TResult>
{
    private readonly List<Operation<TCall, TResult>?> _operations = [];
    private readonly Dictionary<string, int> _pending = [];
    private long _events;

    /// <summary>What was recorded up to now, in the order of the invocations; what has no answer yet is open.</summary>
    public IReadOnlyList<Operation<TCall, TResult>> Operations => [.. _operations.OfType<Operation<TCall, TResult>>()];

    /// <summary>A client asks.</summary>
    /// <exception cref="InvalidOperationException">It still waits for an answer.</exception>
    public void Invoke(string client, TCall call)
    {
        if (!_pending.TryAdd(client, _operations.Count))
            throw new InvalidOperationException($"client {client} asks again, and still waits for an answer");
        _operations.Add(new Operation<TCall, TResult>(client, call, default, _events++, null));
    }

    /// <summary>What the client asked for was done: it has the answer.</summary>
    /// <exception cref="InvalidOperationException">It does not wait for one.</exception>
    public void Ok(string client, TResult result)
    {
        var operation = Ended(client);
        _operations[operation] = _operations[operation]! with { Result = result, Returned = _events++ };
    }

    /// <summary>What the client asked for was not done, and never will be: it leaves the history.</summary>
    /// <exception cref="InvalidOperationException">The client does not wait for an answer.</exception>
    public void Fail(string client) => _operations[Ended(client)] = null;

    /// <summary>
    /// The client gives up waiting: what it asked for stays open, and may be done at any later time. It may ask for something else from now on, under
    /// its name or another.
    /// </summary>
    /// <exception cref="InvalidOperationException">It does not wait for an answer.</exception>
    public void Info(string client) => Ended(client);

    /// <summary>What a client waits for.</summary>
    /// <returns>Whether it waits.</returns>
    public bool TryGetPending(string client, out TCall? call)
    {
        var isPending = _pending.TryGetValue(client, out var operation);
        call = isPending ? _operations[operation]!.Call : default;
        return isPending;
    }

    private int Ended(string client) => _pending.Remove(client, out var operation)
        ? operation
        : throw new InvalidOperationException($"client {client} has an answer, and asked for nothing");
}

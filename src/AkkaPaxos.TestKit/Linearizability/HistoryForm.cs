namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>How a model's calls and answers are written in history files.</summary>
internal abstract class HistoryForm<TCall, TResult>
{
    /// <summary>The functions that the model has.</summary>
    public abstract IReadOnlyList<string> Functions { get; }

    /// <summary>What an invocation asks for; null: the model has no such function.</summary>
    /// <exception cref="HistoryFormatException">Its key or value is none for that.</exception>
    public abstract TCall? Call(HistoryEvent invocation);

    /// <summary>What an event says that the answer was.</summary>
    /// <exception cref="HistoryFormatException">Its value is none for that.</exception>
    public abstract TResult Result(TCall call, HistoryEvent ok);

    /// <summary>
    /// Whether a call that failed was answered all the same: a comparison that failed has seen something. Otherwise nothing is known but that it did
    /// not take effect.
    /// </summary>
    public virtual bool IsAnswer(TCall call, HistoryEvent fail, out TResult? result)
    {
        result = default;
        return false;
    }

    /// <summary>The operations of a file, in the order of their invocations.</summary>
    /// <exception cref="HistoryFormatException">An event is not the model's, or not in place.</exception>
    public IReadOnlyList<Operation<TCall, TResult>> Operations(IEnumerable<HistoryEvent> events)
    {
        var recorder = new HistoryRecorder<TCall, TResult>();
        var asked = new Dictionary<string, string>(); // what each process last asked for
        foreach (var e in events)
        {
            if (e.Type == HistoryEventType.Invoke)
            {
                if (recorder.TryGetPending(e.Process, out _)) throw Wrong(e, $"process {e.Process} asks again, and still waits for an answer");
                recorder.Invoke(e.Process, Call(e)
                    ?? throw Wrong(e, $"the model has no function :{e.Function}, but {string.Join(", ", Functions.Select(f => $":{f}"))}"));
                asked[e.Process] = e.Function;
                continue;
            }
            if (!recorder.TryGetPending(e.Process, out var call)) throw Wrong(e, $"process {e.Process} is answered, and waits for nothing");
            if (e.Function != asked[e.Process]) throw Wrong(e, $"process {e.Process} asked for :{asked[e.Process]}, and is answered as if for :{e.Function}");
            switch (e.Type)
            {
                case HistoryEventType.Ok: recorder.Ok(e.Process, Result(call!, e)); break;
                case HistoryEventType.Fail when IsAnswer(call!, e, out var result): recorder.Ok(e.Process, result!); break;
                case HistoryEventType.Fail: recorder.Fail(e.Process); break;
                default: recorder.Info(e.Process); break;
            }
        }
        return recorder.Operations;
    }

    /// <summary>An error of an event's line.</summary>
    protected static HistoryFormatException Wrong(HistoryEvent e, string reason) => new(e.Line, reason);

    /// <summary>The two values of a comparison.</summary>
    protected static (HistoryValue? Expected, HistoryValue? Value) Pair(HistoryEvent e) => e.Value is HistoryList { Items: [var expected, var value] }
        ? (expected, value)
        : throw Wrong(e, $":{e.Function} has a value of two, [expected new], not {HistoryValue.Text(e.Value)}");
}

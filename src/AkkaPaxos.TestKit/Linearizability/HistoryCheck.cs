namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>An operation as a report shows it.</summary>
/// <param name="Client">Who asked.</param>
/// <param name="Call">What for.</param>
/// <param name="Result">The answer; null: there was none.</param>
/// <param name="Invoked">When it was asked.</param>
/// <param name="Returned">When it was answered; null: never.</param>
public sealed record ReportedOperation(string Client, string Call, string? Result, long Invoked, long? Returned);

/// <summary>What a check found, in words.</summary>
/// <param name="Verdict">Whether the history is linearizable.</param>
/// <param name="Count">How many operations it has.</param>
/// <param name="Steps">How often the model was asked for a step.</param>
/// <param name="Keys">On a violation: the keys that it is about; empty where the model has none.</param>
/// <param name="Operations">On a violation: all operations on these keys.</param>
/// <param name="LongestPrefix">As many of them as can be explained in an order: places in <paramref name="Operations"/>.</param>
/// <param name="CannotFollow">The operations that are next after that, each with what it would have been answered.</param>
/// <param name="Unexplainable">The shortest part that no order explains: places in <paramref name="Operations"/>.</param>
public sealed record HistoryReport(
    Verdict Verdict, int Count, long Steps, IReadOnlyList<string> Keys, IReadOnlyList<ReportedOperation> Operations, IReadOnlyList<int> LongestPrefix,
    IReadOnlyDictionary<int, string> CannotFollow, IReadOnlyList<int> Unexplainable)
{
    /// <summary>The report on a result.</summary>
    /// <param name="model">The model of the check.</param>
    /// <param name="count">How many operations the history has.</param>
    /// <param name="result">What the check found.</param>
    public static HistoryReport Of<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, int count, LinearizabilityResult<TCall, TResult> result)
    {
        if (result.Violation is not { } violation) return new(result.Verdict, count, result.Steps, [], [], [], new Dictionary<int, string>(), []);
        var places = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        foreach (var operation in violation.Operations) places.Add(operation, places.Count);
        return new(result.Verdict, count, result.Steps, [.. violation.Keys.Where(k => k.Length > 0)],
            [
                .. violation.Operations.Select(o => new ReportedOperation(
                    o.Client, model.Describe(o.Call), o.IsOpen ? null : model.Describe(o.Call, o.Result!), o.Invoked, o.Returned)),
            ],
            [.. violation.LongestPrefix.Select(o => places[o])],
            violation.CannotFollow.ToDictionary(c => places[c.Operation], c => model.Describe(c.Operation.Call, c.Expected)),
            [.. violation.Unexplainable.Select(o => places[o])]);
    }
}

/// <summary>Checks history files.</summary>
public static class HistoryCheck
{
    /// <summary>The names of the models.</summary>
    public static IReadOnlyList<string> Models { get; } = ["register", "cas-register", "kv", "queue", "lock"];

    /// <summary>Checks a history file; docs/linearizability.md shows the forms in which events come.</summary>
    /// <param name="text">What is in the file.</param>
    /// <param name="model">One of <see cref="Models"/>.</param>
    /// <param name="limit">When to give up; by default never.</param>
    /// <exception cref="HistoryFormatException">It is no history of that model.</exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static HistoryReport Check(TextReader text, string model, CheckLimit? limit = null)
    {
        if (!Models.Contains(model)) throw new ArgumentException($"there is no model {model}: {string.Join(", ", Models)}", nameof(model));
        var events = HistoryFile.Read(text);
        if (model != "kv") events = IndependentKeys.Apart(events); // whose form has pairs of its own
        return model switch
        {
            "register" => Check(new RegisterModel(), new RegisterForm(hasCompareAndSet: false), events, limit),
            "cas-register" => Check(new RegisterModel(), new RegisterForm(hasCompareAndSet: true), events, limit),
            "kv" => Check(new KvModel(missingIsEmpty: !events.Any(KvForm.TellsMissing)), new KvForm(), events, limit),
            "queue" => Check(new QueueModel(), new QueueForm(), events, limit),
            _ => Check(new LockModel(), new LockForm(), events, limit),
        };
    }

    private static HistoryReport Check<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, HistoryForm<TCall, TResult> form, IReadOnlyList<HistoryEvent> events, CheckLimit? limit)
    {
        var operations = form.Operations(events);
        return HistoryReport.Of(model, operations.Count, LinearizabilityChecker.Check(model, operations, limit));
    }
}

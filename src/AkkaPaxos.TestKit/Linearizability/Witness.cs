namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Checks an order that somebody claims: far cheaper than to search one.</summary>
public static class Witness
{
    /// <summary>
    /// Whether an order explains a history: each answer is the model's, and no operation comes before one that returned before it was invoked.
    /// </summary>
    /// <param name="model">What the answers are compared with.</param>
    /// <param name="order">
    /// Operations of the history in the order in which they take effect: all that returned, and those of the open ones that took effect.
    /// </param>
    public static bool Explains<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IEnumerable<Operation<TCall, TResult>> order)
    {
        var (state, latest) = (model.Initial, long.MinValue);
        foreach (var operation in order)
        {
            if (operation.Returned < latest) return false;
            latest = Math.Max(latest, operation.Invoked);
            (state, var result) = model.Step(state, operation.Call);
            if (!operation.IsOpen && !model.Matches(operation.Call, result, operation.Result!)) return false;
        }
        return true;
    }
}

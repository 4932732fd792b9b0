using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>Tries every order of every choice of open operations: too slow for anything but a handful, and too simple to be wrong.</summary>
internal static class BruteForce
{
    public static bool IsLinearizable<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> operations)
    {
        return Extends(model.Initial, [.. operations]);

        bool Extends(TState state, List<Operation<TCall, TResult>> rest)
        {
            if (rest.All(o => o.IsOpen)) return true;
            foreach (var operation in rest)
            {
                if (rest.Any(o => o.Returned < operation.Invoked)) continue;
                var (next, result) = model.Step(state, operation.Call);
                if (!operation.IsOpen && !model.Matches(operation.Call, result, operation.Result!)) continue;
                if (Extends(next, [.. rest.Where(o => !ReferenceEquals(o, operation))])) return true;
            }
            return false;
        }
    }
}

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>A part of a history that can be checked apart from the rest.</summary>
/// <param name="Keys">The keys that it is about, in order.</param>
/// <param name="Operations">Its operations, in the order of their invocations.</param>
internal sealed record Partition<TCall, TResult>(IReadOnlyList<string> Keys, IReadOnlyList<Operation<TCall, TResult>> Operations);

/// <summary>
/// Cuts a history into parts: keys that an operation touches together belong together, and so do those that they touch with others.
/// </summary>
internal static class Partitioning
{
    /// <summary>The parts, in the order of their first operations.</summary>
    public static IReadOnlyList<Partition<TCall, TResult>> Of<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IEnumerable<Operation<TCall, TResult>> history)
    {
        var operations = history.OrderBy(o => o.Invoked).ToList(); // stable
        var keys = operations.ConvertAll(o => model.Keys(o.Call));
        if (operations.Count == 0) return [];
        if (keys.Contains(null)) return [new Partition<TCall, TResult>([], operations)];

        Dictionary<string, string> parents = [];
        foreach (var together in keys)
            foreach (var key in together!)
            {
                parents.TryAdd(key, key);
                parents[Root(key)] = Root(together[0]);
            }
        return
        [
            .. operations.Zip(keys, (operation, k) => (operation, keys: k!))
                .GroupBy(o => o.keys.Count > 0 ? Root(o.keys[0]) : null) // those without a key see nothing of any other, nor of each other
                .Select(part => new Partition<TCall, TResult>(
                    [.. part.SelectMany(o => o.keys).Distinct().Order(StringComparer.Ordinal)], [.. part.Select(o => o.operation)])),
        ];

        string Root(string key)
        {
            while (parents[key] != key) key = parents[key] = parents[parents[key]];
            return key;
        }
    }
}

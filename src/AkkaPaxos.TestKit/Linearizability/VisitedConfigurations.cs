namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// The configurations that a search has been in: which operations have taken effect, and the state that they led to (Lowe, Testing for
/// linearizability, 2017). From an equal one nothing else can follow.
/// </summary>
/// <remarks>
/// Nor from one that differs only in that more open operations have taken effect: what follows from it follows without them too, as they need not.
/// </remarks>
internal sealed class VisitedConfigurations<TState>(IEqualityComparer<TState> states)
{
    // For the operations that returned and the state: the sets of open ones, none of which contains another; null where none is open.
    private readonly Dictionary<Configuration, List<ulong[]>?> _visited = new(new Comparer(states));

    /// <summary>Adds a configuration.</summary>
    /// <returns>False: there is nothing new about it.</returns>
    public bool Add(LinearizedSet returned, ulong[] open, TState state)
    {
        var (first, words) = returned.Window();
        var hash = new HashCode();
        hash.Add(first);
        foreach (var word in words) hash.Add(word);
        hash.Add(state is null ? 0 : states.GetHashCode(state));
        var configuration = new Configuration(first, words, state, hash.ToHashCode());
        if (open.Length == 0) return _visited.TryAdd(configuration, null);

        if (!_visited.TryGetValue(configuration, out var sets)) _visited.Add(configuration, sets = []);
        foreach (var set in sets!)
            if (IsSubset(set, open)) return false;
        sets.RemoveAll(set => IsSubset(open, set));
        sets.Add((ulong[])open.Clone());
        return true;
    }

    private static bool IsSubset(ulong[] set, ulong[] of)
    {
        for (var i = 0; i < set.Length; i++)
            if ((set[i] & ~of[i]) != 0) return false;
        return true;
    }

    private readonly record struct Configuration(int First, ulong[] Words, TState State, int Hash);

    private sealed class Comparer(IEqualityComparer<TState> states) : IEqualityComparer<Configuration>
    {
        public bool Equals(Configuration x, Configuration y) => x.Hash == y.Hash && x.First == y.First && x.Words.AsSpan().SequenceEqual(y.Words)
            && states.Equals(x.State, y.State);

        public int GetHashCode(Configuration configuration) => configuration.Hash;
    }
}

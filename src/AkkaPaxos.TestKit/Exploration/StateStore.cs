namespace AkkaPaxos.TestKit.Exploration;

/// <summary>
/// The visited states in the order of visiting, each with where it was reached from: exact encodings, no hashes in their place.
/// </summary>
internal sealed class StateStore
{
    private const int PageSize = 1 << 20;

    private readonly List<ushort[]> _pages = [new ushort[PageSize]];
    private readonly List<(int Page, int Start, int Length)> _places = [];
    private readonly List<(int Parent, int Action)> _origins = [];
    private int _used;
    private int[] _table = new int[1 << 16]; // index + 1; 0: free

    public int Count => _places.Count;

    public (int Parent, int Action) Origin(int state) => _origins[state];

    public ReadOnlySpan<ushort> this[int state]
    {
        get
        {
            var (page, start, length) = _places[state];
            return _pages[page].AsSpan(start, length);
        }
    }

    /// <summary>Adds a state, unless it is there; returns whether it was added.</summary>
    public bool Add(ReadOnlySpan<ushort> state, int parent, int action)
    {
        var at = Hash(state) & (_table.Length - 1);
        for (; _table[at] != 0; at = (at + 1) & (_table.Length - 1))
            if (this[_table[at] - 1].SequenceEqual(state)) return false;

        if (_used + state.Length > PageSize)
        {
            _pages.Add(new ushort[PageSize]);
            _used = 0;
        }
        state.CopyTo(_pages[^1].AsSpan(_used));
        _places.Add((_pages.Count - 1, _used, state.Length));
        _origins.Add((parent, action));
        _used += state.Length;
        _table[at] = Count;
        if (Count > _table.Length / 2) Grow();
        return true;
    }

    private void Grow()
    {
        _table = new int[_table.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            var at = Hash(this[i]) & (_table.Length - 1);
            while (_table[at] != 0) at = (at + 1) & (_table.Length - 1);
            _table[at] = i + 1;
        }
    }

    private static int Hash(ReadOnlySpan<ushort> state)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in state) hash = unchecked((hash ^ part) * 1099511628211UL);
        return (int)((hash ^ (hash >> 29)) & int.MaxValue);
    }
}

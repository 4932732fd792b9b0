namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>Which of a history's operations have taken effect. All but a few that overlap are either before a window or after it.</summary>
internal sealed class LinearizedSet(int count)
{
    private readonly ulong[] _words = new ulong[(count / 64) + 1]; // the last one is never full, so that the window's begin needs no bound
    private int _first;     // all words before it are full
    private int _last = -1; // all words after it are empty

    public void Add(int operation)
    {
        _words[operation >> 6] |= 1UL << (operation & 63);
        _last = Math.Max(_last, operation >> 6);
        while (_words[_first] == ulong.MaxValue) _first++;
    }

    public void Remove(int operation)
    {
        _words[operation >> 6] &= ~(1UL << (operation & 63));
        _first = Math.Min(_first, operation >> 6);
        while (_last >= 0 && _words[_last] == 0) _last--;
    }

    /// <summary>The words that are neither before nor after the window, and the number of the first. Equal for equal sets.</summary>
    public (int First, ulong[] Words) Window() => (_first, _first > _last ? [] : _words[_first..(_last + 1)]);
}

namespace AkkaPaxos.StateMachine;

/// <summary>
/// A session's answers by sequence. Sequences arrive nearly in order and leave from the low end, so this is a sorted list with a start that
/// moves: adding at the end, looking up and forgetting cost next to nothing.
/// </summary>
internal sealed class AnswerList
{
    private (long Sequence, ReadOnlyMemory<byte> Result)[] _items = [];
    private int _start;

    public int Count { get; private set; }

    public long GetKeyAtIndex(int index) => _items[_start + index].Sequence;

    public bool TryGetValue(long sequence, out ReadOnlyMemory<byte> result)
    {
        var at = Find(sequence);
        result = at >= 0 ? _items[_start + at].Result : default;
        return at >= 0;
    }

    public void Add(long sequence, ReadOnlyMemory<byte> result)
    {
        var at = ~Find(sequence);
        if (at < 0) throw new ArgumentException($"sequence {sequence} has an answer already", nameof(sequence));
        if (_start + Count == _items.Length) MakeRoom();
        Array.Copy(_items, _start + at, _items, _start + at + 1, Count - at);
        _items[_start + at] = (sequence, result);
        Count++;
    }

    public void RemoveBelow(long sequence)
    {
        var removed = 0;
        while (removed < Count && _items[_start + removed].Sequence < sequence) _items[_start + removed++] = default;
        Count -= removed;
        _start = Count == 0 ? 0 : _start + removed;
    }

    public IEnumerator<(long Sequence, ReadOnlyMemory<byte> Result)> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return _items[_start + i];
    }

    // The index among the items, or the complement of where it would be inserted.
    private int Find(long sequence)
    {
        if (Count == 0 || sequence > GetKeyAtIndex(Count - 1)) return ~Count;
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var key = GetKeyAtIndex(middle);
            if (key == sequence) return middle;
            if (key < sequence) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }

    private void MakeRoom()
    {
        // Slide down where at least half is free, so that a steady client's list never grows.
        var target = Count * 2 <= _items.Length && _items.Length > 0 ? _items : new (long, ReadOnlyMemory<byte>)[Math.Max(4, Count * 2)];
        Array.Copy(_items, _start, target, 0, Count);
        if (ReferenceEquals(target, _items)) Array.Clear(_items, Count, _items.Length - Count);
        (_items, _start) = (target, 0);
    }
}

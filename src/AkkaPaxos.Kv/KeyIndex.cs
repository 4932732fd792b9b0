using System.IO.Hashing;
using Google.Protobuf;

namespace AkkaPaxos.Kv;

/// <summary>A key as it is stored. The <see cref="KeyValue"/> is never changed once it is here, so responses may carry it as it is.</summary>
/// <param name="epoch">Of the index when it was made: in a later one it is shared with a frozen copy.</param>
/// <param name="kv">Key, value and revisions.</param>
/// <param name="digest">Its part of the store's checksum.</param>
internal sealed class Item(int epoch, KeyValue kv, ulong digest)
{
    /// <summary>Of the index when it was made.</summary>
    public int Epoch => epoch;

    /// <summary>Key, value and revisions.</summary>
    public KeyValue Kv { get; private set; } = kv;

    /// <summary>Its part of the store's checksum.</summary>
    public ulong Digest { get; private set; } = digest;

    /// <summary>Bytes of it in an answer.</summary>
    public int Size => InAnswer(Kv);

    /// <summary>The key was written again.</summary>
    public void Replace(KeyValue kv, ulong digest) => (Kv, Digest) = (kv, digest);

    /// <summary>Bytes of a key in an answer: its encoding, and the tag and length before it.</summary>
    public static int InAnswer(KeyValue kv)
    {
        var size = kv.CalculateSize();
        return 1 + CodedOutputStream.ComputeLengthSize(size) + size;
    }
}

/// <summary>
/// Items by their keys, and ordered by the bytes of these: a dictionary, and sorted arrays of up to <see cref="Full"/> items, in a sorted list. A search is two
/// binary ones; an insertion moves part of one array; a count adds the arrays' lengths. No collection of the base library gives the range of a sorted map
/// and its count without walking it; and where each comparison fetches a key from a memory of its own, finding one key by its hash takes a tenth of a search. A frozen copy
/// shares arrays and items, and what is shared is copied before it changes: so a view of a million keys costs some microseconds.
/// </summary>
internal sealed class KeyIndex
{
    private const int Full = 256;

    private sealed class Leaf
    {
        public readonly Item[] Items = new Item[Full];
        public int Count;
        public int Epoch; // of the index when it was made: in a later one it is shared with a frozen copy
        public Item First => Items[0];
    }

    // Never holds an empty leaf.
    private readonly List<Leaf> _leaves;
    private readonly Dictionary<ByteString, Item>? _byKey; // a frozen copy has none
    private int _epoch; // grows by one with each frozen copy

    /// <summary>An index without items.</summary>
    public KeyIndex() => (_leaves, _byKey) = ([], new(KeyHash.Instance));

    private KeyIndex(KeyIndex of)
    {
        _leaves = [.. of._leaves];
        Count = of.Count;
    }

    /// <summary>The index as it is now, for reading, on any thread, while this one goes on to change.</summary>
    public KeyIndex Freeze()
    {
        _epoch++;
        return new KeyIndex(this);
    }

    /// <summary>The leaf, to be changed.</summary>
    private Leaf Own(int index)
    {
        var leaf = _leaves[index];
        if (leaf.Epoch == _epoch) return leaf;
        var copy = new Leaf { Count = leaf.Count, Epoch = _epoch };
        Array.Copy(leaf.Items, copy.Items, leaf.Count);
        return _leaves[index] = copy;
    }

    /// <summary>How many items there are.</summary>
    public int Count { get; private set; }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        Live.Clear();
        _leaves.Clear();
        Count = 0;
    }

    private Dictionary<ByteString, Item> Live => _byKey ?? throw new InvalidOperationException("a frozen copy of an index does not change");

    /// <summary>The item of <paramref name="key"/>, or null.</summary>
    public Item? Find(ByteString key)
    {
        if (_byKey is not null) return _byKey.GetValueOrDefault(key);
        var at = Seek(key.Span);
        return IsAt(at, key.Span) ? _leaves[at.Leaf].Items[at.Index] : null;
    }

    /// <summary>Adds a key, or writes it again.</summary>
    /// <param name="kv">Key, value and revisions.</param>
    /// <param name="digest">Its part of the store's checksum.</param>
    /// <returns>The digest of what was replaced; 0 where nothing was.</returns>
    public ulong Set(KeyValue kv, ulong digest)
    {
        if (Find(kv.Key) is { } known)
        {
            var old = known.Digest;
            if (known.Epoch == _epoch) known.Replace(kv, digest);
            else Exchange(new Item(_epoch, kv, digest));
            return old;
        }
        Add(new Item(_epoch, kv, digest));
        return 0;
    }

    private void Exchange(Item item)
    {
        var at = Seek(item.Kv.Key.Span);
        Own(at.Leaf).Items[at.Index] = Live[item.Kv.Key] = item;
    }

    private void Add(Item item)
    {
        Live.Add(item.Kv.Key, item);
        var at = Seek(item.Kv.Key.Span);
        Count++;
        if (_leaves.Count == 0) _leaves.Add(new Leaf { Epoch = _epoch });
        // A key between two leaves goes to the end of the lower one.
        if (at.Index == 0 && at.Leaf > 0) at = (at.Leaf - 1, _leaves[at.Leaf - 1].Count);
        var leaf = Own(at.Leaf);
        if (leaf.Count == Full)
        {
            // Keys that only grow (a log, a queue) fill their leaves: the last leaf is left as it is and a new one started.
            var kept = at.Index == Full && at.Leaf == _leaves.Count - 1 ? Full : Full / 2;
            var upper = Split(at.Leaf, kept);
            if (at.Index > kept || kept == Full) (leaf, at.Index) = (upper, at.Index - kept);
        }
        Array.Copy(leaf.Items, at.Index, leaf.Items, at.Index + 1, leaf.Count - at.Index);
        leaf.Items[at.Index] = item;
        leaf.Count++;
    }

    /// <summary>Removes every item in <paramref name="range"/>.</summary>
    /// <returns>What was removed, by key.</returns>
    public List<Item> Remove(KeyRange range)
    {
        List<Item> removed = [];
        var live = Live;
        var at = Seek(range.Start.Span);
        var first = at.Leaf;
        while (at.Leaf < _leaves.Count)
        {
            var leaf = _leaves[at.Leaf];
            var end = at.Index;
            while (end < leaf.Count && range.Contains(leaf.Items[end].Kv.Key)) removed.Add(leaf.Items[end++]);
            var stopsHere = end < leaf.Count;
            if (end > at.Index) leaf = Own(at.Leaf);
            Array.Copy(leaf.Items, end, leaf.Items, at.Index, leaf.Count - end);
            var left = leaf.Count - (end - at.Index);
            Array.Clear(leaf.Items, left, leaf.Count - left);
            leaf.Count = left;
            if (stopsHere) break;
            at = (at.Leaf + 1, 0);
        }
        foreach (var item in removed) live.Remove(item.Kv.Key);
        if (removed.Count > 0) Tidy(Math.Max(0, first - 1), Math.Min(_leaves.Count, at.Leaf + 2));
        Count -= removed.Count;
        return removed;
    }

    /// <summary>The items in <paramref name="range"/>, by key. The index must not change meanwhile.</summary>
    public IEnumerable<Item> Range(KeyRange range)
    {
        if (range.IsPoint)
        {
            if (Find(range.Start) is { } item) yield return item;
            yield break;
        }
        for (var at = Seek(range.Start.Span); at.Leaf < _leaves.Count; at = (at.Leaf + 1, 0))
        {
            var leaf = _leaves[at.Leaf];
            for (var i = at.Index; i < leaf.Count; i++)
            {
                if (!range.Contains(leaf.Items[i].Kv.Key)) yield break;
                yield return leaf.Items[i];
            }
        }
    }

    /// <summary>The items in <paramref name="range"/>, the highest key first. The index must not change meanwhile.</summary>
    public IEnumerable<Item> RangeDown(KeyRange range)
    {
        var end = range.IsOpen || range.IsPoint ? (Leaf: _leaves.Count, Index: 0) : Seek(range.End);
        if (range.IsPoint)
        {
            if (Find(range.Start) is { } item) yield return item;
            yield break;
        }
        for (var i = end.Leaf; i >= 0; i--)
        {
            if (i == _leaves.Count) continue;
            var leaf = _leaves[i];
            for (var j = (i == end.Leaf ? end.Index : leaf.Count) - 1; j >= 0; j--)
            {
                if (!range.Contains(leaf.Items[j].Kv.Key)) yield break;
                yield return leaf.Items[j];
            }
        }
    }

    /// <summary>All items, by key. The index must not change meanwhile.</summary>
    public IEnumerable<Item> All() => _leaves.SelectMany(leaf => leaf.Items.Take(leaf.Count));

    /// <summary>How many items are in <paramref name="range"/>.</summary>
    public int CountIn(KeyRange range)
    {
        if (range.IsPoint) return Find(range.Start) is null ? 0 : 1;
        var from = Seek(range.Start.Span);
        var to = range.IsOpen ? (_leaves.Count, 0) : Seek(range.End);
        if (to.CompareTo(from) <= 0) return 0;
        var count = to.Item2 - from.Index;
        for (var i = from.Leaf; i < to.Item1; i++) count += _leaves[i].Count;
        return count;
    }

    /// <summary>The place of the lowest item that is not below <paramref name="key"/>; behind the last leaf where there is none.</summary>
    private (int Leaf, int Index) Seek(ReadOnlySpan<byte> key)
    {
        int low = 0, high = _leaves.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Compare(_leaves[middle].First, key) <= 0) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return (0, 0);
        var leaf = _leaves[low - 1];
        int index = 0, end = leaf.Count;
        while (index < end)
        {
            var middle = (index + end) / 2;
            if (Compare(leaf.Items[middle], key) < 0) index = middle + 1;
            else end = middle;
        }
        return index < leaf.Count ? (low - 1, index) : (low, 0);
    }

    private bool IsAt((int Leaf, int Index) at, ReadOnlySpan<byte> key) =>
        at.Leaf < _leaves.Count && at.Index < _leaves[at.Leaf].Count && Compare(_leaves[at.Leaf].Items[at.Index], key) == 0;

    private static int Compare(Item item, ReadOnlySpan<byte> key) => item.Kv.Key.Span.SequenceCompareTo(key);

    private Leaf Split(int index, int kept)
    {
        var (lower, upper) = (Own(index), new Leaf { Epoch = _epoch });
        upper.Count = lower.Count - kept;
        Array.Copy(lower.Items, kept, upper.Items, 0, upper.Count);
        Array.Clear(lower.Items, kept, upper.Count);
        lower.Count = kept;
        _leaves.Insert(index + 1, upper);
        return upper;
    }

    /// <summary>Drops empty leaves and joins small neighbors among some leaves.</summary>
    private void Tidy(int from, int to)
    {
        var kept = from;
        for (var i = from; i < to; i++)
        {
            var leaf = _leaves[i];
            if (leaf.Count == 0) continue;
            if (kept > from && _leaves[kept - 1].Count + leaf.Count <= Full / 2)
            {
                var lower = Own(kept - 1);
                Array.Copy(leaf.Items, 0, lower.Items, lower.Count, leaf.Count);
                lower.Count += leaf.Count;
                continue;
            }
            _leaves[kept++] = leaf;
        }
        _leaves.RemoveRange(kept, to - kept);
    }
}

/// <summary>Keys by their bytes. The hash is seeded anew in each process, so that nobody can choose keys that share one; nothing follows its order.</summary>
internal sealed class KeyHash : IEqualityComparer<ByteString>
{
    private static readonly long Seed = Random.Shared.NextInt64();

    /// <summary>The only one.</summary>
    public static readonly KeyHash Instance = new();

    /// <inheritdoc/>
    public bool Equals(ByteString? x, ByteString? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.Span.SequenceEqual(y.Span));

    /// <inheritdoc/>
    public int GetHashCode(ByteString key) => (int)XxHash3.HashToUInt64(key.Span, Seed);
}

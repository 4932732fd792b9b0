using Google.Protobuf;

namespace AkkaPaxos.Kv.Tests;

public sealed class KeyIndexTests
{
    private readonly KeyIndex _index = new();
    private ulong _digests;
    private readonly SortedDictionary<string, (KeyValue Kv, ulong Digest)> _model = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 5_000)]
    [InlineData(3, 200_000)]
    public void It_agrees_with_a_sorted_dictionary(int seed, int keys)
    {
        var random = new Random(seed);
        string Key() => random.Next(keys).ToString("x");
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 100; i++) Set(Key());
            Remove(Key(), "");
            var (low, high) = (Key(), Key());
            // Most ranges are narrow, some empty, some wide.
            Remove(low, random.Next(20) == 0 ? high : low + "8");
            if (random.Next(60) == 0) Remove(low, "\0");
            Agrees(Key(), Key());
            Agrees(low, "\0");
            Agrees(low, "");
        }
        Agrees("", "\0");
    }

    [Fact]
    public void Growing_keys_and_falling_keys_stay_in_order()
    {
        for (var i = 0; i < 3_000; i++) Set($"up{i:00000}");
        for (var i = 3_000; i > 0; i--) Set($"down{i:00000}");
        Agrees("", "\0");
        for (var i = 0; i < 3_000; i++) Remove($"up{i:00000}", "");
        Agrees("", "\0");
        Remove("", "\0");
        Agrees("", "\0");
        Set("again");
        Agrees("", "\0");
    }

    [Fact]
    public void A_frozen_copy_stays_as_it_was_whatever_happens_to_the_index_and_goes_down_as_it_goes_up()
    {
        var random = new Random(5);
        var all = new KeyRange(ByteString.Empty, ByteString.CopyFrom(0));
        List<(KeyIndex Copy, List<KeyValue> Then)> frozen = [];
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 300; i++) Set(random.Next(5_000).ToString("x"));
            Remove(random.Next(5_000).ToString("x"), random.Next(3) == 0 ? "\0" : "");
            frozen.Add((_index.Freeze(), [.. _index.All().Select(i => i.Kv)]));
            foreach (var (copy, then) in frozen)
            {
                Assert.Equal(then, Kvs(copy.All()), ReferenceEqualityComparer.Instance);
                Assert.Equal(then, Kvs(copy.RangeDown(all).Reverse()), ReferenceEqualityComparer.Instance);
                Assert.Equal(then.Count, copy.Count);
                var any = then[random.Next(then.Count)];
                Assert.Same(any, copy.Find(any.Key)?.Kv);
            }
            Agrees("", "\0");
        }
    }

    [Fact]
    public void A_frozen_copy_does_not_change()
    {
        Set("a");
        var frozen = _index.Freeze();
        Assert.Throws<InvalidOperationException>(() => frozen.Set(new KeyValue { Key = ByteString.CopyFromUtf8("b") }, 1));
        Assert.Throws<InvalidOperationException>(() => frozen.Remove(Range("a", "")));
        Assert.Throws<InvalidOperationException>(frozen.Clear);
        Assert.Single(frozen.All());
    }

    private void Set(string key)
    {
        var (kv, digest) = (new KeyValue { Key = ByteString.CopyFromUtf8(key) }, ++_digests);
        Assert.Equal(_model.GetValueOrDefault(key).Digest, _index.Set(kv, digest));
        _model[key] = (kv, digest);
    }

    private void Remove(string key, string end)
    {
        var expected = In(key, end).ToList();
        Assert.Equal(expected, Kvs(_index.Remove(Range(key, end))), ReferenceEqualityComparer.Instance);
        foreach (var kv in expected) _model.Remove(kv.Key.ToStringUtf8());
    }

    private void Agrees(string key, string end)
    {
        var expected = In(key, end).ToList();
        Assert.Equal(expected, Kvs(_index.Range(Range(key, end))), ReferenceEqualityComparer.Instance);
        Assert.Equal(expected.Count, _index.CountIn(Range(key, end)));
        Assert.Equal(_model.Count, _index.Count);
        Assert.Same(_model.GetValueOrDefault(key).Kv, _index.Find(ByteString.CopyFromUtf8(key))?.Kv);
    }

    private static IEnumerable<KeyValue> Kvs(IEnumerable<Item> items) => items.Select(i => i.Kv);

    private IEnumerable<KeyValue> In(string key, string end) => _model
        .Where(p => end == "" ? p.Key == key : string.CompareOrdinal(p.Key, key) >= 0 && (end == "\0" || string.CompareOrdinal(p.Key, end) < 0))
        .Select(p => p.Value.Kv);

    private static KeyRange Range(string key, string end) => new(ByteString.CopyFromUtf8(key), ByteString.CopyFromUtf8(end));
}

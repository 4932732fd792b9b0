using AkkaPaxos.Kv;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>The store's index of keys.</summary>
public class KeyIndexBenchmarks
{
    private const int Read = 100;
    private readonly Random _random = new(1);
    private readonly KeyIndex _index = new();
    private ByteString[] _keys = [];
    private KeyValue[] _kvs = [];

    /// <summary>How many keys there are.</summary>
    [Params(1_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _keys = [.. Enumerable.Range(0, Keys).Select(MicroCommands.Key)];
        _kvs = [.. _keys.Select(k => new KeyValue { Key = k })];
        foreach (var kv in _kvs) _index.Set(kv, 1);
    }

    [Benchmark]
    public object? Find() => _index.Find(_keys[_random.Next(Keys)]);

    [Benchmark]
    public ulong Replace() => _index.Set(_kvs[_random.Next(Keys)], 1);

    [Benchmark]
    public int ReadHundred() => _index.Range(new KeyRange(_keys[_random.Next(Keys)], ByteString.CopyFrom(0))).Take(Read).Count();
}

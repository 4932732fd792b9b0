using System.Collections.Immutable;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>The keys of a store and their values: an immutable value, that is compared by a hash kept along first.</summary>
public sealed class KvState : IEquatable<KvState>
{
    /// <summary>No key.</summary>
    public static KvState Empty { get; } = new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal), 0);

    private readonly ImmutableDictionary<string, string> _values;
    private readonly long _hash; // the sum of the entries' hashes: the same in whichever order they came

    private KvState(ImmutableDictionary<string, string> values, long hash) => (_values, _hash) = (values, hash);

    /// <summary>A key's value; null: there is no such key.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The keys and their values, in the order of the keys.</summary>
    public IEnumerable<KeyValuePair<string, string>> Entries => _values.OrderBy(e => e.Key, StringComparer.Ordinal);

    /// <summary>The state in which a key has a value, or where it is null none.</summary>
    public KvState With(string key, string? value)
    {
        var before = this[key];
        if (before == value) return this;
        var hash = _hash - (before is null ? 0 : Hash(key, before)) + (value is null ? 0 : Hash(key, value));
        return new KvState(value is null ? _values.Remove(key) : _values.SetItem(key, value), hash);
    }

    /// <inheritdoc/>
    public bool Equals(KvState? other) => ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && _values.Count == other._values.Count && _values.All(e => other[e.Key] == e.Value));

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as KvState);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Entries.Select(e => $"{e.Key}=\"{e.Value}\""));

    private static long Hash(string key, string value) => ((long)HashCode.Combine(key, value) << 32) | (uint)HashCode.Combine(value, key, 1);
}

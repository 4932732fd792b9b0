using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Akka.Cluster;

/// <summary>
/// A vector clock: how many changes of each node a version contains. Two versions are equal, one before the other, or concurrent.
/// References: Fidge 1988, Mattern 1988.
/// </summary>
public sealed class VectorClock
{
    private static readonly VectorClock Zero = new(ImmutableSortedDictionary<Node, long>.Empty);

    private VectorClock(ImmutableSortedDictionary<Node, long> versions) => Versions = versions;

    /// <summary>How a version stands to another. FullOrder is never a result.</summary>
    public enum Ordering
    {
        After,
        Before,
        Same,
        Concurrent,
        FullOrder,
    }

    public ImmutableSortedDictionary<Node, long> Versions { get; }

    public static VectorClock Create() => Zero;

    public static VectorClock Create(ImmutableSortedDictionary<Node, long> versions) => new(versions);

    public VectorClock Increment(Node node) => new(Versions.SetItem(node, Versions.GetValueOrDefault(node) + 1));

    /// <summary>The earliest version that contains both.</summary>
    public VectorClock Merge(VectorClock that)
    {
        var merged = Versions.ToBuilder();
        foreach (var (node, count) in that.Versions)
            if (count > merged.GetValueOrDefault(node)) merged[node] = count;
        return new VectorClock(merged.ToImmutable());
    }

    /// <summary>Forgets a node, which must never increment again.</summary>
    public VectorClock Prune(Node removedNode) => Versions.ContainsKey(removedNode) ? new VectorClock(Versions.Remove(removedNode)) : this;

    public Ordering CompareTo(VectorClock that)
    {
        if (ReferenceEquals(this, that)) return Ordering.Same;
        var less = HasLess(this, that);
        var more = HasLess(that, this);
        return (less, more) switch
        {
            (false, false) => Ordering.Same,
            (true, false) => Ordering.Before,
            (false, true) => Ordering.After,
            _ => Ordering.Concurrent,
        };
    }

    public bool IsBefore(VectorClock that) => CompareTo(that) == Ordering.Before;

    public bool IsAfter(VectorClock that) => CompareTo(that) == Ordering.After;

    public bool IsSameAs(VectorClock that) => CompareTo(that) == Ordering.Same;

    public bool IsConcurrentWith(VectorClock that) => CompareTo(that) == Ordering.Concurrent;

    public override bool Equals(object? obj) => obj is VectorClock that && IsSameAs(that);

    public override int GetHashCode() => Versions.Aggregate(0, (hash, v) => HashCode.Combine(hash, v.Key, v.Value));

    public override string ToString() => $"VectorClock({string.Join(", ", Versions.Select(v => v.Key + "->" + v.Value))})";

    public static bool operator >(VectorClock left, VectorClock right) => left.IsAfter(right);

    public static bool operator <(VectorClock left, VectorClock right) => left.IsBefore(right);

    public static bool operator ==(VectorClock? left, VectorClock? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(VectorClock? left, VectorClock? right) => !(left == right);

    private static bool HasLess(VectorClock a, VectorClock b) => b.Versions.Any(v => a.Versions.GetValueOrDefault(v.Key) < v.Value);

    /// <summary>A node's name in a clock; <see cref="Create"/> shortens it to a hash.</summary>
    public class Node : IComparable<Node>
    {
        private readonly string _value;

        public Node(string value) => _value = value;

        public static Node Create(string name) => new(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(name))));

        public static Node FromHash(string hash) => new(hash);

        public int CompareTo(Node? other) => string.CompareOrdinal(_value, other?._value);

        public override bool Equals(object? obj) => obj is Node other && _value == other._value;

        public override int GetHashCode() => _value.GetHashCode();

        public override string ToString() => _value;
    }
}

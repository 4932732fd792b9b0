using System.Collections.Immutable;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a queue can be asked for.</summary>
/// <param name="Name">Which queue.</param>
public abstract record QueueCall(string Name);

/// <summary>One more at the end.</summary>
/// <param name="Value">What.</param>
/// <param name="Name">Which queue.</param>
public sealed record Enqueue(string Value, string Name = "") : QueueCall(Name);

/// <summary>The first, which leaves the queue.</summary>
/// <param name="Name">Which queue.</param>
public sealed record Dequeue(string Name = "") : QueueCall(Name);

/// <summary>What a queue answers.</summary>
/// <param name="Value">To <see cref="Dequeue"/>: what was the first; null: it was empty. To <see cref="Enqueue"/> null.</param>
public readonly record struct QueueResult(string? Value);

/// <summary>What is in a queue: an immutable value, that is compared by a hash kept along first.</summary>
public sealed class QueueState : IEquatable<QueueState>
{
    // A polynomial in an odd base, which has an inverse, so that the first one can be taken out of the hash, too.
    private const ulong Base = 0x9E3779B97F4A7C15, Inverse = 0xF1DE83E19937733D;

    /// <summary>Nothing is in it.</summary>
    public static QueueState Empty { get; } = new(ImmutableQueue<string>.Empty, 0, 0, 1);

    private readonly ImmutableQueue<string> _values;
    private readonly int _count;
    private readonly ulong _hash, _power; // the power: the next one's factor

    private QueueState(ImmutableQueue<string> values, int count, ulong hash, ulong power) =>
        (_values, _count, _hash, _power) = (values, count, hash, power);

    /// <summary>The first in it; null: it is empty.</summary>
    public string? First => _count > 0 ? _values.Peek() : null;

    /// <summary>With one more at the end.</summary>
    public QueueState With(string value) => new(_values.Enqueue(value), _count + 1, _hash + (Hash(value) * _power), _power * Base);

    /// <summary>Without the first.</summary>
    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public QueueState WithoutFirst() => new(_values.Dequeue(out var first), _count - 1, (_hash - Hash(first)) * Inverse, _power * Inverse);

    /// <inheritdoc/>
    public bool Equals(QueueState? other) => ReferenceEquals(this, other)
        || (other is not null && _count == other._count && _hash == other._hash && _values.SequenceEqual(other._values));

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as QueueState);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_hash, _count);

    /// <inheritdoc/>
    public override string ToString() => string.Join(" ", _values);

    private static ulong Hash(string value) => ((ulong)(uint)HashCode.Combine(value) << 32) | (uint)HashCode.Combine(value, 1);
}

/// <summary>Queues, empty at first: what came first leaves first.</summary>
public sealed class QueueModel : Model<QueueState, QueueCall, QueueResult>
{
    /// <inheritdoc/>
    public override QueueState Initial => QueueState.Empty;

    /// <inheritdoc/>
    public override (QueueState Next, QueueResult Result) Step(QueueState state, QueueCall call) => call switch
    {
        Enqueue enqueue => (state.With(enqueue.Value), new QueueResult(null)),
        _ when state.First is { } first => (state.WithoutFirst(), new QueueResult(first)),
        _ => (state, new QueueResult(null)),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Keys(QueueCall call) => [call.Name];

    /// <summary>To add what nobody ever got makes no difference.</summary>
    public override Func<QueueState, QueueCall, QueueState, bool> OpenFilter(IReadOnlyList<Operation<QueueCall, QueueResult>> operations)
    {
        var seen = operations.Where(o => o is { IsOpen: false, Result.Value: not null }).Select(o => o.Result.Value!).ToHashSet();
        return (_, call, _) => call is not Enqueue enqueue || seen.Contains(enqueue.Value);
    }

    /// <inheritdoc/>
    public override string Describe(QueueCall call) =>
        $"{(call.Name.Length > 0 ? call.Name + ": " : "")}{(call is Enqueue enqueue ? $"enqueue {enqueue.Value}" : "dequeue")}";

    /// <inheritdoc/>
    public override string Describe(QueueCall call, QueueResult result) => call is Enqueue ? "ok" : result.Value ?? "empty";
}

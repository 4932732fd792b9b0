using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>Takes messages until one fits; the others are dropped.</summary>
    public object FishForMessage(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage<object>(isMessage, max, hint, cancellationToken);

    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage(isMessage, null!, max, hint, cancellationToken);

    /// <param name="isMessage">Says which message is looked for.</param>
    /// <param name="allMessages">Emptied, then filled with the messages that did not fit; may be null.</param>
    /// <param name="max">How long to wait.</param>
    /// <param name="hint">Said when nothing fits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public T FishForMessage<T>(
        Predicate<T> isMessage, ArrayList allMessages, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        var passed = new List<object>();
        allMessages?.Clear();
        while (true)
        {
            if (!TryReceiveOne(out var envelope, Positive(end - Now), cancellationToken)) FailFishing(limit, hint, passed);
            if (envelope.Message is T found && isMessage(found)) return found;
            passed.Add(envelope.Message);
            allMessages?.Add(envelope.Message);
        }
    }

    public async ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        await FishForMessageAsync<object>(isMessage, max, hint, cancellationToken);

    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        var passed = new List<object>();
        while (true)
        {
            var (success, envelope) = await TryReceiveOneAsync(Positive(end - Now), cancellationToken);
            if (!success) FailFishing(limit, hint, passed);
            if (envelope.Message is T found && isMessage(found)) return found;
            passed.Add(envelope.Message);
        }
    }

    private void FailFishing(TimeSpan limit, string hint, List<object> passed) => Fail(
        $"Timeout ({limit}) during fishForMessage{(string.IsNullOrEmpty(hint) ? "" : ", hint: " + hint)}; got [{string.Join(", ", passed)}]");

    /// <summary>The next message, or null if none comes in time. Null waits for akka.test.single-expect-default, an infinite time for ever.</summary>
    public object ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        TryReceiveOne(out var envelope, max, cancellationToken) ? envelope.Message : null!;

    public async ValueTask<object> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        var (success, envelope) = await TryReceiveOneAsync(max, cancellationToken);
        return success ? envelope.Message : null!;
    }

    public bool TryReceiveOne(out MessageEnvelope envelope, TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        var taken = _queue.TryTake(GetTimeoutOrDefault(max), cancellationToken, out envelope);
        return Remember(taken ? envelope : null);
    }

    public async ValueTask<(bool success, MessageEnvelope envelope)> TryReceiveOneAsync(TimeSpan? max, CancellationToken cancellationToken = default)
    {
        var envelope = await _queue.TryTakeAsync(GetTimeoutOrDefault(max), cancellationToken);
        return (Remember(envelope), envelope ?? NullMessageEnvelope.Instance);
    }

    private bool Remember(MessageEnvelope? envelope)
    {
        _lastWasNoMsg = false;
        _last = envelope ?? NullMessageEnvelope.Instance;
        return envelope is not null;
    }

    /// <summary>The next message, which stays where it is; null if none comes in time.</summary>
    public object PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        _queue.TryPeek(GetTimeoutOrDefault(max), cancellationToken, out var envelope) ? envelope.Message : null!;

    protected TimeSpan GetTimeoutOrDefault(TimeSpan? timeout) => timeout switch
    {
        null => RemainingOrDefault,
        { Ticks: < 0 } => Timeout.InfiniteTimeSpan,
        { } given => given,
    };

    /// <summary>As many messages, in the order they came.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        ReceiveMany(numberOfMessages, RemainingOrDefault, cancellationToken);

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        ReceiveMany(numberOfMessages, Dilated(max), cancellationToken);

    private List<object> ReceiveMany(int count, TimeSpan max, CancellationToken cancellation)
    {
        var end = Now + max;
        var received = new List<object>();
        while (received.Count < count)
        {
            if (!TryReceiveOne(out var envelope, Positive(end - Now), cancellation))
                Fail($"Timeout ({max}) while expecting {count} messages. Only got {received.Count} after {max}: [{string.Join(", ", received)}]");
            received.Add(envelope.Message);
        }
        return received;
    }

    /// <summary>Takes messages while they come, at most <paramref name="idle"/> apart, and the filter does not answer null.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, TimeSpan? idle, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        ReceiveWhile(filter, max, idle, msgs, cancellationToken);

    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        ReceiveWhile(filter, max, null, msgs, cancellationToken);

    public IReadOnlyList<T> ReceiveWhile<T>(
        Func<object, T> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default)
    {
        var stop = Now + RemainingOrDilated(max);
        var results = new List<T>();
        while (results.Count < msgs && _queue.TryPeek(Min(Positive(stop - Now), idle ?? TimeSpan.MaxValue), cancellationToken, out var next))
        {
            if (filter(next.Message) is not { } result) break; // what does not fit is left for the next expectation
            TryReceiveOne(out _, TimeSpan.Zero, cancellationToken);
            results.Add(result);
        }
        _lastWasNoMsg = true;
        return results;
    }

    public IReadOnlyList<T> ReceiveWhile<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, bool shouldIgnoreOtherMessageTypes = true,
        CancellationToken cancellationToken = default)
    {
        var stop = Now + RemainingOrDilated(max);
        var results = new List<T>();
        while (results.Count < msgs && _queue.TryPeek(Min(Positive(stop - Now), idle ?? TimeSpan.MaxValue), cancellationToken, out var next))
        {
            if (next.Message is T typed)
            {
                if (!shouldContinue(typed)) break;
                results.Add(typed);
            }
            else if (!shouldIgnoreOtherMessageTypes) break;
            TryReceiveOne(out _, TimeSpan.Zero, cancellationToken);
        }
        _lastWasNoMsg = true;
        return results;
    }

    [DoesNotReturn]
    private void Fail(string message)
    {
        _assertions.Fail("{0}", message);
        throw new InvalidOperationException(message); // assertions that do not throw
    }
}

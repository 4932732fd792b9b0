using Akka.Event;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>What is left of the innermost Within.</summary>
    /// <exception cref="InvalidOperationException">There is no Within around the call.</exception>
    public TimeSpan Remaining =>
        _end is { } end ? Positive(end - Now) : throw new InvalidOperationException("Remaining may not be called outside of Within");

    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? Positive(end - Now) : duration;

    protected TimeSpan RemainingOrDilated(TimeSpan? duration)
    {
        if (duration is not { } given) return RemainingOrDefault;
        if (given < TimeSpan.Zero) throw new ArgumentException("max duration cannot be infinite or negative", nameof(duration));
        return Dilated(given);
    }

    private static TimeSpan Positive(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;

    /// <summary>Runs a block that must not take longer than <paramref name="max"/>; what it expects has that time in all.</summary>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        Within(min, max, () => { action(); return 0; }, hint, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
    {
        var block = Enter(min, max, hint);
        T result;
        try { result = function(); }
        finally { _end = block.OuterEnd; }
        Leave(block, min, epsilonValue, hint);
        return result;
    }

    public async Task WithinAsync(
        TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        await WithinAsync(max, async () => { await actionAsync(); return 0; }, epsilonValue, cancellationToken);

    public async Task<T> WithinAsync<T>(
        TimeSpan max, Func<Task<T>> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
    {
        var block = Enter(TimeSpan.Zero, max, null);
        T result;
        try { result = await function(); }
        finally { _end = block.OuterEnd; }
        Leave(block, TimeSpan.Zero, epsilonValue, null);
        return result;
    }

    private (TimeSpan Start, TimeSpan Limit, TimeSpan? OuterEnd) Enter(TimeSpan min, TimeSpan max, string? hint)
    {
        if (min < TimeSpan.Zero) throw new ArgumentException("min must be positive", nameof(min));
        if (max < TimeSpan.Zero) throw new ArgumentException("max must be finite and positive", nameof(max));
        max = Dilated(max);
        var start = Now;
        var left = _end is { } outer ? outer - start : TimeSpan.MaxValue;
        _assertions.AssertTrue(left >= min, "Required min time {0} not possible, only {1} left. {2}", min, left, hint ?? "");
        _lastWasNoMsg = false;
        var limit = max < left ? max : left;
        var block = (start, limit, _end);
        _end = start + limit;
        return block;
    }

    private void Leave((TimeSpan Start, TimeSpan Limit, TimeSpan? OuterEnd) block, TimeSpan min, TimeSpan? epsilon, string? hint)
    {
        var elapsed = Now - block.Start;
        _assertions.AssertTrue(elapsed >= min, "Failed: Block took {0}, should have at least been {1}. {2}", elapsed, min, hint ?? "");
        if (_lastWasNoMsg) return;
        var tolerated = block.Limit + (epsilon ?? TimeSpan.Zero);
        _assertions.AssertTrue(elapsed <= tolerated, "Failed: Block took {0}, exceeding {1}. {2}", elapsed, block.Limit, hint ?? "");
    }

    /// <summary>Repeats an assertion until it holds; its last failure is thrown when time is up.</summary>
    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var (stop, pause) = Polling(duration, interval);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (Now + pause < stop) { }
            cancellationToken.WaitHandle.WaitOne(pause);
        }
    }

    public Task AwaitAssertAsync(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(() => { assertion(); return Task.CompletedTask; }, duration, interval, cancellationToken);

    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var (stop, pause) = Polling(duration, interval);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (Now + pause < stop) { }
            await Task.Delay(pause, cancellationToken);
        }
    }

    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, string? message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    /// <summary>Waits until a condition holds.</summary>
    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (!Poll(conditionIsFulfilled, limit, interval, cancellationToken)) FailCondition(limit, message);
    }

    public bool AwaitConditionNoThrow(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Poll(conditionIsFulfilled, RemainingOrDilated(max), interval, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public async Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (!await PollAsync(conditionIsFulfilled, limit, interval, cancellationToken)) FailCondition(limit, message);
    }

    private static bool Poll(Func<bool> condition, TimeSpan max, TimeSpan? interval, CancellationToken cancellation)
    {
        for (var stop = Now + max; !condition();)
        {
            cancellation.ThrowIfCancellationRequested();
            var left = stop - Now;
            if (left <= TimeSpan.Zero) return false;
            Thread.Sleep(Min(left, interval ?? PollInterval));
        }
        return true;
    }

    internal static async Task<bool> PollAsync(Func<Task<bool>> condition, TimeSpan max, TimeSpan? interval, CancellationToken cancellation)
    {
        for (var stop = Now + max; !await condition();)
        {
            var left = stop - Now;
            if (left <= TimeSpan.Zero) return false;
            await Task.Delay(Min(left, interval ?? PollInterval), cancellation);
        }
        return true;
    }

    private (TimeSpan Stop, TimeSpan Pause) Polling(TimeSpan? duration, TimeSpan? interval)
    {
        if (interval <= TimeSpan.Zero) throw new ArgumentException("interval must be positive", nameof(interval));
        var max = RemainingOrDilated(duration);
        return (Now + max, Min(max, interval ?? PollInterval));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void FailCondition(TimeSpan limit, string? message)
    {
        var text = $"Timeout {limit} expired while waiting for condition. {message}".TrimEnd();
        Log.Debug(text);
        _assertions.Fail("{0}", text);
    }
}

using Akka.Actor;
using Akka.Event;
using Akka.TestKit.TestEvent;

namespace Akka.TestKit.Internal;

internal sealed class EventFilterApplier(TestKitBase testkit, ActorSystem system, IReadOnlyList<EventFilterBase> filters) : IEventFilterApplier
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public EventFilterFactory And => new(testkit, system, filters);

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) => Expect(1, action, cancellationToken);
    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Expect(1, timeout, action, cancellationToken);
    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default) => Expect(1, func, cancellationToken);
    public Task ExpectOneAsync(Func<Task> action, CancellationToken cancellationToken = default) => ExpectAsync(1, action, cancellationToken);

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        ExpectAsync(1, timeout, action, cancellationToken);

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) =>
        Expect(expectedCount, () => { action(); return 0; }, cancellationToken);

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Intercept(() => { action(); return 0; }, testkit.Dilated(timeout), expectedCount, cancellationToken);

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default) =>
        Intercept(func, Leeway, expectedCount, cancellationToken);

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        InterceptAsync(actionAsync, Leeway, expectedCount, cancellationToken);

    public Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        InterceptAsync(action, testkit.Dilated(timeout), expectedCount, cancellationToken);

    public void Mute(Action action, CancellationToken cancellationToken = default) => Mute(() => { action(); return 0; }, cancellationToken);
    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default) => Intercept(func, TimeSpan.Zero, null, cancellationToken);
    public Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default) =>
        InterceptAsync(action, TimeSpan.Zero, null, cancellationToken);

    public IUnmutableFilter Mute()
    {
        system.EventStream.Publish(new Mute(filters));
        return new Muted(system, filters);
    }

    private TimeSpan Leeway => TestKitExtension.For(system).TestEventFilterLeeway;

    private T Intercept<T>(Func<T> func, TimeSpan timeout, int? expected, CancellationToken cancellation)
    {
        using var counter = new Counter(system, filters);
        var result = func();
        // Loggers are actors: what was logged in the block may be counted after it.
        if (expected is { } n) testkit.AwaitConditionNoThrow(() => counter.Count >= Math.Max(n, 1), timeout, Pause, cancellation);
        Judge(counter.Count, timeout, expected);
        return result;
    }

    private async Task InterceptAsync(Func<Task> func, TimeSpan timeout, int? expected, CancellationToken cancellation)
    {
        using var counter = new Counter(system, filters);
        await func();
        if (expected is { } n) await TestKitBase.PollAsync(() => Task.FromResult(counter.Count >= Math.Max(n, 1)), timeout, Pause, cancellation);
        Judge(counter.Count, timeout, expected);
    }

    private void Judge(int count, TimeSpan timeout, int? expected)
    {
        if (expected is not { } n || count == n) return;
        var meant = string.Join(" or ", filters);
        testkit.Assertions.Fail("{0}", count < n
            ? $"Timeout ({timeout}) while waiting for messages. Only received {count}/{n} messages that matched filter [{meant}]"
            : $"Received {count - n} messages too many. Expected {n} but received {count} that matched filter [{meant}]");
    }

    private sealed class Muted(ActorSystem system, IReadOnlyList<EventFilterBase> filters) : IUnmutableFilter
    {
        public void Unmute() => system.EventStream.Publish(new Unmute(filters));
        public void Dispose() => Unmute();
    }

    /// <summary>Mutes the filters and counts what they match until disposed.</summary>
    private sealed class Counter : IDisposable
    {
        private readonly ActorSystem _system;
        private readonly IReadOnlyList<EventFilterBase> _filters;
        private int _count;

        public Counter(ActorSystem system, IReadOnlyList<EventFilterBase> filters)
        {
            (_system, _filters) = (system, filters);
            foreach (var filter in filters) filter.EventMatched += Matched;
            system.EventStream.Publish(new Mute(filters));
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose()
        {
            foreach (var filter in _filters) filter.EventMatched -= Matched;
            _system.EventStream.Publish(new Unmute(_filters));
        }

        private void Matched(EventFilterBase filter, LogEvent logEvent) => Interlocked.Increment(ref _count);
    }
}

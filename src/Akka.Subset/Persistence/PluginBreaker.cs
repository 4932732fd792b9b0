using Akka.Actor;
using Akka.Configuration;
using Akka.Pattern;

namespace Akka.Persistence;

/// <summary>
/// The circuit breaker around a plugin's calls: a call that takes longer than call-timeout fails, and after max-failures in
/// a row calls fail at once for reset-timeout. An infinite call-timeout uses no timer at all.
/// </summary>
internal sealed class PluginBreaker
{
    private readonly IScheduler _scheduler;
    private readonly string _plugin;
    private readonly int _maxFailures;
    private readonly TimeSpan _callTimeout;
    private readonly TimeSpan _resetTimeout;

    private readonly object _lock = new();
    private readonly Queue<ICall> _pending = new();
    private bool _timerArmed;
    private int _failures;
    private TimeSpan? _openUntil;
    private bool _trialUnderWay;

    public PluginBreaker(IScheduler scheduler, string plugin, Config config)
    {
        _scheduler = scheduler;
        _plugin = plugin;
        _maxFailures = config.GetInt("circuit-breaker.max-failures", 10);
        _callTimeout = config.GetTimeSpan("circuit-breaker.call-timeout", TimeSpan.FromSeconds(10));
        _resetTimeout = config.GetTimeSpan("circuit-breaker.reset-timeout", TimeSpan.FromSeconds(30));
    }

    private bool HasTimeout => _callTimeout > TimeSpan.Zero;

    /// <summary>Runs the call. Whoever continues on the task is run by the thread that ends the call.</summary>
    public Task<T> Run<T>(Func<Task<T>> call)
    {
        if (!TryEnter(out var wait))
            return Task.FromException<T>(new OpenCircuitException(
                $"The plugin {_plugin} failed {_failures} times in a row: calls fail at once for another {wait.TotalSeconds:0.0} s.", wait));
        Task<T> task;
        try
        {
            task = call();
        }
        catch (Exception e)
        {
            Left(false);
            return Task.FromException<T>(e);
        }
        if (task.IsCompleted)
        {
            Left(task.IsCompletedSuccessfully);
            return task;
        }
        var pending = new Call<T>(this);
        if (HasTimeout) Enqueue(pending);
        task.ContinueWith(pending.End, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return pending.Task;
    }

    public Task Run(Func<Task> call)
    {
        return Run(Wrapped);

        async Task<bool> Wrapped()
        {
            await call().ConfigureAwait(false);
            return true;
        }
    }

    private bool TryEnter(out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = TimeSpan.Zero;
            if (_openUntil is not { } until) return true;
            wait = until - _scheduler.MonotonicClock;
            if (wait > TimeSpan.Zero || _trialUnderWay) return false;
            // Half open: one call finds out whether the plugin works again.
            return _trialUnderWay = true;
        }
    }

    private void Left(bool success)
    {
        // The common case takes no lock: nothing has failed and nothing changes.
        if (success && Volatile.Read(ref _failures) == 0) return;
        lock (_lock)
        {
            if (success)
            {
                _failures = 0;
                _openUntil = null;
            }
            else if (++_failures >= _maxFailures)
            {
                _openUntil = _scheduler.MonotonicClock + _resetTimeout;
            }
            _trialUnderWay = false;
        }
    }

    private void Enqueue(ICall call)
    {
        lock (_lock)
        {
            call.Deadline = _scheduler.MonotonicClock + _callTimeout;
            while (_pending.TryPeek(out var first) && first.Ended) _pending.Dequeue();
            _pending.Enqueue(call);
            if (_timerArmed) return;
            _timerArmed = true;
        }
        _scheduler.Advanced.ScheduleOnce(_callTimeout, Check);
    }

    // One timer for all calls: they all have the same limit, so the oldest is the first to exceed it.
    private void Check()
    {
        List<ICall>? late = null;
        TimeSpan? next = null;
        lock (_lock)
        {
            var now = _scheduler.MonotonicClock;
            while (_pending.TryPeek(out var first))
            {
                if (!first.Ended)
                {
                    if (first.Deadline > now)
                    {
                        next = first.Deadline - now;
                        break;
                    }
                    (late ??= []).Add(first);
                }
                _pending.Dequeue();
            }
            _timerArmed = next != null;
        }
        if (next is { } delay) _scheduler.Advanced.ScheduleOnce(delay < MinDelay ? MinDelay : delay, Check);
        late?.ForEach(c => c.TimeOut());
    }

    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(10);

    private interface ICall
    {
        TimeSpan Deadline { get; set; }
        bool Ended { get; }
        void TimeOut();
    }

    private sealed class Call<T>(PluginBreaker breaker) : ICall
    {
        // Continuations run on the thread that ends the call: no hop.
        private readonly TaskCompletionSource<T> _promise = new();

        public Task<T> Task => _promise.Task;
        public TimeSpan Deadline { get; set; }
        public bool Ended => _promise.Task.IsCompleted;

        public void End(Task<T> task)
        {
            if (_promise.Task.IsCompleted) return;
            breaker.Left(task.IsCompletedSuccessfully);
            if (task.IsCompletedSuccessfully) _promise.TrySetResult(task.Result);
            else if (task.IsCanceled) _promise.TrySetCanceled();
            else _promise.TrySetException(task.Exception!.InnerExceptions);
        }

        public void TimeOut()
        {
            breaker.Left(false);
            _promise.TrySetException(new TimeoutException(
                $"The plugin {breaker._plugin} did not answer within {breaker._callTimeout.TotalSeconds} s (circuit-breaker.call-timeout)."));
        }
    }
}

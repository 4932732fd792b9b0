#nullable disable
using System.Diagnostics;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The default scheduler: one thread that sleeps until the next timer is due. It keeps Akka.NET's name, as configurations
/// name it, but orders its timers in a heap: exact to the millisecond, and idle when there is nothing to do.
/// </summary>
public sealed class HashedWheelTimerScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    internal sealed class Timer
    {
        public object Target; // an ICanTell, an Action or an IRunnable
        public object Message;
        public IActorRef Sender;
        public ICancelable Cancelable;
        public long Interval; // 0: once

        public void Clear() => (Target, Message, Sender) = (null, null, null);
    }

    private readonly PriorityQueue<Timer, (long Due, long Sequence)> _timers = new();
    private readonly object _lock = new();
    private long _sequence;
    private long _sleepsUntil;
    private bool _stopped;
    private Thread _thread;

    public HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log) : base(scheduler, log) { }

    protected override DateTimeOffset TimeNow => DateTimeOffset.Now;
    public override TimeSpan MonotonicClock => TimeSpan.FromMilliseconds(Environment.TickCount64);
    public override TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(0);

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Timer { Target = receiver, Message = message, Sender = sender, Cancelable = cancelable }, delay, TimeSpan.Zero);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Timer { Target = receiver, Message = message, Sender = sender, Cancelable = cancelable }, initialDelay, interval);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Add(new Timer { Target = action, Cancelable = cancelable }, delay, TimeSpan.Zero);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Add(new Timer { Target = action, Cancelable = cancelable }, delay, TimeSpan.Zero);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(new Timer { Target = action, Cancelable = cancelable }, initialDelay, interval);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(new Timer { Target = action, Cancelable = cancelable }, initialDelay, interval);

    private static long Now => Stopwatch.GetTimestamp();
    private static long ToTimestamp(TimeSpan time) => (long)Math.Min(time.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 4);

    private void Add(Timer timer, TimeSpan delay, TimeSpan interval)
    {
        timer.Interval = ToTimestamp(interval);
        (timer.Cancelable as Cancelable)?.Belongs(timer);
        var due = Now + ToTimestamp(delay);
        lock (_lock)
        {
            if (_stopped) throw new SchedulerException("cannot enqueue after timer shutdown");
            _timers.Enqueue(timer, (due, _sequence++));
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "akka-scheduler" };
                _thread.Start();
            }
            else if (due < _sleepsUntil)
                Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        var due = new List<Timer>();
        while (true)
        {
            lock (_lock)
            {
                if (_stopped) return;
                var now = Now;
                while (_timers.TryPeek(out var next, out var at) && (at.Due <= now || next.Cancelable is { IsCancellationRequested: true }))
                {
                    _timers.Dequeue();
                    if (next.Cancelable is { IsCancellationRequested: true }) continue;
                    due.Add(next);
                    // From now on, not from when it was due: a stalled process does not send all it missed at once.
                    if (next.Interval > 0) _timers.Enqueue(next, (Math.Max(at.Due + next.Interval, now), _sequence++));
                }
                if (due.Count == 0)
                {
                    if (!_timers.TryPeek(out _, out var first))
                    {
                        _sleepsUntil = long.MaxValue;
                        Monitor.Wait(_lock);
                    }
                    else
                    {
                        _sleepsUntil = first.Due;
                        var milliseconds = Math.Ceiling((first.Due - now) * 1000.0 / Stopwatch.Frequency);
                        Monitor.Wait(_lock, (int)Math.Min(milliseconds, int.MaxValue - 1));
                    }
                    _sleepsUntil = 0;
                    continue;
                }
            }
            foreach (var timer in due) Fire(timer);
            due.Clear();
        }
    }

    private void Fire(Timer timer)
    {
        var (target, message, sender) = (timer.Target, timer.Message, timer.Sender);
        // Checked after the reads: a cancellation at this very moment clears the timer.
        Interlocked.MemoryBarrier();
        if (timer.Cancelable is { IsCancellationRequested: true }) return;
        try
        {
            switch (target)
            {
                case ICanTell receiver:
                    receiver.Tell(message, sender);
                    break;
                case Action action:
                    action();
                    break;
                case IRunnable runnable:
                    runnable.Run();
                    break;
            }
        }
        catch (Exception e)
        {
            try
            {
                Log.Error(e, "Error while executing scheduled task {0}", target);
            }
            catch
            {
                // A logger that fails must not end the timers.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _stopped = true;
            _timers.Clear();
            Monitor.Pulse(_lock);
        }
    }
}

#nullable disable
namespace Akka.Actor;

public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }
    void Cancel();
    void Cancel(bool throwOnFirstException);
    void CancelAfter(TimeSpan delay);
    void CancelAfter(int millisecondsDelay);
}

/// <summary>Cancels what was scheduled with it. A token source is made only when somebody asks for the token.</summary>
public class Cancelable : ICancelable, IDisposable
{
    private readonly IActionScheduler _scheduler;
    private int _cancelled;
    private CancellationTokenSource _source;
    private HashedWheelTimerScheduler.Timer _timer;

    public Cancelable(IActionScheduler scheduler) => _scheduler = scheduler;
    public Cancelable(IActionScheduler scheduler, TimeSpan delay) : this(scheduler) => CancelAfter(delay);
    public Cancelable(IScheduler scheduler) : this(scheduler.Advanced) { }
    public Cancelable(IScheduler scheduler, TimeSpan delay) : this(scheduler.Advanced, delay) { }
    public Cancelable(IScheduler scheduler, int millisecondsDelay) : this(scheduler.Advanced, TimeSpan.FromMilliseconds(millisecondsDelay)) { }

    public bool IsCancellationRequested => Volatile.Read(ref _cancelled) != 0;

    public CancellationToken Token
    {
        get
        {
            if (Volatile.Read(ref _source) is null) Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null);
            if (IsCancellationRequested) _source.Cancel();
            return _source.Token;
        }
    }

    public bool IsDisposed { get; private set; }
    public void Cancel() => Cancel(false);

    public void Cancel(bool throwOnFirstException)
    {
        if (Interlocked.Exchange(ref _cancelled, 1) != 0) return;
        _timer?.Clear();
        Volatile.Read(ref _source)?.Cancel(throwOnFirstException);
    }

    /// <summary>What the timer holds on to is released at its cancellation, not when it would have been due.</summary>
    internal void Belongs(HashedWheelTimerScheduler.Timer timer) => _timer = timer;

    public void CancelAfter(TimeSpan delay) => _scheduler.ScheduleOnce(delay, Cancel, this);
    public void CancelAfter(int millisecondsDelay) => CancelAfter(TimeSpan.FromMilliseconds(millisecondsDelay));

    public static ICancelable CreateCanceled()
    {
        var cancelable = new Cancelable((IActionScheduler)null);
        cancelable.Cancel();
        return cancelable;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing && !IsDisposed) _source?.Dispose();
        IsDisposed = true;
    }
}

public static class CancelableExtensions
{
    public static void CancelIfNotNull(this ICancelable cancelable) => cancelable?.Cancel();
}

namespace Akka.TestKit;

/// <summary>A count-down that a test can wait for.</summary>
public class TestLatch
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private readonly CountdownEvent _latch;
    private readonly Func<TimeSpan, TimeSpan> _dilate;
    private readonly TimeSpan _timeout;

    public TestLatch() : this(1) { }
    public TestLatch(int count) : this(count, DefaultTimeout) { }
    public TestLatch(int count, TimeSpan defaultTimeout) : this(t => t, defaultTimeout, count) { }

    public TestLatch(Func<TimeSpan, TimeSpan> dilate, TimeSpan defaultTimeout, int count) =>
        (_dilate, _timeout, _latch) = (dilate, defaultTimeout, new CountdownEvent(count));

    public bool IsOpen => _latch.IsSet;

    public void CountDown()
    {
        if (!_latch.IsSet) _latch.Signal();
    }

    public void Open()
    {
        while (!_latch.IsSet) CountDown();
    }

    public void Reset() => _latch.Reset();

    public void Ready() => Ready(_timeout);

    /// <exception cref="TimeoutException">The count did not reach 0 in time.</exception>
    public void Ready(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero) throw new ArgumentException("the time-out must be finite", nameof(timeout));
        if (!_latch.Wait(_dilate(timeout))) throw new TimeoutException($"Timeout of {_dilate(timeout)}");
    }
}

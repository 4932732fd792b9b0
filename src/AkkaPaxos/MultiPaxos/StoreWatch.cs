namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// How a role's journal or snapshot store does, told by the role and read by its node: what it waits for and since when. A call that never comes
/// back fails nowhere, so somebody has to look at the clock.
/// </summary>
public sealed class StoreWatch
{
    private const string Reading = "the store, asked for what the role has on disk,";

    private readonly Lock _lock = new();
    private int _calls;
    private string _call = "";
    private TimeSpan _patience;
    private DateTimeOffset _waitsSince;
    private string? _failure;
    private DateTimeOffset _failingSince;

    /// <summary>A call to the store begins.</summary>
    /// <param name="call">What is called, as the report names it: <c>the journal</c>.</param>
    /// <param name="patience">How long it may take; of calls that wait at the same time the first one's counts.</param>
    /// <param name="now">The time.</param>
    public void Asked(string call, TimeSpan patience, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_calls++ == 0) (_call, _patience, _waitsSince) = (call, patience, now);
        }
    }

    /// <summary>A call has come back with success.</summary>
    /// <param name="now">The time.</param>
    public void Answered(DateTimeOffset now)
    {
        lock (_lock)
        {
            (_calls, _waitsSince) = (Math.Max(0, _calls - 1), now); // the store answers: others in line have waited for it, not for nothing
            if (_call != Reading) _failure = null;
        }
    }

    /// <summary>A call has come back with a failure, or has not come back in time.</summary>
    /// <param name="what">What cannot be done and why, in one line: <c>the journal cannot be written: disk full</c>.</param>
    /// <param name="now">The time.</param>
    public void Failed(string what, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_failure is null) _failingSince = now;
            (_calls, _failure) = (0, what);
        }
    }

    /// <summary>The role begins to read what it has on disk; nothing that it asked for in an earlier life comes back to it.</summary>
    /// <param name="patience">How long that may take.</param>
    /// <param name="now">The time.</param>
    public void Starts(TimeSpan patience, DateTimeOffset now)
    {
        lock (_lock) (_calls, _call, _patience, _waitsSince) = (1, Reading, patience, now);
    }

    /// <summary>The role has stopped for another reason than its store: nothing is waited for.</summary>
    public void Stops()
    {
        lock (_lock) _calls = 0;
    }

    /// <summary>For how long nothing has come back while something was asked for; zero where nothing is.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan Waits(DateTimeOffset now)
    {
        lock (_lock) return _calls > 0 && now > _waitsSince ? now - _waitsSince : TimeSpan.Zero;
    }

    /// <summary>What is wrong with the store, in one line; null where nothing is.</summary>
    /// <param name="now">The time.</param>
    public string? Problem(DateTimeOffset now)
    {
        lock (_lock)
        {
            var waits = now - _waitsSince;
            if (_calls > 0 && waits >= _patience) return $"{_call} has not answered for {waits.TotalSeconds:0} s";
            return _failure is null ? null : $"{_failure} (since {_failingSince.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z)";
        }
    }
}

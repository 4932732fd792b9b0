using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote;

/// <summary>
/// "The Phi Accrual Failure Detector" (Hayashibara et al.): suspicion is phi = -log10(1 - F(time since the last heartbeat)), where F is the
/// cumulative normal distribution with mean and deviation of the recent intervals. A resource is available while phi is below the threshold.
/// </summary>
public class PhiAccrualFailureDetector : FailureDetector
{
    private readonly Clock _clock;
    private readonly double _threshold;
    private readonly double _minStdDeviation;
    private readonly double _acceptablePause;
    private readonly double _firstEstimate;
    private readonly long[] _intervals;
    private readonly Lock _lock = new();
    private int _count;
    private int _next;
    private double _sum;
    private double _squares;
    private long? _last;

    /// <param name="threshold">Low suspects early and wrongly, high late and rightly.</param>
    /// <param name="maxSampleSize">How many intervals are remembered.</param>
    /// <param name="minStdDeviation">A floor for the deviation, so that regular beats do not make the detector nervous.</param>
    /// <param name="acceptableHeartbeatPause">Added to the mean: lost or late heartbeats that are no reason to suspect.</param>
    /// <param name="firstHeartbeatEstimate">The interval to expect after the first heartbeat.</param>
    /// <param name="clock">Milliseconds; a test hands in its own.</param>
    public PhiAccrualFailureDetector(double threshold, int maxSampleSize, TimeSpan minStdDeviation, TimeSpan acceptableHeartbeatPause,
        TimeSpan firstHeartbeatEstimate, Clock? clock = null)
    {
        if (threshold <= 0) throw new ArgumentException("failure-detector.threshold must be > 0");
        if (maxSampleSize <= 0) throw new ArgumentException("failure-detector.max-sample-size must be > 0");
        if (minStdDeviation <= TimeSpan.Zero) throw new ArgumentException("failure-detector.min-std-deviation must be > 0");
        if (acceptableHeartbeatPause < TimeSpan.Zero) throw new ArgumentException("failure-detector.acceptable-heartbeat-pause must be >= 0");
        if (firstHeartbeatEstimate <= TimeSpan.Zero) throw new ArgumentException("failure-detector.heartbeat-interval must be > 0");
        _clock = clock ?? DefaultClock;
        _threshold = threshold;
        _minStdDeviation = minStdDeviation.TotalMilliseconds;
        _acceptablePause = acceptableHeartbeatPause.TotalMilliseconds;
        _firstEstimate = firstHeartbeatEstimate.TotalMilliseconds;
        _intervals = new long[maxSampleSize];
    }

    /// <summary>
    /// Reads <c>threshold</c>, <c>max-sample-size</c>, <c>min-std-deviation</c>, <c>acceptable-heartbeat-pause</c> and <c>heartbeat-interval</c>.
    /// </summary>
    public PhiAccrualFailureDetector(Config config, EventStream eventStream)
        : this(config.GetDouble("threshold"), config.GetInt("max-sample-size"), config.GetTimeSpan("min-std-deviation"),
            config.GetTimeSpan("acceptable-heartbeat-pause"), config.GetTimeSpan("heartbeat-interval"))
    {
    }

    public override bool IsAvailable => PhiAt(_clock()) < _threshold;

    public override bool IsMonitoring
    {
        get { lock (_lock) return _last is not null; }
    }

    internal double CurrentPhi => PhiAt(_clock());

    public override void HeartBeat()
    {
        var now = _clock();
        lock (_lock)
        {
            if (_last is not { } last)
            {
                // No history yet: start with two intervals around the estimate, with a high deviation, as the network is unknown.
                var deviation = (long)(_firstEstimate / 4);
                Add((long)_firstEstimate - deviation);
                Add((long)_firstEstimate + deviation);
            }
            else if (PhiAt(now) < _threshold)
            {
                Add(now - last);
            }
            // Otherwise this is the first beat after an outage, whose length says nothing about the rhythm.
            _last = now;
        }
    }

    internal double PhiAt(long now)
    {
        lock (_lock)
        {
            if (_last is not { } last) return 0;
            var mean = _sum / _count;
            var deviation = Math.Max(Math.Sqrt(Math.Max(0, _squares / _count - mean * mean)), _minStdDeviation);
            return Phi(now - last, mean + _acceptablePause, deviation);
        }
    }

    /// <summary>The logistic approximation of the cumulative normal distribution; its error is below 0.00014 for |y| &lt; 3.16.</summary>
    internal static double Phi(long elapsed, double mean, double deviation)
    {
        var y = (elapsed - mean) / deviation;
        var e = Math.Exp(-y * (1.5976 + 0.070566 * y * y));
        return elapsed > mean ? -Math.Log10(e / (1 + e)) : -Math.Log10(1 - 1 / (1 + e));
    }

    private void Add(long interval)
    {
        if (_count == _intervals.Length)
        {
            var oldest = _intervals[_next];
            _sum -= oldest;
            _squares -= (double)oldest * oldest;
        }
        else
        {
            _count++;
        }
        _intervals[_next] = interval;
        _next = (_next + 1) % _intervals.Length;
        _sum += interval;
        _squares += (double)interval * interval;
    }
}

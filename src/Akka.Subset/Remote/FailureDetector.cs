using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote;

/// <summary>The time in milliseconds, for measuring intervals only.</summary>
public delegate long Clock();

/// <summary>Judges from heartbeats whether one monitored resource is alive. Safe to call from several threads.</summary>
public abstract class FailureDetector
{
    /// <summary>A monotonic clock: a change of the wall clock must not make a peer look dead.</summary>
    public static readonly Clock DefaultClock = () => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;

    public abstract bool IsAvailable { get; }

    /// <summary>Whether a first heartbeat has been seen.</summary>
    public abstract bool IsMonitoring { get; }

    public abstract void HeartBeat();
}

/// <summary>Available until a fixed time after the last heartbeat.</summary>
public class DeadlineFailureDetector : FailureDetector
{
    private readonly Clock _clock;
    private readonly long _deadlineMillis;
    private long _last = long.MinValue;

    public DeadlineFailureDetector(TimeSpan acceptableHeartbeatPause, TimeSpan heartbeatInterval, Clock? clock = null)
    {
        if (acceptableHeartbeatPause <= TimeSpan.Zero)
            throw new ArgumentException("failure-detector.acceptable-heartbeat-pause must be > 0s");
        if (heartbeatInterval <= TimeSpan.Zero)
            throw new ArgumentException("failure-detector.heartbeat-interval must be > 0s");
        _clock = clock ?? DefaultClock;
        _deadlineMillis = (long)(acceptableHeartbeatPause + heartbeatInterval).TotalMilliseconds;
    }

    /// <summary>Reads <c>acceptable-heartbeat-pause</c> and <c>heartbeat-interval</c>.</summary>
    public DeadlineFailureDetector(Config config, EventStream eventStream)
        : this(config.GetTimeSpan("acceptable-heartbeat-pause"), config.GetTimeSpan("heartbeat-interval"))
    {
    }

    public override bool IsAvailable
    {
        get
        {
            var last = Volatile.Read(ref _last);
            return last == long.MinValue || _clock() < last + _deadlineMillis;
        }
    }

    public override bool IsMonitoring => Volatile.Read(ref _last) != long.MinValue;

    public override void HeartBeat() => Volatile.Write(ref _last, _clock());
}

/// <summary>Failure detectors by resource, each made at the resource's first heartbeat.</summary>
public interface IFailureDetectorRegistry<T>
{
    /// <summary>False only for a resource that is monitored and found silent.</summary>
    bool IsAvailable(T resource);

    bool IsMonitoring(T resource);

    void Heartbeat(T resource);

    void Remove(T resource);

    void Reset();
}

/// <inheritdoc />
public class DefaultFailureDetectorRegistry<T> : IFailureDetectorRegistry<T> where T : notnull
{
    private readonly ConcurrentDictionary<T, FailureDetector> _detectors = new();
    private readonly Func<FailureDetector> _factory;
    private readonly Lock _creating = new();

    public DefaultFailureDetectorRegistry(Func<FailureDetector> factory) => _factory = factory;

    public bool IsAvailable(T resource) => !_detectors.TryGetValue(resource, out var detector) || detector.IsAvailable;

    public bool IsMonitoring(T resource) => _detectors.TryGetValue(resource, out var detector) && detector.IsMonitoring;

    public void Heartbeat(T resource)
    {
        if (_detectors.TryGetValue(resource, out var detector))
        {
            detector.HeartBeat();
            return;
        }
        lock (_creating) // the first beat has to reach the detector that stays
            _detectors.GetOrAdd(resource, _ => _factory()).HeartBeat();
    }

    public void Remove(T resource) => _detectors.TryRemove(resource, out _);

    public void Reset() => _detectors.Clear();

    internal FailureDetector? GetFailureDetector(T resource) => _detectors.GetValueOrDefault(resource);
}

/// <summary>Makes the failure detector that the configuration names.</summary>
public static class FailureDetectorLoader
{
    /// <summary>Makes a class that has a public constructor (Config, EventStream).</summary>
    /// <exception cref="ConfigurationException">The class cannot be found or made.</exception>
    public static FailureDetector Load(string fqcn, Config config, ActorSystem system)
    {
        var type = Util.TypeResolver.Resolve(fqcn)
            ?? throw new ConfigurationException($"Failure detector class [{fqcn}] cannot be found: name a class as 'Namespace.Class, Assembly'.");
        try
        {
            return (FailureDetector)Activator.CreateInstance(type, config, system.EventStream)!;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            throw new ConfigurationException($"Failure detector [{fqcn}] cannot be made: {e.InnerException.Message}", e.InnerException);
        }
        catch (Exception e) when (e is MissingMethodException or InvalidCastException)
        {
            throw new ConfigurationException(
                $"Failure detector [{fqcn}] needs to derive from FailureDetector and have a public constructor (Config, EventStream).", e);
        }
    }

    public static FailureDetector LoadFailureDetector(this IActorContext context, string fqcn, Config config) => Load(fqcn, config, context.System);
}

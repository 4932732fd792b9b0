#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Util;

namespace Akka.Event;

public abstract class EventBus<TEvent, TClassifier, TSubscriber>
{
    private protected EventBus() { }
    public virtual bool Subscribe(TSubscriber subscriber, TClassifier classifier) => throw new NotSupportedException();
    public virtual bool Unsubscribe(TSubscriber subscriber) => throw new NotSupportedException();
    public virtual bool Unsubscribe(TSubscriber subscriber, TClassifier classifier) => throw new NotSupportedException();
    public virtual void Publish(TEvent @event) => throw new NotSupportedException();
}

public abstract class ActorEventBus<TEvent, TClassifier> : EventBus<TEvent, TClassifier, IActorRef>
{
    private protected ActorEventBus() { }
}

/// <summary>Delivers each event to those who subscribed to its class, one of its base classes, or an interface.</summary>
public class LoggingBus : ActorEventBus<object, Type>
{
    private readonly object _lock = new();
    private readonly List<IActorRef> _loggers = [];
    // By class of event; thrown away whenever a subscription changes.
    private ConcurrentDictionary<Type, IActorRef[]> _cache = new();
    private KeyValuePair<Type, IActorRef>[] _subscriptions = [];
    private MinimalLogger _stdoutLogger;
    private volatile int _logLevel = (int)LogLevel.InfoLevel;
    private int _loggerId;

    // Loggers that are no actors share one path, so they are told apart by identity.
    private static readonly IEqualityComparer<IActorRef> Same = EqualityComparer<IActorRef>.Create(
        (a, b) => ReferenceEquals(a, b) || (a is not MinimalLogger && b is not MinimalLogger && a!.Equals(b)), a => a.GetHashCode());

    internal LoggingBus() { }

    public LogLevel LogLevel => (LogLevel)_logLevel;

    public override bool Subscribe(IActorRef subscriber, Type classifier)
    {
        lock (_lock)
        {
            if (_subscriptions.Any(s => s.Key == classifier && Same.Equals(s.Value, subscriber))) return false;
            _subscriptions = [.. _subscriptions, new(classifier, subscriber)];
            _cache = new();
            return true;
        }
    }

    public override bool Unsubscribe(IActorRef subscriber, Type classifier) => Remove(s => s.Key == classifier && Same.Equals(s.Value, subscriber));
    public override bool Unsubscribe(IActorRef subscriber) => Remove(s => Same.Equals(s.Value, subscriber));

    private bool Remove(Func<KeyValuePair<Type, IActorRef>, bool> which)
    {
        lock (_lock)
        {
            var left = _subscriptions.Where(s => !which(s)).ToArray();
            if (left.Length == _subscriptions.Length) return false;
            _subscriptions = left;
            _cache = new();
            return true;
        }
    }

    public override void Publish(object @event)
    {
        foreach (var subscriber in Subscribers(@event.GetType())) subscriber.Tell(@event, ActorRefs.NoSender);
    }

    private IActorRef[] Subscribers(Type type)
    {
        var cache = Volatile.Read(ref _cache);
        if (cache.TryGetValue(type, out var found)) return found;
        lock (_lock)
        {
            found = [.. _subscriptions.Where(s => s.Key.IsAssignableFrom(type)).Select(s => s.Value).Distinct(Same)];
            _cache[type] = found;
            return found;
        }
    }

    public void SetLogLevel(LogLevel logLevel)
    {
        lock (_lock)
        {
            _logLevel = (int)logLevel;
            foreach (var logger in _loggers) SubscribeLogger(logger, logLevel);
        }
    }

    private void SubscribeLogger(IActorRef logger, LogLevel level)
    {
        foreach (var each in new[] { LogLevel.DebugLevel, LogLevel.InfoLevel, LogLevel.WarningLevel, LogLevel.ErrorLevel })
        {
            if (level <= each) Subscribe(logger, each.ClassFor());
            else Unsubscribe(logger, each.ClassFor());
        }
    }

    /// <summary>Until the loggers are up, and again when they are gone, log events go to standard output.</summary>
    public void StartStdoutLogger(Settings config)
    {
        _stdoutLogger = new StandardOutLogger();
        _logLevel = (int)Logging.LogLevelFor(config.LogLevel);
        var level = Logging.LogLevelFor(config.StdoutLogLevel);
        if (level != Logging.LogLevelOff) SubscribeLogger(_stdoutLogger, level);
    }

    internal void StartDefaultLoggers(ActorSystemImpl system)
    {
        var settings = system.Settings;
        var level = Logging.LogLevelFor(settings.LogLevel);
        var standardOut = false;
        foreach (var name in settings.Loggers)
        {
            var type = TypeResolver.Resolve(name)
                ?? throw new Configuration.ConfigurationException($"'akka.loggers' names the logger '{name}', which cannot be found; check the class and assembly name.");
            if (typeof(MinimalLogger).IsAssignableFrom(type))
            {
                standardOut |= type == typeof(StandardOutLogger);
                var minimal = type == typeof(StandardOutLogger) ? _stdoutLogger : (MinimalLogger)Activator.CreateInstance(type);
                Unsubscribe(minimal);
                Register(minimal, level);
            }
            else
                StartLogger(system, type, level);
        }
        _logLevel = (int)level;
        if (!standardOut) Unsubscribe(_stdoutLogger);
    }

    private void StartLogger(ActorSystemImpl system, Type type, LogLevel level)
    {
        var id = Interlocked.Increment(ref _loggerId);
        var props = Props.Create(type).WithDispatcher(system.Settings.Config.GetString("akka.loggers-dispatcher"));
        var logger = system.SystemActorOf(props, $"log{id}-{type.Name}");
        try
        {
            logger.Ask<object>(new InitializeLogger(this), system.Settings.LoggerStartTimeout).GetAwaiter().GetResult();
        }
        catch (AskTimeoutException)
        {
            Publish(new Warning("EventStream", typeof(LoggingBus), $"Logger {type.Name} did not answer within {system.Settings.LoggerStartTimeout}; it is used nevertheless."));
        }
        Register(logger, level);
    }

    private void Register(IActorRef logger, LogLevel level)
    {
        lock (_lock) _loggers.Add(logger);
        SubscribeLogger(logger, level);
    }

    internal void StopDefaultLoggers(ActorSystemImpl system)
    {
        var level = Logging.LogLevelFor(system.Settings.StdoutLogLevel);
        if (level != Logging.LogLevelOff && !_loggers.Contains(_stdoutLogger, Same)) SubscribeLogger(_stdoutLogger, level);
        foreach (var logger in _loggers.ToList())
        {
            if (ReferenceEquals(logger, _stdoutLogger)) continue;
            Unsubscribe(logger); // those that are actors end with /system
        }
    }
}

/// <summary>The system's event stream. Who stops is unsubscribed.</summary>
public class EventStream : LoggingBus
{
    private IActorRef _unsubscriber;

    public EventStream(bool debug) { }

    public override bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        var added = base.Subscribe(subscriber, channel);
        if (added && subscriber is not MinimalActorRef) _unsubscriber?.Tell(new EventStreamUnsubscriber.Register(subscriber), ActorRefs.NoSender);
        return added;
    }

    public override bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return base.Unsubscribe(subscriber, channel);
    }

    public override bool Unsubscribe(IActorRef subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return base.Unsubscribe(subscriber);
    }

    public void StartUnsubscriber(ActorSystemImpl system) =>
        _unsubscriber ??= system.SystemActorOf(Props.Create<EventStreamUnsubscriber>(this), "EventStreamUnsubscriber-" + Interlocked.Increment(ref _unsubscribers));

    private static int _unsubscribers;
}

internal sealed class EventStreamUnsubscriber(EventStream stream) : UntypedActor
{
    internal sealed record Register(IActorRef Subscriber) : INoSerializationVerificationNeeded;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Register register:
                Context.Watch(register.Subscriber);
                break;
            case Terminated terminated:
                stream.Unsubscribe(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

public static class EventStreamExtensions
{
    public static bool Subscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Subscribe(subscriber, typeof(TChannel));
    public static bool Unsubscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Unsubscribe(subscriber, typeof(TChannel));
}

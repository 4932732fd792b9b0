#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Util;

namespace Akka.Dispatch;

public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }
    IScheduler Scheduler { get; }
    Settings Settings { get; }
    Mailboxes Mailboxes { get; }
}

public sealed class DefaultDispatcherPrerequisites : IDispatcherPrerequisites
{
    public DefaultDispatcherPrerequisites(EventStream eventStream, IScheduler scheduler, Settings settings, Mailboxes mailboxes)
    {
        EventStream = eventStream;
        Scheduler = scheduler;
        Settings = settings;
        Mailboxes = mailboxes;
    }

    public EventStream EventStream { get; }
    public IScheduler Scheduler { get; }
    public Settings Settings { get; }
    public Mailboxes Mailboxes { get; }
}

/// <summary>Makes the dispatcher of one configuration section; HOCON's <c>type</c> names the class.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Config Config { get; }
    public IDispatcherPrerequisites Prerequisites { get; }
    public abstract MessageDispatcher Dispatcher();
}

/// <summary>Runs mailboxes. A subclass decides where and when: it gets each mailbox that has work as <see cref="ExecuteTask"/>.</summary>
public abstract class MessageDispatcher
{
    private long _inhabitants;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        Throughput = 100;
        ShutdownTimeout = TimeSpan.FromSeconds(1);
    }

    public MessageDispatcherConfigurator Configurator { get; }
    public EventStream EventStream => Configurator.Prerequisites.EventStream;
    public Mailboxes Mailboxes => Configurator.Prerequisites.Mailboxes;
    public string Id { get; protected set; }
    public TimeSpan ShutdownTimeout { get; protected set; }

    /// <summary>How many messages a mailbox handles in one slice.</summary>
    public int Throughput { get; protected set; }

    /// <summary>How long, in ticks, a slice may last; null or 0: no limit.</summary>
    public long? ThroughputDeadlineTime { get; protected set; }

    protected long Inhabitants => Volatile.Read(ref _inhabitants);

    public void Schedule(Action run) => ExecuteTask(new ActionRunnable(run));
    public void Schedule(IRunnable run) => ExecuteTask(run);
    protected abstract void ExecuteTask(IRunnable run);
    protected abstract void Shutdown();

    public virtual void Attach(ActorCell cell)
    {
        Interlocked.Increment(ref _inhabitants);
        RegisterForExecution(cell.Mailbox, false, true);
    }

    public virtual void Detach(ActorCell cell)
    {
        Interlocked.Decrement(ref _inhabitants);
        var mailbox = cell.SwapMailbox(cell.SystemImpl.Mailboxes.DeadLetterMailbox);
        mailbox.BecomeClosed();
        mailbox.CleanUp();
    }

    public virtual void Dispatch(ActorCell cell, Envelope envelope)
    {
        var mailbox = cell.Mailbox;
        mailbox.Enqueue(cell.Self, envelope);
        RegisterForExecution(mailbox, true, false);
    }

    public virtual void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        var mailbox = cell.Mailbox;
        mailbox.SystemEnqueue(cell.Self, message);
        RegisterForExecution(mailbox, false, true);
    }

    internal bool RegisterForExecution(Mailbox mailbox, bool hasMessageHint, bool hasSystemMessageHint)
    {
        if (!mailbox.CanBeScheduledForExecution(hasMessageHint, hasSystemMessageHint) || !mailbox.SetAsScheduled()) return false;
        ExecuteTask(mailbox);
        return true;
    }

    internal void ShutdownNow() => Shutdown();

    protected internal void ReportFailure(Exception ex) =>
        EventStream.Publish(new Error(ex, GetType().FullName, GetType(), $"Dispatcher [{Id}] failed to run a mailbox"));
}

/// <summary>The dispatcher of <c>type = Dispatcher</c>: mailboxes run on .NET's thread pool.</summary>
public sealed class DispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly ThreadPoolDispatcher _instance;

    public DispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _instance = new ThreadPoolDispatcher(this, config);

    public override MessageDispatcher Dispatcher() => _instance;
}

internal sealed class ThreadPoolDispatcher : MessageDispatcher
{
    public ThreadPoolDispatcher(MessageDispatcherConfigurator configurator, Config config) : base(configurator)
    {
        Id = config.GetString("id");
        Throughput = config.GetInt("throughput", 30);
        var deadline = config.GetTimeSpan("throughput-deadline-time", TimeSpan.Zero).Ticks;
        ThroughputDeadlineTime = deadline > 0 ? deadline : null;
        ShutdownTimeout = config.GetTimeSpan("shutdown-timeout", TimeSpan.FromSeconds(1));
    }

    protected override void ExecuteTask(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
    protected override void Shutdown() { }
}

/// <summary>The dispatchers of a system, made from their configuration sections when first looked up.</summary>
public sealed class Dispatchers
{
    public static readonly string DefaultDispatcherId = "akka.actor.default-dispatcher";
    public static readonly string DefaultBlockingDispatcherId = "akka.actor.default-blocking-io-dispatcher";
    internal static readonly string InternalDispatcherId = "akka.actor.internal-dispatcher";
    private const int MaximumAliasDepth = 20;

    private readonly ActorSystem _system;
    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new();
    private readonly object _lock = new();
    private MessageDispatcher _default;

    public Dispatchers(ActorSystem system, IDispatcherPrerequisites prerequisites, ILoggingAdapter logger)
    {
        _system = system;
        Prerequisites = prerequisites;
    }

    public IDispatcherPrerequisites Prerequisites { get; }
    public Config DefaultDispatcherConfig => IdConfig(DefaultDispatcherId);
    public MessageDispatcher DefaultGlobalDispatcher => _default ??= Lookup(DefaultDispatcherId);

    public MessageDispatcher Lookup(string dispatcherName) =>
        string.IsNullOrEmpty(dispatcherName) ? DefaultGlobalDispatcher : LookupConfigurator(dispatcherName, 0).Dispatcher();

    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _system.Settings.Config.HasPath(id);

    public bool RegisterConfigurator(string id, MessageDispatcherConfigurator configurator) => _configurators.TryAdd(id, configurator);

    private MessageDispatcherConfigurator LookupConfigurator(string id, int depth)
    {
        if (depth > MaximumAliasDepth)
            throw new ConfigurationException($"The dispatcher aliases lead in a circle at [{id}]; let one of them name a dispatcher's section.");
        if (_configurators.TryGetValue(id, out var known)) return known;
        lock (_lock)
        {
            if (_configurators.TryGetValue(id, out known)) return known;
            return _configurators[id] = NewConfigurator(id, depth);
        }
    }

    private MessageDispatcherConfigurator NewConfigurator(string id, int depth)
    {
        var config = _system.Settings.Config;
        if (!config.HasPath(id))
            throw new ConfigurationException($"Dispatcher [{id}] is not configured; add a section of that name with a 'type'.");
        var value = config.GetValue(id);
        if (value.IsString()) return LookupConfigurator(value.GetString(), depth + 1);
        var section = IdConfig(id);
        switch (section.GetString("type"))
        {
            case null or "Dispatcher" or "TaskDispatcher" or "ForkJoinDispatcher" or "ThreadPoolDispatcher":
                return new DispatcherConfigurator(section, Prerequisites);
            case { } name:
                var type = TypeResolver.Resolve(name)
                    ?? throw new ConfigurationException($"Dispatcher [{id}] has the type [{name}], which cannot be found; check the class and assembly name.");
                return (MessageDispatcherConfigurator)Activator.CreateInstance(type, section, Prerequisites);
        }
    }

    private Config IdConfig(string id)
    {
        var config = _system.Settings.Config;
        var section = config.GetConfig(id) ?? Config.Empty;
        var fallback = (Config)$"id = \"{id}\"";
        if (id != DefaultDispatcherId)
            fallback = fallback.WithFallback((Config)"type = Dispatcher\nthroughput = 30");
        return section.WithFallback(fallback);
    }
}

#nullable disable
using System.Collections.Concurrent;
using System.Text;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor.Internal;

public class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly ConcurrentStack<Action> _onTermination = new();
    private readonly TaskCompletionSource _whenTerminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IActorRefProvider _provider;
    private int _terminating;

    public ActorSystemImpl(string name) : this(name, Config.Empty, ActorSystemSetup.Empty, null) { }

    public ActorSystemImpl(string name, Config config, ActorSystemSetup setup, Option<Props>? guardianProps)
    {
        if (string.IsNullOrEmpty(name) || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-' or '_')", nameof(name));
        ArgumentNullException.ThrowIfNull(config);
        Name = name;
        Settings = new Settings(this, config, setup);
        EventStream = new EventStream(Settings.Config.GetBoolean("akka.actor.debug.event-stream"));
        EventStream.StartStdoutLogger(Settings);
        Log = Logging.GetLogger(EventStream, "ActorSystem(" + name + ")");
        Scheduler = (IScheduler)Create(Settings.SchedulerClass, "akka.scheduler.implementation", Settings.Config, Log);
        _provider = (IActorRefProvider)Create(Settings.ProviderClass, "akka.actor.provider", name, Settings, EventStream);
        Serialization = new Serialization.Serialization(this);
        Mailboxes = new Mailboxes(this);
        Dispatchers = new Dispatchers(this, new DefaultDispatcherPrerequisites(EventStream, Scheduler, Settings, Mailboxes), Log);
    }

    public override Settings Settings { get; }
    public override string Name { get; }
    public override EventStream EventStream { get; }
    public override IScheduler Scheduler { get; }
    public override ILoggingAdapter Log { get; }
    public override Serialization.Serialization Serialization { get; }
    public override Dispatchers Dispatchers { get; }
    public override Mailboxes Mailboxes { get; }
    public override IActorRefProvider Provider => _provider;
    public override IActorRef DeadLetters => _provider.DeadLetters;
    public override IActorRef IgnoreRef => _provider.IgnoreRef;
    public override IInternalActorRef Guardian => _provider.Guardian;
    public override IInternalActorRef LookupRoot => _provider.RootGuardian;
    public override IInternalActorRef SystemGuardian => _provider.SystemGuardian;
    public override Task WhenTerminated => _whenTerminated.Task;

    private static object Create(string typeName, string key, params object[] args)
    {
        var type = TypeResolver.Resolve(typeName)
            ?? throw new ConfigurationException($"'{key}' names the class '{typeName}', which cannot be found; check the class and assembly name.");
        try
        {
            return Activator.CreateInstance(type, args);
        }
        catch (System.Reflection.TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    public void Start()
    {
        try
        {
            try
            {
                _provider.Init(this);
            }
            finally
            {
                // Also after a failure (a port in use, say): what was started by then is stopped below.
                _ = _provider.TerminationTask?.ContinueWith(
                    _ => Stopped(), CancellationToken.None, TaskContinuationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
            }
            EventStream.StartUnsubscriber(this);
            EventStream.StartDefaultLoggers(this);
            if (Settings.LogDeadLetters > 0) SystemActorOf(Props.Create<DeadLetterListener>(), "deadLetterListener");
            CoordinatedShutdown.Get(this);
            foreach (var extension in Settings.Config.GetStringList("akka.library-extensions", []).Concat(Settings.Config.GetStringList("akka.extensions", [])))
                RegisterExtension((IExtensionId)Create(extension, "akka.extensions"));
        }
        catch
        {
            FinalTerminate();
            throw;
        }
    }

    private void Stopped()
    {
        while (_onTermination.TryPop(out var action))
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                Log.Error(e, "A task registered with RegisterOnTermination failed");
            }
        }
        (Scheduler as IDisposable)?.Dispose();
        _whenTerminated.TrySetResult();
    }

    public override IActorRef ActorOf(Props props, string name = null) => _provider.Guardian.Cell.AttachChild(props, false, name);
    public override IActorRef SystemActorOf(Props props, string name = null) => _provider.SystemGuardian.Cell.AttachChild(props, true, name);
    public override IActorRef SystemActorOf<TActor>(string name = null) => SystemActorOf(Props.Create<TActor>(), name);
    public override ActorSelection ActorSelection(ActorPath actorPath) => ActorRefFactoryShared.ActorSelection(actorPath, this);
    public override ActorSelection ActorSelection(string actorPath) => ActorRefFactoryShared.ActorSelection(actorPath, this, _provider.RootGuardian);

    public override void Stop(IActorRef actor)
    {
        var parent = actor.Path.Parent;
        if (parent == _provider.Guardian.Path) _provider.Guardian.Tell(new Dispatch.SysMsg.StopChild(actor), ActorRefs.NoSender);
        else if (parent == _provider.SystemGuardian.Path) _provider.SystemGuardian.Tell(new Dispatch.SysMsg.StopChild(actor), ActorRefs.NoSender);
        else ((IInternalActorRef)actor).Stop();
    }

    public override object RegisterExtension(IExtensionId extension)
    {
        var created = _extensions.GetOrAdd(
            extension.ExtensionType, static (_, arg) => new Lazy<object>(() => arg.extension.CreateExtension(arg.system)), (extension, system: this));
        try
        {
            return created.Value;
        }
        catch
        {
            _extensions.TryRemove(new KeyValuePair<Type, Lazy<object>>(extension.ExtensionType, created));
            throw;
        }
    }

    public override object GetExtension(IExtensionId extensionId) => _extensions.TryGetValue(extensionId.ExtensionType, out var extension) ? extension.Value : null;
    public override T GetExtension<T>() => _extensions.TryGetValue(typeof(T), out var extension) ? extension.Value as T : null;
    public override bool HasExtension(Type type) => _extensions.ContainsKey(type);
    public override bool HasExtension<T>() => HasExtension(typeof(T));

    public override bool TryGetExtension(Type extensionType, out object extension)
    {
        extension = _extensions.TryGetValue(extensionType, out var found) ? found.Value : null;
        return extension is not null;
    }

    public override bool TryGetExtension<T>(out T extension)
    {
        extension = GetExtension<T>();
        return extension is not null;
    }

    public override void RegisterOnTermination(Action code)
    {
        if (_provider.TerminationTask.IsCompleted) throw new InvalidOperationException($"ActorSystem [{Name}] already terminated.");
        _onTermination.Push(code);
    }

    /// <summary>Runs CoordinatedShutdown where it is set to run then, and stops the tree: the users' actors first.</summary>
    public override Task Terminate()
    {
        if (Settings.CoordinatedShutdownRunByActorSystemTerminate)
        {
            _ = CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
            // A shutdown that leaves the system standing still has to end it here.
            if (Settings.CoordinatedShutdownTerminateActorSystem) return WhenTerminated;
        }
        return FinalTerminate();
    }

    internal Task FinalTerminate()
    {
        if (Interlocked.Exchange(ref _terminating, 1) == 0)
        {
            if (!Settings.LogDeadLettersDuringShutdown && Settings.LogDeadLetters > 0) DeadLetterListener.Mute(this);
            _provider.Guardian?.Stop();
        }
        return WhenTerminated;
    }

    public override string PrintTree()
    {
        var text = new StringBuilder();
        Print((ActorRefWithCell)LookupRoot, 0);
        return text.ToString();

        void Print(ActorRefWithCell actor, int depth)
        {
            text.Append(' ', depth * 4).Append("-> ").Append(actor.Path.Name.Length == 0 ? "/" : actor.Path.Name).Append(' ')
                .Append(actor.Underlying.Props.Type.Name).Append('\n');
            foreach (var child in actor.Children.OfType<ActorRefWithCell>().OrderBy(c => c.Path.Name, StringComparer.Ordinal)) Print(child, depth + 1);
        }
    }

    public override string ToString() => LookupRoot.Path.Root.Address.ToString();
}

#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Event;
using Akka.Serialization;

namespace Akka.Actor;

/// <summary>Makes references and finds them by path.</summary>
public interface IActorRefProvider
{
    IInternalActorRef RootGuardian { get; }
    IActorRef RootGuardianAt(Address address);
    LocalActorRef Guardian { get; }
    LocalActorRef SystemGuardian { get; }
    IActorRef DeadLetters { get; }
    IActorRef IgnoreRef { get; }
    ActorPath RootPath { get; }
    Settings Settings { get; }
    void Init(ActorSystemImpl system);
    Deployer Deployer { get; }
    ActorPath TempPath();
    IInternalActorRef TempContainer { get; }
    void RegisterTempActor(IInternalActorRef actorRef, ActorPath path);
    void UnregisterTempActor(ActorPath path);
    FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs);

    IInternalActorRef ActorOf(
        ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService, Deploy deploy, bool lookupDeploy, bool async);

    IActorRef ResolveActorRef(string path);
    IActorRef ResolveActorRef(ActorPath actorPath);
    Task TerminationTask { get; }
    Address GetExternalAddressFor(Address address);
    Address DefaultAddress { get; }
    Information SerializationInformation { get; }
}

/// <summary>The provider of a system without remoting; others delegate to it what is local.</summary>
public sealed class LocalActorRefProvider : IActorRefProvider
{
    private readonly TaskCompletionSource<Status> _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, IInternalActorRef> _extraNames = [];
    private readonly ActorPath _tempNode;
    private ActorSystemImpl _system;
    private VirtualPathContainer _tempContainer;
    private RootGuardianActorRef _rootGuardian;
    private long _nextTempName;

    public LocalActorRefProvider(string systemName, Settings settings, EventStream eventStream)
        : this(systemName, settings, eventStream, null, null) { }

    public LocalActorRefProvider(
        string systemName, Settings settings, EventStream eventStream, Deployer deployer, Func<ActorPath, IInternalActorRef> deadLettersFactory)
    {
        Settings = settings;
        EventStream = eventStream;
        Deployer = deployer ?? new Deployer(settings);
        RootPath = new RootActorPath(new Address("akka", systemName));
        Log = Logging.GetLogger(eventStream, "LocalActorRefProvider(" + RootPath.Address + ")");
        DeadLetters = deadLettersFactory is null
            ? new DeadLetterActorRef(this, RootPath / "deadLetters", eventStream)
            : deadLettersFactory(RootPath / "deadLetters");
        IgnoreRef = new IgnoreActorRef(this);
        _tempNode = RootPath / "temp";
    }

    public IActorRef DeadLetters { get; }
    public IActorRef IgnoreRef { get; }
    public Deployer Deployer { get; }
    public ActorPath RootPath { get; }
    public Settings Settings { get; }
    public EventStream EventStream { get; }
    internal ILoggingAdapter Log { get; }
    public IInternalActorRef RootGuardian => _rootGuardian;
    public LocalActorRef Guardian { get; private set; }
    public LocalActorRef SystemGuardian { get; private set; }
    public IInternalActorRef TempContainer => _tempContainer;
    public Task TerminationTask => _terminated.Task;
    public Address DefaultAddress => RootPath.Address;
    public Information SerializationInformation => field ??= new Information(DefaultAddress, _system);

    public ActorPath TempPath() => new ChildActorPath(_tempNode, TempName(Interlocked.Increment(ref _nextTempName)), ActorCell.UndefinedUid);

    private static string TempName(long n)
    {
        const string digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";
        Span<char> text = stackalloc char[12];
        var length = 0;
        text[length++] = '$';
        for (; n != 0; n >>= 6) text[length++] = digits[(int)(n & 63)];
        return new string(text[..length]);
    }

    public void RegisterExtraName(string name, IInternalActorRef actor) => _extraNames[name] = actor;
    public IActorRef RootGuardianAt(Address address) => address == RootPath.Address ? RootGuardian : DeadLetters;
    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _tempContainer.AddChild(path.Name, actorRef);
    public void UnregisterTempActor(ActorPath path) => _tempContainer.RemoveChild(path.Name);
    public FutureActorRef<T> CreateFutureRef<T>(TaskCompletionSource<T> tcs) => new(tcs, TempPath(), this);
    public Address GetExternalAddressFor(Address address) => address == RootPath.Address ? address : null;

    public void Init(ActorSystemImpl system)
    {
        _system = system;
        var dispatcher = system.Dispatchers.Lookup(Dispatchers.InternalDispatcherId);
        var mailbox = new UnboundedMailbox();
        var supervisor = new RootGuardianSupervisor((RootActorPath)RootPath, this, _terminated, Log);
        _rootGuardian = new RootGuardianActorRef(
            system, Props.Create<GuardianActor>().WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Stop)), dispatcher, mailbox, supervisor, RootPath,
            DeadLetters, _extraNames);
        _tempContainer = new VirtualPathContainer(system.Provider, _tempNode, _rootGuardian);
        _rootGuardian.SetTempContainer(_tempContainer);
        var strategy = SupervisorStrategyConfigurator.CreateConfigurator(Settings.SupervisorStrategyClass).Create();
        var userDispatcher = system.Dispatchers.DefaultGlobalDispatcher;
        Guardian = Top("user", Props.Create<GuardianActor>().WithSupervisorStrategy(strategy), userDispatcher);
        SystemGuardian = Top("system", Props.Create<SystemGuardianActor>(Guardian), dispatcher);
        _rootGuardian.Start();
        Guardian.Start();
        SystemGuardian.Start();
        SystemGuardian.SendSystemMessage(new Dispatch.SysMsg.Watch(Guardian, SystemGuardian));
        _rootGuardian.SendSystemMessage(new Dispatch.SysMsg.Watch(SystemGuardian, _rootGuardian));

        LocalActorRef Top(string name, Props props, MessageDispatcher on)
        {
            _rootGuardian.Cell.ReserveChild(name);
            var actor = new LocalActorRef(system, props, on, mailbox, _rootGuardian, new ChildActorPath(RootPath, name, ActorCell.UndefinedUid));
            _rootGuardian.Cell.InitChild(actor);
            return actor;
        }
    }

    public IInternalActorRef ActorOf(
        ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService, Deploy deploy, bool lookupDeploy, bool async)
    {
        MessageDispatcher dispatcher;
        MailboxType mailbox;
        try
        {
            dispatcher = props.Deploy.Dispatcher.Length == 0 && systemService
                ? system.Dispatchers.Lookup(Dispatchers.InternalDispatcherId)
                : system.Dispatchers.Lookup(props.Deploy.Dispatcher);
            mailbox = system.Mailboxes.GetMailboxType(props, dispatcher.Configurator.Config);
        }
        catch (Exception e)
        {
            throw new Configuration.ConfigurationException(
                $"Configuration problem while creating [{path}] with dispatcher [{props.Deploy.Dispatcher}] and mailbox [{props.Deploy.Mailbox}]: {e.Message}", e);
        }
        return new LocalActorRef(system, props, dispatcher, mailbox, supervisor, path);
    }

    public IActorRef ResolveActorRef(string path)
    {
        if (ActorPath.TryParse(path, out var actorPath) && actorPath.Address == RootPath.Address) return ResolveInternal(actorPath);
        return DeadLetters;
    }

    public IActorRef ResolveActorRef(ActorPath actorPath) =>
        actorPath.Root == RootPath ? ResolveInternal(actorPath) : DeadLetters;

    /// <summary>The actor at this path of the own tree; where there is none, a reference that says so to who asks or watches.</summary>
    private IActorRef ResolveInternal(ActorPath path)
    {
        if (path.Depth == 0) return RootGuardian;
        var actor = RootGuardian.GetChild(path.ElementsWithUid);
        return actor is Nobody ? new EmptyLocalActorRef(_system.Provider, path, EventStream) : actor;
    }
}

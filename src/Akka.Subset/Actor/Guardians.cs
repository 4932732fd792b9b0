#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The root of the tree and the parent of /user: they only supervise.</summary>
internal class GuardianActor : UntypedActor
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated:
                Context.Stop(Self);
                break;
            case StopChild stop:
                Context.Stop(stop.Child);
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
    }

    // The guardians' children are stopped only by the end of the system.
    protected override void PreStart() { }
}

/// <summary>/system: lives on until the users' actors are gone and who asked for it has finished (remoting flushes then).</summary>
internal sealed class SystemGuardianActor(IActorRef userGuardian) : UntypedActor
{
    private readonly HashSet<IActorRef> _hooks = [];

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(userGuardian):
                Become(Terminating);
                foreach (var hook in _hooks) hook.Tell(TerminationHook.Instance);
                StopWhenAllHooksDone();
                break;
            case Terminated terminated:
                _hooks.Remove(terminated.ActorRef);
                break;
            case RegisterTerminationHook when !Sender.Equals(Context.System.DeadLetters):
                _hooks.Add(Sender);
                Context.Watch(Sender);
                break;
            case StopChild stop:
                Context.Stop(stop.Child);
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
    }

    private void Terminating(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                _hooks.Remove(terminated.ActorRef);
                StopWhenAllHooksDone();
                break;
            case TerminationHookDone:
                if (_hooks.Remove(Sender)) Context.Unwatch(Sender);
                StopWhenAllHooksDone();
                break;
            default:
                Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
                break;
        }
    }

    private void StopWhenAllHooksDone()
    {
        if (_hooks.Count > 0) return;
        // From here on log events have no actor to go to.
        Context.System.EventStream.StopDefaultLoggers((ActorSystemImpl)Context.System);
        Context.Stop(Self);
    }
}

/// <summary>Above the root: hears that the root is gone, and ends the system should the root fail.</summary>
internal sealed class RootGuardianSupervisor(
    RootActorPath root, IActorRefProvider provider, TaskCompletionSource<Status> terminated, ILoggingAdapter log) : MinimalActorRef
{
    public override ActorPath Path { get; } = root / "_Root-guardian-supervisor";
    public override IActorRefProvider Provider => provider;
    public override bool IsTerminated => terminated.Task.IsCompleted;
    public Exception CauseOfTermination { get; private set; }
    public override void Stop() => terminated.TrySetResult(new Status.Success(null));

    protected override void TellInternal(object message, IActorRef sender) =>
        log.Error("Root guardian supervisor received unexpected message [{0}]", message);

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Failed failed:
                CauseOfTermination = failed.Cause;
                log.Error(failed.Cause, "guardian {0} failed, shutting down!", failed.Child);
                ((IInternalActorRef)failed.Child).Stop();
                break;
            case DeathWatchNotification:
                Stop();
                break;
        }
    }
}

/// <summary>The root's reference: it also finds /temp, /deadLetters and the names that extensions registered.</summary>
internal sealed class RootGuardianActorRef : LocalActorRef
{
    private readonly IActorRef _deadLetters;
    private readonly IReadOnlyDictionary<string, IInternalActorRef> _extraNames;
    private IInternalActorRef _tempContainer;

    public RootGuardianActorRef(
        ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path,
        IActorRef deadLetters, IReadOnlyDictionary<string, IInternalActorRef> extraNames) : base(system, props, dispatcher, mailboxType, supervisor, path)
    {
        _deadLetters = deadLetters;
        _extraNames = extraNames;
    }

    public void SetTempContainer(IInternalActorRef tempContainer) => _tempContainer = tempContainer;
    public override IInternalActorRef Parent => this;

    public override IInternalActorRef GetSingleChild(string name) => name switch
    {
        "temp" => _tempContainer,
        "deadLetters" => (IInternalActorRef)_deadLetters,
        _ => _extraNames.TryGetValue(name, out var extra) ? extra : base.GetSingleChild(name),
    };
}

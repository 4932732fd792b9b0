#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public abstract class ActorRefWithCell : InternalActorRefBase
{
    public abstract ICell Underlying { get; }
    public abstract IEnumerable<IActorRef> Children { get; }
    public abstract IInternalActorRef GetSingleChild(string name);
}

/// <summary>The reference to an actor of this system.</summary>
public class LocalActorRef : ActorRefWithCell, ILocalRef
{
    public LocalActorRef(
        ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path)
    {
        System = system;
        Props = props;
        Dispatcher = dispatcher;
        MailboxType = mailboxType;
        Supervisor = supervisor;
        Path = path;
        // The reference to itself leaves the constructor here, so a subclass' NewActorCell must not use its own fields.
        Cell = NewActorCell(system, this, props, dispatcher, supervisor);
        // A cell that makes a child registers it itself; only references made elsewhere have to announce theirs.
        Cell.Init(sendSupervise: GetType() != typeof(LocalActorRef), mailboxType);
    }

    public override ActorPath Path { get; }
    public ActorCell Cell { get; }
    protected ActorSystem System { get; }
    protected Props Props { get; }
    protected MessageDispatcher Dispatcher { get; }
    protected MailboxType MailboxType { get; }
    protected IInternalActorRef Supervisor { get; }

    protected virtual ActorCell NewActorCell(
        ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef supervisor) =>
        new(system, self, props, dispatcher, supervisor);

    public override ICell Underlying => Cell;
    public override IInternalActorRef Parent => Cell.Parent;
    public override IActorRefProvider Provider => Cell.SystemImpl.Provider;
    public override IEnumerable<IActorRef> Children => Cell.GetChildren();
    public override bool IsLocal => true;
    public override bool IsTerminated => Cell.IsTerminated;
    public override void Start() => Cell.Start();
    public override void Stop() => Cell.Stop();
    public override void Suspend() => Cell.Suspend();
    public override void Resume(Exception causedByFailure = null) => Cell.Resume(causedByFailure);
    public override void Restart(Exception cause) => Cell.Restart(cause);
    public override void SendSystemMessage(ISystemMessage message) => Cell.SendSystemMessage(message);
    protected override void TellInternal(object message, IActorRef sender) => Cell.SendMessage(sender, message);
    public override IInternalActorRef GetSingleChild(string name) => Cell.GetSingleChild(name);

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        IActorRef current = this;
        for (var i = 0; i < name.Count; i++)
        {
            if (current is not ActorRefWithCell withCell) return ((IInternalActorRef)current).GetChild([.. name.Skip(i)]);
            current = name[i] switch
            {
                "" => current,
                ".." => withCell.Parent,
                var element => withCell.GetSingleChild(element),
            };
            if (current is Nobody) return current;
        }
        return current;
    }
}

#nullable disable
using Akka.Dispatch;

namespace Akka.Actor;

public delegate bool Receive(object message);
public delegate void UntypedReceive(object message);

public interface ICanWatch
{
    IActorRef Watch(IActorRef subject);
    IActorRef WatchWith(IActorRef subject, object message);
    IActorRef Unwatch(IActorRef subject);
}

public interface IActorRefFactory
{
    IActorRef ActorOf(Props props, string name = null);
    ActorSelection ActorSelection(ActorPath actorPath);
    ActorSelection ActorSelection(string actorPath);
}

/// <summary>What an actor sees of its surroundings while it handles a message.</summary>
public interface IActorContext : IActorRefFactory, ICanWatch
{
    IActorRef Self { get; }
    Props Props { get; }
    IActorRef Sender { get; }
    ActorSystem System { get; }
    IActorRef Parent { get; }
    MessageDispatcher Dispatcher { get; }
    TimeSpan? ReceiveTimeout { get; }
    void Become(Receive receive);
    void BecomeStacked(Receive receive);
    void UnbecomeStacked();
    IActorRef Child(string name);
    IEnumerable<IActorRef> GetChildren();
    void SetReceiveTimeout(TimeSpan? timeout);
    void Stop(IActorRef child);
}

public interface IUntypedActorContext : IActorContext
{
    void Become(UntypedReceive receive);
    void BecomeStacked(UntypedReceive receive);
}

public static class ActorRefFactoryExtensions
{
    public static IActorRef ActorOf<TActor>(this IActorRefFactory factory, string name = null) where TActor : ActorBase, new() =>
        factory.ActorOf(Props.Create<TActor>(), name);

    public static ActorSelection ActorSelection(this IActorRefFactory factory, IActorRef anchorRef, string actorPath) =>
        ActorRefFactoryShared.ActorSelection(anchorRef, actorPath);
}

/// <summary>An actor's cell as its reference sees it.</summary>
public interface ICell
{
    IActorRef Self { get; }
    ActorSystem System { get; }
    Internal.ActorSystemImpl SystemImpl { get; }
    bool IsTerminated { get; }
    IInternalActorRef Parent { get; }
    bool HasMessages { get; }
    int NumberOfMessages { get; }
    bool IsLocal { get; }
    Props Props { get; }
    void Start();
    void Suspend();
    void Resume(Exception causedByFailure);
    void Restart(Exception cause);
    void Stop();
    IInternalActorRef GetChildByName(string name);
    IEnumerable<IInternalActorRef> GetChildren();
    IInternalActorRef GetSingleChild(string name);
    void SendMessage(IActorRef sender, object message);
    void SendSystemMessage(Dispatch.SysMsg.ISystemMessage message);
}

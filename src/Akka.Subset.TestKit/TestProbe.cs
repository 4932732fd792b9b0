using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.TestKit;

/// <summary>A test actor of its own, to stand in for one of several partners.</summary>
public class TestProbe : TestKitBase, INoImplicitSender, IInternalActorRef
{
    public TestProbe(ActorSystem system, ITestKitAssertions assertions, string? testProbeName = null) : base(assertions, system, testProbeName) { }

    public IActorRef Ref => TestActor;

    /// <summary>Who sent the last message.</summary>
    public IActorRef Sender => LastSender;

    /// <summary>Sends as this probe.</summary>
    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);

    /// <summary>Passes the last message on, with its sender.</summary>
    public void Forward(IActorRef actor) => actor.Tell(LastMessage, Sender);
    public void Forward(IActorRef actor, object message) => actor.Tell(message, Sender);

    /// <summary>Answers the sender of the last message.</summary>
    public void Reply(object message) => Sender.Tell(message, TestActor);

    public override TestProbe CreateTestProbe(ActorSystem system, string? name = null) =>
        throw new NotSupportedException("Cannot create a TestProbe from a TestProbe");

    private IInternalActorRef Inner => (IInternalActorRef)TestActor;

    void ICanTell.Tell(object message, IActorRef sender) => TestActor.Tell(message, sender);
    ActorPath IActorRef.Path => TestActor.Path;
    bool IEquatable<IActorRef>.Equals(IActorRef? other) => TestActor.Equals(other);
    int IComparable<IActorRef>.CompareTo(IActorRef? other) => TestActor.CompareTo(other);
    public int CompareTo(object? obj) => TestActor.CompareTo(obj);
    public override bool Equals(object? obj) => TestActor.Equals(obj);
    public override int GetHashCode() => TestActor.GetHashCode();
    public override string ToString() => TestActor.ToString()!;
    bool IActorRefScope.IsLocal => Inner.IsLocal;
    IInternalActorRef IInternalActorRef.Parent => Inner.Parent;
    IActorRefProvider IInternalActorRef.Provider => Inner.Provider;
    bool IInternalActorRef.IsTerminated => Inner.IsTerminated;
    IActorRef IInternalActorRef.GetChild(IReadOnlyList<string> name) => Inner.GetChild(name);
    void IInternalActorRef.Resume(Exception? causedByFailure) => Inner.Resume(causedByFailure);
    void IInternalActorRef.Start() => Inner.Start();
    void IInternalActorRef.Stop() => Inner.Stop();
    void IInternalActorRef.Restart(Exception cause) => Inner.Restart(cause);
    void IInternalActorRef.Suspend() => Inner.Suspend();
    public void SendSystemMessage(ISystemMessage message, IActorRef sender) => Inner.SendSystemMessage(message, sender);
    public void SendSystemMessage(ISystemMessage message) => Inner.SendSystemMessage(message);
}

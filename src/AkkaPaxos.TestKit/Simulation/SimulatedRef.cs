using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A reference of the simulation's own, with no actor behind it that could be stopped or watched.</summary>
internal abstract class SimulatedRef : ActorRefBase, IInternalActorRef
{
    public abstract IActorRefProvider Provider { get; }

    public virtual bool IsLocal => true;

    public bool IsTerminated => false;

    public IInternalActorRef Parent => ActorRefs.Nobody;

    public IActorRef GetChild(IReadOnlyList<string> name) => name.All(string.IsNullOrEmpty) ? this : ActorRefs.Nobody;

    public void Start()
    {
    }

    public void Stop()
    {
    }

    public void Suspend()
    {
    }

    public void Resume(Exception? causedByFailure = null)
    {
    }

    public void Restart(Exception cause)
    {
    }

    public virtual void SendSystemMessage(ISystemMessage message)
    {
    }

    public void SendSystemMessage(ISystemMessage message, IActorRef sender) => SendSystemMessage(message);
}

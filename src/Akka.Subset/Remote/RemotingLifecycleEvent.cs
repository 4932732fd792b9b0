using Akka.Actor;
using Akka.Event;

namespace Akka.Remote;

/// <summary>What happens to this system's connections, published on the event stream.</summary>
public abstract class RemotingLifecycleEvent
{
    public abstract LogLevel LogLevel();
}

/// <summary>An event of one connection to or from one peer.</summary>
public abstract class AssociationEvent : RemotingLifecycleEvent
{
    protected string EventName = "";

    public abstract Address LocalAddress { get; protected set; }
    public abstract Address RemoteAddress { get; protected set; }

    /// <summary>Whether the peer opened the connection.</summary>
    public abstract bool IsInbound { get; protected set; }

    public override string ToString() => $"{EventName} [{LocalAddress}]{(IsInbound ? " <- " : " -> ")}{RemoteAddress}";
}

public sealed class AssociatedEvent : AssociationEvent
{
    public AssociatedEvent(Address localAddress, Address remoteAddress, bool inbound)
    {
        (LocalAddress, RemoteAddress, IsInbound) = (localAddress, remoteAddress, inbound);
        EventName = "Associated";
    }

    public override Address LocalAddress { get; protected set; }
    public override Address RemoteAddress { get; protected set; }
    public override bool IsInbound { get; protected set; }

    public override LogLevel LogLevel() => Event.LogLevel.DebugLevel;
}

public sealed class DisassociatedEvent : AssociationEvent
{
    public DisassociatedEvent(Address localAddress, Address remoteAddress, bool inbound)
    {
        (LocalAddress, RemoteAddress, IsInbound) = (localAddress, remoteAddress, inbound);
        EventName = "Disassociated";
    }

    public override Address LocalAddress { get; protected set; }
    public override Address RemoteAddress { get; protected set; }
    public override bool IsInbound { get; protected set; }

    public override LogLevel LogLevel() => Event.LogLevel.DebugLevel;
}

/// <summary>A peer could not be reached, or its connection broke: published at the change, not at each attempt.</summary>
public sealed class AssociationErrorEvent : AssociationEvent
{
    private readonly LogLevel _level;

    public AssociationErrorEvent(Exception cause, Address localAddress, Address remoteAddress, bool inbound, LogLevel level)
    {
        (LocalAddress, RemoteAddress, IsInbound) = (localAddress, remoteAddress, inbound);
        EventName = "AssociationError";
        Cause = cause;
        _level = level;
    }

    public Exception Cause { get; }
    public override Address LocalAddress { get; protected set; }
    public override Address RemoteAddress { get; protected set; }
    public override bool IsInbound { get; protected set; }

    public override LogLevel LogLevel() => _level;

    public override string ToString() => $"{base.ToString()}: Error [{Cause.Message}]";
}

public sealed class RemotingListenEvent : RemotingLifecycleEvent
{
    public RemotingListenEvent(IList<Address> listenAddresses) => ListenAddresses = listenAddresses;

    public IList<Address> ListenAddresses { get; }

    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;

    public override string ToString() => $"Remoting now listens on addresses: [{string.Join(", ", ListenAddresses)}]";
}

public sealed class RemotingShutdownEvent : RemotingLifecycleEvent
{
    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;

    public override string ToString() => "Remoting shut down";
}

/// <summary>This incarnation of a peer is cut off for good.</summary>
public sealed class QuarantinedEvent : RemotingLifecycleEvent
{
    public QuarantinedEvent(Address address, int uid) => (Address, Uid) = (address, uid);

    public Address Address { get; }
    public int Uid { get; }

    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;

    public override string ToString() =>
        $"Association to [{Address}] having UID [{Uid}] is irrecoverably failed. UID is now quarantined and all messages to this UID will be " +
        "delivered to dead letters. Remote actor system must be restarted to recover from this situation.";
}

/// <summary>A peer has quarantined this system: nothing can be exchanged with it until this system is restarted.</summary>
public sealed class ThisActorSystemQuarantinedEvent : RemotingLifecycleEvent
{
    public ThisActorSystemQuarantinedEvent(Address localAddress, Address remoteAddress) =>
        (LocalAddress, RemoteAddress) = (localAddress, remoteAddress);

    public Address LocalAddress { get; }
    public Address RemoteAddress { get; }

    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;

    public override string ToString() => $"The remote system {RemoteAddress} has quarantined this system {LocalAddress}.";
}

/// <summary>Publishes lifecycle events, and logs those at or above <c>akka.remote.log-remote-lifecycle-events</c>.</summary>
internal sealed class EventPublisher(ActorSystem system, ILoggingAdapter log, LogLevel? level)
{
    public void Notify(RemotingLifecycleEvent message)
    {
        if (level is { } least && message.LogLevel() >= least)
            log.Log(message.LogLevel(), null, message.ToString());
        system.EventStream.Publish(message);
    }
}

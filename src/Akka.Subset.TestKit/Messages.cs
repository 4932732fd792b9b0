using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message the test actor got, and its sender.</summary>
public abstract class MessageEnvelope
{
    internal MessageEnvelope() { }

    public abstract object Message { get; }
    public abstract IActorRef Sender { get; }
}

public class RealMessageEnvelope : MessageEnvelope
{
    public RealMessageEnvelope(object message, IActorRef sender) => (Message, Sender) = (message, sender);

    public override object Message { get; }
    public override IActorRef Sender { get; }
    public override string ToString() => $"<{Message ?? "null"}> from {(Sender == ActorRefs.NoSender ? "NoSender" : Sender)}";
}

/// <summary>Stands for the last message before there was one.</summary>
public sealed class NullMessageEnvelope : MessageEnvelope
{
    public static readonly NullMessageEnvelope Instance = new();

    private NullMessageEnvelope() { }

    public override object Message => throw new IllegalActorStateException("last receive did not yield a message");
    public override IActorRef Sender => throw new IllegalActorStateException("last receive did not yield a message");
    public override string ToString() => "NullMessage";
}

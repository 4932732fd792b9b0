#nullable disable
using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Event;

/// <summary>Marks messages that are of no interest as dead letters.</summary>
public interface IDeadLetterSuppression { }

public abstract class AllDeadLetters : IWrappedMessage
{
    private protected AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
    {
        Message = message;
        Sender = sender;
        Recipient = recipient;
    }

    public object Message { get; }
    public IActorRef Sender { get; }
    public IActorRef Recipient { get; }
    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: <{Message}>";
}

/// <summary>A message that found no actor.</summary>
public sealed class DeadLetter : AllDeadLetters
{
    public DeadLetter(object message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient)
    {
        ArgumentNullException.ThrowIfNull(recipient);
    }
}

public sealed class SuppressedDeadLetter : AllDeadLetters
{
    public SuppressedDeadLetter(IDeadLetterSuppression message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) { }
}

/// <summary>A message that its actor did not handle.</summary>
public sealed class UnhandledMessage : AllDeadLetters
{
    public UnhandledMessage(object message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) { }
}

/// <summary>Logs the first dead letters, as many as <c>akka.log-dead-letters</c> says.</summary>
internal sealed class DeadLetterListener : UntypedActor
{
    private sealed class MuteMessage { }

    private readonly EventStream _stream = Context.System.EventStream;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly int _limit = Context.System.Settings.LogDeadLetters;
    private int _count;

    public static void Mute(ActorSystemImpl system) => system.EventStream.Publish(new MuteMessage());

    protected override void PreStart()
    {
        _stream.Subscribe(Self, typeof(DeadLetter));
        _stream.Subscribe(Self, typeof(UnhandledMessage));
        _stream.Subscribe(Self, typeof(MuteMessage));
    }

    // A restart keeps the count and the subscriptions.
    protected override void PreRestart(Exception reason, object message) { }
    protected override void PostRestart(Exception reason) { }
    protected override void PostStop() => _stream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MuteMessage:
                _stream.Unsubscribe(Self);
                Become((UntypedReceive)(_ => { }));
                break;
            case AllDeadLetters letter:
                if (_count != int.MaxValue) _count++;
                var kind = letter is UnhandledMessage ? "Unhandled message" : "Message";
                var origin = letter.Sender is null || ReferenceEquals(letter.Sender, Context.System.DeadLetters) ? "" : $" from {letter.Sender}";
                var last = _limit != int.MaxValue && _count >= _limit ? " No more dead letters will be logged." : "";
                _log.Info(
                    "{0} [{1}]{2} to {3} was {4}. [{5}] dead letters encountered.{6} This logging can be turned off or adjusted with configuration settings 'akka.log-dead-letters' and 'akka.log-dead-letters-during-shutdown'.",
                    [kind, letter.Message?.GetType().Name, origin, letter.Recipient, letter is UnhandledMessage ? "unhandled" : "not delivered", _count, last]);
                if (last.Length > 0) _stream.Unsubscribe(Self);
                break;
        }
    }
}

/// <summary>Remoting has given up an address.</summary>
internal sealed class AddressTerminated(Address address) : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    public Address Address { get; } = address;
}

/// <summary>Tells the cells that watch remote actors that an address is gone.</summary>
internal sealed class AddressTerminatedTopic : IExtension
{
    private sealed class Provider : ExtensionIdProvider<AddressTerminatedTopic>
    {
        public override AddressTerminatedTopic CreateExtension(ExtendedActorSystem system) => new();
    }

    private static readonly Provider Id = new();
    private readonly HashSet<IActorRef> _subscribers = [];

    public static AddressTerminatedTopic Get(ActorSystem system) => (AddressTerminatedTopic)system.RegisterExtension(Id);

    public void Subscribe(IActorRef subscriber)
    {
        lock (_subscribers) _subscribers.Add(subscriber);
    }

    public void Unsubscribe(IActorRef subscriber)
    {
        lock (_subscribers) _subscribers.Remove(subscriber);
    }

    public void Publish(AddressTerminated message)
    {
        IActorRef[] all;
        lock (_subscribers) all = [.. _subscribers];
        foreach (var subscriber in all) subscriber.Tell(message, ActorRefs.NoSender);
    }
}

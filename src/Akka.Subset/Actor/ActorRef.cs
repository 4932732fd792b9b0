#nullable disable
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public interface ICanTell
{
    void Tell(object message, IActorRef sender);
}

public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>, IComparable
{
    ActorPath Path { get; }
}

public interface IActorRefScope
{
    bool IsLocal { get; }
}

internal interface ILocalRef : IActorRefScope { }

public interface IInternalActorRef : IActorRef, IActorRefScope
{
    IInternalActorRef Parent { get; }
    IActorRefProvider Provider { get; }
    bool IsTerminated { get; }

    /// <summary>The actor at the end of these path elements (".." is the parent, "" is skipped); <see cref="Nobody"/> when there is none.</summary>
    IActorRef GetChild(IReadOnlyList<string> name);
    void Resume(Exception causedByFailure = null);
    void Start();
    void Stop();
    void Restart(Exception cause);
    void Suspend();
    void SendSystemMessage(ISystemMessage message, IActorRef sender);
    void SendSystemMessage(ISystemMessage message);
}

public abstract class ActorRefBase : IActorRef
{
    public abstract ActorPath Path { get; }
    public void Tell(object message, IActorRef sender) => TellInternal(message, sender);
    protected abstract void TellInternal(object message, IActorRef sender);
    public override string ToString() => Path.Uid == ActorCell.UndefinedUid ? $"[{Path}]" : $"[{Path}#{Path.Uid}]";
    public override bool Equals(object obj) => obj is IActorRef other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Path.Uid, Path.GetHashCode());

    public bool Equals(IActorRef other) =>
        ReferenceEquals(this, other) || (other is not null && Path.Uid == other.Path.Uid && Path.Equals(other.Path));

    public int CompareTo(object obj) => obj switch
    {
        null => 1,
        IActorRef other => CompareTo(other),
        _ => throw new ArgumentException($"Object must be of type IActorRef, found {obj.GetType()} instead.", nameof(obj)),
    };

    public int CompareTo(IActorRef other)
    {
        if (other is null) return 1;
        var c = Path.CompareTo(other.Path);
        return c != 0 ? c : Path.Uid.CompareTo(other.Path.Uid);
    }
}

public abstract class InternalActorRefBase : ActorRefBase, IInternalActorRef
{
    public abstract IInternalActorRef Parent { get; }
    public abstract IActorRefProvider Provider { get; }
    public abstract IActorRef GetChild(IReadOnlyList<string> name);
    public abstract void Resume(Exception causedByFailure = null);
    public abstract void Start();
    public abstract void Stop();
    public abstract void Restart(Exception cause);
    public abstract void Suspend();
    public abstract bool IsTerminated { get; }
    public abstract bool IsLocal { get; }

    public void SendSystemMessage(ISystemMessage message, IActorRef sender) => SendSystemMessage(message);
    public abstract void SendSystemMessage(ISystemMessage message);
}

/// <summary>A reference without an actor behind it.</summary>
public abstract class MinimalActorRef : InternalActorRefBase, ILocalRef
{
    public override IInternalActorRef Parent => ActorRefs.Nobody;
    public override IActorRef GetChild(IReadOnlyList<string> name) => name.All(string.IsNullOrEmpty) ? this : ActorRefs.Nobody;
    public override void Resume(Exception causedByFailure = null) { }
    public override void Start() { }
    public override void Stop() { }
    public override void Restart(Exception cause) { }
    public override void Suspend() { }
    protected override void TellInternal(object message, IActorRef sender) { }
    public override void SendSystemMessage(ISystemMessage message) { }
    public override bool IsLocal => true;
    public override bool IsTerminated => false;
}

/// <summary>The reference to no actor.</summary>
public sealed class Nobody : MinimalActorRef
{
    public static readonly Nobody Instance = new();
    private Nobody() { }
    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/Nobody");
    public override IActorRefProvider Provider => throw new NotSupportedException("Nobody does not provide");
}

public static class ActorRefs
{
    public static readonly Nobody Nobody = Nobody.Instance;
    public static readonly IActorRef NoSender = null;
}

/// <summary>Swallows everything: <see cref="ActorSystem.IgnoreRef"/>.</summary>
internal sealed class IgnoreActorRef(IActorRefProvider provider) : MinimalActorRef
{
    internal static readonly ActorPath SharedPath = new RootActorPath(new Address("akka", "all-systems")) / "Ignore";
    public override ActorPath Path => SharedPath;
    public override IActorRefProvider Provider => provider;
}

public static class ActorRefExtensions
{
    public static bool IsNobody(this IActorRef actorRef) => actorRef is null or Nobody or DeadLetterActorRef;
    public static IActorRef GetOrElse(this IActorRef actorRef, Func<IActorRef> elseValue) => actorRef.IsNobody() ? elseValue() : actorRef;
}

public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Sends with the actor that is running as the sender, if there is one.</summary>
    public static void Tell(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.GetCurrentSelfOrNoSender());

    /// <summary>Sends with the sender of the message that is being handled as the sender.</summary>
    public static void Forward(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.GetCurrentSenderOrNoSender());
}

/// <summary>Stands for a local actor that is not there: what it gets goes to dead letters, and who watches it hears that it is gone.</summary>
public class EmptyLocalActorRef : MinimalActorRef
{
    public EmptyLocalActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream)
    {
        Provider = provider;
        Path = path;
        EventStream = eventStream;
    }

    public override ActorPath Path { get; }
    public override IActorRefProvider Provider { get; }
    private protected EventStream EventStream { get; }
    public override bool IsTerminated => true;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null) throw new InvalidMessageException("Message is null");
        if (message is DeadLetter letter) SpecialHandle(letter.Message, letter.Sender);
        else if (!SpecialHandle(message, sender)) EventStream.Publish(new DeadLetter(message, sender ?? Provider.DeadLetters, this));
    }

    public override void SendSystemMessage(ISystemMessage message) => SpecialHandle(message, Provider.DeadLetters);

    protected virtual bool SpecialHandle(object message, IActorRef sender)
    {
        switch (message)
        {
            case Watch watch:
                if (watch.Watchee.Equals(this) && !watch.Watcher.Equals(this))
                    watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, false, false));
                return true;
            case Unwatch:
                return true;
            case Identify identify:
                (sender ?? ActorRefs.Nobody).Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                return true;
            case ActorSelectionMessage selection:
                if (selection.Message is Identify i)
                {
                    if (!selection.WildCardFanOut) (sender ?? ActorRefs.Nobody).Tell(new ActorIdentity(i.MessageId, null), ActorRefs.NoSender);
                }
                else
                    EventStream.Publish(new DeadLetter(selection.Message, sender ?? Provider.DeadLetters, this));
                return true;
            case IDeadLetterSuppression suppressed:
                EventStream.Publish(new SuppressedDeadLetter(suppressed, sender ?? Provider.DeadLetters, this));
                return true;
            default:
                return false;
        }
    }
}

/// <summary>Where messages go that nobody takes: they are published as <see cref="DeadLetter"/>.</summary>
public class DeadLetterActorRef : EmptyLocalActorRef
{
    public DeadLetterActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream) : base(provider, path, eventStream) { }

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case null:
                throw new InvalidMessageException("Message is null");
            case Identify identify:
                (sender ?? ActorRefs.Nobody).Tell(new ActorIdentity(identify.MessageId, ActorRefs.Nobody), ActorRefs.NoSender);
                break;
            case DeadLetter letter:
                if (!SpecialHandle(letter.Message, letter.Sender)) EventStream.Publish(letter);
                break;
            default:
                if (!SpecialHandle(message, sender)) EventStream.Publish(new DeadLetter(message, sender ?? Provider.DeadLetters, this));
                break;
        }
    }

    protected override bool SpecialHandle(object message, IActorRef sender)
    {
        // Watching a dead actor ends up here, and so does what a mailbox held when its actor stopped.
        if (message is not Watch watch) return base.SpecialHandle(message, sender);
        if (!watch.Watchee.Equals(this) && !watch.Watcher.Equals(this))
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, false, false));
        return true;
    }
}

/// <summary>A branch of the tree that is only a container of references, such as <c>/temp</c>.</summary>
internal sealed class VirtualPathContainer(IActorRefProvider provider, ActorPath path, IInternalActorRef parent) : MinimalActorRef
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, IInternalActorRef> _children = new();

    public override IActorRefProvider Provider => provider;
    public override IInternalActorRef Parent => parent;
    public override ActorPath Path => path;
    public void AddChild(string name, IInternalActorRef actor) => _children[name] = actor;
    public void RemoveChild(string name) => _children.TryRemove(name, out _);
    public IEnumerable<IInternalActorRef> Children => _children.Values;

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        if (name.Count == 0) return this;
        if (name[0].Length == 0) return name.Count == 1 ? this : GetChild([.. name.Skip(1)]);
        if (!_children.TryGetValue(name[0], out var child)) return ActorRefs.Nobody;
        return name.Count == 1 ? child : child.GetChild([.. name.Skip(1)]);
    }
}

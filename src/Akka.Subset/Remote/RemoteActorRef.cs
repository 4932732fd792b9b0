using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>Marks references to actors of other systems.</summary>
public interface IRemoteRef : IActorRefScope
{
}

/// <summary>
/// A reference to an actor of another system. Without uid in its path it means whoever lives there, over restarts of that system.
/// </summary>
internal sealed class RemoteActorRef(Remoting remoting, ActorPath path) : InternalActorRefBase, IRemoteRef
{
    private string? _serializedPath;
    private Association? _association;

    public override ActorPath Path { get; } = path;
    public override IActorRefProvider Provider => remoting.Provider;
    public override bool IsLocal => false;
    public override bool IsTerminated => false;
    public override IInternalActorRef Parent => Path.Depth == 0 ? ActorRefs.Nobody : new RemoteActorRef(remoting, Path.Parent);

    /// <summary>The path with address and uid, as it stands on the wire.</summary>
    public string SerializedPath => _serializedPath ??= Path.ToSerializationFormat();

    private Association Association => _association ??= remoting.AssociationWith(Path.Address);

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        var result = Path;
        foreach (var element in name)
        {
            if (element == "..") result = result.Parent ?? result;
            else if (element.Length > 0) result /= element;
        }
        return new RemoteActorRef(remoting, result);
    }

    public override void Start()
    {
    }

    public override void Stop() => SendSystemMessage(new Terminate());

    public override void Suspend() => SendSystemMessage(new Suspend());

    public override void Resume(Exception? causedByFailure = null) => SendSystemMessage(new Resume(causedByFailure));

    public override void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));

    public override void SendSystemMessage(ISystemMessage message)
    {
        var watcher = remoting.Provider.RemoteWatcher;
        switch (message)
        {
            // The RemoteWatcher watches the actor and its node for all local watchers; only its own Watch goes over the wire.
            case Watch watch when Equals(watch.Watchee) && !watch.Watcher.Equals(watcher):
                watcher.Tell(new RemoteWatcher.WatchRemote(watch.Watchee, watch.Watcher), ActorRefs.NoSender);
                break;
            case Unwatch unwatch when Equals(unwatch.Watchee) && !unwatch.Watcher.Equals(watcher):
                watcher.Tell(new RemoteWatcher.UnwatchRemote(unwatch.Watchee, unwatch.Watcher), ActorRefs.NoSender);
                break;
            default:
                Association.Send(message, null, this);
                break;
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is null) throw new InvalidMessageException("Message is null.");
        Association.Send(message, sender, this);
    }
}

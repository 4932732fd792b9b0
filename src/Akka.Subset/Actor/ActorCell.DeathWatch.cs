#nullable disable
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    // Whom this actor watches, and what it wants to be told instead of Terminated (null: just that).
    private Dictionary<IActorRef, object> _watching;
    private HashSet<IActorRef> _watchedBy;
    // Terminated messages that wait in the mailbox; Unwatch takes them back.
    private Dictionary<IActorRef, object> _terminatedQueued;
    // How many of them are on other systems; while there are any, the end of an address concerns this actor.
    private int _nonLocal;
    private bool _subscribedToAddressTerminated;

    public IActorRef Watch(IActorRef subject)
    {
        if (subject.Equals(_self)) return subject;
        if (_watching is not null && _watching.TryGetValue(subject, out var message))
        {
            if (message is not null)
                throw new InvalidOperationException($"Watch({subject}) termination message was not overwritten from [{message}] to [Terminated]. If this was intended, unwatch first before using Watch / WatchWith with another message.");
            return subject;
        }
        AddWatching(subject, null);
        return subject;
    }

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (subject.Equals(_self)) return subject;
        if (_watching is not null && _watching.TryGetValue(subject, out var known))
        {
            if (!message.Equals(known))
                throw new InvalidOperationException($"Watch({subject}) termination message was not overwritten from [{known ?? "Terminated"}] to [{message}]. If this was intended, unwatch first before using Watch / WatchWith with another message.");
            return subject;
        }
        AddWatching(subject, message);
        return subject;
    }

    private void AddWatching(IActorRef subject, object message)
    {
        var actor = (IInternalActorRef)subject;
        (_watching ??= []).Add(actor, message);
        Track(actor, 1);
        actor.SendSystemMessage(new Watch(actor, _self));
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        var actor = (IInternalActorRef)subject;
        if (!actor.Equals(_self) && _watching is not null && _watching.Remove(actor))
        {
            actor.SendSystemMessage(new Unwatch(actor, _self));
            Track(actor, -1);
        }
        _terminatedQueued?.Remove(actor);
        return actor;
    }

    protected void ReceivedTerminated(Terminated terminated)
    {
        if (_terminatedQueued is null || !_terminatedQueued.Remove(terminated.ActorRef, out var message)) return;
        if (message is null) ReceiveMessage(terminated);
        else
        {
            CurrentMessage = message;
            ReceiveMessage(message);
        }
    }

    /// <summary>A stashed Terminated comes back, so it counts as queued again.</summary>
    internal void TerminatedQueuedFor(IActorRef subject) => (_terminatedQueued ??= []).TryAdd(subject, null);

    private void WatchedActorTerminated(IActorRef actor, bool existenceConfirmed, bool addressTerminated)
    {
        if (_watching is not null && _watching.Remove(actor, out var message))
        {
            Track(actor, -1);
            if (!IsTerminating)
            {
                (_terminatedQueued ??= [])[actor] = message;
                _self.Tell(new Terminated(actor, existenceConfirmed, addressTerminated), actor);
            }
        }
        if (TryGetChildStatsByRef(actor, out _)) HandleChildTerminated(actor);
    }

    private void TellWatchersWeDied()
    {
        if (_watchedBy is not { Count: > 0 }) return;
        // Remote watchers first: should sending fail half way, the local ones are told by their cells anyway.
        foreach (var watcher in _watchedBy) if (IsNonLocal(watcher)) TellWatcher(watcher);
        foreach (var watcher in _watchedBy) if (!IsNonLocal(watcher)) TellWatcher(watcher);
        foreach (var watcher in _watchedBy) Track(watcher, -1);
        _watchedBy = null;
    }

    private void TellWatcher(IActorRef watcher)
    {
        if (watcher.Equals(Parent)) return; // the parent hears of it as a parent
        ((IInternalActorRef)watcher).SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false));
    }

    private void UnwatchWatchedActors(ActorBase actor)
    {
        if (_watching is { Count: > 0 } watching)
        {
            _watching = null;
            foreach (var watchee in watching.Keys.Cast<IInternalActorRef>())
            {
                watchee.SendSystemMessage(new Unwatch(watchee, _self));
                Track(watchee, -1);
            }
        }
        _terminatedQueued = null;
    }

    private void AddWatcher(IActorRef watchee, IActorRef watcher)
    {
        var watcheeSelf = watchee.Equals(_self);
        var watcherSelf = watcher.Equals(_self);
        if (watcheeSelf && !watcherSelf)
        {
            if ((_watchedBy ??= []).Add(watcher)) Track(watcher, 1);
        }
        else if (!watcheeSelf && watcherSelf) Watch(watchee);
        else LogWatch("Watch", watchee, watcher);
    }

    private void RemWatcher(IActorRef watchee, IActorRef watcher)
    {
        var watcheeSelf = watchee.Equals(_self);
        var watcherSelf = watcher.Equals(_self);
        if (watcheeSelf && !watcherSelf)
        {
            if (_watchedBy is not null && _watchedBy.Remove(watcher)) Track(watcher, -1);
        }
        else if (!watcheeSelf && watcherSelf) Unwatch(watchee);
        else LogWatch("Unwatch", watchee, watcher);
    }

    private void LogWatch(string what, IActorRef watchee, IActorRef watcher) => SystemImpl.EventStream.Publish(
        new Warning(_self.Path.ToString(), typeof(ActorCell), $"BUG: illegal {what}({watchee},{watcher}) for {_self}"));

    /// <summary>Remoting has given up an address: all that was there counts as dead.</summary>
    private void AddressTerminated(Address address)
    {
        foreach (var watcher in _watchedBy?.Where(w => w.Path.Address == address).ToList() ?? [])
        {
            _watchedBy.Remove(watcher);
            Track(watcher, -1);
        }
        foreach (var subject in _watching?.Keys.Where(s => s.Path.Address == address).ToList() ?? [])
            _self.SendSystemMessage(new DeathWatchNotification(subject, TryGetChildStatsByRef(subject, out _), addressTerminated: true));
    }

    private static bool IsNonLocal(IActorRef actor) => actor is IInternalActorRef { IsLocal: false };

    private void Track(IActorRef actor, int change)
    {
        if (!IsNonLocal(actor)) return;
        _nonLocal += change;
        if (_nonLocal > 0 == _subscribedToAddressTerminated) return;
        _subscribedToAddressTerminated = _nonLocal > 0;
        if (_subscribedToAddressTerminated) AddressTerminatedTopic.Get(System).Subscribe(_self);
        else AddressTerminatedTopic.Get(System).Unsubscribe(_self);
    }
}

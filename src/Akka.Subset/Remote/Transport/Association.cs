using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Remote.Transport.Wire;

namespace Akka.Remote.Transport;

/// <summary>
/// What this system knows about one remote address: the connection to it, the incarnation (uid) last seen there, which incarnations are
/// quarantined, and the system messages it has not acknowledged. Lives as long as the system; connections come and go.
/// </summary>
internal sealed class Association(Remoting remoting, Address remote)
{
    public readonly record struct SystemMessage(ulong Sequence, ISystemMessage Message, RemoteActorRef Recipient);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, long> _quarantined = []; // uid to the time at which it may be forgotten
    private readonly LinkedList<SystemMessage> _pending = [];
    private volatile OutboundConnection? _outbound;
    private InboundConnection? _inbound;
    private long _gatedUntil = long.MinValue;
    private bool _failing; // logged already; the next line comes when it is over
    private bool _quarantinedByPeer;
    private bool _reopening;
    private bool _successorIsThere; // the connection being closed led to the peer's predecessor
    private int? _uid;
    private long _pendingSince;
    private ulong _sequence;
    private ulong _written; // the highest sequence number that the present incarnation may have been sent
    private int? _receivedFrom;
    private ulong _received;

    public Address Remote { get; } = remote;

    /// <summary>Sends or drops; never blocks.</summary>
    public void Send(object message, IActorRef? sender, RemoteActorRef recipient)
    {
        if (message is ISystemMessage system) SendSystem(system, recipient);
        else if ((_outbound ?? Open()) is not { } connection || !connection.TrySend(message, sender, recipient))
            remoting.DeadLetter(message, sender, recipient);
    }

    /// <summary>Cuts off the incarnation <paramref name="uid" />; without uid only closes the connection for one gate period.</summary>
    public void Quarantine(int? uid)
    {
        var news = false;
        InboundConnection? inbound = null;
        lock (_lock)
        {
            if (uid is { } incarnation)
            {
                news = _quarantined.TryAdd(incarnation, Environment.TickCount64 + (long)remoting.Settings.QuarantineDuration.TotalMilliseconds);
                if (_uid is { } present && present != incarnation) return; // a predecessor's; the present one is not touched
            }
            _pending.Clear();
            _gatedUntil = Gate();
            _failing = true;
            if (uid is null || _receivedFrom == uid) inbound = _inbound;
        }
        _outbound?.Abort("the peer is quarantined", level: null);
        inbound?.Abort("the peer is quarantined");
        if (news) remoting.Events.Notify(new QuarantinedEvent(Remote, uid!.Value));
        else if (uid is null)
            remoting.Log.Warning("Association with remote system {0} is cut off. Its uid is not known, so it may come back after {1} ms.",
                Remote, remoting.Settings.RetryGateClosedFor.TotalMilliseconds);
    }

    /// <summary>Every heartbeat interval.</summary>
    public void Tick()
    {
        _outbound?.Tick();
        Volatile.Read(ref _inbound)?.Tick();
    }

    /// <summary>Ends the connection to the peer once what is queued has left.</summary>
    public Task Finish()
    {
        OutboundConnection? connection;
        lock (_lock)
        {
            _gatedUntil = long.MaxValue;
            connection = _outbound;
        }
        if (connection is null) return Task.CompletedTask;
        if (connection.Associated) connection.Finish(Reason.Shutdown);
        else connection.Abort("this system stops", level: null);
        return connection.Completion;
    }

    /// <summary>Ends the connection to the peer at once.</summary>
    public void Abort() => _outbound?.Abort("this system stops", level: null);

    /// <summary>Ends when the connection to the peer has.</summary>
    public Task Completion => _outbound?.Completion ?? Task.CompletedTask;

    // ---- the connection to the peer

    private OutboundConnection? Open()
    {
        lock (_lock)
        {
            if (_outbound is { } existing) return existing;
            if (Environment.TickCount64 < _gatedUntil || remoting.Stopping) return null;
            var connection = new OutboundConnection(remoting, this);
            _outbound = connection;
            connection.Start();
            return connection;
        }
    }

    /// <summary>The peer accepted, and is the incarnation <paramref name="uid" />. False: that one is quarantined.</summary>
    public bool Adopt(OutboundConnection connection, int uid, ulong acknowledged)
    {
        lock (_lock)
        {
            if (_outbound != connection) return false;
            if (IsQuarantined(uid)) return false;
            SetIncarnation(uid);
            Acknowledge(acknowledged);
            _quarantinedByPeer = false;
            return true;
        }
    }

    public void Opened(OutboundConnection connection)
    {
        bool recovered;
        lock (_lock)
        {
            if (_outbound != connection) return;
            recovered = _failing;
            _failing = false;
        }
        if (recovered) remoting.Log.Info("Association with remote system {0} is established again.", Remote);
        remoting.Events.Notify(new AssociatedEvent(remoting.DefaultAddress, Remote, false));
    }

    /// <summary>The peer does not want this system: says so once, and lets the gate close.</summary>
    public OutboundConnection.Ending Refused(Refused answer)
    {
        if (answer.Reason != Reason.Quarantined)
            return new OutboundConnection.Ending($"refused by the peer: {answer.Detail}");
        QuarantinedByPeer();
        return new OutboundConnection.Ending("this system is quarantined by the peer", Level: null);
    }

    public void QuarantinedByPeer()
    {
        lock (_lock)
        {
            if (_quarantinedByPeer) return;
            _quarantinedByPeer = true;
            _failing = true;
        }
        remoting.Events.Notify(new ThisActorSystemQuarantinedEvent(remoting.DefaultAddress, Remote));
    }

    public void Closed(OutboundConnection connection, OutboundConnection.Ending ending)
    {
        bool news;
        lock (_lock)
        {
            if (_outbound == connection) _outbound = null;
            if (_gatedUntil != long.MaxValue) _gatedUntil = _successorIsThere ? long.MinValue : Gate();
            _successorIsThere = false;
            news = ending.Level is not null && !_failing && !remoting.Stopping;
            if (news) _failing = true;
            ReopenForSystemMessages();
        }
        if (connection.Associated) remoting.Events.Notify(new DisassociatedEvent(remoting.DefaultAddress, Remote, false));
        if (!news)
        {
            remoting.Log.Debug("Connection to {0} ended: {1}", Remote, ending.Reason);
            return;
        }
        remoting.Log.Log(ending.Level!.Value, null,
            $"Association with remote system {Remote} has failed; address is now gated for " +
            $"{remoting.Settings.RetryGateClosedFor.TotalMilliseconds} ms. Reason: [{ending.Reason}]");
        remoting.System.EventStream.Publish(
            new AssociationErrorEvent(new RemoteTransportException(ending.Reason), remoting.DefaultAddress, Remote, false, ending.Level.Value));
    }

    // ---- system messages: numbered, kept until acknowledged, sent again on the next connection to the same incarnation

    private void SendSystem(ISystemMessage message, RemoteActorRef recipient)
    {
        int? overflow = null;
        lock (_lock)
        {
            // Nothing is kept for an incarnation that is cut off; who watches its successor will watch again when that one answers.
            if (remoting.Stopping || (_uid is { } uid && IsQuarantined(uid))) return;
            if (_pending.Count == 0) _pendingSince = Environment.TickCount64;
            _pending.AddLast(new SystemMessage(++_sequence, message, recipient));
            if (_pending.Count > remoting.Settings.SysMsgBufferSize) overflow = _uid ?? 0;
        }
        if (overflow is { } lost)
        {
            remoting.Log.Error("More than {0} system messages wait for {1} (akka.remote.system-message-buffer-size): it is cut off.",
                remoting.Settings.SysMsgBufferSize, Remote);
            Quarantine(lost == 0 ? null : lost);
            return;
        }
        if ((_outbound ?? Open()) is { } connection) connection.Ring();
        else
            lock (_lock) ReopenForSystemMessages();
    }

    public IEnumerable<SystemMessage> SystemMessagesAfter(ulong sequence)
    {
        lock (_lock)
        {
            if (_pending.Last is null || _pending.Last.Value.Sequence <= sequence) return [];
            _written = _pending.Last.Value.Sequence;
            return _pending.Where(p => p.Sequence > sequence).ToArray();
        }
    }

    public void Acknowledged(OutboundConnection connection, ulong sequence)
    {
        lock (_lock)
            if (_outbound == connection) Acknowledge(sequence);
    }

    public void Forget(ulong sequence)
    {
        lock (_lock)
            for (var node = _pending.First; node is not null; node = node.Next)
                if (node.Value.Sequence == sequence)
                {
                    _pending.Remove(node);
                    return;
                }
    }

    private void Acknowledge(ulong sequence)
    {
        while (_pending.First is { } first && first.Value.Sequence <= sequence) _pending.RemoveFirst();
        _pendingSince = Environment.TickCount64;
    }

    /// <summary>Holding the lock: user messages may be lost to the gate, system messages wait for its opening.</summary>
    private void ReopenForSystemMessages()
    {
        if (_pending.Count == 0 || _outbound is not null || _reopening || remoting.Stopping) return;
        if (Environment.TickCount64 - _pendingSince > remoting.Settings.InitialSysMsgDeliveryTimeout.TotalMilliseconds)
        {
            remoting.Log.Warning("{0} system messages for {1} could not be delivered within {2} and are dropped.",
                _pending.Count, Remote, remoting.Settings.InitialSysMsgDeliveryTimeout);
            _pending.Clear();
            return;
        }
        _reopening = true;
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(_gatedUntil - Environment.TickCount64 + 1, 1, int.MaxValue));
        _ = Task.Delay(wait).ContinueWith(_ =>
        {
            lock (_lock)
            {
                _reopening = false;
                if (_pending.Count == 0) return;
            }
            if (Open() is null)
                lock (_lock) ReopenForSystemMessages(); // gated again meanwhile
        }, TaskScheduler.Default);
    }

    // ---- the connection from the peer

    /// <summary>
    /// Makes this the connection from the peer; an older one is closed first, and its messages delivered or dropped, so that order is kept.
    /// Returns the last system message that has come from this incarnation, or null when it is quarantined.
    /// </summary>
    public async Task<ulong?> Adopt(InboundConnection connection, int uid)
    {
        InboundConnection? previous;
        lock (_lock)
        {
            if (IsQuarantined(uid)) return null;
            previous = _inbound;
            Volatile.Write(ref _inbound, connection);
        }
        if (previous is not null)
        {
            previous.Abort("the peer has opened a new connection");
            await previous.Completion.ConfigureAwait(false);
        }
        OutboundConnection? stale = null;
        lock (_lock)
        {
            if (_receivedFrom != uid)
            {
                _receivedFrom = uid;
                _received = 0;
            }
            // The peer is there: no need to wait for the gate. And a connection to its predecessor leads nowhere.
            if (_gatedUntil != long.MaxValue) _gatedUntil = long.MinValue;
            if (_uid is { } known && known != uid) stale = _outbound;
            _successorIsThere = stale is not null;
            SetIncarnation(uid);
            if (stale is null && _pending.Count > 0 && _outbound is null) ReopenForSystemMessages();
        }
        stale?.Abort("the peer has been restarted", LogLevel.InfoLevel);
        lock (_lock) return _received;
    }

    public void Closed(InboundConnection connection)
    {
        lock (_lock)
            if (_inbound == connection) Volatile.Write(ref _inbound, null);
    }

    /// <summary>The peer said that it stops: its incarnation will not answer any more.</summary>
    public void PeerStops() => _outbound?.Abort("the peer has shut down", LogLevel.InfoLevel);

    /// <summary>False: that system message has been delivered before.</summary>
    public bool IsNews(int uid, ulong sequence)
    {
        lock (_lock)
        {
            if (_receivedFrom != uid || sequence <= _received) return false;
            _received = sequence;
            return true;
        }
    }

    private void SetIncarnation(int uid)
    {
        if (_uid == uid) return;
        if (_uid is not null)
        {
            // What the predecessor may have got concerns actors that died with it. The rest has not been sent to anybody yet.
            while (_pending.First is { } first && first.Value.Sequence <= _written) _pending.RemoveFirst();
            _quarantinedByPeer = false;
        }
        _uid = uid;
        // Numbers start again for each incarnation.
        var kept = _pending.ToArray();
        _pending.Clear();
        _sequence = 0;
        _written = 0;
        foreach (var message in kept) _pending.AddLast(message with { Sequence = ++_sequence });
    }

    private bool IsQuarantined(int uid)
    {
        if (!_quarantined.TryGetValue(uid, out var until)) return false;
        if (Environment.TickCount64 < until) return true;
        _quarantined.Remove(uid);
        return false;
    }

    private long Gate() => Environment.TickCount64 + (long)remoting.Settings.RetryGateClosedFor.TotalMilliseconds;
}

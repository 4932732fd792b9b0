using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

public interface IPendingHandlerInvocation
{
    object Event { get; }
    Action<object> Handler { get; }
}

/// <summary>A handler of Persist: commands wait until it has run.</summary>
public sealed class StashingHandlerInvocation(object evt, Action<object> handler) : IPendingHandlerInvocation
{
    public object Event { get; } = evt;
    public Action<object> Handler { get; } = handler;
}

/// <summary>A handler of PersistAsync or DeferAsync: commands go on meanwhile.</summary>
public sealed class AsyncHandlerInvocation(object evt, Action<object> handler) : IPendingHandlerInvocation
{
    public object Event { get; } = evt;
    public Action<object> Handler { get; } = handler;
}

public interface ISnapshotter
{
    string SnapshotterId { get; }
    long SnapshotSequenceNr { get; }
    void LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr);
    void SaveSnapshot(object snapshot);
    void DeleteSnapshot(long sequenceNr);
    void DeleteSnapshots(SnapshotSelectionCriteria criteria);
}

/// <summary>
/// An actor whose state is made of events in a journal. It recovers before its first command; what it persists reaches its
/// handlers only when the journal has it, in the order in which it was persisted. This file holds what an actor calls and
/// overrides; Eventsourced.Recovery.cs holds how messages are handled in each phase of its life.
/// </summary>
public abstract partial class Eventsourced : ActorBase, IPersistentIdentity, IPersistenceStash, IPersistenceRecovery, ISnapshotter
{
    // A command may have put replies of the journal into the stash; after a restart they would reach the new instance.
    public static readonly Func<Envelope, bool> UnstashFilterPredicate =
        envelope => envelope.Message is not (WriteMessageSuccess or ReplayedMessage);

    private static int _instances;

    // The journal echoes it, so that replies to an instance from before a restart are told apart.
    private readonly int _instanceId = Interlocked.Increment(ref _instances);
    private readonly string _writerGuid = Guid.NewGuid().ToString();
    private readonly IStash _internalStash;
    private readonly Queue<IPendingHandlerInvocation> _pendingInvocations = new();
    private IStash _stash = null!;
    private IActorRef? _journal;
    private IActorRef? _snapshotStore;
    private ILoggingAdapter? _log;

    // What the current message has persisted so far, and what waits for the write under way to end: one batch, one write.
    private List<IPersistentEnvelope> _eventBatch = [];
    private List<IPersistentEnvelope> _journalBatch = [];
    private bool _isWriteInProgress;
    private long _pendingStashingPersistInvocations;
    private long _sequenceNr;

    protected Eventsourced()
    {
        Extension = Persistence.Instance.Apply(Context.System);
        _internalStash = Akka.Actor.Internal.AbstractStash.For(ActorCell.Current, this);
    }

    protected PersistenceExtension Extension { get; }
    protected virtual ILoggingAdapter Log => _log ??= Context.GetLogger();

    public abstract string PersistenceId { get; }
    public virtual Recovery Recovery => Recovery.Default;
    public virtual IStashOverflowStrategy InternalStashOverflowStrategy => Extension.DefaultInternalStashOverflowStrategy;

    public IStash Stash
    {
        get => _stash;
        set => _stash = new InternalStashAwareStash(value, _internalStash);
    }

    public string? JournalPluginId { get; protected set; }
    public string? SnapshotPluginId { get; protected set; }
    public IActorRef Journal => _journal ??= Extension.JournalFor(JournalPluginId);
    public IActorRef SnapshotStore => _snapshotStore ??= Extension.SnapshotStoreFor(SnapshotPluginId);
    public string SnapshotterId => PersistenceId;
    public bool IsRecovering => _phase <= Phase.Replaying;
    public bool IsRecoveryFinished => !IsRecovering;

    /// <summary>The highest sequence number whose event was replayed or whose handler ran.</summary>
    public long LastSequenceNr { get; private set; }

    public long SnapshotSequenceNr => LastSequenceNr;

    public void LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr) =>
        SnapshotStore.Tell(new LoadSnapshot(persistenceId, criteria, toSequenceNr), Self);

    public void SaveSnapshot(object snapshot) => SnapshotStore.Tell(
        new SaveSnapshot(new SnapshotMetadata(SnapshotterId, SnapshotSequenceNr, Context.System.Scheduler.Now.UtcDateTime), snapshot), Self);

    public void DeleteSnapshot(long sequenceNr) =>
        SnapshotStore.Tell(new DeleteSnapshot(new SnapshotMetadata(SnapshotterId, sequenceNr)), Self);

    public void DeleteSnapshots(SnapshotSelectionCriteria criteria) =>
        SnapshotStore.Tell(new DeleteSnapshots(SnapshotterId, criteria), Self);

    public void DeleteMessages(long toSequenceNr) => Journal.Tell(new DeleteMessagesTo(PersistenceId, toSequenceNr, Self), Self);

    protected abstract bool ReceiveRecover(object message);
    protected abstract bool ReceiveCommand(object message);

    /// <summary>Persists an event; commands wait until the handler has run.</summary>
    public void Persist<TEvent>(TEvent @event, Action<TEvent> handler)
    {
        RefuseDuringRecovery();
        AddStashing(@event, o => handler((TEvent)o));
        _eventBatch.Add(new AtomicWrite(Represent(@event)));
    }

    /// <summary>Persists events all or none; commands wait until the handler has run for each.</summary>
    public void PersistAll<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        RefuseDuringRecovery();
        AddAtomic(events, handler, AddStashing);
    }

    /// <summary>Persists an event; commands go on meanwhile, and what they persist goes with the next write.</summary>
    public void PersistAsync<TEvent>(TEvent @event, Action<TEvent> handler)
    {
        RefuseDuringRecovery();
        AddAsync(@event, o => handler((TEvent)o));
        _eventBatch.Add(new AtomicWrite(Represent(@event)));
    }

    /// <summary>Persists events all or none; commands go on meanwhile.</summary>
    public void PersistAllAsync<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        RefuseDuringRecovery();
        AddAtomic(events, handler, AddAsync);
    }

    /// <summary>Runs the handler behind those of everything persisted before, at once when nothing is pending. Nothing is stored.</summary>
    public void DeferAsync<TEvent>(TEvent evt, Action<TEvent> handler)
    {
        RefuseDuringRecovery();
        if (_pendingInvocations.Count == 0)
        {
            handler(evt);
            return;
        }
        AddAsync(evt, o => handler((TEvent)o));
        _eventBatch.Add(new NonPersistentMessage(evt!, Sender));
    }

    protected virtual void OnReplaySuccess()
    {
    }

    /// <summary>Called when recovery fails; the actor is stopped afterwards.</summary>
#nullable disable annotations // As in Akka.NET, so that an override compiles without a warning against either.
    protected virtual void OnRecoveryFailure(Exception reason, object message = null)
#nullable restore annotations
    {
        if (message != null)
            Log.Error(reason, "Exception in ReceiveRecover when replaying event type [{0}] with sequence number [{1}] for persistenceId [{2}]",
                message.GetType(), LastSequenceNr, PersistenceId);
        else
            Log.Error(reason, "Persistence failure when replaying events for persistenceId [{0}]. Last known sequence number [{1}]",
                PersistenceId, LastSequenceNr);
    }

    /// <summary>Called when the journal failed to write an event; the actor is stopped afterwards, as nobody knows whether it is stored.</summary>
    protected virtual void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Log.Error(cause, "Failed to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}].",
            @event.GetType(), sequenceNr, PersistenceId);

    /// <summary>Called when the journal refused an event, which is not stored; its handler is not called and the actor goes on.</summary>
    protected virtual void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Log.Error(cause, "Rejected to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}] due to [{3}].",
            @event.GetType(), sequenceNr, PersistenceId, cause.Message);

    private void RefuseDuringRecovery()
    {
        if (IsRecovering)
            throw new InvalidOperationException(
                "Cannot persist during replay. Events can be persisted when receiving RecoveryCompleted or later.");
    }

    private void AddStashing(object? evt, Action<object> handler)
    {
        _pendingStashingPersistInvocations++;
        _pendingInvocations.Enqueue(new StashingHandlerInvocation(evt!, handler));
    }

    private void AddAsync(object? evt, Action<object> handler) => _pendingInvocations.Enqueue(new AsyncHandlerInvocation(evt!, handler));

    private void AddAtomic<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler, Action<object?, Action<object>> add)
    {
        if (events == null) return;
        void Invoke(object o) => handler((TEvent)o);
        var writes = ImmutableArray.CreateBuilder<IPersistentRepresentation>();
        foreach (var evt in events)
        {
            add(evt, Invoke);
            writes.Add(Represent(evt));
        }
        if (writes.Count > 0) _eventBatch.Add(new AtomicWrite(writes.ToImmutable()));
    }

    private Persistent Represent(object? evt) =>
        new(evt!, ++_sequenceNr, PersistenceId, sender: Sender, writerGuid: _writerGuid);

    private void FlushBatch()
    {
        if (_eventBatch.Count > 0)
        {
            if (_journalBatch.Count == 0)
                (_journalBatch, _eventBatch) = (_eventBatch, _journalBatch);
            else
            {
                _journalBatch.AddRange(_eventBatch);
                _eventBatch.Clear();
            }
        }
        FlushJournalBatch();
    }

    private void FlushJournalBatch()
    {
        if (_isWriteInProgress || _journalBatch.Count == 0) return;
        // The journal keeps the list, which is not touched here again.
        Journal.Tell(new WriteMessages(_journalBatch, Self, _instanceId), Self);
        _journalBatch = [];
        _isWriteInProgress = true;
    }

    private void StashInternally(object message)
    {
        try
        {
            _internalStash.Stash();
        }
        catch (StashOverflowException) when (InternalStashOverflowStrategy is DiscardToDeadLetterStrategy)
        {
            Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
        }
    }

    private void UnstashInternally(bool all)
    {
        if (all) _internalStash.UnstashAll();
        else _internalStash.Unstash();
    }

    /// <summary>
    /// The stash that the actor's code sees. Commands pass the internal stash one by one, so what the user unstashes goes to
    /// its front and not to the mailbox: otherwise it would overtake what waits in there.
    /// </summary>
    private sealed class InternalStashAwareStash(IStash userStash, IStash internalStash) : IStash
    {
        public int Count => userStash.Count;
        public bool IsEmpty => userStash.IsEmpty;
        public bool NonEmpty => userStash.NonEmpty;

        public void Stash() => userStash.Stash();
        public void Unstash() => userStash.Unstash();
        public void UnstashAll() => internalStash.Prepend(ClearStash());
        public void UnstashAll(Func<Envelope, bool> predicate) => userStash.UnstashAll(predicate);
        public IEnumerable<Envelope> ClearStash() => userStash.ClearStash();
        public void Prepend(IEnumerable<Envelope> envelopes) => userStash.Prepend(envelopes);
    }
}

using Akka.Actor;

namespace Akka.Persistence;

public interface IPersistenceMessage : INoSerializationVerificationNeeded;
public interface IJournalMessage : IPersistenceMessage;
public interface IJournalRequest : IJournalMessage;
public interface IJournalResponse : IJournalMessage;

/// <summary>Asks the journal to delete the events up to a sequence number, inclusive.</summary>
public sealed class DeleteMessagesTo(string persistenceId, long toSequenceNr, IActorRef persistentActor) : IJournalRequest
{
    public string PersistenceId { get; } = persistenceId;
    public long ToSequenceNr { get; } = toSequenceNr;
    public IActorRef PersistentActor { get; } = persistentActor;
}

public sealed class DeleteMessagesSuccess(long toSequenceNr) : IJournalResponse
{
    public long ToSequenceNr { get; } = toSequenceNr;
}

public sealed class DeleteMessagesFailure(Exception cause, long toSequenceNr) : IJournalResponse
{
    public Exception Cause { get; } = cause;
    public long ToSequenceNr { get; } = toSequenceNr;
}

/// <summary>One write of everything that a persistent actor has gathered.</summary>
public sealed class WriteMessages(IEnumerable<IPersistentEnvelope> messages, IActorRef persistentActor, int actorInstanceId) : IJournalRequest
{
    public IEnumerable<IPersistentEnvelope> Messages { get; } = messages;
    public IActorRef PersistentActor { get; } = persistentActor;
    public int ActorInstanceId { get; } = actorInstanceId;
}

/// <summary>The write as a whole succeeded; a reply for each event follows.</summary>
public sealed class WriteMessagesSuccessful : IJournalResponse
{
    private WriteMessagesSuccessful()
    {
    }

    public static WriteMessagesSuccessful Instance { get; } = new();
}

/// <summary>The write as a whole failed; a <see cref="WriteMessageFailure"/> for each event follows.</summary>
public sealed class WriteMessagesFailed(Exception cause, int writeCount) : IJournalResponse
{
    public Exception Cause { get; } = cause ?? throw new ArgumentNullException(nameof(cause));
    public int WriteCount { get; } = writeCount;
}

public sealed class WriteMessageSuccess(IPersistentRepresentation persistent, int actorInstanceId) : IJournalResponse
{
    public IPersistentRepresentation Persistent { get; } = persistent;
    public int ActorInstanceId { get; } = actorInstanceId;
}

/// <summary>The journal refuses an event, for instance as it cannot be serialized; it is not stored.</summary>
public sealed class WriteMessageRejected(IPersistentRepresentation persistent, Exception cause, int actorInstanceId)
    : IJournalResponse, INoSerializationVerificationNeeded
{
    public IPersistentRepresentation Persistent { get; } = persistent;
    public Exception Cause { get; } = cause ?? throw new ArgumentNullException(nameof(cause));
    public int ActorInstanceId { get; } = actorInstanceId;
}

/// <summary>It is unknown whether the event was stored.</summary>
public sealed class WriteMessageFailure(IPersistentRepresentation persistent, Exception cause, int actorInstanceId) : IJournalResponse
{
    public IPersistentRepresentation Persistent { get; } = persistent;
    public Exception Cause { get; } = cause ?? throw new ArgumentNullException(nameof(cause));
    public int ActorInstanceId { get; } = actorInstanceId;
}

/// <summary>A deferred event comes back when the writes before it are done.</summary>
public sealed class LoopMessageSuccess(object message, int actorInstanceId) : IJournalResponse
{
    public object Message { get; } = message;
    public int ActorInstanceId { get; } = actorInstanceId;
}

public sealed class ReplayMessages(long fromSequenceNr, long toSequenceNr, long max, string persistenceId, IActorRef persistentActor)
    : IJournalRequest
{
    public long FromSequenceNr { get; } = fromSequenceNr;
    public long ToSequenceNr { get; } = toSequenceNr;
    public long Max { get; } = max;
    public string PersistenceId { get; } = persistenceId;
    public IActorRef PersistentActor { get; } = persistentActor;
}

public sealed class ReplayedMessage(IPersistentRepresentation persistent) : IJournalResponse
{
    public IPersistentRepresentation Persistent { get; } = persistent;
}

public sealed class RecoverySuccess(long highestSequenceNr) : IJournalResponse
{
    public long HighestSequenceNr { get; } = highestSequenceNr;
}

public sealed class ReplayMessagesFailure(Exception cause) : IJournalResponse
{
    public Exception Cause { get; } = cause ?? throw new ArgumentNullException(nameof(cause));
}

using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence;

/// <summary>An event in the journal's terms: payload, persistence id and sequence number.</summary>
public interface IPersistentRepresentation
{
    object Payload { get; }
    string Manifest { get; }
    string PersistenceId { get; }
    long SequenceNr { get; }
    string WriterGuid { get; }
    bool IsDeleted { get; }
    IActorRef? Sender { get; }
    long Timestamp { get; }

    IPersistentRepresentation WithPayload(object payload);
    IPersistentRepresentation WithManifest(string manifest);
    IPersistentRepresentation WithTimestamp(long newTimestamp);
    IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef? sender, string writerGuid);
}

/// <summary>What a persistent actor sends to the journal: a write, or a handler that waits for the writes before it.</summary>
public interface IPersistentEnvelope
{
    object Payload { get; }
    IActorRef? Sender { get; }
    int Size { get; }
}

/// <summary>A deferred event: it passes the journal unwritten, behind the writes before it.</summary>
internal sealed class NonPersistentMessage(object payload, IActorRef? sender) : IPersistentEnvelope
{
    public object Payload { get; } = payload;
    public IActorRef? Sender { get; } = sender;
    public int Size => 1;
}

/// <summary>Events that are stored all or none.</summary>
public sealed class AtomicWrite : IPersistentEnvelope
{
    public AtomicWrite(IPersistentRepresentation @event) : this(ImmutableArray.Create(@event))
    {
    }

    public AtomicWrite(IImmutableList<IPersistentRepresentation> payload)
    {
        if (payload == null || payload.Count == 0)
            throw new ArgumentException("The payload of an AtomicWrite must not be empty.", nameof(payload));
        var id = payload[0].PersistenceId;
        for (var i = 1; i < payload.Count; i++)
            if (payload[i].PersistenceId != id)
                throw new ArgumentException(
                    $"An AtomicWrite must have one persistence id, but '{id}' and '{payload[i].PersistenceId}' were given.", nameof(payload));
        Events = payload;
    }

    internal IImmutableList<IPersistentRepresentation> Events { get; }

    public object Payload => Events;
    public IActorRef? Sender => ActorRefs.NoSender;
    public int Size => Events.Count;
    public string PersistenceId => Events[0].PersistenceId;
    public long LowestSequenceNr => Events[0].SequenceNr;
    public long HighestSequenceNr => Events[Events.Count - 1].SequenceNr;
}

public class Persistent : IPersistentRepresentation
{
    public Persistent(object payload, long sequenceNr = 0L, string? persistenceId = null, string? manifest = null, bool isDeleted = false,
        IActorRef? sender = null, string? writerGuid = null, long timestamp = 0L)
    {
        Payload = payload;
        SequenceNr = sequenceNr;
        PersistenceId = persistenceId ?? Undefined;
        Manifest = manifest ?? Undefined;
        IsDeleted = isDeleted;
        Sender = sender;
        WriterGuid = writerGuid ?? Undefined;
        Timestamp = timestamp;
    }

    public static string Undefined { get; } = string.Empty;

    public object Payload { get; }
    public string Manifest { get; }
    public string PersistenceId { get; }
    public long SequenceNr { get; }
    public string WriterGuid { get; }
    public bool IsDeleted { get; }
    public IActorRef? Sender { get; }
    public long Timestamp { get; }

    public IPersistentRepresentation WithPayload(object payload) =>
        new Persistent(payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    public IPersistentRepresentation WithManifest(string manifest) => Manifest == manifest
        ? this
        : new Persistent(Payload, SequenceNr, PersistenceId, manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    public IPersistentRepresentation WithTimestamp(long newTimestamp) => Timestamp == newTimestamp
        ? this
        : new Persistent(Payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, newTimestamp);

    public IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef? sender, string writerGuid) =>
        new Persistent(Payload, sequenceNr, persistenceId, Manifest, isDeleted, sender, writerGuid, Timestamp);

    public override string ToString() => $"Persistent<pid: {PersistenceId}, seqNr: {SequenceNr}, payload: {Payload}>";
}

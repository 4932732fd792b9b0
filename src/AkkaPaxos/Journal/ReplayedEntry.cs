using Akka.Actor;
using Akka.Persistence;

namespace AkkaPaxos.Journal;

/// <summary>An entry as Akka.Persistence takes it back: what a log does not keep, the sender, is nobody.</summary>
/// <remarks>Akka's own class for it is marked internal.</remarks>
internal sealed record ReplayedEntry(object Payload, string PersistenceId, long SequenceNr, string Manifest, string WriterGuid, long Timestamp) : IPersistentRepresentation
{
    /// <inheritdoc/>
    public bool IsDeleted { get; init; }

    /// <inheritdoc/>
    public IActorRef Sender { get; init; } = ActorRefs.NoSender!; // which is null

    /// <inheritdoc/>
    public IPersistentRepresentation WithPayload(object payload) => this with { Payload = payload };

    /// <inheritdoc/>
    public IPersistentRepresentation WithManifest(string manifest) => this with { Manifest = manifest };

    /// <inheritdoc/>
    public IPersistentRepresentation WithTimestamp(long newTimestamp) => this with { Timestamp = newTimestamp };

    /// <inheritdoc/>
    public IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef sender, string writerGuid) =>
        this with { SequenceNr = sequenceNr, PersistenceId = persistenceId, IsDeleted = isDeleted, Sender = sender, WriterGuid = writerGuid };
}

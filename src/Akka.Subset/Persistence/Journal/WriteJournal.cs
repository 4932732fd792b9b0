using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>Base of every journal: an actor that answers WriteMessages, ReplayMessages and DeleteMessagesTo.</summary>
public abstract class WriteJournalBase : ActorBase
{
    protected WriteJournalBase()
    {
    }

    /// <summary>The atomic writes among what an actor sent, without their senders, which mean nothing after a restart.</summary>
    protected IEnumerable<AtomicWrite> PreparePersistentBatch(IEnumerable<IPersistentEnvelope> resequenceables)
    {
        foreach (var envelope in resequenceables)
        {
            if (envelope is not AtomicWrite write) continue;
            if (write.Events.All(e => e.Sender == null)) yield return write;
            else yield return new AtomicWrite(write.Events
                .Select(e => AdaptToJournal(e.Update(e.SequenceNr, e.PersistenceId, e.IsDeleted, ActorRefs.NoSender, e.WriterGuid)))
                .ToImmutableArray());
        }
    }

    /// <summary>Events are stored as they are: no event adapters.</summary>
    protected IEnumerable<IPersistentRepresentation> AdaptFromJournal(IPersistentRepresentation representation) => [representation];

    /// <inheritdoc cref="AdaptFromJournal"/>
    protected IPersistentRepresentation AdaptToJournal(IPersistentRepresentation representation) => representation;
}

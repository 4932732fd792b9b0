using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>A journal in memory, gone with its actor system.</summary>
public class MemoryJournal : AsyncWriteJournal
{
    private sealed class Events
    {
        public readonly List<IPersistentRepresentation> List = [];
        public long Highest;
    }

    // Only the journal actor touches it: every task is complete when it is returned.
    private readonly Dictionary<string, Events> _events = [];

    protected override Task<IImmutableList<Exception?>?> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        foreach (var e in messages.SelectMany(w => w.Events))
        {
            var stored = For(e.PersistenceId);
            stored.List.Add(e);
            stored.Highest = e.SequenceNr;
        }
        return Task.FromResult<IImmutableList<Exception?>?>(null);
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(For(persistenceId).Highest);

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var e in For(persistenceId).List.TakeWhile(e => e.SequenceNr <= toSequenceNr))
        {
            if (e.SequenceNr < fromSequenceNr) continue;
            if (max-- <= 0) break;
            recoveryCallback(e);
        }
        return Task.CompletedTask;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        For(persistenceId).List.RemoveAll(e => e.SequenceNr <= toSequenceNr);
        return Task.CompletedTask;
    }

    private Events For(string persistenceId)
    {
        if (!_events.TryGetValue(persistenceId, out var events)) _events.Add(persistenceId, events = new Events());
        return events;
    }
}

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

    // Locked: a journal that derives from this one may call it from a task of its own.
    private readonly Dictionary<string, Events> _events = [];

    protected override Task<IImmutableList<Exception?>?> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        lock (_events)
        {
            foreach (var e in messages.SelectMany(w => w.Events))
            {
                var stored = For(e.PersistenceId);
                stored.List.Add(e);
                stored.Highest = e.SequenceNr;
            }
        }
        return Task.FromResult<IImmutableList<Exception?>?>(null);
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        lock (_events) return Task.FromResult(For(persistenceId).Highest);
    }

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        List<IPersistentRepresentation> found;
        lock (_events)
        {
            found = For(persistenceId).List.Where(e => e.SequenceNr >= fromSequenceNr && e.SequenceNr <= toSequenceNr)
                .Take((int)Math.Min(max, int.MaxValue)).ToList();
        }
        found.ForEach(recoveryCallback);
        return Task.CompletedTask;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        lock (_events) For(persistenceId).List.RemoveAll(e => e.SequenceNr <= toSequenceNr);
        return Task.CompletedTask;
    }

    private Events For(string persistenceId)
    {
        if (!_events.TryGetValue(persistenceId, out var events)) _events.Add(persistenceId, events = new Events());
        return events;
    }
}

using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Serialization;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Journal;

/// <summary>
/// A journal of Akka.Persistence in a log of its own: segments that are only written at the end, checksummed, and one sync for all actors that wait ("Paxos Made
/// Live", 4.1 and 5). For any persistent actor: <c>akka.persistence.journal.plugin = "akkapaxos.journal-log"</c>, with
/// <c>akkapaxos.journal-log.directory</c> set and reference.conf (<see cref="Node.PaxosSettings.DefaultConfig"/>) behind. One actor system at a time has a directory.
/// </summary>
/// <remarks>
/// It answers no queries, and drops the tags of a <see cref="Tagged"/> event. What it is on disk: <see cref="Frame"/> and <see cref="Segment"/>; what a failure
/// means: <see cref="SegmentedLog"/>.
/// </remarks>
public sealed class LogJournal : AsyncWriteJournal
{
    /// <summary>Where Akka.Persistence finds it.</summary>
    public const string PluginId = "akkapaxos.journal-log";

    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;
    private readonly LogWriter _writer;

    /// <summary>Opens the log, while the first of who needs it wait.</summary>
    /// <param name="config">The plugin's section.</param>
    public LogJournal(Config config)
    {
        var (log, commits) = (Context.GetLogger(), JournalCommits.Of(_system));
        commits.Begin();
        var settings = new LogJournalSettings(config);
        _writer = new LogWriter(() => settings.Open(commits.Add), e => log.Error("segments are kept that could go, and this node will not start again: {0}", e.Message));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _writer.Dispose();
        base.PostStop();
    }

    // The base class would run a write as a task behind a circuit breaker, and hand its answers to an actor that puts them in order: three turns of actors more. The
    // log's thread writes in order, and so it answers.
    /// <inheritdoc/>
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not WriteMessages write) return base.AroundReceive(receive, message);
        _ = Write(write);
        return true;
    }

    private async Task Write(WriteMessages write)
    {
        // Each is all or nothing; they were handed over together, so all of them are.
        var (entries, rejected, count) = (new List<LogEntry>(), (Dictionary<int, Exception>?)null, 0);
        try
        {
            foreach (var atomic in PreparePersistentBatch(write.Messages))
            {
                try
                {
                    entries.AddRange(((IEnumerable<IPersistentRepresentation>)atomic.Payload).Select(EntryOf).ToList());
                }
                catch (Exception e)
                {
                    (rejected ??= []).Add(count, e); // its serializer's
                }
                count++;
            }
            await _writer.Write(entries);
        }
        catch (Exception e)
        {
            write.PersistentActor.Tell(new WriteMessagesFailed(e, write.Messages.Count(m => m is AtomicWrite)));
            Answer(write, (p, _) => new WriteMessageFailure(p, e, write.ActorInstanceId));
            return;
        }
        write.PersistentActor.Tell(WriteMessagesSuccessful.Instance);
        Answer(write, (p, at) => rejected?.GetValueOrDefault(at) is { } cause
            ? new WriteMessageRejected(p, cause, write.ActorInstanceId)
            : new WriteMessageSuccess(p, write.ActorInstanceId));
    }

    /// <summary>Tells who wrote what became of each event, and hands back what only waited behind them.</summary>
    private static void Answer(WriteMessages write, Func<IPersistentRepresentation, int, object> answer)
    {
        var at = 0;
        foreach (var envelope in write.Messages)
        {
            if (envelope is not AtomicWrite atomic)
            {
                write.PersistentActor.Tell(new LoopMessageSuccess(envelope.Payload, write.ActorInstanceId), envelope.Sender);
                continue;
            }
            foreach (var written in (IEnumerable<IPersistentRepresentation>)atomic.Payload)
                write.PersistentActor.Tell(answer(written, at), written.Sender);
            at++;
        }
    }

    /// <summary>Is not called: see <see cref="AroundReceive"/>.</summary>
    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("writes do not go this way");

    private LogEntry EntryOf(IPersistentRepresentation written)
    {
        var payload = written.Payload is Tagged tagged ? tagged.Payload : written.Payload;
        var (id, manifest, bytes) = Akka.Serialization.Serialization.WithTransport(_system, () =>
        {
            var serializer = _system.Serialization.FindSerializerFor(payload);
            return (serializer.Identifier, Akka.Serialization.Serialization.ManifestFor(serializer, payload), serializer.ToBinary(payload));
        });
        var time = written.Timestamp > 0 ? written.Timestamp : DateTime.UtcNow.Ticks;
        return new LogEntry(written.PersistenceId, written.SequenceNr, time, id, manifest, written.Manifest ?? "", written.WriterGuid ?? "", bytes);
    }

    private ReplayedEntry Replayed(LogEntry entry) => new(
        _system.Serialization.Deserialize(entry.Payload, entry.SerializerId, entry.Manifest), entry.PersistenceId, entry.SequenceNr, entry.EventManifest,
        entry.Writer, entry.Timestamp);

    /// <inheritdoc/>
    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback) =>
        _writer.Replay(persistenceId, fromSequenceNr, toSequenceNr, max, e => recoveryCallback(Replayed(e)));

    /// <inheritdoc/>
    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _writer.Highest(persistenceId);

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _writer.Delete(persistenceId, toSequenceNr);
}

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

    /// <inheritdoc/>
    protected override Task<IImmutableList<Exception?>?> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        // Each is all or nothing; they were handed over together, so all of them are.
        var (entries, rejected, count) = (new List<LogEntry>(), (List<(int, Exception)>?)null, 0);
        foreach (var write in messages)
        {
            try
            {
                entries.AddRange(((IEnumerable<IPersistentRepresentation>)write.Payload).Select(EntryOf).ToList());
            }
            catch (Exception e)
            {
                (rejected ??= []).Add((count, e)); // its serializer's
            }
            count++;
        }
        var written = _writer.Write(entries);
        return Answers();

        async Task<IImmutableList<Exception?>?> Answers()
        {
            await written;
            if (rejected is null) return null;
            var answers = new Exception?[count];
            foreach (var (at, cause) in rejected) answers[at] = cause;
            return answers.ToImmutableList();
        }
    }

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

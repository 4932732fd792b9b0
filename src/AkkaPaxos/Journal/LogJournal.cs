using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
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
    private readonly LogJournalSettings _settings;
    private readonly Lock _gate = new();
    private Task<LogWriter> _writer;
    private bool _isStopped;

    /// <summary>Opens the log, while the first of who needs it wait.</summary>
    /// <param name="config">The plugin's section.</param>
    public LogJournal(Config config)
    {
        _settings = new LogJournalSettings(config);
        _writer = Task.Run(Open);
    }

    private LogWriter Open() => new(_settings.Open());

    /// <summary>The log; one that could not be opened is tried again, unless it is not what was written.</summary>
    private Task<LogWriter> Writer()
    {
        if (_writer.IsCompletedSuccessfully) return _writer;
        lock (_gate)
        {
            if (!_isStopped && _writer.IsFaulted && _writer.Exception.InnerException is not LogCorruptException) _writer = Task.Run(Open);
            return _writer;
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Task<LogWriter> last;
        lock (_gate) (_isStopped, last) = (true, _writer);
        try
        {
            last.GetAwaiter().GetResult().Dispose();
        }
        catch (Exception) when (last.IsFaulted)
        {
            // It was never open.
        }
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
        return Writer() is { IsCompletedSuccessfully: true } writer ? Write(writer.Result) : WriteThen();

        async Task<IImmutableList<Exception?>?> WriteThen() => await Write(await Writer());

        Task<IImmutableList<Exception?>?> Write(LogWriter writer) => Answers(writer.Write(entries));

        async Task<IImmutableList<Exception?>?> Answers(Task written)
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

    private Persistent RepresentationOf(LogEntry entry) => new(
        _system.Serialization.Deserialize(entry.Payload, entry.SerializerId, entry.Manifest), entry.SequenceNr, entry.PersistenceId,
        entry.EventManifest, false, ActorRefs.NoSender, entry.Writer, entry.Timestamp);

    /// <inheritdoc/>
    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback) =>
        await (await Writer()).Replay(persistenceId, fromSequenceNr, toSequenceNr, max, e => recoveryCallback(RepresentationOf(e)));

    /// <inheritdoc/>
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        await (await Writer()).Highest(persistenceId);

    /// <inheritdoc/>
    protected override async Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        await (await Writer()).Delete(persistenceId, toSequenceNr);
}

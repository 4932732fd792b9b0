using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence.Journal;

namespace Akka.Persistence.Sql.Journal;

/// <summary>A journal in a table of a SQL database, laid out as Akka.Persistence.Sql does by default.</summary>
public class SqlWriteJournal : AsyncWriteJournal
{
    private readonly SqlSettings _settings;
    private readonly PayloadSerializer _serializer;
    private readonly string _writerUuid = Guid.NewGuid().ToString("N");
    private SqlWriter _writer = null!;

    public SqlWriteJournal(Config journalConfig)
    {
        _settings = SqlSettings.From(Self.Path.Name, journalConfig);
        _serializer = new PayloadSerializer(Context.System, journalConfig.GetString("serializer"));
    }

    protected override void PreStart()
    {
        base.PreStart();
        _writer = SqlDatabases.Of(Context.System).Open(_settings);
        var log = Context.GetLogger();
        // Opens the database now, so that what is wrong with it is said at start. Each later call tries again.
        _writer.Do(_ => true).ContinueWith(t => log.Error(t.Exception!.InnerException, "{0}", t.Exception.InnerException!.Message),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    protected override void PostStop()
    {
        SqlDatabases.Of(Context.System).Close(_settings);
        base.PostStop();
    }

    protected override Task<IImmutableList<Exception?>?> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var rows = new List<JournalRow>();
        List<Exception?>? rejected = null;
        var index = 0;
        var now = DateTime.UtcNow.Ticks;
        foreach (var write in messages)
        {
            var before = rows.Count;
            try
            {
                foreach (var e in write.Events)
                    rows.Add(new JournalRow(e.PersistenceId, e.SequenceNr, now, _serializer.Serialize(e.Payload), _writerUuid));
            }
            catch (Exception e)
            {
                // What cannot be serialized is refused, the whole atomic write; the others are written.
                rows.RemoveRange(before, rows.Count - before);
                rejected ??= Enumerable.Repeat<Exception?>(null, index).ToList();
                rejected.Add(e);
                index++;
                continue;
            }
            rejected?.Add(null);
            index++;
        }
        var result = (IImmutableList<Exception?>?)rejected?.ToImmutableList();
        if (rows.Count == 0) return Task.FromResult(result);
        var job = new InsertJob(rows, result);
        _writer.Post(job);
        return job.Task;
    }

    // In the writer's turn: an actor that restarts must not read before its own last write, which is still waiting.
    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        _writer.Do(session => session.HighestSequenceNr(persistenceId));

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) => _writer.Read(session =>
    {
        session.Replay(persistenceId, fromSequenceNr, toSequenceNr, max, row => recoveryCallback(new Persistent(
            _serializer.Deserialize(row.Event.Bytes, row.Event.SerializerId, row.Event.Manifest), row.SequenceNr, persistenceId,
            row.Event.Manifest, false, ActorRefs.NoSender, row.WriterUuid, row.Created)));
        return true;
    });

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        var job = new DeleteJob(persistenceId, toSequenceNr);
        _writer.Post(job);
        return job.Task;
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Serialization;

namespace Akka.Subset.Tests;

/// <summary>Gathers what is sent to an actor, for the test to look at.</summary>
internal sealed class Inbox
{
    private readonly BlockingCollection<object> _messages = [];

    public Inbox(ActorSystem system) => Ref = system.ActorOf(Props.Create(() => new Gatherer(_messages)));

    public IActorRef Ref { get; }

    public T Next<T>() => Assert.IsType<T>(Next(), exactMatch: false);

    public object Next() => _messages.TryTake(out var message, TimeSpan.FromSeconds(20))
        ? message
        : throw new TimeoutException("No message came within 20 s.");

    public void Expect(params object[] messages)
    {
        foreach (var m in messages) Assert.Equal(m, Next());
    }

    public void ExpectNothing() => Assert.False(_messages.TryTake(out var message, TimeSpan.FromMilliseconds(300)), $"got {message}");

    private sealed class Gatherer(BlockingCollection<object> messages) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Watch w) Context.Watch(w.Actor);
            else messages.Add(message is Terminated t ? new Stopped(t.ActorRef) : message);
        }
    }

    private sealed record Watch(IActorRef Actor);

    /// <summary>The inbox gets a <see cref="Stopped"/> when the actor has stopped.</summary>
    public void WatchStop(IActorRef actor) => Ref.Tell(new Watch(actor));

    public sealed record Stopped(IActorRef Actor);
}

/// <summary>Serializes strings, so that they can be stored as events and snapshots.</summary>
public sealed class TextSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 4711;
    public override string Manifest(object o) => "text";

    public override byte[] ToBinary(object obj) => (string)obj == "unserializable"
        ? throw new NotSupportedException("this text cannot be serialized")
        : Encoding.UTF8.GetBytes((string)obj);

    public override object FromBinary(byte[] bytes, string manifest) => Encoding.UTF8.GetString(bytes);
}

internal static class Systems
{
    private static int _count;

    public const string Base = """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.loggers = []
        akka.actor.serializers.text = "Akka.Subset.Tests.TextSerializer, Akka.Subset.Tests"
        akka.actor.serialization-bindings { "System.String" = text }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """;

    public static ActorSystem Start(string hocon, string? name = null) => ActorSystem.Create(
        name ?? $"persistence{Interlocked.Increment(ref _count)}",
        ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString(Base)));

    public static void Stop(this ActorSystem system) => Assert.True(system.Terminate().Wait(TimeSpan.FromSeconds(20)));

    public static async Task Eventually(Func<bool> condition, string what)
    {
        var until = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, $"not within 20 s: {what}");
            await Task.Delay(20);
        }
    }
}

/// <summary>A journal whose writes wait for the test to let them go.</summary>
public sealed class HeldJournal : AsyncWriteJournal
{
    public sealed class State
    {
        public readonly BlockingCollection<Write> Writes = [];
        public readonly ConcurrentQueue<IPersistentRepresentation> Stored = new();

        public Write Next() => Writes.TryTake(out var write, TimeSpan.FromSeconds(20))
            ? write
            : throw new TimeoutException("No write came within 20 s.");
    }

    public sealed record Write(AtomicWrite[] Atomic, TaskCompletionSource<IImmutableList<Exception>> Promise, State Journal)
    {
        public string[] Events => [.. Atomic.SelectMany(Representations).Select(e => (string)e.Payload)];

        public void Accept(params Exception?[] refused)
        {
            for (var i = 0; i < Atomic.Length; i++)
                if (i >= refused.Length || refused[i] == null)
                    foreach (var e in Representations(Atomic[i])) Journal.Stored.Enqueue(e);
            Promise.SetResult(refused.Length == 0 ? null! : refused.Select(e => e!).ToImmutableList());
        }
    }

    private static readonly ConcurrentDictionary<string, State> States = new();

    public static State Of(ActorSystem system) => States.GetOrAdd(system.Name, _ => new State());

    public static IEnumerable<IPersistentRepresentation> Representations(AtomicWrite write) =>
        (IEnumerable<IPersistentRepresentation>)write.Payload;

    public const string Hocon = """
        akka.persistence.journal.plugin = "test.held-journal"
        test.held-journal.class = "Akka.Subset.Tests.HeldJournal, Akka.Subset.Tests"
        test.held-journal.plugin-dispatcher = "akka.actor.default-dispatcher"
        """;

    private readonly State _state = Of(Context.System);

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var write = new Write(messages.ToArray(), new TaskCompletionSource<IImmutableList<Exception>>(), _state);
        _state.Writes.Add(write);
        return write.Promise.Task;
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(_state.Stored.Where(e => e.PersistenceId == persistenceId).Select(e => e.SequenceNr).DefaultIfEmpty().Max());

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var e in _state.Stored)
            if (e.PersistenceId == persistenceId && e.SequenceNr >= fromSequenceNr && e.SequenceNr <= toSequenceNr)
                recoveryCallback(e);
        return Task.CompletedTask;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr) => Task.CompletedTask;
}

/// <summary>A journal as the simulator has it: a plain actor that answers the protocol itself, without a task.</summary>
public sealed class PlainJournal : WriteJournalBase
{
    private readonly List<IPersistentRepresentation> _stored = [];

    public const string Hocon = """
        akka.persistence.journal.plugin = "test.plain-journal"
        test.plain-journal.class = "Akka.Subset.Tests.PlainJournal, Akka.Subset.Tests"
        test.plain-journal.plugin-dispatcher = "akka.actor.default-dispatcher"
        """;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case WriteMessages write:
                // The sync to disk takes a while: the scheduler says when it is done.
                Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(5), Self, new Synced(write), ActorRefs.NoSender);
                return true;
            case Synced synced:
                Acknowledge(synced.Write);
                return true;
            case ReplayMessages replay:
                foreach (var e in _stored.Where(e => e.PersistenceId == replay.PersistenceId && e.SequenceNr >= replay.FromSequenceNr
                    && e.SequenceNr <= replay.ToSequenceNr))
                    replay.PersistentActor.Tell(new ReplayedMessage(e), ActorRefs.NoSender);
                var highest = _stored.Where(e => e.PersistenceId == replay.PersistenceId).Select(e => e.SequenceNr).DefaultIfEmpty().Max();
                replay.PersistentActor.Tell(new RecoverySuccess(highest), Self);
                return true;
            case DeleteMessagesTo delete:
                _stored.RemoveAll(e => e.PersistenceId == delete.PersistenceId && e.SequenceNr <= delete.ToSequenceNr);
                delete.PersistentActor.Tell(new DeleteMessagesSuccess(delete.ToSequenceNr), Self);
                return true;
            default:
                return false;
        }
    }

    private void Acknowledge(WriteMessages write)
    {
        foreach (var atomic in PreparePersistentBatch(write.Messages)) _stored.AddRange(HeldJournal.Representations(atomic));
        write.PersistentActor.Tell(WriteMessagesSuccessful.Instance, Self);
        foreach (var envelope in write.Messages)
            if (envelope is AtomicWrite atomic)
                foreach (var e in HeldJournal.Representations(atomic))
                    write.PersistentActor.Tell(new WriteMessageSuccess(e, write.ActorInstanceId), e.Sender);
            else
                write.PersistentActor.Tell(new LoopMessageSuccess(envelope.Payload, write.ActorInstanceId), envelope.Sender);
    }

    private sealed record Synced(WriteMessages Write);
}

/// <summary>
/// A persistent actor that a test tells what to do. It reports to the inbox what it recovers ("r:event"), what its handlers
/// get ("event") and which commands reach it ("c:command").
/// </summary>
internal class Journaler(string id, IActorRef inbox, Recovery recovery) : UntypedPersistentActor
{
    public sealed record Do(Action<Journaler> Action);

    public override string PersistenceId { get; } = id;
    public override Recovery Recovery { get; } = recovery;
    public IActorRef Inbox { get; } = inbox;
    public List<string> State { get; } = [];
    public IActorRef CurrentSender => Sender;

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer offer:
                State.AddRange(((string)offer.Snapshot).Split(','));
                Inbox.Tell($"s:{offer.Metadata.SequenceNr}:{offer.Snapshot}");
                break;
            case RecoveryCompleted:
                Inbox.Tell($"recovered:{LastSequenceNr}");
                break;
            default:
                State.Add((string)message);
                Inbox.Tell($"r:{message}");
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Do order:
                order.Action(this);
                break;
            case string text when text.StartsWith("persist ", StringComparison.Ordinal):
                Persist(text[8..], Handled);
                break;
            case string text when text.StartsWith("async ", StringComparison.Ordinal):
                PersistAsync(text[6..], Handled);
                break;
            case string text:
                Inbox.Tell($"c:{text}");
                break;
            default:
                Inbox.Tell(message);
                break;
        }
    }

    public void Handled(string e)
    {
        State.Add(e);
        Inbox.Tell(e);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Inbox.Tell($"failed:{@event}:{sequenceNr}:{cause.Message}");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Inbox.Tell($"rejected:{@event}:{sequenceNr}:{cause.Message}");

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => Inbox.Tell(new RecoveryFailed(reason, message));

    public sealed record RecoveryFailed(Exception Reason, object? Message);
}

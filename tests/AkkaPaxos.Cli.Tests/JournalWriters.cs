using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Cli.Tests;

/// <summary>Persistent actors by a node's configuration, each of which writes an entry when it is told to.</summary>
internal sealed class JournalWriters(Config config) : IDisposable
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = ActorSystem.Create("akkapaxos", config);
    private readonly Dictionary<string, IActorRef> _writers = [];
    private IActorRef _notes = ActorRefs.Nobody;

    /// <summary>Puts an entry into the journal that has the number which an actor will give its first one.</summary>
    /// <param name="writer">The actor.</param>
    /// <param name="bytes">A literal of the database's for some bytes.</param>
    public static string TakesFirstNumber(string writer, string bytes) =>
        "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) "
        + $"VALUES (0, false, '{writer}', 1, {bytes}, '', 4053, '')";

    /// <summary>Starts actors, and waits until they have recovered.</summary>
    public async Task Start(params string[] names)
    {
        if (_notes.IsNobody()) _notes = _system.ActorOf<Notes>();
        foreach (var name in names) _writers[name] = _system.ActorOf(Props.Create(typeof(Writer), name, _notes));
        await Told(names.Length);
    }

    /// <summary>Has actors write, all at once, and returns what each says came of it.</summary>
    public Task<string[]> Write(params string[] names)
    {
        foreach (var name in names) _writers[name].Tell("write");
        return Told(names.Length);
    }

    /// <summary>Deletes an actor's entries up to a number, as the actor would.</summary>
    public async Task Delete(string name, long to)
    {
        using var inbox = Inbox.Create(_system);
        Persistence.Instance.Apply(_system).JournalFor(null).Tell(new DeleteMessagesTo(name, to, inbox.Receiver), inbox.Receiver);
        Assert.IsType<DeleteMessagesSuccess>(await inbox.ReceiveAsync(InTime));
    }

    private async Task<string[]> Told(int count)
    {
        for (var end = DateTime.UtcNow + InTime; ; await Task.Delay(50))
        {
            var told = await _notes.Ask<string[]>("read", InTime);
            if (told.Length >= count)
            {
                _notes.Tell("forget");
                return told;
            }
            Assert.True(DateTime.UtcNow < end, $"told in time: {string.Join(", ", told)}");
        }
    }

    public void Dispose() => _system.Terminate().Wait(InTime);

    /// <summary>Says what comes of it.</summary>
    private sealed class Writer(string id, IActorRef told) : UntypedPersistentActor
    {
        public override string PersistenceId => id;

        protected override void OnCommand(object message) => PersistAsync(new LeaderRound(1), _ => told.Tell($"{id} wrote"));

        protected override void OnRecover(object message)
        {
            if (message is RecoveryCompleted) told.Tell($"{id} is there");
        }

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => told.Tell($"{id} does not start");

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => told.Tell($"{id} failed");
    }

    /// <summary>Notes what it is told.</summary>
    private sealed class Notes : UntypedActor
    {
        private readonly List<string> _told = [];

        protected override void OnReceive(object message)
        {
            if (message is "read") Sender.Tell(_told.ToArray());
            else if (message is "forget") _told.Clear();
            else _told.Add((string)message);
        }
    }
}

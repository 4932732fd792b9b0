using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>
/// A replica of node 1 among probes, in virtual time: with the test kit's scheduler, and <see cref="ListMachine"/> as the application. Session 1 is open
/// before a test begins, unless it starts its replica itself.
/// </summary>
public abstract class ReplicaTestBase() : RoleTestBase(Hocon, virtualTime: true)
{
    private const string Hocon = """
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """;

    /// <summary>The probe in the place of node 1's leader.</summary>
    protected TestProbe Leader => Peers.LeaderProbe(1);

    /// <summary>The application of the replica that was started last.</summary>
    protected ListMachine Lines { get; private set; } = new();

    /// <summary>A replica that has executed nothing.</summary>
    protected IActorRef StartEmpty(int node = 1) => StartFrom(null, node);

    /// <summary>A replica that starts from a snapshot.</summary>
    protected IActorRef StartFrom(ReplicaSnapshot? snapshot, int node = 1)
    {
        var replica = StartWaiting(node);
        Next<GetState>(Peers.SnapshotterProbe(node));
        replica.Tell(new RestoreFrom(snapshot), Peers.SnapshotterProbe(node).Ref);
        Sync(replica);
        return replica;
    }

    /// <summary>A replica that waits for its state.</summary>
    protected IActorRef StartWaiting(int node = 1)
    {
        var context = Node(node) with { StateMachine = () => Lines = new ListMachine() };
        var replica = Sys.ActorOf(Props.Create(typeof(Replica), context), $"replica-of-{node}-{Guid.NewGuid():N}");
        Peers.Put("replica", node, replica);
        return replica;
    }

    /// <summary>A replica that has executed slot 1, which opened session 1.</summary>
    protected IActorRef StartReplica(int node = 1)
    {
        var replica = StartEmpty(node);
        Decide(replica, 1, new Command(0, 99, 0, default));
        Sync(replica);
        return replica;
    }

    /// <summary>Returns when the replica has handled what was sent to it before, and says where it is.</summary>
    protected ReplicaStatus Sync(IActorRef replica)
    {
        var probe = CreateTestProbe();
        replica.Tell(GetReplicaStatus.Instance, probe.Ref);
        return probe.ExpectMsg<ReplicaStatus>(InTime);
    }

    /// <summary>Node <paramref name="leader"/> leads, as the leader beside the replica says.</summary>
    protected void Lead(IActorRef replica, int leader, long round = 1)
    {
        replica.Tell(new LeaderChanged(B(round, leader), true), Leader.Ref);
        Sync(replica);
    }

    /// <summary>Command <paramref name="sequence"/> of session 1.</summary>
    protected static Command C(long sequence, string? text = null) => new(1, sequence, 1, Encoding.UTF8.GetBytes(text ?? $"c{sequence}"));

    /// <summary>A slot is decided, under ballot 1.1 unless told.</summary>
    protected static void Decide(IActorRef replica, long slot, params Command[] commands) =>
        replica.Tell(new Decision(slot, B(1), commands.Length == 0 ? Value.NoOp : Value.Batch(commands)), ActorRefs.NoSender);

    /// <summary>What the leader beside the replica is asked to propose next; what else it is told is passed over.</summary>
    protected Propose ExpectPropose(TestProbe? leader = null) => Next<Propose>(leader ?? Leader);

    /// <summary>The next message of a type; the periodic ones of other types are passed over.</summary>
    protected static T Next<T>(TestProbe probe) => (T)probe.FishForMessage(m => m is T, InTime);

    /// <summary>Nothing of this type has come, now that the replica has handled everything.</summary>
    protected void ExpectNone<T>(IActorRef replica, TestProbe probe)
    {
        Sync(replica);
        Sync(replica); // what it told itself comes after the first
        while (probe.HasMessages) Assert.IsNotType<T>(probe.ReceiveOne(TimeSpan.Zero));
    }

    /// <summary>What a probe has received by now, of this type.</summary>
    protected List<T> Received<T>(IActorRef replica, TestProbe probe)
    {
        Sync(replica);
        Sync(replica);
        var received = new List<T>();
        while (probe.HasMessages)
            if (probe.ReceiveOne(TimeSpan.Zero) is T message) received.Add(message);
        return received;
    }

    /// <summary>Lets so many resend intervals pass.</summary>
    protected void Ticks(IActorRef replica, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Pass(Settings.ResendInterval);
            Sync(replica);
        }
    }

    /// <summary>Lets so many progress intervals pass.</summary>
    protected void Looks(IActorRef replica, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Pass(Settings.ProgressInterval);
            Sync(replica);
        }
    }

    /// <summary>The text of an answer.</summary>
    protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <summary>The number of a session in an answer.</summary>
    protected static long Session(Reply reply) => BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);

    /// <summary>The sequences of a value's or message's commands.</summary>
    protected static IEnumerable<long> Sequences(IEnumerable<Command> commands) => commands.Select(c => c.Sequence);
}

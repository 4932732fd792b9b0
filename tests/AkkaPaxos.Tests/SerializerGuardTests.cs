using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Serialization;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Tests;

/// <summary>
/// Nothing of AkkaPaxos goes through Akka's default serializer: a type that ours does not know is an error at once, sent or journaled. Types of
/// others are left alone.
/// </summary>
public class SerializerGuardTests() : RoleTestBase("""
    akka.actor.provider = remote
    akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
    akka.actor.serializers.own = "AkkaPaxos.Tests.SerializerGuardTests+OwnSerializer, AkkaPaxos.Tests"
    akka.actor.serialization-bindings { "AkkaPaxos.Tests.SerializerGuardTests+Bound, AkkaPaxos.Tests" = own }
    akka.actor.serialization-identifiers { "AkkaPaxos.Tests.SerializerGuardTests+OwnSerializer, AkkaPaxos.Tests" = 4099 }
    """)
{
    /// <summary>A role's message that is marked as AkkaPaxos' own.</summary>
    public sealed record Marked(string Text) : IPaxosMessage;

    /// <summary>A role's message with a serializer of its own.</summary>
    public sealed record Bound(string Text);

    /// <summary>Somebody's message that nobody has bound.</summary>
    public sealed record Plain(string Text);

    /// <summary>The serializer of <see cref="Bound"/>.</summary>
    public sealed class OwnSerializer(ExtendedActorSystem system) : Serializer(system)
    {
        /// <inheritdoc/>
        public override bool IncludeManifest => false;

        /// <inheritdoc/>
        public override byte[] ToBinary(object obj) => System.Text.Encoding.UTF8.GetBytes(((Bound)obj).Text);

        /// <inheritdoc/>
        public override object FromBinary(byte[] bytes, Type type) => new Bound(System.Text.Encoding.UTF8.GetString(bytes));
    }

    private static bool IsGuarded(Type type) => type.IsAssignableTo(typeof(IPaxosMessage)) || type.IsAssignableTo(typeof(IPaxosRecord))
        || type.IsAssignableTo(typeof(INodeMessage));

    // What an actor asks a message for being, `case Accept m` or `is Accept`, is in its code the instruction isinst.
    private static IEnumerable<Type> AskedFor(MethodInfo method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            var op = code[at] == 0xFE ? TwoBytes[code[at + 1]] : OneByte[code[at]];
            at += op.Size;
            if (op == OpCodes.Isinst)
                yield return method.Module.ResolveType(BitConverter.ToInt32(code, at), method.DeclaringType!.GetGenericArguments(), method.GetGenericArguments());
            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static readonly Dictionary<byte, OpCode> OneByte = OpCodesOf(1);
    private static readonly Dictionary<byte, OpCode> TwoBytes = OpCodesOf(2);

    private static Dictionary<byte, OpCode> OpCodesOf(int size) => typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).Where(o => o.Size == size).ToDictionary(o => (byte)o.Value);

    [Fact]
    public void Whatever_an_actor_of_ours_handles_our_serializer_writes_or_refuses()
    {
        var ours = typeof(Acceptor).Assembly;
        var handled = ours.GetTypes().Where(t => t.IsAssignableTo(typeof(ActorBase)))
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .SelectMany(AskedFor)
            // A private one is an actor's word to itself, and what Consensus has are parts of messages.
            .Where(t => t.Assembly == ours && !t.IsNestedPrivate && !t.IsAssignableTo(typeof(Exception)) && t.Namespace != typeof(Command).Namespace)
            .ToHashSet();
        HashSet<Type> some = [typeof(Accept), typeof(AcceptorAccepted), typeof(Learned), typeof(Synod.Submit), typeof(ReplicaSnapshotDue)];
        Assert.Superset(some, handled);
        Assert.Empty(handled.Where(t => !IsGuarded(t)).Select(t => t.FullName));
        Assert.All(handled, t => Assert.IsType<PaxosSerializer>(Sys.Serialization.FindSerializerForType(t)));
    }

    [Fact]
    public void What_others_send_is_left_alone()
    {
        Assert.IsType<OwnSerializer>(Sys.Serialization.FindSerializerForType(typeof(Bound)));
        Assert.IsNotType<PaxosSerializer>(Sys.Serialization.FindSerializerForType(typeof(Plain)));
    }

    public static TheoryData<object, string> Refused => new()
    {
        { new Executed(1), "AkkaPaxos.MultiPaxos.Executed goes only between the actors of one node" },
        { new Marked("x"), "SerializerGuardTests+Marked. It writes AkkaPaxos' own messages and records; a role's own type is not marked IPaxosMessage" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Sent_to_another_node_it_is_logged_as_an_error_and_does_not_arrive(object message, string says)
    {
        var there = ActorSystem.Create("there", Sys.Settings.Config);
        try
        {
            var arrived = new TestProbe(there, new Akka.TestKit.Xunit2.XunitAssertions());
            var address = ((ExtendedActorSystem)there).Provider.DefaultAddress;
            var remote = await Sys.ActorSelection($"{address}{arrived.Ref.Path.ToStringWithoutAddress()}").ResolveOne(InTime);
            Sys.EventStream.Subscribe(TestActor, typeof(Error));
            remote.Tell(message, TestActor);
            remote.Tell(new Bound("after"), TestActor);
            Assert.Equal(new Bound("after"), arrived.ExpectMsg<object>(InTime)); // the link goes on, and the refused one is not before it
            FishForMessage(m => m is Error e && $"{e.Message} {e.Cause?.Message}".Contains(says), InTime);
        }
        finally
        {
            await there.Terminate();
        }
    }

    /// <summary>Persists what it is told, and tells what came of it.</summary>
    public sealed class Writer(IActorRef told) : UntypedPersistentActor
    {
        /// <inheritdoc/>
        public override string PersistenceId => "writer";

        /// <inheritdoc/>
        protected override void OnCommand(object message) => Persist(message, _ => told.Tell("written"));

        /// <inheritdoc/>
        protected override void OnRecover(object message)
        {
        }

        /// <inheritdoc/>
        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => told.Tell(cause);

        /// <inheritdoc/>
        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => told.Tell(cause);
    }

    [Fact]
    public async Task Journaled_it_is_an_error_that_says_what_to_do()
    {
        var folder = Directory.CreateTempSubdirectory("akkapaxos-guard-");
        var system = ActorSystem.Create("writes", ConfigurationFactory.ParseString($$"""
            akka.actor.provider = local
            akka.persistence.journal.plugin = "akka.persistence.journal.sql"
            akka.persistence.journal.sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              provider-name = "SQLite.MS"
              connection-string = "Data Source={{folder.FullName}}/journal.db;Pooling=False"
            }
            """).WithFallback(Sys.Settings.Config));
        try
        {
            foreach (var row in Refused)
            {
                system.ActorOf(Props.Create(typeof(Writer), TestActor)).Tell(row[0]);
                Assert.Contains((string)row[1], ExpectMsg<SerializationException>(InTime).Message);
            }
            system.ActorOf(Props.Create(typeof(Writer), TestActor)).Tell(new AcceptorPromised(B(1)));
            ExpectMsg("written", InTime);
        }
        finally
        {
            await system.Terminate();
            folder.Delete(recursive: true);
        }
    }
}

using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What of Akka's log is left out, and that nothing else is.</summary>
public sealed class QuietLogFilterTests
{
    private const string Endpoint = "akka://akkapaxos/system/endpointManager/reliableEndpointWriter-akka.tcp%3A%2F%2Fakkapaxos%40127.0.0.1%3A4053-1";
    private const string Role = "akka://akkapaxos/user/paxos/default/acceptor";

    public static TheoryData<string, LogEvent> LeftOut => new()
    {
        { "gossip", new Info("Cluster (akka://akkapaxos)", typeof(Cluster), "Cluster Node [akka.tcp://a@b:1] - Leader is moving node [...] to [Up]") },
        { "silent", new Warning("akka://a/system/cluster", typeof(Cluster), "Cluster Node [akka.tcp://a@b:1] - Marking node(s) as UNREACHABLE [...]") },
        { "gated", new Warning(Endpoint, typeof(RemoteActorRefProvider), "Association with remote system akka.tcp://a@b:1 has failed; address is now gated for 100 ms. Reason is: [x]") },
        { "refused", new Warning("remoting", typeof(ActorSystem), "Tried to associate with unreachable remote address [akka.tcp://a@b:1]. Address is now gated") },
        { "silent connection", new Error(null, Endpoint, typeof(RemoteActorRefProvider), "No response from remote. Handshake timed out or transport failure detector triggered") },
        { "ended", new Error(new Akka.Remote.Transport.InvalidAssociationException("Disassociated"), Endpoint, typeof(OneForOneStrategy), "Disassociated") },
        { "former incarnation", new Warning("remoting", typeof(ActorSystem), $"{new QuarantinedEvent(Address.Parse("akka.tcp://a@b:1"), 7)}") },
        { "said by the role", new Error(new IOException("disk"), Role, typeof(Acceptor), "Failed to persist event type [x] with sequence number [1] for persistenceId [y].") },
    };

    public static TheoryData<string, LogEvent> Kept => new()
    {
        { "ours", new Info(Role, typeof(Acceptor), "Cluster Node [ ...") },
        { "the user's", new Info("akka://a/user/mine", typeof(QuietLogFilterTests), "Association with remote system") },
        { "too large", new Error(Oversized, Endpoint, typeof(RemoteActorRefProvider), "Transient association error (association remains live)") },
        { "shut out", new Error(new IOException("x"), "remoting", typeof(RemoteActorRefProvider), "Association to [akka.tcp://a@b:1] with UID [1] is irrecoverably failed. Quarantining address.") },
        { "journal", new Error(new IOException("locked"), "akka://a/system/akka.persistence.journal.sql", typeof(Akka.Persistence.Journal.AsyncWriteJournal), "Failure during SQL Journal initialization.") },
        { "a fault in a role", new Error(new NullReferenceException(), Role, typeof(OneForOneStrategy), "Object reference not set") },
    };

    [Theory]
    [MemberData(nameof(LeftOut))]
    public void What_is_normal_is_left_out(string what, LogEvent e) => Assert.True(Decision(e) == LogFilterDecision.Drop, what);

    [Theory]
    [MemberData(nameof(Kept))]
    public void What_matters_or_is_not_known_is_kept(string what, LogEvent e) => Assert.True(Decision(e) == LogFilterDecision.Keep, what);

    // Its type is internal.
    private static Exception Oversized =>
        (Exception)Activator.CreateInstance(typeof(RemoteActorRefProvider).Assembly.GetType("Akka.Remote.OversizedPayloadException", throwOnError: true)!, "Discarding oversized payload")!;

    private static LogFilterDecision Decision(LogEvent e) => new QuietLogFilter().ShouldKeepMessage(e, $"{e}");
}

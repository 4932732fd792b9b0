using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// What tests of one role share: an actor system with AkkaPaxos' serializer, three nodes of probes, and the context that a node would hand to
/// the role. With <c>virtualTime</c> timers run only by <see cref="Pass"/>, so that a test decides when a time-out strikes.
/// </summary>
public abstract class RoleTestBase : TestKit
{
    /// <summary>For what must not happen: longer than a message takes, short enough for a test.</summary>
    protected static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(150);

    /// <summary>For what must happen: generous, as the machine may be busy.</summary>
    protected static readonly TimeSpan InTime = TimeSpan.FromSeconds(20);

    /// <summary>The system's configuration is <paramref name="hocon"/>, then reference.conf, then the test kit's.</summary>
    protected RoleTestBase(string hocon = "", bool virtualTime = false)
        : base(Config(hocon, virtualTime), "test")
    {
        Settings = new ProtocolSettings(PaxosSettings.DefaultConfig().GetConfig("akkapaxos"));
        Membership = new Membership(((int[])[1, 2, 3]).Select(id => new Member(new NodeId(id), $"akka.tcp://akkapaxos@10.0.0.{id}:4053")));
        Peers = new ProbeDirectory(this, Membership.Members.Select(m => m.Id));
    }

    /// <summary>The protocol's settings; a test may change them before it makes a context.</summary>
    protected ProtocolSettings Settings { get; set; }

    /// <summary>Nodes 1, 2 and 3.</summary>
    protected Membership Membership { get; }

    /// <summary>A probe for every role of every node.</summary>
    protected ProbeDirectory Peers { get; }

    /// <summary>The configuration of a system that can write AkkaPaxos' messages and journal entries.</summary>
    protected static Config Config(string hocon, bool virtualTime = false)
    {
        var scheduler = virtualTime ? "Akka.TestKit.TestScheduler, Akka.TestKit" : "Akka.Actor.HashedWheelTimerScheduler, Akka";
        return ConfigurationFactory.ParseString($$"""
                akka.loglevel = INFO
                akka.scheduler.implementation = "{{scheduler}}"
                akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
                akka.test { default-timeout = 20s, single-expect-default = 20s }
                {{hocon}}
                """)
            .WithFallback(PaxosSettings.DefaultConfig())
            .WithFallback(DefaultConfig);
    }

    /// <summary>What the node <paramref name="self"/> hands to its roles.</summary>
    protected RoleContext Node(int self = 1) =>
        new(new NodeId(self), "default", Membership, Peers, Settings, () => throw new InvalidOperationException("no application here"), self);

    /// <summary>Lets virtual time pass.</summary>
    protected void Pass(TimeSpan time) => ((TestScheduler)Sys.Scheduler).Advance(time);

    /// <summary>Starts a role in the place of the probe of its node.</summary>
    protected IActorRef Start(string role, Type type, int node = 1)
    {
        var actor = Sys.ActorOf(Props.Create(type, Node(node)), $"{role}-of-{node}-{Guid.NewGuid():N}");
        Peers.Put(role, node, actor);
        return actor;
    }

    /// <summary>Stops an actor, and returns when it has stopped.</summary>
    protected void StopAndWait(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor, InTime);
    }

    /// <summary>The ballot <c>round.leader</c>.</summary>
    protected static Ballot B(long round, int leader = 1) => new(round, new NodeId(leader));

    /// <summary>A value of one command whose operation is <paramref name="text"/>.</summary>
    protected static Value V(string text) => Value.Batch([new Command(1, 1, 1, Encoding.UTF8.GetBytes(text))]);

    /// <summary>The pvalue ⟨ballot, slot, no-op⟩.</summary>
    protected static PValue NoOp(Ballot ballot, long slot) => new(ballot, slot, Value.NoOp);

    /// <summary>The pvalue ⟨ballot, slot, value of text⟩.</summary>
    protected static PValue P(Ballot ballot, long slot, string text) => new(ballot, slot, V(text));
}

using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

public sealed class SteppingNetworkTests
{
    private static readonly TimeSpan Election = TimeSpan.FromSeconds(1);

    private static SteppingNetwork Cluster(int nodes = 3, TimeSpan syncDelay = default, bool holdOwnMessages = false)
    {
        var network = new SteppingNetwork(syncDelay);
        var (founding, settings) = (MultiPaxosNode.Founding(nodes), MultiPaxosNode.Settings());
        for (var id = 1; id <= nodes; id++)
        {
            var self = id;
            network.AddNode($"n{id}", n => MultiPaxosNode.Roles(n, self, founding, settings, () => new AppendMachine()), holdOwnMessages);
        }
        network.AddClient("client");
        return network;
    }

    private static Command OpenSession(long token) => new(0, token, 1, default);

    private static Command Append(long session, long sequence, string line) => new(session, sequence, 1, Encoding.UTF8.GetBytes(line));

    private static long Elect(SteppingNetwork network, string node)
    {
        network.Ask(node, "leader", Lead.InsteadOfAnybody);
        network.RunUntilQuiet();
        return ((ReplicaStatus)network.Ask(node, "replica", GetReplicaStatus.Instance).Single()).Ballot.Round;
    }

    private static long Open(SteppingNetwork network, string node)
    {
        network.Send("client", node, "replica", new Request([OpenSession(77)]));
        network.RunUntilQuiet();
        var reply = network.Received("client").OfType<Response>().SelectMany(r => r.Replies).Single(r => r.Client == 0);
        return BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
    }

    private static ReplicaStatus Status(SteppingNetwork network, string node) =>
        (ReplicaStatus)network.Ask(node, "replica", GetReplicaStatus.Instance).Single();

    private static List<string> Replies(SteppingNetwork network) =>
        [.. network.Received("client").OfType<Response>().SelectMany(r => r.Replies).Where(r => r.Client != 0)
            .Select(r => Encoding.UTF8.GetString(r.Result.Span))];

    [Fact]
    public void Nothing_moves_by_itself()
    {
        var network = Cluster();
        Assert.Empty(network.InFlight);
        Assert.Equal(TimeSpan.Zero, network.Now);
        Assert.Contains(network.Timers, t => t is { Node: "n2", Role: "leader", Key: "Silence" });

        network.Fire(network.Timers.Single(t => t is { Node: "n1", Role: "leader", Key: "Silence" }).Id);
        Assert.Equal(["n2/leader Poll", "n3/leader Poll"], network.InFlight.Select(m => $"{m.To}/{m.ToRole} {m.Message.GetType().Name}"));
        network.Deliver(network.InFlight[0].Id);
        network.Drop(network.InFlight[0].Id);
        network.Deliver(Assert.Single(network.InFlight, m => m.Message is PollResult).Id);
        // The own acceptor has answered within the node; the others' prepares wait.
        Assert.Equal(["n2/acceptor Prepare", "n3/acceptor Prepare"], network.InFlight.Select(m => $"{m.To}/{m.ToRole} {m.Message.GetType().Name}"));
        Assert.Equal("leader/scout-1", network.InFlight[0].FromRole);

        network.Deliver(network.InFlight[0].Id);
        var promise = Assert.Single(network.InFlight, m => m.Message is Promise);
        Assert.Equal(("n2", "acceptor", "n1", "leader/scout-1"), (promise.From, promise.FromRole, promise.To, promise.ToRole));
        Assert.Equal(new Ballot(1, new NodeId(1)), ((Promise)promise.Message).Promised);
        Assert.Equal(TimeSpan.Zero, network.Now);
        Assert.Empty(network.Failures);
    }

    [Fact]
    public void A_command_is_decided_once_its_messages_are_delivered()
    {
        var network = Cluster();
        Elect(network, "n1");
        var session = Open(network, "n2");
        network.Send("client", "n2", "replica", new Request([Append(session, 1, "x")]));
        network.RunUntilQuiet();
        Assert.Equal(["1"], Replies(network));
        Assert.All(new[] { "n1", "n2", "n3" }, n => Assert.Equal(3, Status(network, n).SlotOut));
        Assert.Empty(network.Failures);
        Assert.Empty(network.Log);
    }

    [Fact]
    public void Messages_can_be_lost_repeated_and_late()
    {
        var network = Cluster();
        Elect(network, "n1");
        var session = Open(network, "n1");
        network.Send("client", "n1", "replica", new Request([Append(session, 1, "x")]));
        network.Deliver(network.InFlight.Single(m => m.Message is Request).Id);
        var accepts = network.InFlight.Where(m => m.Message is Accept).ToList();
        Assert.Equal(2, accepts.Count);

        network.Drop(accepts[0].Id);
        network.Delay(accepts[1].Id, TimeSpan.FromMilliseconds(10));
        network.RunUntilQuiet();
        Assert.Empty(Replies(network)); // only the leader's own acceptor has it
        network.Advance(TimeSpan.FromMilliseconds(9));
        Assert.Contains(network.InFlight, m => m.Id == accepts[1].Id);
        network.Advance(TimeSpan.FromMilliseconds(1));
        Assert.DoesNotContain(network.InFlight, m => m.Id == accepts[1].Id);
        var accepted = network.InFlight.Single(m => m.Message is Accepted);
        var copy = network.Duplicate(accepted.Id);
        network.Deliver(copy);
        network.Deliver(accepted.Id);
        network.RunUntilQuiet();
        Assert.Equal(["1"], Replies(network));
    }

    [Fact]
    public void A_crashed_node_keeps_its_journal_and_loses_its_memory()
    {
        var network = Cluster();
        Elect(network, "n1");
        var session = Open(network, "n1");
        network.Crash("n3");
        Assert.False(network.IsUp("n3"));
        network.Send("client", "n1", "replica", new Request([Append(session, 1, "x")]));
        network.RunUntilQuiet();
        Assert.Equal(["1"], Replies(network));

        network.Restart("n3");
        Assert.Equal(1, Status(network, "n3").SlotOut);
        Assert.Equal(new AcceptorPromised(new Ballot(1, new NodeId(1))), network.Journal("n3", "paxos-default-3-acceptor")[0]);
        network.RunFor(Election); // it asks the others for what it missed
        Assert.Equal(3, Status(network, "n3").SlotOut);

        network.Crash("n2");
        network.LoseDisk("n2");
        Assert.Empty(network.Journal("n2", "paxos-default-2-acceptor"));
    }

    [Fact]
    public void A_write_that_is_not_safe_is_lost_in_a_crash()
    {
        var network = Cluster(syncDelay: TimeSpan.FromMilliseconds(5));
        network.Ask("n1", "leader", Lead.InsteadOfAnybody);
        network.Advance(Election);
        var prepare = network.InFlight.Where(m => m.Message is Prepare).MaxBy(m => ((Prepare)m.Message).Ballot)!;
        network.Deliver(prepare.Id);
        Assert.DoesNotContain(network.InFlight, m => m.Message is Promise && m.From == prepare.To);
        network.Crash(prepare.To);
        network.Restart(prepare.To);
        var promised = new AcceptorPromised(((Prepare)prepare.Message).Ballot);
        Assert.DoesNotContain(promised, network.Journal(prepare.To, $"paxos-default-{prepare.To[1..]}-acceptor"));

        network.Deliver(network.InFlight.First(m => m.To == prepare.To && m.Message.Equals(prepare.Message)).Id); // the scout has asked again
        network.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Contains(promised, network.Journal(prepare.To, $"paxos-default-{prepare.To[1..]}-acceptor"));
        Assert.Contains(network.InFlight, m => m.Message is Promise && m.From == prepare.To);
    }

    [Fact]
    public void A_pair_that_is_cut_off_hears_nothing_of_each_other()
    {
        var network = Cluster();
        var dropped = new List<MessageDropped>();
        network.Happened += e => { if (e is MessageDropped d) dropped.Add(d); };
        network.Cut("n1", "n2");
        Elect(network, "n1");
        Assert.Equal(1, Status(network, "n3").Ballot.Round);
        Assert.Equal(Ballot.Bottom, Status(network, "n2").Ballot);
        Assert.NotEmpty(dropped);
        Assert.All(dropped, d => Assert.Equal("n1 is cut off from n2", d.Reason));
        network.Heal("n1", "n2");
        network.RunFor(Election);
        Assert.Equal(1, Status(network, "n2").Ballot.Round);
    }

    [Fact]
    public void A_nodes_own_messages_can_wait_too()
    {
        var network = Cluster(holdOwnMessages: true);
        network.RunUntilQuiet(); // what replicas tell their leaders at the start
        network.Ask("n1", "leader", Lead.InsteadOfAnybody);
        Assert.Equal(["n1", "n2", "n3"], network.InFlight.Where(m => m.Message is Prepare).Select(m => m.To));
        network.Deliver(network.InFlight.Single(m => m is { To: "n1", Message: Prepare }).Id);
        Assert.Contains(network.InFlight, m => m is { From: "n1", To: "n1", ToRole: "leader/scout-1", Message: Promise });
        network.RunUntilQuiet();
        var session = Open(network, "n1");
        network.Send("client", "n1", "replica", new Request([Append(session, 1, "x")]));
        network.RunUntilQuiet();
        Assert.Equal(["1"], Replies(network));
        Assert.Empty(network.Failures);
    }

    [Fact]
    public void A_role_that_throws_is_reported_and_stopped()
    {
        var network = new SteppingNetwork();
        network.AddNode("n1", _ => [new SimulatedRole("echo", Props.Create(() => new Fragile()))]);
        network.AddClient("client");
        network.Send("client", "n1", "echo", new Confirm(Ballot.Bottom, 7));
        network.RunUntilQuiet();
        Assert.Equal([new Confirmed(new NodeId(1), Ballot.Bottom, 7)], network.Received("client"));
        network.Send("client", "n1", "echo", new Confirm(Ballot.Bottom, -1));
        network.RunUntilQuiet();
        Assert.Equal("minus", Assert.Single(network.Failures).Cause.Message);
        network.Send("client", "n1", "echo", new Confirm(Ballot.Bottom, 8));
        network.RunUntilQuiet();
        Assert.Single(network.Received("client"));
    }

    private sealed class Fragile : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var confirm = (Confirm)message;
            if (confirm.Id < 0) throw new InvalidOperationException("minus");
            Sender.Tell(new Confirmed(new NodeId(1), confirm.Ballot, confirm.Id), Self);
        }
    }

    [Fact]
    public void Death_watch_reaches_over_the_network()
    {
        var network = new SteppingNetwork();
        var seen = new List<string>();
        network.AddNode("n1", _ => [new SimulatedRole("mortal", Props.Create(() => new Mortal()))]);
        network.AddNode("n2", n => [new SimulatedRole("watcher", Props.Create(typeof(Watcher), n.Peer("n1", "mortal"), seen))]);
        network.RunUntilQuiet();
        Assert.Empty(seen);
        network.Tell("n1", "mortal", PoisonPill.Instance);
        network.RunUntilQuiet();
        Assert.Equal(["akka://n1/user/node/mortal"], seen);
    }

    private sealed class Mortal : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Watcher(IActorRef mortal, List<string> seen) : UntypedActor
    {
        protected override void PreStart() => Context.Watch(mortal);

        protected override void OnReceive(object message)
        {
            if (message is Terminated ended) seen.Add(ended.ActorRef.Path.ToString());
        }
    }

    [Fact]
    public async Task Another_thread_is_turned_away()
    {
        var network = new SteppingNetwork();
        IActorRef? echo = null;
        network.AddNode("n1", n =>
        {
            echo = n.Peer("n1", "echo");
            return [new SimulatedRole("echo", Props.Create(() => new Fragile()))];
        });
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Task.Run(() => echo!.Tell(new Confirm(Ballot.Bottom, 1), ActorRefs.NoSender)));
        Assert.Contains("outside of the simulation's thread", failure.Message);
        Assert.Equal(failure.Message, Assert.Throws<InvalidOperationException>(() => network.Advance(TimeSpan.Zero)).Message);
    }

    // Akka.NET logs what goes wrong as an actor is told something, and does not throw it at the teller.
    [Fact]
    public async Task Another_thread_that_tells_an_actor_itself_ends_the_simulation_at_its_next_step()
    {
        var network = new SteppingNetwork();
        network.AddNode("n1", _ => [new SimulatedRole("own", Props.Create(() => new Own()))]);
        var own = Assert.IsAssignableFrom<IActorRef>(Assert.Single(network.Ask("n1", "own", "who")));
        await Task.Run(() => own.Tell("who", ActorRefs.NoSender));
        var failure = Assert.Throws<InvalidOperationException>(() => network.Advance(TimeSpan.FromSeconds(1)));
        Assert.Contains("outside of the simulation's thread", failure.Message);
    }

    private sealed class Own : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(Self, Self);
    }

    [Fact]
    public void Equal_steps_have_equal_traces()
    {
        Assert.Equal(Run("x"), Run("x"));
        Assert.NotEqual(Run("x"), Run("y"));

        static ulong Run(string line)
        {
            var network = Cluster();
            network.RunFor(Election);
            var session = Open(network, "n1");
            network.Send("client", "n3", "replica", new Request([Append(session, 1, line)]));
            network.RunFor(Election);
            network.Crash("n2");
            network.RunFor(Election);
            network.Restart("n2");
            network.RunFor(Election);
            return network.TraceHash;
        }
    }
}

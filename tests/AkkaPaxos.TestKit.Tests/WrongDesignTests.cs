using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;
using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Simulation;
using AkkaPaxos.TestKit.WrongDesigns;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>The designs that the seeds begin with look right while nothing goes wrong, and fail as the seeds say; Paxos does not.</summary>
public sealed class WrongDesignTests
{
    private static readonly SynodSettings Settings = new(PaxosSettings.DefaultConfig().GetConfig("akkapaxos.synod"));

    /// <summary>Proposers p1, p2 ..., acceptors a1, a2 ..., learner l1 and client c1, each a node of its own; null: single-decree Paxos.</summary>
    private static SteppingNetwork Network(WrongDesign? design, int proposers, int acceptors)
    {
        var network = new SteppingNetwork();
        var counts = new Dictionary<SynodRole, int>
        {
            [SynodRole.Client] = 1, [SynodRole.Proposer] = proposers, [SynodRole.Acceptor] = acceptors, [SynodRole.Learner] = 1,
        };
        foreach (var (role, count) in counts.OrderBy(c => c.Key))
            for (var id = 1; id <= count; id++)
            {
                var self = new NodeId(id);
                network.AddNode(Name(role, self), start => [new SimulatedRole(SynodLink.Name(role), Props.Create(TypeOf(role), new SynodContext(
                    self, "decree",
                    new SynodPeers(Ids(SynodRole.Client), Ids(SynodRole.Proposer), Ids(SynodRole.Acceptor), Ids(SynodRole.Learner),
                        (to, other) => start.Peer(Name(to, other), SynodLink.Name(to))),
                    Settings, self.Value)))]);
            }

        return network;

        IEnumerable<NodeId> Ids(SynodRole role) => Enumerable.Range(1, counts[role]).Select(id => new NodeId(id));

        Type TypeOf(SynodRole role) => role switch
        {
            SynodRole.Client => typeof(Client),
            SynodRole.Proposer => design?.Proposer ?? typeof(Proposer),
            SynodRole.Acceptor => design?.Acceptor ?? typeof(Acceptor),
            _ => typeof(Learner),
        };
    }

    private static string Name(SynodRole role, NodeId id) => $"{SynodLink.Name(role)[0]}{id}";

    private static void Request(SteppingNetwork network, int proposer, string value) => network.Tell($"p{proposer}", "proposer", new Request(value));

    /// <summary>Delivers what a proposer has sent to these acceptors; what it has sent to others is lost.</summary>
    private static void Reach(SteppingNetwork network, int proposer, params int[] acceptors)
    {
        foreach (var message in network.InFlight.Where(m => m.From == $"p{proposer}" && m.ToRole == "acceptor"))
            if (acceptors.Contains(int.Parse(message.To[1..]))) network.Deliver(message.Id);
            else network.Drop(message.Id);
    }

    private static LearnerState Learned(SteppingNetwork network) => (LearnerState)network.Ask("l1", "learner", AskState.Instance).Single();

    private static string TwoValues(SteppingNetwork network)
    {
        var failure = network.Failures.First(f => f.Role == "learner");
        Assert.Equal("A5", Assert.IsType<InvariantViolationException>(failure.Cause).Invariant);
        return failure.Cause.Message;
    }

    public static TheoryData<string> Designs => [.. WrongDesign.All.Select(d => d.Name), "synod"];

    [Theory]
    [MemberData(nameof(Designs))]
    public void Each_looks_right_while_nothing_goes_wrong(string name)
    {
        var network = Network(WrongDesign.All.SingleOrDefault(d => d.Name == name), 1, name == "single-acceptor" ? 1 : 3);
        network.Tell("c1", "client", new Submit("X"));
        network.RunUntilQuiet();
        Assert.Equal("X", ((ClientState)network.Ask("c1", "client", AskState.Instance).Single()).Chosen);
        network.RunFor(TimeSpan.FromSeconds(3)); // nothing more comes of it
        Assert.Empty(network.InFlight);
        Assert.Empty(network.Failures);
    }

    // ---- problem A ----

    [Fact]
    public void Single_acceptor_while_it_is_down_nobody_can_find_out_what_is_chosen()
    {
        var network = Network(WrongDesign.SingleAcceptor, 1, 1);
        Request(network, 1, "X");
        network.RunUntilQuiet();
        network.Crash("l1");
        network.Crash("a1");
        network.Restart("l1");
        network.RunFor(TimeSpan.FromSeconds(10));
        Assert.Null(Learned(network).Chosen);

        // Of three, one may be down.
        var synod = Network(null, 1, 3);
        Request(synod, 1, "X");
        synod.RunUntilQuiet();
        synod.Crash("l1");
        synod.Crash("a1");
        synod.Restart("l1");
        synod.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal("X", Learned(synod).Chosen?.Value);
    }

    [Fact]
    public void Single_acceptor_back_without_its_memory_it_chooses_another_value()
    {
        var network = Network(WrongDesign.SingleAcceptor, 2, 1);
        Request(network, 1, "X");
        Request(network, 2, "Y");
        foreach (var message in network.InFlight.Where(m => m.From == "p1")) network.Deliver(message.Id);
        foreach (var message in network.InFlight.Where(m => m.From == "a1")) network.Deliver(message.Id);
        Assert.Equal("X", Learned(network).Chosen?.Value);
        network.Crash("a1");
        network.Restart("a1");
        network.RunUntilQuiet();
        Assert.Contains("1.1:X and 1.2:Y", TwoValues(network));
    }

    [Fact]
    public void Single_acceptor_is_refused_where_there_are_several()
    {
        var network = Network(WrongDesign.SingleAcceptor, 1, 3);
        Assert.Equal(3, network.Failures.Count(f => f.Role == "acceptor" && $"{f.Cause}".Contains("'single-acceptor' has one acceptor, not 3")));
        Request(network, 1, "X");
        network.RunUntilQuiet();
        Assert.Null(Learned(network).Chosen);
    }

    // ---- problem B ----

    [Fact]
    public void Accept_first_votes_of_three_proposers_split_for_good()
    {
        var network = Network(WrongDesign.AcceptFirst, 3, 3);
        for (var proposer = 1; proposer <= 3; proposer++) Request(network, proposer, $"V{proposer}");
        for (var proposer = 1; proposer <= 3; proposer++) Reach(network, proposer, proposer);
        network.RunFor(TimeSpan.FromSeconds(30)); // everyone is asked again, and nothing is lost any more
        Assert.Null(Learned(network).Chosen);
        Assert.Equal(["1.1:V1 by 1", "1.2:V2 by 2", "1.3:V3 by 3"], Learned(network).Tallies.Select(t => $"{t}"));
        Assert.DoesNotContain(network.Timers, t => t.Role == "proposer"); // nobody is going to do anything about it

        // Single-decree Paxos gets out of the same split.
        var synod = Network(null, 3, 3);
        for (var proposer = 1; proposer <= 3; proposer++)
        {
            Request(synod, proposer, $"V{proposer}");
            Reach(synod, proposer, 1, 2, 3); // Prepare
            foreach (var message in synod.InFlight.Where(m => m.To == $"p{proposer}")) synod.Deliver(message.Id);
            Reach(synod, proposer, proposer); // Accept
        }
        Assert.Null(Learned(synod).Chosen);
        synod.RunFor(TimeSpan.FromSeconds(30));
        Assert.NotNull(Learned(synod).Chosen);
        Assert.Empty(synod.Failures);
    }

    [Fact]
    public void Accept_first_two_proposers_and_a_crash_split_too_and_a_journal_does_not_help()
    {
        var network = Network(WrongDesign.AcceptFirst, 2, 3);
        network.Crash("a3");
        Request(network, 1, "X");
        Request(network, 2, "Y");
        Reach(network, 1, 1);
        Reach(network, 2, 2);
        network.Crash("a1");
        network.Restart("a1");
        network.RunFor(TimeSpan.FromSeconds(30));
        Assert.Null(Learned(network).Chosen);
        var acceptor = (AcceptorState)network.Ask("a1", "acceptor", AskState.Instance).Single();
        Assert.Equal(new Proposal(new Ballot(1, new NodeId(1)), "X"), acceptor.Accepted);
    }

    // ---- problem C ----

    [Fact]
    public void Accept_everything_chooses_one_value_after_the_other()
    {
        var network = Network(WrongDesign.AcceptEverything, 2, 3);
        Request(network, 1, "X");
        Request(network, 2, "Y");
        Reach(network, 1, 1, 2);
        foreach (var message in network.InFlight.Where(m => m.To is "l1" or "p1")) network.Deliver(message.Id);
        Assert.Equal("X", Learned(network).Chosen?.Value);
        Reach(network, 2, 2, 3);
        network.RunUntilQuiet();
        Assert.Contains("1.1:X and 1.2:Y", TwoValues(network));
    }

    // ---- not in a node ----

    [Fact]
    public void No_node_can_run_one()
    {
        Assert.All(WrongDesign.All.SelectMany(d => new[] { d.Proposer, d.Acceptor }), role =>
        {
            Assert.NotSame(typeof(PaxosSettings).Assembly, role.Assembly);
            var error = Assert.ThrowsAny<ConfigurationException>(() => new PaxosSettings(ConfigurationFactory.ParseString($$"""
                akkapaxos {
                  node-id = 1
                  members = [{ id = 1, address = "akka.tcp://s@h1:1" }]
                  state-machine = "AkkaPaxos.TestKit.Tests.AppendMachine, AkkaPaxos.TestKit.Tests"
                  role.acceptor = "{{role.FullName}}, {{role.Assembly.GetName().Name}}"
                }
                """)));
            Assert.Contains("akkapaxos.role.acceptor", error.Message);
        });
    }
}

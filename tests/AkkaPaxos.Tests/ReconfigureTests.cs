using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>How a change of the members is asked for until it is known what has become of it, with answers as a test wants them.</summary>
public sealed class ReconfigureTests : IAsyncLifetime
{
    private readonly int _port = NodeTests.FreePorts(1)[0];
    private readonly List<Reconfigure> _asked = [];
    private ActorSystem _system = null!;
    private Paxos _paxos = null!;

    private sealed class Scripted : UntypedActor
    {
        private readonly Func<Reconfigure, Reconfigured> _answer;

        public Scripted(Func<Reconfigure, Reconfigured> answer) => _answer = answer;

        protected override void OnReceive(object message) => Sender.Tell(_answer((Reconfigure)message));
    }

    public Task InitializeAsync()
    {
        _system = ActorSystem.Create("akkapaxos", ConfigurationFactory.ParseString($$"""
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{_port}} }
            akka.loglevel = WARNING
            akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            akkapaxos {
              node-id = 1
              members = [{ id = 1, address = "akka.tcp://akkapaxos@127.0.0.1:{{_port}}" }]
              state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests"
            }
            """).WithFallback(PaxosSettings.DefaultConfig()));
        _paxos = Paxos.Get(_system);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _system.Terminate();

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    private static MemberChange Add(int node) => new(MemberChangeKind.Add, new NodeId(node), $"akka.tcp://akkapaxos@10.0.0.{node}:4053");

    private Task<Configuration> Ask(IReadOnlyList<MemberChange> changes, params Reconfigured[] answers)
    {
        var left = new Queue<Reconfigured>(answers);
        Func<Reconfigure, Reconfigured> answer = asked =>
        {
            _asked.Add(asked);
            return left.Dequeue();
        };
        var replica = _system.ActorOf(Props.Create(typeof(Scripted), answer));
        return new Reconfiguring(_paxos, () => replica, changes, force: true).Run(Soon);
    }

    private Configuration Next(params MemberChange[] changes) => MemberChange.Apply(_paxos.Settings.Membership.Latest, changes, out _)!;

    private void Learn(Configuration next) =>
        _paxos.Settings.Membership.Learn(ConfigurationHistory.Of([new Governing(1, _paxos.Settings.Membership.Latest, 1), new Governing(99, next, 99)]));

    [Fact]
    public async Task It_is_asked_for_until_a_leader_is_known()
    {
        var next = Next(Add(4));
        Assert.Same(next, await Ask([Add(4)], new(Reconfigured.Unled, null), new(Reconfigured.Unled, null), new("", next)));
        Assert.Equal(3, _asked.Count);
        Assert.All(_asked, a => Assert.True(a.Force && a.Changes.SequenceEqual([Add(4)])));
    }

    [Fact]
    public async Task A_refusal_is_thrown_also_where_it_is_so_already()
    {
        Learn(Next(Add(4)));
        var refused = await Assert.ThrowsAsync<ReconfigurationRefusedException>(() => Ask([Add(4)], new Reconfigured("node 4 is a member already, at X", null)));
        Assert.Equal("node 4 is a member already, at X", refused.Message);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Where_the_leader_was_lost_it_is_asked_again_and_what_is_made_counts()
    {
        var next = Next(Add(4));
        Assert.Same(next, await Ask([Add(4)], new(Reconfigured.LeadsNoMore, null), new("", next))); // it was not made
        _asked.Clear();
        Learn(next);
        Assert.Equal(next, await Ask([Add(4)], new Reconfigured(Reconfigured.LeadsNoMore, null))); // it was, as this node knows
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Where_this_node_learns_later_that_it_was_made_it_counts_too()
    {
        var next = Next(Add(4));
        var asking = Ask([Add(4)], new(Reconfigured.LeadsNoMore, null), new("node 4 is a member already", null));
        while (_asked.Count < 2) await Task.Delay(10, Soon);
        Learn(next);
        Assert.Equal(next, await asking);
        // Another change came in its place.
        var other = await Assert.ThrowsAsync<ReconfigurationRefusedException>(
            () => Ask([Add(5)], new(Reconfigured.LeadsNoMore, null), new("address X is that of node 4", null)));
        Assert.Equal("address X is that of node 4", other.Message);
    }

    [Theory]
    [InlineData("10.0.0.4:4053")]
    [InlineData("akka.tcp://akkapaxos")]
    [InlineData("akka.tcp://other@10.0.0.4:4053")]
    [InlineData("akka://akkapaxos@10.0.0.4:4053")]
    [InlineData("http://10.0.0.4:4053")]
    [InlineData("")]
    public async Task An_address_that_no_node_of_the_cluster_can_have_is_refused(string address)
    {
        foreach (var kind in (MemberChangeKind[])[MemberChangeKind.Add, MemberChangeKind.Update])
        {
            var wrong = await Assert.ThrowsAsync<ArgumentException>(() => _paxos.Reconfigure([new MemberChange(kind, new NodeId(1), address)], cancellation: Soon));
            Assert.Equal($"\"{address}\" is not an address like akka.tcp://akkapaxos@10.0.0.4:4053", wrong.Message);
        }
    }
}

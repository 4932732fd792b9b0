using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// What a node does with roles that fail: starts them again, ever more slowly, and leaves those stopped that must not go on. A node of its own,
/// without remoting.
/// </summary>
public sealed class NodeSupervisionTests : IAsyncLifetime
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private ActorSystem? _system;

    /// <summary>A role that fails whenever it is told something.</summary>
    public sealed class Fragile : UntypedActor
    {
        /// <summary>A role has this constructor.</summary>
        public Fragile(RoleContext context) => Context.System.EventStream.Publish(context.Group);

        /// <inheritdoc/>
        protected override void OnReceive(object message) => throw new InvalidOperationException($"{message}");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system?.Terminate() ?? Task.CompletedTask;

    private Paxos Start(string hocon = "")
    {
        _system = ActorSystem.Create("one", ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString("""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            akkapaxos { node-id = 1, members = [{ id = 1, address = "akka://one" }], state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests" }
            """)).WithFallback(PaxosSettings.DefaultConfig()));
        return Paxos.Get(_system);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task A_state_machine_that_throws_stops_the_replica_for_good_and_the_status_says_so()
    {
        var paxos = Start();
        await paxos.Submit(Bytes("a"), new CancellationTokenSource(InTime).Token);
        var bad = paxos.Submit(Bytes("throw"), new CancellationTokenSource(TimeSpan.FromSeconds(3)).Token);
        var status = await paxos.Until(s => !s.Roles.Single(r => r.Name == "replica").IsRunning);
        Assert.Contains("the state machine failed in slot", status.Problem);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bad);
        Assert.False((await paxos.Status()).Roles.Single(r => r.Name == "replica").IsRunning);
    }

    [Fact]
    public async Task A_node_that_a_peer_has_quarantined_stops_and_says_why()
    {
        var paxos = Start();
        await paxos.Until(s => s.Roles.All(r => r.IsRunning));
        _system!.EventStream.Publish(new ThisActorSystemQuarantinedEvent(Address.Parse("akka://one"), Address.Parse("akka.tcp://one@10.0.0.2:4053")));
        var why = await paxos.Failed.WaitAsync(InTime);
        Assert.Contains("akka.tcp://one@10.0.0.2:4053 has quarantined this node", why.Message);
        await paxos.Until(s => s.Roles.All(r => !r.IsRunning));
    }

    [Theory]
    [InlineData("acceptor")]
    [InlineData("leader")]
    [InlineData("replica")]
    [InlineData("snapshotter")]
    [InlineData("fetcher")]
    public async Task A_role_that_stopped_is_started_again_and_the_node_goes_on(string role)
    {
        var paxos = Start();
        await paxos.Submit(Bytes("a"), new CancellationTokenSource(InTime).Token);
        var actor = await _system!.ActorSelection($"/user/paxos/default/{role}").ResolveOne(InTime);
        actor.Tell(role == "replica" ? Kill.Instance : PoisonPill.Instance);
        await paxos.Until(s => s.Roles.Single(r => r.Name == role).Problem is not null);
        await paxos.Until(s => s.Roles.All(r => r.IsRunning) && s.Leader.Value == 1);
        await paxos.Submit(Bytes("b"), new CancellationTokenSource(InTime).Token);
        Assert.Equal("a,b", Encoding.UTF8.GetString((await paxos.Query(default, cancellation: new CancellationTokenSource(InTime).Token)).Span));
    }

    [Fact]
    public async Task A_role_from_the_registry_runs_and_one_that_fails_again_and_again_is_given_ever_more_time()
    {
        var paxos = Start($$"""
            akkapaxos.roles = [acceptor, leader, snapshotter, replica, fetcher, fragile]
            akkapaxos.role.fragile = "{{typeof(Fragile).AssemblyQualifiedName!.Split(", Version")[0]}}"
            """);
        var status = await paxos.Until(s => s.Roles.All(r => r.IsRunning));
        Assert.Equal(["acceptor", "leader", "snapshotter", "replica", "fetcher", "fragile"], status.Roles.Select(r => r.Name));
        for (var i = 0; i < 3; i++)
        {
            var what = $"fall {i}";
            await paxos.Until(s =>
            {
                _system!.ActorSelection("/user/paxos/default/fragile").Tell(what); // nobody hears it while the role is down
                return s.Roles[5].Problem == what;
            });
        }
        await paxos.Until(s => s.Roles[5].IsRunning);
        await paxos.Submit(Bytes("a"), new CancellationTokenSource(InTime).Token); // the others were not disturbed
    }

    [Fact]
    public async Task While_its_journal_refuses_writes_a_node_reads_and_says_why_it_does_not_write()
    {
        var paxos = Start(GatedJournal.Hocon);
        using var patience = new CancellationTokenSource(InTime);
        await paxos.Submit(Bytes("a"), patience.Token);
        var gate = Gate.Of(_system!);
        gate.Fail("no space left on device");
        var write = paxos.Submit(Bytes("b"), patience.Token);
        var status = await paxos.Until(s => s.Problem is not null);
        Assert.StartsWith("acceptor: the journal cannot be written: no space left on device (since ", status.Problem);
        for (var i = 0; i < 20; i++) // over several of its attempts to write
        {
            Assert.Equal("a", Encoding.UTF8.GetString((await paxos.Query(default, cancellation: patience.Token)).Span));
            await Task.Delay(50);
        }
        Assert.False(write.IsCompleted);
        gate.Heal();
        await write;
        await paxos.Until(s => s.Problem is null);
        Assert.Equal("a,b", Encoding.UTF8.GetString((await paxos.Query(default, cancellation: patience.Token)).Span));
    }

    [Fact]
    public async Task While_its_journal_does_not_answer_a_node_reads_and_says_since_when_it_waits()
    {
        var paxos = Start(GatedJournal.Hocon);
        using var patience = new CancellationTokenSource(InTime * 2);
        await paxos.Submit(Bytes("a"), patience.Token);
        var gate = Gate.Of(_system!);
        gate.Close();
        var write = paxos.Submit(Bytes("b"), patience.Token);
        var status = await paxos.Until(s => s.Problem is not null);
        Assert.Matches("^acceptor: the journal has not answered for [0-9]+ s$", status.Problem);
        Assert.Equal("a", Encoding.UTF8.GetString((await paxos.Query(default, cancellation: patience.Token)).Span));
        gate.Open();
        await write;
        await paxos.Until(s => s.Problem is null);
    }

    [Fact]
    public async Task A_system_without_the_default_configuration_is_told_what_to_do()
    {
        _system = ActorSystem.Create("bare");
        var error = Assert.ThrowsAny<ConfigurationException>(() => Paxos.Get(_system));
        Assert.Contains("akkapaxos.node-id", error.Message);
        await _system.Terminate();
        _system = ActorSystem.Create("bare");
        Assert.Contains("DefaultConfig", Assert.Throws<ConfigurationException>(() => PaxosSession.Connect(_system, ["akka.tcp://a@h:1"])).Message);
        await _system.Terminate();
    }
}

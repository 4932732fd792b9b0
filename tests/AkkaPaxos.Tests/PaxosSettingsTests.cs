using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>A node's settings: what is read, and what is said of mistakes, in one line that names the key.</summary>
public sealed class PaxosSettingsTests
{
    private const string Good = """
        akkapaxos {
          node-id = 2
          members = [{ id = 3, address = "akka.tcp://s@h3:1" }, { id = 1, address = "akka.tcp://s@h1:1" }, { id = 2, address = "akka.tcp://s@h2:1" }]
          state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests"
        }
        """;

    private static PaxosSettings Read(string hocon) =>
        new(ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString(Good)));

    [Fact]
    public void What_is_set_is_read_and_the_rest_has_its_default()
    {
        var settings = Read("akkapaxos.window = 7");
        Assert.Equal(new NodeId(2), settings.NodeId);
        Assert.Equal("default", settings.Group);
        Assert.Equal("akka.tcp://s@h2:1", settings.Address);
        Assert.Equal([1, 2, 3], settings.Membership.Members.Select(m => m.Id.Value));
        Assert.Equal(["acceptor", "leader", "snapshotter", "replica", "fetcher", "admission"], settings.Roles);
        Assert.Equal(7, settings.Protocol.Window);
        Assert.Equal(1024, settings.Protocol.BatchCommands);
        Assert.Null(settings.Warning);
        Assert.False(settings.IsDurabilityRelaxed);
        Assert.True(Read("akkapaxos.durability = relaxed").IsDurabilityRelaxed);
        Assert.IsType<ListMachine>(settings.NewStateMachine());
    }

    [Theory]
    [InlineData("akkapaxos.node-id = 0", "akkapaxos.node-id")]
    [InlineData("akkapaxos.node-id = -1", "akkapaxos.node-id")]
    [InlineData("akkapaxos.node-id = one", "akkapaxos.node-id")]
    [InlineData("akkapaxos.node-id = 9", "akkapaxos.members")]
    [InlineData("akkapaxos.members = []", "akkapaxos.members")]
    [InlineData("akkapaxos.members = [1, 2]", "akkapaxos.members")]
    [InlineData("""akkapaxos.members = [{ id = 2 }]""", "akkapaxos.members")]
    [InlineData("""akkapaxos.members = [{ id = 2, address = "nowhere" }]""", "nowhere")]
    [InlineData("""akkapaxos.members = [{ id = x, address = "akka.tcp://s@h:1" }]""", "akkapaxos.members")]
    [InlineData("""akkapaxos.members = [{ id = 2, address = "akka.tcp://s@h:1" }, { id = 2, address = "akka.tcp://s@g:1" }]""", "given to akka.tcp")]
    [InlineData("""akkapaxos.members = [{ id = 2, address = "akka.tcp://s@h:1" }, { id = 1, address = "akka.tcp://s@h:1" }]""", "is given to nodes")]
    [InlineData("akkapaxos.group = \"a/b\"", "akkapaxos.group")]
    [InlineData("akkapaxos.window = 0", "akkapaxos.window")]
    [InlineData("akkapaxos.durability = some", "akkapaxos.durability")]
    [InlineData("akkapaxos.leader.jitter = 11", "akkapaxos.leader.jitter")]
    [InlineData("akkapaxos.roles = [acceptor, oracle]", "known roles: acceptor, admission, fetcher, leader, replica, snapshotter")]
    [InlineData("akkapaxos.roles = [acceptor, leader, replica]", "roles = [acceptor, leader, replica]: a replica needs snapshotter and fetcher beside it")]
    [InlineData("akkapaxos.roles = [acceptor, acceptor]", "akkapaxos.roles")]
    [InlineData("akkapaxos.role.leader = \"No.Such.Class, Nowhere\"", "akkapaxos.role.leader")]
    [InlineData("akkapaxos.role.leader = \"AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests\"", "akkapaxos.role.leader")]
    [InlineData("akkapaxos.state-machine = \"\"", "akkapaxos.state-machine")]
    [InlineData("akkapaxos.state-machine = \"No.Such.Class, Nowhere\"", "akkapaxos.state-machine")]
    [InlineData("akkapaxos.state-machine = \"AkkaPaxos.MultiPaxos.Replica, AkkaPaxos\"", "akkapaxos.state-machine")]
    public void A_mistake_is_reported_in_one_line_that_names_it(string hocon, string named)
    {
        var error = Assert.ThrowsAny<ConfigurationException>(() => Read(hocon));
        Assert.Contains(named, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}

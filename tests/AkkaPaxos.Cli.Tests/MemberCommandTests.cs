using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Gateway;
using AkkaPaxos.Gateway.Tests;
using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary><c>akkapaxos member</c> at a gateway in front of a node that is none.</summary>
public sealed class MemberCommandTests : IAsyncLifetime
{
    private const string At4 = "akka.tcp://akkapaxos@127.0.0.1:4054";
    private readonly FakeNode _node = new() { Leader = 2 };
    private HttpGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await HttpGateway.StartAsync(
        _node, new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway { port = 0, request-timeout = 300ms }")));

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    private Task<Outcome> Member(params string[] arguments) => Run(["member", .. arguments, "--endpoints", _gateway.Address]);

    private async Task Succeeds(string output, params string[] arguments)
    {
        var outcome = await Member(arguments);
        Assert.Equal((0, output + "\n", ""), (outcome.Code, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task Members_are_added_promoted_moved_and_removed()
    {
        await Succeeds("node 4 is a learner; voters: 1, 2; learners: 4", "add", "4", At4);
        await Succeeds("node 4 votes; voters: 1, 2, 4; learners: none", "promote", "4");
        await Succeeds($"node 4 is at {At4}5; voters: 1, 2, 4; learners: none", "update", "4", At4 + "5");
        await Succeeds("node 4 is removed; voters: 1, 2; learners: none", "remove", "4");
        Assert.Empty(_node.Forced);
        await Succeeds("node 1 is removed; voters: 2; learners: none", "remove", "1", "--force");
        Assert.Single(_node.Forced);
    }

    [Fact]
    public async Task The_list_says_who_votes_with_which_disk_and_how_far_each_is()
    {
        await Member("add", "4", At4);
        var outcome = await Member("list");
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        var rows = outcome.Output.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => string.Join(' ', l.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(
        [
            "node address role disk slot behind",
            "1 akka.tcp://akkapaxos@127.0.0.1:4051 voter - 12 5 nothing is heard of it",
            "2 akka.tcp://akkapaxos@127.0.0.1:4052 voter 0000000000000007 17 0 leads",
            $"4 {At4} learner - 17 0",
        ], rows);
        Assert.EndsWith("configuration 1, as node 2 has it\n", outcome.Output);
    }

    [Fact]
    public async Task The_list_is_that_of_the_node_that_knows_of_the_latest_change()
    {
        await using var behind = await HttpGateway.StartAsync(new FakeNode(), new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway.port = 0")));
        await Member("add", "4", At4);
        foreach (var endpoints in (string[])[$"{behind.Address},{_gateway.Address}", $"{_gateway.Address},{behind.Address},{KvCommandTests.ClosedEndpoint()}"])
            Assert.Contains(At4, (await Run("member", "list", "--endpoints", endpoints)).Output);
        var nobody = await Run("member", "list", "--endpoints", KvCommandTests.ClosedEndpoint());
        Assert.Equal(1, nobody.Code);
        Assert.StartsWith("akkapaxos: no endpoint answers: ", Assert.Single(nobody.ErrorLines));
    }

    [Theory]
    [InlineData(1, "node 2 is a member already, at akka.tcp://akkapaxos@127.0.0.1:4052", "add", "2", At4)]
    [InlineData(1, "address akka.tcp://akkapaxos@127.0.0.1:4052 is that of node 2", "add", "4", "akka.tcp://akkapaxos@127.0.0.1:4052")]
    [InlineData(1, "\"http://10.0.0.4:2380\" is not an address", "add", "4", "http://10.0.0.4:2380")]
    [InlineData(1, "node 2 votes already", "promote", "2")]
    [InlineData(1, "node 9 is no member; members are 1, 2", "promote", "9")]
    [InlineData(1, "node 9 is no member; members are 1, 2", "remove", "9")]
    [InlineData(1, "node 9 is no member; members are 1, 2", "replace", "9", "4", At4)]
    [InlineData(2, "a node's number is positive, not 0", "add", "0", At4)]
    [InlineData(2, "node 2 cannot take its own place", "replace", "2", "2", At4)]
    [InlineData(2, "Cannot parse argument 'four'", "add", "four", At4)]
    [InlineData(2, "Required argument 'ADDRESS' missing", "add", "4")]
    public async Task What_is_refused_says_why_in_one_line(int code, string why, params string[] arguments)
    {
        var outcome = await Member(arguments);
        Assert.Equal((code, ""), (outcome.Code, outcome.Output));
        Assert.Contains(why, outcome.ErrorLines[0]);
        Assert.Equal(0, _node.Members.Version);
    }

    [Fact]
    public async Task The_last_voter_is_not_removed()
    {
        await Member("remove", "1");
        var outcome = await Member("remove", "2");
        Assert.Equal(1, outcome.Code);
        Assert.EndsWith(": no voter would be left", Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public async Task A_replacement_waits_until_the_new_one_may_vote_and_is_one_step()
    {
        var adding = await Member("add", "4", At4); // as by one that was broken off
        Assert.Equal(0, adding.Code);
        foreach (var behind in (string[])["node 4 is 500 slots behind: it is promoted when it has caught up", "node 4 is 500 slots behind: it is promoted when it has caught up"])
            _node.Refusals.Enqueue(behind);
        var outcome = await Member("replace", "1", "4", At4);
        Assert.Equal((0, "node 4 votes in the place of node 1; voters: 2, 4; learners: none\n"), (outcome.Code, outcome.Output));
        Assert.EndsWith("node 4 is 500 slots behind: it is promoted when it has caught up", Assert.Single(outcome.ErrorLines)); // it says the same thing once
        Assert.StartsWith("waiting: ", outcome.Error);
        Assert.Equal((2, 2), (_node.Members.Version, _node.Members.Voters.Count));

        var again = await Member("replace", "1", "4", At4);
        Assert.Equal((0, "node 4 votes in the place of node 1\n", ""), (again.Code, again.Output, again.Error));
        Assert.Equal(2, _node.Members.Version);
    }

    [Fact]
    public async Task A_replacement_adds_the_new_one_and_gives_up_in_time()
    {
        var done = await Member("replace", "1", "4", At4);
        Assert.Equal((0, "node 4 is a learner; voters: 1, 2; learners: 4\n"), (done.Code, done.Error));

        await Member("add", "5", At4 + "5");
        foreach (var _ in Enumerable.Range(0, 1000)) _node.Refusals.Enqueue("nothing is heard of node 5");
        var outcome = await Member("replace", "2", "5", At4 + "5", "--timeout", "500ms");
        Assert.Equal((1, ""), (outcome.Code, outcome.Output));
        Assert.Matches("^akkapaxos: node 5 has not taken the place of node 2 in 0.5 s .--timeout., and stays a learner; the last answer was: .*: nothing is heard of node 5$", outcome.ErrorLines[^1]);
        Assert.Equal([2, 4], _node.Members.Voters.Select(v => v.Value));
        Assert.False(_node.Members.Find(new NodeId(5))!.Votes);
    }
}

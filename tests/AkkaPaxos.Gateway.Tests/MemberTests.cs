using System.Text;
using System.Text.Json.Nodes;
using Akka.Configuration;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Gateway.Tests;

/// <summary>etcd's Cluster service, as JSON.</summary>
public sealed class MemberTests : IAsyncLifetime
{
    private const string Header = """{"header":{"cluster_id":"14841639068965178418","member_id":"2","raft_term":"7"},""";
    private const string First = """{"ID":"1","name":"node-1","peerURLs":["akka.tcp://akkapaxos@127.0.0.1:4051"]}""";
    private const string Second = """{"ID":"2","name":"node-2","peerURLs":["akka.tcp://akkapaxos@127.0.0.1:4052"]}""";
    private const string Ninth = """{"ID":"9","name":"node-9","peerURLs":["akka.tcp://akkapaxos@127.0.0.1:4059"]""";
    private readonly FakeNode _node = new();
    private HttpGateway _gateway = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _gateway = await HttpGateway.StartAsync(_node, new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway { port = 0, request-timeout = 300ms }")));
        _http = new HttpClient { BaseAddress = new Uri(_gateway.Address) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Members_are_listed_added_promoted_moved_and_removed_in_etcds_shape()
    {
        Assert.Equal(Header + $$"""
            "members":[{{First}},{{Second}}]}
            """, await Ok("list", "{}"));
        Assert.Equal(Header + $$"""
            "member":{{Ninth}},"isLearner":true},"members":[{{First}},{{Second}},{{Ninth}},"isLearner":true}]}
            """, await Ok("add", """{"peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4059"], "isLearner": true, "ID": "9"}"""));
        Assert.Equal(Header + $$"""
            "members":[{{First}},{{Second}},{{Ninth}}}]}
            """, await Ok("promote", """{"ID": "9"}"""));
        Assert.Equal(Header + $$"""
            "members":[{{First}},{{Second}},{{Ninth.Replace("4059", "4060")}}}]}
            """, await Ok("update", """{"ID": "9", "peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4060"]}"""));
        Assert.Equal(Header + $$"""
            "members":[{{First}},{{Second}}]}
            """, await Ok("remove", """{"ID": "9"}"""));
        Assert.Equal(4, _node.Members.Version);
        Assert.Empty(_node.Forced);
    }

    [Fact]
    public async Task A_number_that_is_not_given_is_one_above_the_highest()
    {
        var added = JsonNode.Parse(await Ok("add", """{"peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4053"], "isLearner": true}"""))!;
        Assert.Equal("3", (string?)added["member"]!["ID"]);
    }

    [Fact]
    public async Task A_promotion_in_the_place_of_another_one_is_one_step_and_force_is_passed_on()
    {
        await Ok("add", """{"peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4059"], "isLearner": true, "ID": "9"}""");
        await Ok("promote", """{"ID": "9", "replaces": "1", "force": true}""");
        Assert.Equal([2, 9], _node.Members.Voters.Select(v => v.Value));
        Assert.Equal(2, _node.Members.Version);
        await Ok("remove", """{"ID": "2", "force": true}""");
        Assert.Equal([(MemberChangeKind.Promote, 9), (MemberChangeKind.Remove, 1), (MemberChangeKind.Remove, 2)], _node.Forced.Select(c => (c.Kind, c.Node.Value)));
    }

    [Theory]
    [InlineData("add", """{"peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4053"]}""", 400, 3, "isLearner: a member is added as a learner, with isLearner true, and promoted once it has caught up")]
    [InlineData("add", """{"isLearner": true}""", 400, 3, "peerURLs: a member has one, the address of its actor system, not 0")]
    [InlineData("add", """{"peerURLs": ["http://10.0.0.4:2380"], "isLearner": true}""", 400, 3, "\"http://10.0.0.4:2380\" is not an address")]
    [InlineData("add", """{"peerURLs": ["akka.tcp://a@b:1"], "isLearner": true, "ID": "2147483648"}""", 400, 3, "ID: a node's number is 1 to 2147483647, not 2147483648")]
    [InlineData("add", """{"peerURLs": ["akka.tcp://a@b:1"], "isLearner": true, "ID": "2"}""", 400, 9, "node 2 is a member already, at akka.tcp://akkapaxos@127.0.0.1:4052")]
    [InlineData("update", """{"ID": "2", "peerURLs": ["akka.tcp://akkapaxos@127.0.0.1:4051"]}""", 400, 9, "address akka.tcp://akkapaxos@127.0.0.1:4051 is that of node 1")]
    [InlineData("promote", """{"ID": "2"}""", 400, 9, "node 2 votes already")]
    [InlineData("promote", """{"ID": "9"}""", 404, 5, "node 9 is no member; members are 1, 2")]
    [InlineData("remove", """{"ID": "9"}""", 404, 5, "node 9 is no member; members are 1, 2")]
    [InlineData("remove", "{}", 400, 3, "ID: a node's number is 1 to 2147483647, not 0")]
    public async Task What_is_refused_says_why(string what, string body, int status, int code, string message)
    {
        using var response = await _http.PostAsync($"/v3/cluster/member/{what}", new StringContent(body, Encoding.UTF8, "application/json"));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((status, code, message), ((int)response.StatusCode, (int)error["code"]!, (string?)error["message"]));
        Assert.Equal(0, _node.Members.Version);
    }

    [Fact]
    public async Task Without_a_majority_they_are_listed_and_a_change_says_that_it_may_still_happen()
    {
        (_node.Stalled, _node.Problem) = (true, "node 1: no disk");
        await Ok("list", "{}");
        using var response = await _http.PostAsync("/v3/cluster/member/remove", new StringContent("""{"ID": "1"}"""));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((503, 14, "etcdserver: request timed out; the members may still change; node 1: no disk"),
            ((int)response.StatusCode, (int)error["code"]!, (string?)error["message"]));
    }

    private async Task<string> Ok(string what, string body)
    {
        using var response = await _http.PostAsync($"/v3/cluster/member/{what}", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }
}

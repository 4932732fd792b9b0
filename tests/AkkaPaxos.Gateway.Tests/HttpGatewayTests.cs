using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Akka.Configuration;
using AkkaPaxos.Node;

namespace AkkaPaxos.Gateway.Tests;

public sealed class HttpGatewayTests : IAsyncLifetime
{
    private readonly FakeNode _node = new();
    private readonly List<string> _logged = [];
    private HttpGateway _gateway = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        var settings = Settings("""akkapaxos { max-request-bytes = 64 KiB, gateway { port = 0, request-timeout = 300ms, max-bytes-under-way = 300 KiB } }""");
        _gateway = await HttpGateway.StartAsync(_node, settings, (e, path) => { lock (_logged) _logged.Add($"{path}: {e.Message}"); });
        _http = new HttpClient { BaseAddress = new Uri(_gateway.Address) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
    }

    // The flow of etcd's documentation ---------------------------------------------------------------------------------

    [Fact]
    public async Task Put_and_range_have_etcds_shape()
    {
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","revision":"2","raft_term":"7"}}""",
            await Ok("/v3/kv/put", """{"key": "Zm9v", "value": "YmFy"}"""));
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","revision":"2","raft_term":"7"},"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy"}],"count":"1"}""",
            await Ok("/v3/kv/range", """{"key": "Zm9v"}"""));
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","revision":"2","raft_term":"7"},"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy"}],"count":"1"}""",
            await Ok("/v3/kv/range", """{"key": "Zm9v", "range_end": "Zm9w"}"""));
    }

    [Fact]
    public async Task A_put_returns_the_previous_pair_and_a_delete_what_it_deleted()
    {
        await Ok("/v3/kv/put", """{"key": "Zm9v", "value": "YmFy"}""");
        Assert.Contains(""""prev_kv":{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy"}"""",
            await Ok("/v3/kv/put", """{"key": "Zm9v", "value": "YmF6", "prev_kv": true}"""));
        var deleted = await Ok("/v3/kv/deleterange", """{"key": "Zm9v", "prevKv": true}""");
        Assert.Contains(""""deleted":"1","prev_kvs":[{"key":"Zm9v"""", deleted);
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","revision":"4","raft_term":"7"}}""",
            await Ok("/v3/kv/deleterange", """{"key": "Zm9v"}"""));
    }

    [Fact]
    public async Task A_transaction_compares_and_takes_a_branch()
    {
        await Ok("/v3/kv/put", """{"key": "Zm9v", "value": "YmFy"}""");
        var txn = """{"compare":[{"target":"CREATE","key":"Zm9v","createRevision":"2"}],"success":[{"requestPut":{"key":"Zm9v","value":"YmF6"}}],"failure":[{"request_range":{"key":"Zm9v"}}]}""";
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","revision":"3","raft_term":"7"},"succeeded":true,"responses":[{"response_put":{"header":{"revision":"3"}}}]}""",
            await Ok("/v3/kv/txn", txn));
        Assert.Contains(""""responses":[{"response_range":{"header":{"revision":"3"},"kvs":[{"key":"Zm9v"""",
            await Ok("/v3/kv/txn", txn.Replace("\"2\"", "\"9\"")));
    }

    [Fact]
    public async Task Only_what_can_write_goes_through_the_log()
    {
        await Ok("/v3/kv/range", """{"key": "Zm9v"}""");
        await Ok("/v3/kv/txn", """{"success":[{"request_range":{"key":"Zm9v"}}]}""");
        Assert.Equal((0, 2), (_node.Submitted, _node.Queried));
        await Ok("/v3/kv/txn", """{"failure":[{"request_delete_range":{"key":"Zm9v"}}]}""");
        Assert.Equal(1, _node.Submitted);
    }

    [Fact]
    public async Task Maintenance_status_tells_version_leader_and_slots()
    {
        foreach (var body in (string[])["{}", ""])
        {
            var status = JsonNode.Parse(await Ok("/v3/maintenance/status", body))!;
            Assert.Equal(("3", "7", "16", "17", "2"),
                ((string?)status["leader"], (string?)status["raft_term"], (string?)status["raft_applied_index"], (string?)status["raft_index"],
                (string?)status["header"]!["member_id"]));
            Assert.Equal(HttpGateway.EtcdVersion, (string?)status["version"]);
        }
        _node.Leader = 0;
        Assert.Contains("no leader", await Ok("/v3/maintenance/status", "{}"));
    }

    [Fact]
    public async Task The_leader_is_moved_to_a_member()
    {
        Assert.Equal("""{"header":{"cluster_id":"14841639068965178418","member_id":"2","raft_term":"7"}}""",
            await Ok("/v3/maintenance/transfer-leadership", """{"targetID": "1"}"""));
        Assert.Equal(1, _node.Leader);
        foreach (var target in (string[])["9", "18446744073709551615"])
        {
            var (code, error) = await Refused("/v3/maintenance/transfer-leadership", $$"""{"targetID": "{{target}}"}""");
            Assert.Equal(400, code);
            Assert.Contains("none of the members 1, 2, 3", (string?)error["message"]);
        }
        _node.Stalled = true;
        Assert.Equal(503, (await Refused("/v3/maintenance/transfer-leadership", """{"targetID": "3"}""")).Code);
        Assert.Equal(1, _node.Leader);
    }

    // Bad input --------------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("/v3/kv/put", "")]
    [InlineData("/v3/kv/put", "{")]
    [InlineData("/v3/kv/put", "put foo bar")]
    [InlineData("/v3/kv/put", """{"key": "%%%"}""")]
    [InlineData("/v3/kv/put", """{"key": "Zm9"}""")]
    [InlineData("/v3/kv/put", """{"key": "Zm9v", "colour": 1}""")]
    [InlineData("/v3/kv/range", """{"key": "Zm9v", "limit": "many"}""")]
    [InlineData("/v3/kv/txn", """{"compare": 1}""")]
    [InlineData("/v3/maintenance/status", """{"x": 1}""")]
    [InlineData("/v3/maintenance/status", "[")]
    [InlineData("/v3/maintenance/transfer-leadership", """{"targetID": "n3"}""")]
    [InlineData("/v3/cluster/member/list", "")]
    [InlineData("/v3/cluster/member/add", """{"peerURLs": "akka.tcp://a@b:1", "isLearner": true}""")]
    [InlineData("/v3/cluster/member/remove", """{"ID": "-1"}""")]
    public async Task What_does_not_parse_is_400(string path, string body)
    {
        var (code, error) = await Refused(path, body);
        Assert.Equal((400, 3), (code, (int)error["code"]!));
        Assert.Equal(0, _node.Submitted);
        await StillServes();
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_400()
    {
        var content = new ByteArrayContent([.. "{\"key\":\""u8, 0xff, 0xfe, .. "\"}"u8]);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsync("/v3/kv/put", content)).StatusCode);
        await StillServes();
    }

    [Theory]
    [InlineData("/v3/kv/put", """{"value": "YmFy"}""", 400, 3, "etcdserver: key is not provided")]
    [InlineData("/v3/kv/put", """{"key": "", "value": "YmFy"}""", 400, 3, "etcdserver: key is not provided")]
    [InlineData("/v3/kv/range", "{}", 400, 3, "etcdserver: key is not provided")]
    [InlineData("/v3/kv/deleterange", "{}", 400, 3, "etcdserver: key is not provided")]
    [InlineData("/v3/kv/put", """{"key": "Zm9v", "lease": "1"}""", 404, 5, "etcdserver: requested lease not found")]
    [InlineData("/v3/kv/put", """{"key": "Zm9v", "ignore_value": true}""", 400, 3, "etcdserver: key not found")]
    [InlineData("/v3/kv/range", """{"key": "Zm9v", "revision": "9"}""", 400, 11, "etcdserver: mvcc: required revision is a future revision")]
    [InlineData("/v3/kv/txn", """{"success":[{"request_put":{"key":"Zm9v"}},{"request_put":{"key":"Zm9v"}}]}""", 400, 3,
        "etcdserver: duplicate key given in txn request")]
    public async Task What_the_store_refuses_has_etcds_error_body(string path, string body, int status, int code, string message)
    {
        var (got, error) = await Refused(path, body);
        Assert.Equal((status, code, message, message), (got, (int)error["code"]!, (string?)error["error"], (string?)error["message"]));
    }

    [Fact]
    public async Task A_request_over_the_limit_is_413_and_too_many_are_503()
    {
        _node.Failure = new RequestTooLargeException("the request has 65537 bytes, and the limit is 65536 (akkapaxos.max-request-bytes)");
        var (code, error) = await Refused("/v3/kv/put", """{"key": "Zm9v"}""");
        Assert.Equal((413, 3, "etcdserver: request is too large: the request has 65537 bytes, and the limit is 65536 (akkapaxos.max-request-bytes)"),
            (code, (int)error["code"]!, (string?)error["error"]));
        _node.Failure = new OverloadedException("much waits");
        (code, error) = await Refused("/v3/kv/range", """{"key": "Zm9v"}""");
        Assert.Equal((503, 8, "etcdserver: too many requests: much waits; nothing was done, try again later"), (code, (int)error["code"]!, (string?)error["error"]));
        _node.Failure = null;
        await StillServes();
    }

    [Fact]
    public async Task What_is_worked_on_at_once_is_bounded_in_bytes()
    {
        _node.Stalled = true;
        var value = Convert.ToBase64String(new byte[60 << 10]);
        var calls = Enumerable.Range(0, 8).Select(_ => Refused("/v3/kv/put", $$"""{"key": "Zm9v", "value": "{{value}}"}""")).ToList();
        var codes = (await Task.WhenAll(calls)).Select(c => (int)c.Error["code"]!).Order().ToList();
        Assert.Equal([8, 8, 8, 8, 8, 14, 14, 14], codes); // 80 KiB each: three fit, and time out
        _node.Stalled = false;
        // What does not tell its length counts as it comes: many small ones are served.
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v3/kv/range") { Content = new StringContent("""{"key": "Zm9v"}""") };
            chunked.Headers.TransferEncodingChunked = true;
            using var answer = await _http.SendAsync(chunked);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }));
        for (var i = 0; i < 2; i++) await Ok("/v3/kv/put", $$"""{"key": "{{Convert.ToBase64String([(byte)i])}}", "value": "{{value}}"}""");
        Assert.NotNull(await Ok("/v3/kv/range", """{"key": "AA=="}"""));
        // An answer counts four times, as JSON is larger; one alone is always given.
        Assert.NotNull(await Ok("/v3/kv/range", """{"key": "AA==", "range_end": "AA=="}"""));
        await StillServes();
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_with_and_without_its_length()
    {
        // More than fits in the buffers between: it has to be read for the answer to arrive.
        const int Length = 16 << 20;
        var (code, error) = await Refused("/v3/kv/put", new string(' ', Length));
        Assert.Equal((413, $"etcdserver: request is too large: a body of {Length} bytes; the limit is 196608 bytes"), (code, (string?)error["error"]));
        var chunked = new HttpRequestMessage(HttpMethod.Post, "/v3/kv/put") { Content = new StreamContent(new MemoryStream(new byte[Length])) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await _http.SendAsync(chunked)).StatusCode);
        await StillServes();
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_it_is_sent_where_that_is_asked()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(_gateway.Address).Port);
        await socket.GetStream().WriteAsync("POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(socket.GetStream());
        Assert.StartsWith("HTTP/1.1 413", await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData("", "there is no body: a JSON object is expected, like {\"key\":\"Zm9v\"}")]
    [InlineData("""{"key":"Zm9v","value":"%"}""", "value: this is not base64")]
    public async Task What_does_not_parse_is_named(string body, string message) =>
        Assert.StartsWith(message, (string?)(await Refused("/v3/kv/put", body)).Error["error"]);

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/v3/kv", 404)]
    [InlineData("POST", "/v3/kv/put/", 404)]
    [InlineData("POST", "/v3/lease/grant", 404)]
    [InlineData("GET", "/v3/kv/put", 405)]
    [InlineData("PUT", "/v3/kv/put", 405)]
    [InlineData("POST", "/health", 405)]
    [InlineData("DELETE", "/status", 405)]
    public async Task An_unknown_path_is_404_and_a_wrong_method_405(string method, string path, int status)
    {
        using var response = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotNull(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]);
    }

    [Fact]
    public async Task Bytes_that_are_no_HTTP_harm_nothing()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, new Uri(_gateway.Address).Port);
            await socket.GetStream().WriteAsync(new byte[] { 0, 1, 2, 0xff, 0xfe, 13, 10, 13, 10 });
            using var reader = new StreamReader(socket.GetStream());
            Assert.StartsWith("HTTP/1.1 400", await reader.ReadToEndAsync());
        }
        await StillServes();
    }

    // No majority ------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Without_a_majority_a_write_is_503_and_says_that_it_may_still_happen()
    {
        _node.Stalled = true;
        var (code, error) = await Refused("/v3/kv/put", """{"key": "Zm9v"}""");
        Assert.Equal((503, 14, "etcdserver: request timed out; the write may still happen later"),
            (code, (int)error["code"]!, (string?)error["error"]));
        Assert.Equal((503, "etcdserver: request timed out"), await Refused("/v3/kv/range", """{"key": "Zm9v"}""") is var (c, e)
            ? (c, (string?)e["error"]) : default);
        _node.Problem = "node 3: acceptor: the journal cannot be written: full";
        Assert.Equal("etcdserver: request timed out; node 3: acceptor: the journal cannot be written: full",
            (string?)(await Refused("/v3/kv/range", """{"key": "Zm9v"}""")).Item2["error"]);
        Assert.DoesNotContain("kvs", await Ok("/v3/kv/range", """{"key": "Zm9v", "serializable": true}"""));
        _node.Stalled = false;
        await StillServes();
    }

    [Fact]
    public async Task A_write_whose_outcome_is_lost_is_503_and_no_failure_of_the_gateway()
    {
        _node.Failure = new OutcomeUnknownException("the cluster has forgotten the session: it may have been executed or not");
        var (code, error) = await Refused("/v3/kv/put", """{"key": "Zm9v"}""");
        Assert.Equal((503, 14), (code, (int)error["code"]!));
        Assert.Contains("may have been executed or not", (string?)error["error"]);
        _node.Failure = new OperationCanceledException("the session is closed");
        (code, error) = await Refused("/v3/kv/put", """{"key": "Zm9v"}""");
        Assert.Equal((503, "etcdserver: server stopped; the write may still happen later"), (code, (string?)error["error"]));
        lock (_logged) Assert.Empty(_logged);
    }

    [Fact]
    public async Task A_failure_inside_is_500_and_logged()
    {
        _node.Failure = new InvalidOperationException("out of paper");
        var (code, error) = await Refused("/v3/kv/put", """{"key": "Zm9v"}""");
        Assert.Equal(500, code);
        Assert.Contains("out of paper", (string?)error["message"]);
        lock (_logged) Assert.Equal("/v3/kv/put: out of paper", Assert.Single(_logged));
        _node.Failure = null;
        await StillServes();
    }

    // For operators ----------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Health_is_true_while_a_read_succeeds()
    {
        Assert.Equal("""{"health":"true"}""", await _http.GetStringAsync("/health"));
        _node.Stalled = true;
        await Unhealthy("no majority");
        _node.Stalled = false;
        _node.Leader = 0;
        await Unhealthy("no leader");

        async Task Unhealthy(string reason)
        {
            using var response = await _http.GetAsync("/health");
            var health = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            Assert.Equal((503, "false"), ((int)response.StatusCode, (string?)health["health"]));
            Assert.Contains(reason, (string?)health["reason"]);
        }
    }

    [Fact]
    public async Task Resources_are_what_the_node_says_and_a_process_counts_up()
    {
        Assert.Equal(
            """{"node":1,"cpuSeconds":2.5,"allocatedBytes":3000000000,"contextSwitches":4,"linkMessages":5,"linkBytes":6,"journalCommits":7,"collections":[8,9,10],"pausedSeconds":0.5}""",
            await _http.GetStringAsync("/resources"));
        var before = ResourceReport.OfThisProcess(1, 0, 0, 3);
        var kept = new byte[10_000_000];
        GC.Collect();
        var after = ResourceReport.OfThisProcess(1, 0, 0, null);
        Assert.Equal((3, null), (before.JournalCommits, after.JournalCommits));
        Assert.Equal(GC.MaxGeneration + 1, after.Collections.Count);
        Assert.True(after.Collections[^1] > before.Collections[^1], "none was counted of the oldest generation");
        Assert.True(after.PausedSeconds > before.PausedSeconds, "it took no time");
        Assert.True(after.AllocatedBytes - before.AllocatedBytes >= kept.Length);
        Assert.True(after.CpuSeconds > 0 && (after.ContextSwitches > 0 || !OperatingSystem.IsLinux()));
    }

    [Fact]
    public async Task A_snapshot_says_what_it_is_and_holds_the_state_once_a_read_through_the_node_was_answered()
    {
        var bytes = await _http.GetByteArrayAsync("/snapshot");
        Assert.Equal(1, _node.Queried);
        Assert.StartsWith("{\"format\":1,\"group\":\"default\",\"slot\":17,\"bytes\":", System.Text.Encoding.UTF8.GetString(bytes));
        var (head, state) = SnapshotForm.Parse(bytes);
        Assert.Equal((1, "default", 17L, (long)state.Length), (head.Format, head.Group, head.Slot, head.Bytes));
        Assert.Equal(_node.Machine.Snapshot()(), state.ToArray());

        foreach (var (broken, why) in ((byte[], string)[])
            [(bytes[..^1], "is not whole: "), ([.. bytes[..^1], (byte)(bytes[^1] ^ 1)], "is not as it was written: "), (bytes[1..], "is no snapshot: "), ([], "is no snapshot: ")])
            Assert.StartsWith(why, Assert.Throws<FormatException>(() => SnapshotForm.Parse(broken)).Message);

        _node.Stalled = true;
        using (var refused = await _http.GetAsync("/snapshot"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("no majority answers", await refused.Content.ReadAsStringAsync());
        }
        _node.Stalled = false;
        _node.Failure = new OverloadedException("node 2 is making another snapshot");
        using (var refused = await _http.GetAsync("/snapshot")) Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode); // as all that is refused for now
    }

    [Fact]
    public async Task Status_tells_why_nothing_can_be_read_through_the_node()
    {
        Assert.Null((await Status())["problem"]);
        _node.Stalled = true; // it still takes node 3 for the leader
        Assert.Equal(3, (int)(await Status())["leader"]!);
        Assert.Contains("no majority answers", (string?)(await Status())["problem"]);
        _node.Leader = 0;
        Assert.Equal("no leader is known", (string?)(await Status())["problem"]);

        async Task<JsonNode> Status() => JsonNode.Parse(await _http.GetStringAsync("/status"))!;
    }

    [Fact]
    public async Task Status_shows_the_node_and_its_peers()
    {
        var status = JsonNode.Parse(await _http.GetStringAsync("/status"))!;
        Assert.Equal((2, 3, "7.3", 18, 17),
            ((int)status["node"]!, (int)status["leader"]!, (string?)status["ballot"], (long)status["slotIn"]!, (long)status["slotOut"]!));
        Assert.Equal(_node.Machine.Checksum.ToString("x16"), (string?)status["checksum"]);
        Assert.Equal("acceptor", (string?)status["roles"]![0]!["name"]);
        Assert.Equal((1, false, 12), ((int)status["peers"]![0]!["node"]!, (bool)status["peers"]![0]!["reachable"]!,
            (long)status["peers"]![0]!["slotOut"]!));
    }

    [Fact]
    public async Task Trace_returns_the_events_of_the_slots()
    {
        var trace = JsonNode.Parse(await _http.GetStringAsync("/trace?from=5&to=6"))!;
        Assert.Equal(["Accept(7.3, 5)", "Accept(7.3, 6)"], trace["events"]!.AsArray().Select(e => (string?)e!["message"]));
        foreach (var wrong in (string[])["/trace", "/trace?from=1", "/trace?from=2&to=1", "/trace?from=0&to=1", "/trace?from=a&to=b"])
            Assert.Equal(HttpStatusCode.BadRequest, (await _http.GetAsync(wrong)).StatusCode);
    }

    [Fact]
    public async Task Version_is_that_of_etcds_api() =>
        Assert.Equal(HttpGateway.EtcdVersion, (string?)JsonNode.Parse(await _http.GetStringAsync("/version"))!["etcdserver"]);

    // Stop -------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Before_it_stops_clients_leave_with_an_answer_that_says_so_and_new_ones_are_refused()
    {
        var at = new Uri(_gateway.Address);
        using var client = new TcpClient(at.Host, at.Port);
        using var reader = new StreamReader(client.GetStream());
        var ask = Encoding.ASCII.GetBytes("GET /version HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.GetStream().WriteAsync(ask);
        var kept = await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { Length: > 0 } header) Assert.DoesNotContain("close", header);
        Assert.Equal("HTTP/1.1 200 OK", kept);
        await reader.ReadAsync(new char[1000]); // the body

        var drained = _gateway.Drain(quiet: TimeSpan.FromSeconds(60), patience: TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            for (;;)
            {
                using var late = new TcpClient();
                await late.ConnectAsync(at.Host, at.Port);
            }
        });
        Assert.False(drained.IsCompleted);
        await client.GetStream().WriteAsync(ask);
        var rest = await reader.ReadToEndAsync(); // the gateway closes it
        Assert.StartsWith("HTTP/1.1 200 OK", rest);
        Assert.Contains("Connection: close", rest);
        await drained.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Clients_that_ask_nothing_are_not_waited_for_when_it_stops()
    {
        var at = new Uri(_gateway.Address);
        using var client = new TcpClient(at.Host, at.Port);
        await _gateway.Drain(quiet: TimeSpan.Zero, patience: TimeSpan.FromSeconds(60)).WaitAsync(TimeSpan.FromSeconds(30));
    }

    // Start ------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_port_in_use_is_an_error_of_one_line_that_names_it()
    {
        var port = new Uri(_gateway.Address).Port;
        var error = await Assert.ThrowsAsync<IOException>(() => HttpGateway.StartAsync(_node, Settings($"akkapaxos.gateway.port = {port}")));
        Assert.Contains($"127.0.0.1:{port}", error.Message);
        Assert.Contains("in use", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("port = 70000", "port")]
    [InlineData("port = http", "port")]
    [InlineData("request-timeout = 0s", "request-timeout")]
    [InlineData("request-timeout = soon", "request-timeout")]
    [InlineData("max-bytes-under-way = 1.5 elephants", "max-bytes-under-way")]
    [InlineData("max-bytes-under-way = 0", "max-bytes-under-way")]
    [InlineData("host = \"\"", "host")]
    public void A_setting_out_of_range_names_its_key(string setting, string key) =>
        Assert.Contains($"akkapaxos.gateway.{key}",
            Assert.ThrowsAny<ConfigurationException>(() => Settings($"akkapaxos.gateway {{ {setting} }}")).Message);

    [Fact]
    public void Defaults_are_those_of_the_reference()
    {
        var settings = new GatewaySettings(ConfigurationFactory.Empty);
        Assert.Equal(("127.0.0.1", 2379, TimeSpan.FromSeconds(5), 2 << 20),
            (settings.Host, settings.Port, settings.RequestTimeout, settings.MaxRequestBytes));
    }

    private static GatewaySettings Settings(string hocon) => new(ConfigurationFactory.ParseString(hocon));

    private async Task StillServes() => await Ok("/v3/kv/range", """{"key": "Zm9v"}""");

    private async Task<string> Ok(string path, string body)
    {
        using var response = await _http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private async Task<(int Code, JsonNode Error)> Refused(string path, string body)
    {
        using var response = await _http.PostAsync(path, new StringContent(body));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}

using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// A client's session against probes that are replicas: numbers, batches, tries again, and what it says when the outcome is not known.
/// </summary>
public sealed class ClientSessionTests : RoleTestBase
{
    private readonly TestProbe _first;
    private readonly TestProbe _second;
    private readonly PaxosSession _session;
    private IActorRef? _client;

    public ClientSessionTests()
    {
        (_first, _second) = (CreateTestProbe("first"), CreateTestProbe("second"));
        var settings = new SessionSettings { InFlight = 4, RetryAfter = TimeSpan.FromSeconds(3), RequestBytes = 100 };
        _session = PaxosSession.Open(Sys, [_first.Ref, _second.Ref], settings);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private Request Next(TestProbe probe)
    {
        var request = probe.ExpectMsg<Request>(InTime);
        _client = probe.LastSender;
        return request;
    }

    /// <summary>Answers the request for a session.</summary>
    private void Open(TestProbe probe, long session)
    {
        var asked = Assert.Single(Next(probe).Commands);
        Assert.Equal(0, asked.Client);
        Assert.NotEqual(0, asked.Sequence);
        var number = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, session);
        probe.Reply(new Response([new Reply(0, asked.Sequence, ReplyStatus.Ok, number)]));
    }

    private void Answer(TestProbe probe, long session, long sequence, string result, ReplyStatus status = ReplyStatus.Ok) =>
        _client!.Tell(new Response([new Reply(session, sequence, status, Bytes(result))]), probe.Ref);

    [Fact]
    public async Task It_opens_a_session_with_the_first_command_and_numbers_from_one()
    {
        var call = _session.Submit(Bytes("a"));
        Open(_first, 7);
        var command = Assert.Single(Next(_first).Commands);
        Assert.Equal((7, 1, 1, "a"), (command.Client, command.Sequence, command.Oldest, Text(command.Operation)));
        Answer(_first, 7, 1, "done");
        Assert.Equal("done", Text(await call.WaitAsync(InTime)));
    }

    [Fact]
    public async Task Calls_that_wait_travel_together_within_the_limits()
    {
        var calls = Enumerable.Range(1, 6).Select(i => _session.Submit(Bytes($"op{i}"))).ToList();
        Open(_first, 7);
        var sent = Next(_first).Commands;
        Assert.Equal([1, 2, 3, 4], sent.Select(c => c.Sequence)); // InFlight
        Answer(_first, 7, 2, "2");
        _first.ExpectNoMsg(AMoment); // the first is not answered, so the window has not moved
        Answer(_first, 7, 1, "1");
        var later = Next(_first).Commands;
        Assert.Equal([5, 6], later.Select(c => c.Sequence));
        Assert.All(later, c => Assert.Equal(3, c.Oldest)); // 1 and 2 have their answers
        foreach (var sequence in (long[])[3, 4, 5, 6]) Answer(_first, 7, sequence, $"{sequence}");
        Assert.Equal(["1", "2", "3", "4", "5", "6"], (await Task.WhenAll(calls).WaitAsync(InTime)).Select(Text));
    }

    [Fact]
    public void A_message_holds_no_more_bytes_than_it_may()
    {
        _ = _session.Submit(Bytes(new string('a', 80)));
        _ = _session.Submit(Bytes(new string('b', 80)));
        _ = _session.Submit(Bytes(new string('c', 300)));
        Open(_first, 7);
        for (var i = 1; i <= 3; i++) Assert.Equal(i, Assert.Single(Next(_first).Commands).Sequence);
    }

    [Fact]
    public async Task Without_an_answer_the_same_number_goes_to_the_next_contact_point()
    {
        var call = _session.Submit(Bytes("a"));
        Open(_first, 7);
        var sent = Assert.Single(Next(_first).Commands);
        var again = Assert.Single(Next(_second).Commands);
        Assert.Equal(sent.Id, again.Id);
        Answer(_second, 7, 1, "done");
        Answer(_first, 7, 1, "late"); // counts for nothing
        Assert.Equal("done", Text(await call.WaitAsync(InTime)));
        var next = _session.Submit(Bytes("b"));
        Assert.Equal(2, Assert.Single(Next(_second).Commands).Sequence); // it stays with the one that answered
        Answer(_second, 7, 2, "too");
        Assert.Equal("too", Text(await next.WaitAsync(InTime)));
    }

    [Fact]
    public void The_request_for_a_session_is_sent_again_too_with_the_same_token()
    {
        _ = _session.Submit(Bytes("a"));
        var first = Assert.Single(Next(_first).Commands);
        Assert.Equal(first.Id, Assert.Single(Next(_second).Commands).Id);
    }

    [Fact]
    public async Task When_the_session_is_forgotten_only_what_may_have_been_executed_is_unknown_and_the_rest_goes_on_in_a_new_session()
    {
        var calls = ((string[])["a", "b", "c"]).Select(text => _session.Submit(Bytes(text))).ToList();
        Open(_first, 7);
        Next(_first);
        Answer(_first, 7, 2, "", ReplyStatus.NotExecuted);
        Answer(_first, 7, 1, "", ReplyStatus.SessionUnknown);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => calls[0].WaitAsync(InTime));
        calls.Add(_session.Submit(Bytes("d")));
        _first.ExpectNoMsg(AMoment); // what became of c is not known yet
        Answer(_first, 7, 3, "", ReplyStatus.NotExecuted);

        Open(_first, 8);
        var commands = Next(_first).Commands;
        Assert.Equal([(8L, 1L, "b"), (8L, 2L, "c"), (8L, 3L, "d")], commands.Select(c => (c.Client, c.Sequence, Text(c.Operation))));
        foreach (var command in commands) Answer(_first, 8, command.Sequence, Text(command.Operation));
        Assert.Equal(["b", "c", "d"], (await Task.WhenAll(calls.Skip(1)).WaitAsync(InTime)).Select(Text));
    }

    [Fact]
    public async Task Where_sessions_are_forgotten_again_and_again_it_says_what_to_do()
    {
        var call = _session.Submit(Bytes("a"));
        for (var session = 1; session <= 10; session++)
        {
            Open(_first, session);
            Next(_first);
            Answer(_first, session, 1, "", ReplyStatus.NotExecuted);
        }
        var error = await Assert.ThrowsAsync<SessionsForgottenException>(() => call.WaitAsync(InTime));
        Assert.Contains("akkapaxos.sessions", error.Message);
        Assert.Contains("was not executed", error.Message);
    }

    [Fact]
    public async Task A_canceled_call_stops_waiting_and_its_number_is_still_resolved()
    {
        using var cancel = new CancellationTokenSource();
        var call = _session.Submit(Bytes("a"), cancel.Token);
        Open(_first, 7);
        Next(_first);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(InTime));
        Assert.Equal(1, Assert.Single(Next(_second).Commands).Sequence); // still asked for
        Answer(_second, 7, 1, "done");
        var next = _session.Submit(Bytes("b"));
        var command = Assert.Single(Next(_second).Commands);
        Assert.Equal((2, 2), (command.Sequence, command.Oldest));
        Answer(_second, 7, 2, "done");
        await next.WaitAsync(InTime);
    }

    [Fact]
    public async Task A_call_canceled_before_it_was_sent_never_is()
    {
        using var cancel = new CancellationTokenSource();
        var call = _session.Submit(Bytes("a"), cancel.Token);
        var asked = Next(_first);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(InTime));
        _first.Reply(new Response([new Reply(0, asked.Commands[0].Sequence, ReplyStatus.Ok, new byte[] { 0, 0, 0, 0, 0, 0, 0, 7 })]));
        _first.ExpectNoMsg(AMoment);
    }

    [Fact]
    public async Task Questions_travel_together_and_are_asked_again_elsewhere()
    {
        var one = _session.Query(Bytes("x"));
        var two = _session.Query(Bytes("y"), serializable: true);
        var asked = new List<Query>();
        while (asked.Count < 2) asked.AddRange(_first.ExpectMsg<QueryRequest>(InTime).Queries);
        Assert.Equal([("x", false), ("y", true)], asked.Select(q => (Text(q.Operation), q.Serializable)));
        _first.Reply(new QueryResponse([new QueryResult(asked[1].Id, Bytes("Y"))]));
        Assert.Equal("Y", Text(await two.WaitAsync(InTime)));
        var again = Assert.Single(_second.ExpectMsg<QueryRequest>(InTime).Queries);
        Assert.Equal(asked[0].Id, again.Id);
        _second.Reply(new QueryResponse([new QueryResult(again.Id, Bytes("X"))]));
        Assert.Equal("X", Text(await one.WaitAsync(InTime)));
    }

    [Fact]
    public async Task Closing_ends_what_is_under_way_and_what_comes_later()
    {
        var sent = _session.Submit(Bytes("a"));
        Open(_first, 7);
        Next(_first);
        var question = _session.Query(Bytes("x"));
        _session.Close();
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => sent.WaitAsync(InTime));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question.WaitAsync(InTime));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _session.Submit(Bytes("b")).WaitAsync(InTime));
    }

    // ---- limits ----

    private PaxosSession Limited(Func<SessionSettings, SessionSettings> with) =>
        PaxosSession.Open(Sys, [_first.Ref, _second.Ref], with(new SessionSettings { RetryAfter = TimeSpan.FromSeconds(3) }));

    [Fact]
    public async Task Commands_in_flight_stay_within_their_bytes_and_a_larger_one_goes_alone()
    {
        var session = Limited(s => s with { InFlightBytes = 100 });
        var calls = ((int[])[60, 40, 1, 500, 1]).Select(n => session.Submit(new byte[n])).ToList();
        Open(_first, 7);
        Assert.Equal([1, 2], Next(_first).Commands.Select(c => c.Sequence));
        Answer(_first, 7, 1, "");
        Assert.Equal([3], Next(_first).Commands.Select(c => c.Sequence));
        Answer(_first, 7, 2, "");
        _first.ExpectNoMsg(AMoment);
        Answer(_first, 7, 3, "");
        Assert.Equal([4], Next(_first).Commands.Select(c => c.Sequence));
        Answer(_first, 7, 4, "");
        Assert.Equal([5], Next(_first).Commands.Select(c => c.Sequence));
        Answer(_first, 7, 5, "");
        await Task.WhenAll(calls).WaitAsync(InTime);
    }

    [Fact]
    public async Task What_would_wait_beyond_the_limit_is_refused_at_once_and_canceled_calls_make_room()
    {
        var session = Limited(s => s with { WaitingBytes = 100 });
        using var cancel = new CancellationTokenSource();
        var waits = session.Submit(new byte[90], cancel.Token); // there is no session yet
        var refused = await Assert.ThrowsAsync<OverloadedException>(() => session.Submit(new byte[11]).WaitAsync(InTime));
        Assert.Equal("90 bytes of calls wait already, and with 11 more they would be over the limit of 100", refused.Message);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits.WaitAsync(InTime));
        Task? second = null;
        AwaitCondition(() => !(second = session.Submit(new byte[100])).IsFaulted, InTime);
        Open(_first, 7);
        Assert.Equal(100, Assert.Single(Next(_first).Commands).Operation.Length);
        Answer(_first, 7, 1, "");
        await second!.WaitAsync(InTime);
    }

    [Fact]
    public async Task A_request_over_the_limit_is_refused_before_it_is_sent_and_where_only_the_node_knows_the_limit_by_it()
    {
        var session = Limited(s => s with { MaxRequestBytes = 100 });
        var error = await Assert.ThrowsAsync<RequestTooLargeException>(() => session.Submit(new byte[101]).WaitAsync(InTime));
        Assert.Equal("the request has 101 bytes, and the limit is 100 (akkapaxos.max-request-bytes)", error.Message);
        await Assert.ThrowsAsync<RequestTooLargeException>(() => session.Query(new byte[101]).WaitAsync(InTime));
        var command = session.Submit(new byte[100]);
        Open(_first, 7);
        Next(_first);
        Answer(_first, 7, 1, "too large here", ReplyStatus.TooLarge);
        Assert.Equal("too large here", (await Assert.ThrowsAsync<RequestTooLargeException>(() => command.WaitAsync(InTime))).Message);
        foreach (var (status, type) in ((QueryStatus, Type)[])[(QueryStatus.TooLarge, typeof(RequestTooLargeException)), (QueryStatus.Overloaded, typeof(OverloadedException))])
        {
            var question = session.Query(new byte[1]);
            var asked = Assert.Single(_first.ExpectMsg<QueryRequest>(InTime).Queries);
            _first.Reply(new QueryResponse([new QueryResult(asked.Id, Bytes("no"), status, 2)]));
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => question.WaitAsync(InTime));
            Assert.Equal((type, "no"), (refused.GetType(), refused.Message));
        }
    }

    // ---- large answers ----

    [Fact]
    public async Task An_answer_in_parts_is_fetched_part_by_part_and_put_together()
    {
        var question = _session.Query(Bytes("q"));
        var id = Assert.Single(_first.ExpectMsg<QueryRequest>(InTime).Queries).Id;
        _first.Reply(new QueryResponse([new QueryResult(id, Bytes("abc"), QueryStatus.Ok, 8)]));
        Assert.Equal(new FetchAnswer(id, 3), _first.ExpectMsg<FetchAnswer>(InTime));
        _first.Reply(new AnswerPart(id, 0, Bytes("abc"))); // an old one
        _first.Reply(new AnswerPart(id, 3, Bytes("def")));
        Assert.Equal(new FetchAnswer(id, 6), _first.ExpectMsg<FetchAnswer>(InTime));
        Assert.False(question.IsCompleted);
        _first.Reply(new AnswerPart(id, 6, Bytes("gh")));
        Assert.Equal("abcdefgh", Text(await question.WaitAsync(InTime)));
        Assert.Equal([id], _first.ExpectMsg<Withdraw>(InTime).Ids);
    }

    [Fact]
    public async Task A_question_that_is_canceled_is_withdrawn_where_it_was_asked()
    {
        using var cancel = new CancellationTokenSource();
        var question = _session.Query(Bytes("q"), cancellation: cancel.Token);
        var id = Assert.Single(_first.ExpectMsg<QueryRequest>(InTime).Queries).Id;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question.WaitAsync(InTime));
        Assert.Equal([id], _first.ExpectMsg<Withdraw>(InTime).Ids);
    }
}

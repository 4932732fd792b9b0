using System.Buffers.Binary;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Consensus;
using AkkaPaxos.Kv;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using Google.Protobuf;

namespace AkkaPaxos.Client.Tests;

/// <summary>The client against two probes in the place of replicas.</summary>
public sealed class PaxosClientTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly KvStateMachine _store = new();
    private readonly TestProbe _first;
    private readonly TestProbe _second;
    private readonly PaxosClient _client;

    public PaxosClientTests() : base(PaxosSettings.DefaultConfig())
    {
        _first = CreateTestProbe();
        _second = CreateTestProbe();
        _client = new PaxosClient(PaxosSession.Open(Sys, [_first.Ref, _second.Ref],
            new SessionSettings { RetryAfter = TimeSpan.FromMilliseconds(200) }));
    }

    [Fact]
    public void The_log_is_asked_for_a_session_and_writes_are_numbered_in_it()
    {
        var put = _client.PutAsync("a", "1");
        OpenSession(_first, 17);
        var command = Assert.Single(Next(_first).Commands);
        Assert.Equal((17, 1, 1), (command.Client, command.Sequence, command.Oldest));
        Assert.False(put.IsCompleted);
        Execute(_first, command);
        Assert.Equal(2, Result(put).Header.Revision);
        var second = _client.PutAsync("a", "2");
        Assert.Equal((2, 2), Assert.Single(Next(_first).Commands) is var c ? (c.Sequence, c.Oldest) : default);
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public void What_is_called_while_others_wait_travels_in_one_message()
    {
        var puts = Enumerable.Range(0, 100).Select(i => _client.PutAsync($"k{i}", "v")).ToList();
        OpenSession(_first, 3);
        var commands = Next(_first).Commands;
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), commands.Select(c => c.Sequence));
        foreach (var command in commands) Execute(_first, command);
        Assert.Equal(100, Result(Task.WhenAll(puts)).Select(r => r.Header.Revision).Distinct().Count());
    }

    [Fact]
    public void A_write_without_an_answer_is_tried_at_another_node_with_the_same_number()
    {
        var put = _client.PutAsync("a", "1");
        OpenSession(_first, 5);
        var command = Assert.Single(Next(_first).Commands);
        var again = Assert.Single(Next(_second).Commands);
        Assert.Equal(command.Id, again.Id);
        Assert.True(command.Operation.Span.SequenceEqual(again.Operation.Span));
        Execute(_second, again);
        Result(put);
        Assert.Equal(1, _store.Count);
    }

    [Fact]
    public void Reads_are_queries_linearizable_unless_the_request_says_otherwise()
    {
        _store.Apply(KvOperations.Encode(new PutRequest { Key = ByteString.CopyFromUtf8("a"), Value = ByteString.CopyFromUtf8("1") }));
        var get = _client.GetAsync("a");
        Assert.False(Answer(_first).Serializable);
        Assert.Equal("1", Result(get)!.Value.ToStringUtf8());

        var none = _client.GetAsync("none");
        Answer(_first);
        Assert.Null(Result(none));

        var old = _client.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("a"), Serializable = true });
        Assert.True(Answer(_first).Serializable);
        Assert.Equal(1, Result(old).Count);

        var range = new RequestOp { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8("a") } };
        var readOnly = _client.TxnAsync(new TxnRequest { Success = { range } });
        Answer(_first);
        Assert.Equal(1, Result(readOnly).Responses[0].ResponseRange.Count);
    }

    [Fact]
    public void Deletes_and_transactions_are_writes()
    {
        var put = new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8("a") } };
        var txn = _client.TxnAsync(new TxnRequest { Success = { put } });
        OpenSession(_first, 1);
        Execute(_first, Assert.Single(Next(_first).Commands));
        Assert.True(Result(txn).Succeeded);
        foreach (var existed in (bool[])[true, false])
        {
            var delete = _client.DeleteAsync("a");
            Execute(_first, Assert.Single(Next(_first).Commands));
            Assert.Equal(existed, Result(delete));
        }
    }

    [Fact]
    public void A_refusal_of_the_store_is_a_KvException()
    {
        var put = _client.PutAsync("", "1");
        OpenSession(_first, 1);
        Execute(_first, Assert.Single(Next(_first).Commands));
        Assert.Equal("etcdserver: key is not provided", Assert.Throws<KvException>(() => Result(put)).Message);
    }

    [Fact]
    public void Cancelling_stops_the_waiting()
    {
        using var cancel = new CancellationTokenSource();
        var (put, get) = (_client.PutAsync("a", "1", cancel.Token), _client.GetAsync("a", cancel.Token));
        OpenSession(_first, 1);
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Result(put));
        Assert.ThrowsAny<OperationCanceledException>(() => Result(get));
    }

    [Fact]
    public void Closing_ends_what_waits()
    {
        var (put, get) = (_client.PutAsync("a", "1"), _client.GetAsync("a"));
        OpenSession(_first, 1);
        Next(_first);
        _client.Close();
        Assert.Throws<OutcomeUnknownException>(() => Result(put));
        Assert.ThrowsAny<OperationCanceledException>(() => Result(get));
        Assert.ThrowsAny<OperationCanceledException>(() => Result(_client.GetAsync("b")));
    }

    [Fact]
    public void A_contact_point_that_is_no_address_is_refused() =>
        Assert.Contains("nowhere", Assert.Throws<FormatException>(() => new PaxosClient(Sys, ["nowhere"])).Message);

    private static Request Next(TestProbe replica) => replica.FishForMessage<Request>(r => r.Commands[0].Client != 0, Patience);

    private static void OpenSession(TestProbe replica, long session)
    {
        var asked = Assert.Single(replica.FishForMessage<Request>(r => r.Commands[0].Client == 0, Patience).Commands);
        var number = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, session);
        replica.Reply(new Response([new Reply(0, asked.Sequence, ReplyStatus.Ok, number)]));
    }

    private void Execute(TestProbe replica, Command command) =>
        replica.Reply(new Response([new Reply(command.Client, command.Sequence, ReplyStatus.Ok, _store.Apply(command.Operation))]));

    private Query Answer(TestProbe replica)
    {
        var query = Assert.Single(replica.FishForMessage<QueryRequest>(_ => true, Patience).Queries);
        replica.Reply(new QueryResponse([new QueryResult(query.Id, _store.Query(query.Operation))]));
        return query;
    }

    private static T Result<T>(Task<T> task)
    {
        if (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(Patience)) throw new TimeoutException("the call has no outcome");
        return task.GetAwaiter().GetResult();
    }
}

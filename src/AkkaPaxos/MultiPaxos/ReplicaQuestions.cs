using System.Text;
using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>The replica's questions to the state machine, which take no slot of their own (PMMC 4.4, read-only commands).</summary>
public partial class Replica
{
    // Of answers that wait to be fetched in parts: two of the largest that the key-value store makes.
    private const long HeldAnswerBytes = 128 << 20;

    private readonly IActorRef _reader;
    private readonly LongReads _longReads = new();
    private readonly LargeAnswers _largeAnswers = new(HeldAnswerBytes);

    private bool QuestionCommand(object message)
    {
        switch (message)
        {
            case QueryRequest request: Asked(request); return true;
            case ReadIndexResult result: LeaderAnswered(result); return true;
            case LongAnswer answer: LongAnswered(answer); return true;
            case FetchAnswer fetch: SendPart(fetch); return true;
            case Withdraw withdrawn: Withdrawn([.. withdrawn.Ids]); return true;
            default: return false;
        }
    }

    private void Asked(QueryRequest request)
    {
        var now = new List<PendingQuery>();
        foreach (var query in request.Queries)
        {
            var asked = new PendingQuery(Sender, query, _tick);
            if (RequestSize.Problem(query.Operation, _settings.MaxRequestBytes) is { } tooLarge) Refuse(asked, QueryStatus.TooLarge, tooLarge);
            else if (query.Serializable) now.Add(asked);
            else if (_reads.Bytes + query.Operation.Length > _settings.PendingBytes)
                Refuse(asked, QueryStatus.Overloaded, $"{_reads.Bytes} bytes of questions wait at node {_context.Self} already");
            else _reads.Add(asked);
        }
        Answer(now);
        ScheduleFlush();
    }

    private void Refuse(PendingQuery asked, QueryStatus why, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Send(asked.Client, [new QueryResult(asked.Query.Id, bytes, why, bytes.Length)]);
    }

    private void Send(IActorRef client, IReadOnlyList<QueryResult> results) =>
        _link.Tell(NodeId.None, "client", client, new QueryResponse(results, _round));

    private void AskLeader()
    {
        if (_isLed && _reads.Ask(_tick) is { } question) Ask(question, NextHop);
    }

    private void Ask(ReadIndex question, NodeId whom) =>
        _link.Tell(whom, "leader", _context.Peers.Leader(whom), whom == _ballot.Leader ? question : question with { Hops = Hops });

    private void LeaderAnswered(ReadIndexResult result)
    {
        if (!_reads.Answered(result)) return;
        _round = Math.Max(_round, result.Round);
        AnswerReady();
        ScheduleFlush();
    }

    private void AnswerReady() => Answer(_reads.TakeReady(SlotOut));

    private void Answer(List<PendingQuery> queries)
    {
        foreach (var asked in queries.GroupBy(q => q.Client)) // in the order of the clients' first questions
        {
            var results = new List<QueryResult>();
            var bytes = 0L;
            foreach (var pending in asked)
            {
                if (AnswerAtOnce(pending) is not { } result) continue;
                if (results.Count > 0 && bytes + result.Result.Length > _settings.PageBytes)
                {
                    Send(asked.Key, results);
                    (results, bytes) = ([], 0);
                }
                results.Add(result);
                bytes += result.Result.Length;
            }
            if (results.Count > 0) Send(asked.Key, results);
        }
    }

    private QueryResult? AnswerAtOnce(PendingQuery asked)
    {
        try
        {
            if (_state.LongQuery(asked.Query.Operation) is not { } work) return ResultFor(asked, _state.Query(asked.Query.Operation));
            if (!_longReads.IsBusy) StartLong(asked, work);
            else if (!_longReads.TryWait(asked)) Refuse(asked, QueryStatus.Overloaded, $"too many long questions wait at node {_context.Self} already");
        }
        catch (Exception e)
        {
            QuestionFailed(asked, e);
        }
        return null;
    }

    // A question changes nothing, so the replica goes on; the client gets no answer rather than a wrong one.
    private void QuestionFailed(PendingQuery asked, Exception failure) =>
        Log.Error(failure, "the state machine failed to answer a question of {0} bytes", asked.Query.Operation.Length);

    // --- long questions: answered beside the replica, from the state at the moment when it is their turn -------------------------------

    private void StartLong(PendingQuery asked, Func<CancellationToken, ReadOnlyMemory<byte>> work) =>
        _reader.Tell(new AnswerLong(asked, work, _longReads.Start(asked)), Self);

    private void LongAnswered(LongAnswer answer)
    {
        if (answer.Failure is { } failure) QuestionFailed(answer.Asked, failure);
        if (answer.Result is { } result && ResultFor(answer.Asked, result) is { } sent)
            Send(answer.Asked.Client, [sent]);
        while (_longReads.Next() is { } next)
        {
            var atOnce = AnswerAtOnce(next); // what was long when it came may be short now
            if (atOnce is not null) Send(next.Client, [atOnce]);
            if (_longReads.IsBusy) return;
        }
    }

    private void Withdrawn(HashSet<long> ids)
    {
        _reads.Withdraw(Sender, ids);
        _longReads.Withdraw(Sender, ids);
        _largeAnswers.Withdraw(Sender, ids);
    }

    // --- large answers: part by part, each when the client asks for it ------------------------------------------------------------------

    // Within a process nothing is copied, so nothing is gained by parts.
    private QueryResult? ResultFor(PendingQuery asked, ReadOnlyMemory<byte> answer)
    {
        if (answer.Length <= _settings.PageBytes || asked.Client.Path.Address.HasLocalScope) return new QueryResult(asked.Query.Id, answer);
        if (_largeAnswers.TryHold(asked.Client, asked.Query.Id, answer, _tick))
            return new QueryResult(asked.Query.Id, answer[..(int)_settings.PageBytes], QueryStatus.Ok, answer.Length);
        Refuse(asked, QueryStatus.Overloaded, $"an answer of {answer.Length} bytes does not fit beside others that clients of node {_context.Self} are fetching");
        return null;
    }

    private void SendPart(FetchAnswer fetch)
    {
        if (_largeAnswers.Part(Sender, fetch.Id, fetch.Offset, _settings.PageBytes, _tick) is { } part)
            _link.Tell(NodeId.None, "client", Sender, new AnswerPart(fetch.Id, fetch.Offset, part));
    }
}

using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>The replica's questions to the state machine, which take no slot of their own (PMMC 4.4, read-only commands).</summary>
public partial class Replica
{
    private void Asked(QueryRequest request)
    {
        var now = new List<PendingQuery>();
        foreach (var query in request.Queries)
        {
            if (query.Serializable) now.Add(new PendingQuery(Sender, query, _tick));
            else _reads.Add(Sender, query, _tick);
        }
        Answer(now);
        ScheduleFlush();
    }

    private void AskLeader()
    {
        if (_isLed && _reads.Ask(_tick) is { } question) Ask(question);
    }

    private void Ask(ReadIndex question) => _link.Tell(_ballot.Leader, "leader", _context.Peers.Leader(_ballot.Leader), question);

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
            foreach (var (_, query, _) in asked)
            {
                ReadOnlyMemory<byte> result;
                try
                {
                    result = _state.Query(query.Operation);
                }
                catch (Exception e)
                {
                    // A question changes nothing, so the replica goes on; the client gets no answer rather than a wrong one.
                    Log.Error(e, "the state machine failed to answer a question of {0} bytes", query.Operation.Length);
                    continue;
                }
                if (results.Count > 0 && bytes + result.Length > _settings.PageBytes)
                {
                    _link.Tell(NodeId.None, "client", asked.Key, new QueryResponse(results, _round));
                    (results, bytes) = ([], 0);
                }
                results.Add(new QueryResult(query.Id, result));
                bytes += result.Length;
            }
            if (results.Count > 0) _link.Tell(NodeId.None, "client", asked.Key, new QueryResponse(results, _round));
        }
    }
}

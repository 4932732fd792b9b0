using System.Text;
using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// A replica's questions to the state machine, which take no slot of their own (PMMC 4.4, read-only commands): linearizable ones wait for the slot that the
/// leader names, long ones are answered beside the replica, large answers are fetched part by part.
/// </summary>
internal sealed class Questions
{
    // Of answers that wait to be fetched in parts: two of the largest that the key-value store makes.
    private const long HeldAnswerBytes = 128 << 20;
    // A client asks again well before a question of this many forward time-outs is forgotten.
    private const int ForwardTimeouts = 10;

    private readonly IActorContext _replica;
    private readonly RoleContext _context;
    private readonly ProtocolSettings _settings;
    private readonly RoleLink _link;
    private readonly Leadership _leadership;
    private readonly ReplicaRelay _relay;
    private readonly ILoggingAdapter _log;
    private readonly IActorRef _reader;
    private readonly ReplicaReads _reads;
    private readonly LongReads _longReads = new();
    private readonly LargeAnswers _largeAnswers = new(HeldAnswerBytes);
    private long _tick = 1;

    /// <param name="replica">The replica's own context: its reader is its child.</param>
    /// <param name="context">What the replica was given.</param>
    /// <param name="link">How it sends.</param>
    /// <param name="leadership">Who leads.</param>
    /// <param name="relay">How that one is reached.</param>
    public Questions(IActorContext replica, RoleContext context, RoleLink link, Leadership leadership, ReplicaRelay relay)
    {
        (_replica, _context, _settings, _link, _leadership, _relay) = (replica, context, context.Settings, link, leadership, relay);
        _log = replica.GetLogger();
        _reader = replica.ActorOf(Props.Create(typeof(LongReader)), "reader");
        _reads = new ReplicaReads(replica.System.Scheduler.Now.UtcTicks);
    }

    /// <summary>Whether <see cref="AskLeader"/> has something to ask.</summary>
    public bool CanAsk => _reads.CanAsk;

    /// <summary>Handles a message to the replica; false where it is about no question.</summary>
    /// <param name="message">The message.</param>
    /// <param name="state">The replica's state as it is now.</param>
    public bool Handle(object message, ReplicatedState state)
    {
        switch (message)
        {
            case QueryRequest request: Asked(request, state); return true;
            case ReadIndexResult result: LeaderAnswered(result, state); return true;
            case LongAnswer answer: LongAnswered(answer, state); return true;
            case FetchAnswer fetch: SendPart(fetch); return true;
            case Withdraw withdrawn: Withdrawn([.. withdrawn.Ids]); return true;
            default: return false;
        }
    }

    private void Asked(QueryRequest request, ReplicatedState state)
    {
        var now = new List<PendingQuery>();
        foreach (var query in request.Queries)
        {
            var asked = new PendingQuery(_replica.Sender, query, _tick);
            if (!IsKnown) Refuse(asked, QueryStatus.Overloaded, $"node {_context.Self} has a new disk, and answers nothing before the log knows it");
            else if (RequestSize.Problem(query.Operation, _settings.MaxRequestBytes) is { } tooLarge) Refuse(asked, QueryStatus.TooLarge, tooLarge);
            else if (query.Serializable) now.Add(asked);
            else if (_reads.Bytes + query.Operation.Length > _settings.PendingBytes)
                Refuse(asked, QueryStatus.Overloaded, $"{_reads.Bytes} bytes of questions wait at node {_context.Self} already");
            else _reads.Add(asked);
        }
        Answer(now, state);
    }

    // What it answers with a disk that the log does not know may be older than what it answered with the one before (M2).
    private bool IsKnown => _context.Membership.Latest.Find(_context.Self) is not { Disk.Value: > 0 } member || member.Disk == _context.Disk;

    private void Refuse(PendingQuery asked, QueryStatus why, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Send(asked.Client, [new QueryResult(asked.Query.Id, bytes, why, bytes.Length)]);
    }

    private void Send(IActorRef client, IReadOnlyList<QueryResult> results) =>
        _link.Tell(NodeId.None, "client", client, new QueryResponse(results, _leadership.Round));

    // --- linearizable questions ---------------------------------------------------------------------------------------------------------

    /// <summary>Asks the leader which slot they must wait for, where one is known and is not being asked.</summary>
    public void AskLeader()
    {
        if (_leadership.IsLed && _reads.Ask(_tick) is { } question) _relay.Ask(question);
    }

    /// <summary>Another node leads: asks it what the one before has not answered.</summary>
    public void AnotherLeads()
    {
        if (_leadership.IsLed && _reads.AskAgain(_tick, 0) is { } question) _relay.Ask(question);
    }

    private void LeaderAnswered(ReadIndexResult result, ReplicatedState state)
    {
        if (!_reads.Answered(result)) return;
        _leadership.Led(result.Round);
        AnswerReady(state);
    }

    /// <summary>Answers those whose slot is executed.</summary>
    public void AnswerReady(ReplicatedState state) => Answer(_reads.TakeReady(state.SlotOut), state);

    private void Answer(List<PendingQuery> queries, ReplicatedState state)
    {
        foreach (var asked in queries.GroupBy(q => q.Client)) // in the order of the clients' first questions
        {
            var results = new List<QueryResult>();
            var bytes = 0L;
            foreach (var pending in asked)
            {
                if (AnswerAtOnce(pending, state) is not { } result) continue;
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

    private QueryResult? AnswerAtOnce(PendingQuery asked, ReplicatedState state)
    {
        try
        {
            if (state.LongQuery(asked.Query.Operation) is not { } work) return ResultFor(asked, state.Query(asked.Query.Operation));
            if (!_longReads.IsBusy) _reader.Tell(new AnswerLong(asked, work, _longReads.Start(asked)), _replica.Self);
            else if (!_longReads.TryWait(asked)) Refuse(asked, QueryStatus.Overloaded, $"too many long questions wait at node {_context.Self} already");
        }
        catch (Exception e)
        {
            Failed(asked, e);
        }
        return null;
    }

    // A question changes nothing, so the replica goes on; the client gets no answer rather than a wrong one.
    private void Failed(PendingQuery asked, Exception failure) =>
        _log.Error(failure, "the state machine failed to answer a question of {0} bytes", asked.Query.Operation.Length);

    // --- long questions: answered beside the replica, from the state at the moment when it is their turn -------------------------------

    private void LongAnswered(LongAnswer answer, ReplicatedState state)
    {
        if (answer.Failure is { } failure) Failed(answer.Asked, failure);
        if (answer.Result is { } result && ResultFor(answer.Asked, result) is { } sent) Send(answer.Asked.Client, [sent]);
        while (_longReads.Next() is { } next)
        {
            if (AnswerAtOnce(next, state) is { } atOnce) Send(next.Client, [atOnce]); // what was long when it came may be short now
            if (_longReads.IsBusy) return;
        }
    }

    private void Withdrawn(HashSet<long> ids)
    {
        var client = _replica.Sender;
        _reads.Withdraw(client, ids);
        _longReads.Withdraw(client, ids);
        _largeAnswers.Withdraw(client, ids);
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
        if (_largeAnswers.Part(_replica.Sender, fetch.Id, fetch.Offset, _settings.PageBytes, _tick) is { } part)
            _link.Tell(NodeId.None, "client", _replica.Sender, new AnswerPart(fetch.Id, fetch.Offset, part));
    }

    // --- time ---------------------------------------------------------------------------------------------------------------------------

    /// <summary>A resend interval has passed.</summary>
    /// <param name="patience">Of these, until the leader is asked again.</param>
    public void Tick(long patience)
    {
        _tick++;
        if (_leadership.IsLed && _reads.AskAgain(_tick, patience) is { } question) _relay.AskAgain(question);
        var forgotten = _tick - ForwardTimeouts * _settings.ForwardTicks;
        _reads.Forget(forgotten);
        _largeAnswers.Forget(forgotten);
    }
}

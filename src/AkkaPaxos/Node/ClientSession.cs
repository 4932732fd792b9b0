using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// The client κ of PMMC 2.1 as an actor: gives its commands consecutive numbers under a session that the log assigns, sends all that waits
/// in one message, and sends a command again, with the same number and to the next contact point, until it is answered.
/// </summary>
internal sealed class ClientSession : UntypedActor, IWithTimers
{
    internal sealed class Flush : INodeMessage
    {
        public static readonly Flush Instance = new();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    // Patience is counted in ticks: this many make up RetryAfter.
    private const int TicksToRetry = 4;
    private const int BytesOfPatience = 1 << 20; // so many bytes in flight are given as long again
    // New sessions that a command is tried under: where they are forgotten as fast as they are opened, each only makes it worse for others.
    private const int MostRefusals = 10;

    private readonly IReadOnlyList<Func<IActorRef>> _replicas;
    private readonly SessionSettings _settings;
    private readonly ClientCalls _calls;
    private readonly int _mostPatience;

    private Queue<ClientCall> _waiting = new();                     // commands that have no number yet
    private readonly SortedDictionary<long, ClientCall> _again = []; // not executed as the session was forgotten; by their number in it
    private bool _forgotten;    // the cluster has forgotten the session: no command gets a number in it any more
    private readonly Dictionary<long, ClientCall> _commands = [];   // numbered, not answered
    private long _bytesInFlight;                                    // of their operations
    private readonly SortedDictionary<long, ClientCall> _queries = []; // asked, not answered
    private readonly List<ClientCall> _newQueries = [];
    private long _session;      // 0: none yet
    private long _token;        // what the session is being asked for with; 0: not asked
    private long _tokenSentAt;
    private long _next = 1;     // the next command's sequence
    private long _oldest = 1;   // the lowest sequence without an answer
    private long _queryId;
    private int _contact;
    private long _tick;
    private int _patience = TicksToRetry;

    public ClientSession(IReadOnlyList<Func<IActorRef>> replicas, SessionSettings settings, ClientCalls calls)
    {
        (_replicas, _settings, _calls) = (replicas, settings, calls);
        _mostPatience = Math.Max(TicksToRetry, (int)(TicksToRetry * settings.RetryAfterMax / settings.RetryAfter));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _settings.RetryAfter / TicksToRetry);

    protected override void PostStop()
    {
        _calls.Close();
        foreach (var call in _again.Values.Concat(_waiting)) call.Fail(new OperationCanceledException("the session is closed; this call was not executed"));
        foreach (var call in _queries.Values) call.Fail(new OperationCanceledException("the session is closed"));
        foreach (var call in _commands.Values)
            call.Fail(new OutcomeUnknownException("the session was closed before the command was answered: it may have been executed or not"));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Flush: TakeCalls(); Send(); WithdrawCanceled(); break;
            case Response response: Answered(response); break;
            case QueryResponse response: Answered(response); break;
            case AnswerPart part: Answered(part); break;
            case Tick: SendLateAgain(); break;
            default: Unhandled(message); break;
        }
    }

    private void TakeCalls()
    {
        _calls.Taking();
        while (_calls.TryTake(out var call))
        {
            if (call.Kind == CallKind.Command) _waiting.Enqueue(call);
            else if (call.Task.IsCompleted) _calls.Left(call);
            else
            {
                call.QueryId = ++_queryId;
                call.Message = new Query(_queryId, call.Kind == CallKind.SerializableQuery, call.Operation);
                _calls.Left(call);
                _queries.Add(_queryId, call);
                _newQueries.Add(call);
            }
        }
    }

    private void Send()
    {
        if (_newQueries.Count > 0)
        {
            SendAll(_newQueries);
            _newQueries.Clear();
        }
        if (_session == 0)
        {
            if (_waiting.Count > 0 && _token == 0) AskForSession();
            return;
        }
        if (_forgotten) return;
        List<ClientCall>? batch = null;
        while (_waiting.TryPeek(out var call) && _next - _oldest < _settings.InFlight)
        {
            var isCanceled = call.Task.IsCompleted; // before it was sent: it never will be
            if (!isCanceled && _bytesInFlight > 0 && _bytesInFlight + call.Operation.Length > _settings.InFlightBytes) break;
            _calls.Left(_waiting.Dequeue());
            if (isCanceled) continue;
            call.Message = new Command(_session, _next, _oldest, call.Operation);
            _commands.Add(_next++, call);
            _bytesInFlight += call.Operation.Length;
            (batch ??= []).Add(call);
        }
        if (batch is not null) SendAll(batch);
    }

    private void AskForSession()
    {
        // Any number but 0 that no other client picks: the answer is paired with the asker by it.
        if (_token == 0) _token = BinaryPrimitives.ReadInt64BigEndian(RandomNumberGenerator.GetBytes(8)) & long.MaxValue | 1;
        _tokenSentAt = _tick;
        Contact().Tell(new Request([new Command(0, _token, 0, default)]), Self);
    }

    private void SendAll(List<ClientCall> calls)
    {
        var commands = new List<Command>();
        var queries = new List<Query>();
        var bytes = 0L;
        foreach (var call in calls)
        {
            if (bytes > 0 && bytes + call.Operation.Length > _settings.RequestBytes) SendBatch();
            bytes += call.Operation.Length;
            call.SentAt = _tick;
            if (call.Message is Command command) commands.Add(command);
            else
            {
                call.SentTo = Contact();
                queries.Add((Query)call.Message!);
            }
        }
        SendBatch();

        void SendBatch()
        {
            if (commands.Count > 0) Contact().Tell(new Request(commands), Self);
            if (queries.Count > 0) Contact().Tell(new QueryRequest(queries), Self);
            (commands, queries, bytes) = ([], [], 0);
        }
    }

    private IActorRef Contact() => _replicas[_contact]();

    private void Answered(Response response)
    {
        _patience = TicksToRetry;
        _calls.SawRound(response.Round);
        foreach (var reply in response.Replies)
        {
            if (reply.Client == 0 && reply.Sequence == _token && _token != 0) SessionOpened(reply);
            else if (reply.Client == _session && _commands.TryGetValue(reply.Sequence, out var call)) Answered(reply, call);
        }
        while (_oldest < _next && !_commands.ContainsKey(_oldest)) _oldest++;
        if (_forgotten && _commands.Count == 0) LeaveSession();
        Send();
    }

    // Of each command it is known what became of it. What was not executed comes before what has never been sent.
    private void LeaveSession()
    {
        _waiting = new Queue<ClientCall>(_again.Values.Concat(_waiting));
        _again.Clear();
        (_session, _forgotten) = (0, false);
    }

    private void SessionOpened(Reply reply)
    {
        _token = 0;
        if (_session != 0 || reply.Status != ReplyStatus.Ok || reply.Result.Length != 8) return;
        _session = BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
        (_next, _oldest) = (1, 1);
    }

    private void Answered(Reply reply, ClientCall call)
    {
        switch (reply.Status)
        {
            case ReplyStatus.Ok:
                Remove(reply.Sequence, call);
                call.Answer(reply.Result);
                break;
            case ReplyStatus.Stale:
                Remove(reply.Sequence, call);
                call.Fail(new OutcomeUnknownException("the cluster no longer remembers this command's answer: it may have been executed or not"));
                break;
            case ReplyStatus.TooLarge:
                Remove(reply.Sequence, call);
                call.Fail(new RequestTooLargeException(Encoding.UTF8.GetString(reply.Result.Span)));
                break;
            case ReplyStatus.NotExecuted:
                // Sessions.cs says why that is certain: so it is as good as a new one.
                Remove(reply.Sequence, call);
                _forgotten = true;
                if (++call.Refusals < MostRefusals)
                {
                    _again.Add(reply.Sequence, call);
                    _calls.Back(call);
                }
                else
                    call.Fail(new SessionsForgottenException($"the cluster has forgotten {MostRefusals} sessions of this client before the command came, "
                        + "which was not executed: more clients are at work than akkapaxos.sessions has it remember"));
                break;
            case ReplyStatus.SessionUnknown:
                // Of this one only: what became of the others each answer says.
                Remove(reply.Sequence, call);
                _forgotten = true;
                call.Fail(new OutcomeUnknownException($"the cluster has forgotten session {_session}: the command may have been executed or not; "
                    + "akkapaxos.sessions says how many the cluster remembers"));
                break;
        }
    }

    private void Remove(long sequence, ClientCall call)
    {
        _commands.Remove(sequence);
        _bytesInFlight -= call.Operation.Length;
    }

    private void Answered(QueryResponse response)
    {
        _patience = TicksToRetry;
        _calls.SawRound(response.Round);
        foreach (var result in response.Results)
        {
            if (!_queries.TryGetValue(result.Id, out var call)) continue;
            switch (result.Status)
            {
                case QueryStatus.Ok when result.Size > result.Result.Length:
                    call.Parts = new MemoryStream((int)result.Size);
                    (call.SentTo, call.Size) = (Sender, result.Size);
                    AddPart(result.Id, call, result.Result);
                    continue;
                case QueryStatus.Ok: call.Answer(result.Result); break;
                case QueryStatus.Overloaded: call.Fail(new OverloadedException(Encoding.UTF8.GetString(result.Result.Span))); break;
                case QueryStatus.TooLarge: call.Fail(new RequestTooLargeException(Encoding.UTF8.GetString(result.Result.Span))); break;
            }
            _queries.Remove(result.Id);
        }
    }

    // A part that was asked for twice comes twice.
    private void Answered(AnswerPart part)
    {
        _patience = TicksToRetry;
        if (_queries.TryGetValue(part.Id, out var call) && call.Parts is { } parts && parts.Length == part.Offset && Sender.Equals(call.SentTo))
            AddPart(part.Id, call, part.Bytes);
    }

    private void AddPart(long id, ClientCall call, ReadOnlyMemory<byte> bytes)
    {
        call.SentAt = _tick;
        call.Parts!.Write(bytes.Span);
        if (call.Parts.Length < call.Size)
        {
            call.SentTo!.Tell(new FetchAnswer(id, call.Parts.Length), Self);
            return;
        }
        _queries.Remove(id);
        call.SentTo!.Tell(new Withdraw([id]), Self);
        call.Answer(call.Parts.GetBuffer().AsMemory(0, (int)call.Parts.Length));
    }

    private void WithdrawCanceled()
    {
        Dictionary<IActorRef, List<long>>? withdrawn = null;
        while (_calls.TryTakeCanceled(out var call))
        {
            if (!_queries.Remove(call.QueryId) || call.SentTo is not { } replica) continue;
            withdrawn ??= [];
            if (!withdrawn.TryGetValue(replica, out var ids)) withdrawn.Add(replica, ids = []);
            ids.Add(call.QueryId);
        }
        if (withdrawn is null) return;
        foreach (var (replica, ids) in withdrawn) replica.Tell(new Withdraw(ids), Self);
    }

    private void SendLateAgain()
    {
        _tick++;
        for (var left = _waiting.Count; left > 0; left--)
        {
            var call = _waiting.Dequeue();
            if (call.Task.IsCompleted) _calls.Left(call); // what nobody waits for takes no room
            else _waiting.Enqueue(call);
        }
        var late = new List<ClientCall>();
        for (var sequence = _oldest; sequence < _next; sequence++)
            if (_commands.TryGetValue(sequence, out var call) && IsLate(call.SentAt)) late.Add(call);
        late.AddRange(_queries.Values.Where(call => IsLate(call.SentAt)));
        var sessionLate = _token != 0 && IsLate(_tokenSentAt);
        if (late.Count == 0 && !sessionLate) return;
        _contact = (_contact + 1) % _replicas.Count;
        _patience = Math.Min(_patience * 2, _mostPatience);
        if (sessionLate) AskForSession();
        if (late.Count > 0) SendAll(late);
    }

    // Much that is under way takes its time, and the more so where it is sent once more.
    private bool IsLate(long sentAt) => _tick - sentAt >= _patience * (1 + _bytesInFlight / BytesOfPatience);
}

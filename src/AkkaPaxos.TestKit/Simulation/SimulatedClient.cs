using System.Buffers.Binary;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// A client of a seeded simulation: opens a session, and then writes and asks, some writes at once, each until it is answered, at one replica
/// after another.
/// </summary>
internal sealed class SimulatedClient(
    string name, int number, IReadOnlyList<IActorRef> replicas, SimulationSettings settings, ClusterObserver observer, ClientCounts counts, int seed)
    : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<long, Write> _writes = []; // by sequence
    private readonly SortedDictionary<long, Question> _questions = [];
    private readonly SortedSet<int> _lanes = []; // in use: the history knows one operation at a time of each
    private readonly List<Write> _refused = []; // surely not executed: to be sent again under a new session
    private int _contact;
    private bool _heard; // an answer, since it last asked again
    private long _token;
    private long _session;
    private long _sequence;
    private long _written;
    private long _asked;

    private sealed record Write(ulong Entry, long Floor, int Lane);

    private sealed record Question(int Key, KvGet Call, long Floor, int Lane);

    private sealed record Again
    {
        public static readonly Again Instance = new();
    }

    private sealed record Next
    {
        public static readonly Next Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => OpenSession();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Response m:
                _heard = true;
                foreach (var reply in m.Replies) Answered(reply);
                break;
            case QueryResponse m:
                foreach (var result in m.Results.Where(r => r.Status == QueryStatus.Ok)) // who is refused asks again, another one
                {
                    _heard = true;
                    Answered(result);
                }
                break;
            case Next: Begin(); break;
            case Reconnect: OpenSession(); break;
            case Again: AskAgain(); break;
            default: Unhandled(message); break;
        }
    }

    private IActorRef Replica()
    {
        if (!settings.Sticky) _contact = _random.Next(replicas.Count);
        return replicas[_contact];
    }

    private void OpenSession()
    {
        (_session, _sequence) = (0, 0);
        _token = _random.NextInt64(1, long.MaxValue);
        // Whatever becomes of them, nobody is told.
        foreach (var (_, write) in _writes) GiveUp(write.Lane);
        _writes.Clear();
        foreach (var (_, question) in _questions) GiveUp(question.Lane);
        _questions.Clear();
        Count();
        AskAgain();
    }

    private void GiveUp(int lane)
    {
        counts.History.Info(Lane(lane));
        _lanes.Remove(lane);
    }

    private string Lane(int lane) => $"{name}.{lane}";

    private int Invoke(KvCall call)
    {
        var lane = Enumerable.Range(1, _lanes.Count + 1).First(l => !_lanes.Contains(l));
        _lanes.Add(lane);
        counts.History.Invoke(Lane(lane), call);
        counts.Begun++;
        return lane;
    }

    private void Returned(int lane, KvResult result)
    {
        counts.History.Ok(Lane(lane), result);
        _lanes.Remove(lane);
    }

    private void AskAgain()
    {
        Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
        if (!_heard) _contact = _random.Next(replicas.Count);
        _heard = false;
        if (_session == 0)
        {
            Replica().Tell(new Request([new Command(0, _token, 1, default)]), Self);
            return;
        }
        foreach (var (sequence, write) in _writes) Send(sequence, write);
        foreach (var (id, _) in _questions) Ask(id);
    }

    private void Begin()
    {
        Timers.StartSingleTimer(Next.Instance, Next.Instance, TimeSpan.FromMilliseconds(1) + settings.Think * _random.NextDouble());
        if (_session == 0 || counts.Stopped || counts.Begun >= settings.Operations) return;
        if (_random.NextDouble() < settings.Questions)
        {
            if (_questions.Count >= settings.Outstanding) return;
            var key = _random.Next(256);
            var call = new KvGet(SimulatedCalls.Key(key));
            _questions.Add(++_asked, new Question(key, call, observer.Returned, Invoke(call)));
            Ask(_asked);
        }
        else if (_writes.Count < settings.Outstanding)
        {
            var entry = SimulatedCalls.Entry(number, ++_written, _random.NextDouble() < settings.Transactions);
            var write = SimulatedCalls.Of(entry);
            counts.Entries.Add(write, entry);
            _writes.Add(++_sequence, new Write(entry, observer.Returned, Invoke(write)));
            Send(_sequence, _writes[_sequence]);
        }
        Count();
    }

    private void Send(long sequence, Write write)
    {
        var operation = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(operation, write.Entry);
        Replica().Tell(new Request([new Command(_session, sequence, _writes.Keys.First(), operation)]), Self);
    }

    private void Ask(long id) => Replica().Tell(new QueryRequest([new Query(id, false, new[] { (byte)_questions[id].Key })]), Self);

    private void Answered(Reply reply)
    {
        if (reply.Client == 0)
        {
            if (reply.Sequence != _token || _session != 0) return;
            _session = BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
            foreach (var refused in _refused)
            {
                _writes.Add(++_sequence, refused);
                Send(_sequence, refused);
            }
            _refused.Clear();
            Count();
            Begin();
            return;
        }
        if (reply.Client != _session || !_writes.TryGetValue(reply.Sequence, out var write)) return;
        switch (reply.Status)
        {
            case ReplyStatus.Ok:
                _writes.Remove(reply.Sequence);
                counts.Written++;
                var (position, result) = SimulatedStore.ReadAnswer(reply.Result);
                Returned(write.Lane, result);
                observer.Written(name, write.Entry, position, write.Floor);
                break;
            case ReplyStatus.SessionUnknown:
                OpenSession();
                break;
            case ReplyStatus.NotExecuted:
                // Were it executed after all, it would be once more now, which R5 finds.
                _writes.Remove(reply.Sequence);
                _refused.Add(write);
                OpenSession();
                break;
            default:
                observer.Violated("R5", $"{name} was told {reply.Status} of sequence {reply.Sequence}, for whose answer it still waits");
                break;
        }
        Count();
    }

    private void Answered(QueryResult result)
    {
        if (!_questions.Remove(result.Id, out var question)) return;
        counts.Read++;
        var (executed, checksum, value) = SimulatedStore.ReadValue(result.Result);
        counts.ReadAfter.Add(question.Call, executed);
        Returned(question.Lane, value);
        observer.Read(name, executed, checksum, question.Floor);
        Count();
    }

    private void Count() => counts.Open[name] = _writes.Count + _refused.Count + _questions.Count + (_session == 0 ? 1 : 0);
}

/// <summary>To a client: forget your session and what is under way in it.</summary>
internal sealed record Reconnect
{
    public static readonly Reconnect Instance = new();
}

/// <summary>What the clients of a simulation have done.</summary>
internal sealed class ClientCounts
{
    public long Begun { get; set; }

    public long Written { get; set; }

    public long Read { get; set; }

    /// <summary>What they asked for and were answered.</summary>
    public HistoryRecorder<KvCall, KvResult> History { get; } = new();

    /// <summary>The entries of the calls in the history that write.</summary>
    public Dictionary<KvCall, ulong> Entries { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many entries were executed before the answers that calls in the history got, where they read.</summary>
    public Dictionary<KvCall, long> ReadAfter { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>What each client waits for: operations, and a session.</summary>
    public SortedDictionary<string, int> Open { get; } = new(StringComparer.Ordinal);

    /// <summary>No client begins anything more.</summary>
    public bool Stopped { get; set; }
}

using System.Buffers.Binary;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

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
    private long _token;
    private long _session;
    private long _sequence;
    private long _written;
    private long _asked;

    private sealed record Write(ulong Entry, long Floor);

    private sealed record Question(long Floor);

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
                foreach (var reply in m.Replies) Answered(reply);
                break;
            case QueryResponse m:
                foreach (var result in m.Results) Answered(result);
                break;
            case Next: Begin(); break;
            case Again: AskAgain(); break;
            default: Unhandled(message); break;
        }
    }

    private IActorRef Replica() => replicas[_random.Next(replicas.Count)];

    private void OpenSession()
    {
        (_session, _sequence) = (0, 0);
        _token = _random.NextInt64(1, long.MaxValue);
        counts.Unknown += _writes.Count;
        _writes.Clear();
        AskAgain();
    }

    private void AskAgain()
    {
        Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
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
        if (_session == 0 || counts.Stopped) return;
        if (_random.NextDouble() < settings.Questions)
        {
            if (_questions.Count >= settings.Outstanding) return;
            _questions.Add(++_asked, new Question(observer.Returned));
            Ask(_asked);
        }
        else if (_writes.Count < settings.Outstanding)
        {
            var write = new Write(((ulong)number << 48) | (ulong)++_written, observer.Returned);
            _writes.Add(++_sequence, write);
            Send(_sequence, write);
        }
        Count();
    }

    private void Send(long sequence, Write write)
    {
        var oldest = _writes.Keys.First();
        Replica().Tell(new Request([new Command(_session, sequence, oldest, AppendLog.Number((long)write.Entry))]), Self);
    }

    private void Ask(long id) => Replica().Tell(new QueryRequest([new Query(id, false, default)]), Self);

    private void Answered(Reply reply)
    {
        if (reply.Client == 0)
        {
            if (reply.Sequence != _token || _session != 0) return;
            _session = BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
            Begin();
            return;
        }
        if (reply.Client != _session || !_writes.TryGetValue(reply.Sequence, out var write)) return;
        switch (reply.Status)
        {
            case ReplyStatus.Ok:
                _writes.Remove(reply.Sequence);
                counts.Written++;
                observer.Written(name, write.Entry, BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span), write.Floor);
                break;
            case ReplyStatus.SessionUnknown:
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
        var bytes = result.Result.Span;
        observer.Read(name, BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), question.Floor);
        Count();
    }

    private void Count() => counts.Open[number] = _writes.Count + _questions.Count;
}

/// <summary>What the clients of a simulation have done.</summary>
internal sealed class ClientCounts
{
    public long Written { get; set; }

    public long Read { get; set; }

    /// <summary>Writes whose session was forgotten before they were answered.</summary>
    public long Unknown { get; set; }

    /// <summary>Operations under way, by client.</summary>
    public SortedDictionary<int, int> Open { get; } = [];

    /// <summary>No client begins anything more.</summary>
    public bool Stopped { get; set; }
}

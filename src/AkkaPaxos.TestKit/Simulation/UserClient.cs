using System.Buffers.Binary;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>An operation or question that a test has given to a <see cref="SimulatedCluster"/>.</summary>
public sealed class SimulatedOperation
{
    internal SimulatedOperation(ReadOnlyMemory<byte> bytes, bool isQuestion) => (Bytes, IsQuestion) = (bytes, isQuestion);

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal bool IsQuestion { get; }

    /// <summary>Whether the cluster has answered.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether the cluster has forgotten the session it was sent in: it may have been executed or not, and is never done.</summary>
    public bool IsLost { get; private set; }

    /// <summary>The state machine's answer; empty while there is none.</summary>
    public ReadOnlyMemory<byte> Answer { get; private set; }

    internal void Done(ReadOnlyMemory<byte> answer) => (IsDone, Answer) = (true, answer);

    internal void Lost() => IsLost = true;
}

/// <summary>Gives a test's operations to the replicas, in one session: each until it is answered, at one replica after another.</summary>
internal sealed class UserClient(IReadOnlyList<IActorRef> replicas, ClientCounts counts, int seed) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private readonly Random _random = new(seed);
    private readonly Queue<SimulatedOperation> _early = new(); // until there is a session
    private readonly SortedDictionary<long, SimulatedOperation> _open = [];
    private long _token;
    private long _session;
    private long _number;

    private sealed record Again
    {
        public static readonly Again Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SimulatedOperation m:
                counts.Open["test"] = counts.Open.GetValueOrDefault("test") + 1;
                if (_token == 0) _token = _random.NextInt64(1, long.MaxValue);
                if (_session == 0)
                {
                    _early.Enqueue(m);
                    if (_early.Count == 1) Ask();
                }
                else Begin(m);
                break;
            case Response m:
                foreach (var reply in m.Replies) Answered(reply);
                break;
            case QueryResponse m:
                foreach (var result in m.Results.Where(r => r.Status == QueryStatus.Ok)) Done(result.Id, result.Result);
                break;
            case Again: Ask(); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(SimulatedOperation operation)
    {
        _open.Add(++_number, operation);
        Send(_number, operation);
        if (!Timers.IsTimerActive(Again.Instance)) Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
    }

    private void Ask()
    {
        if (_session == 0) Replica().Tell(new Request([new Command(0, _token, 1, default)]), Self);
        foreach (var (number, operation) in _open) Send(number, operation);
        if (_session == 0 || _open.Count > 0) Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
    }

    private void Send(long number, SimulatedOperation operation)
    {
        object message = operation.IsQuestion
            ? new QueryRequest([new Query(number, false, operation.Bytes)])
            : new Request([new Command(_session, number, _open.Keys.First(), operation.Bytes)]);
        Replica().Tell(message, Self);
    }

    private IActorRef Replica() => replicas[_random.Next(replicas.Count)];

    private void Answered(Reply reply)
    {
        if (reply.Client == 0)
        {
            if (reply.Sequence != _token || _session != 0) return;
            _session = BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
            while (_early.TryDequeue(out var operation)) Begin(operation);
        }
        else if (reply.Client == _session && reply.Status == ReplyStatus.Ok)
        {
            Done(reply.Sequence, reply.Result);
        }
        else if (reply.Client == _session)
        {
            foreach (var number in _open.Where(o => !o.Value.IsQuestion).Select(o => o.Key).ToList())
            {
                _open.Remove(number, out var lost);
                counts.Open["test"]--;
                lost!.Lost();
            }
            (_session, _token) = (0, _random.NextInt64(1, long.MaxValue)); // for what comes next
            Ask();
        }
    }

    private void Done(long number, ReadOnlyMemory<byte> answer)
    {
        if (!_open.Remove(number, out var operation)) return;
        counts.Open["test"]--;
        operation.Done(answer);
    }
}

/// <summary>
/// Opens a session, which any cluster that decides will do whatever its application: shows whether it does, also where no client waits for anything.
/// </summary>
internal sealed class Probe(IReadOnlyList<IActorRef> replicas, ClientCounts counts, int seed) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private readonly Random _random = new(seed);
    private long _token; // 0: it does not wait

    internal sealed record Begin
    {
        public static readonly Begin Instance = new();
    }

    private sealed record Again
    {
        public static readonly Again Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Begin:
                _token = _random.NextInt64(1, long.MaxValue);
                Ask();
                break;
            case Again: Ask(); break;
            case Response m when m.Replies.Any(r => r.Client == 0 && r.Sequence == _token):
                _token = 0;
                counts.Open["probe"] = 0;
                Timers.CancelAll();
                break;
            case Response: break; // again
            default: Unhandled(message); break;
        }
    }

    private void Ask()
    {
        replicas[_random.Next(replicas.Count)].Tell(new Request([new Command(0, _token, 1, default)]), Self);
        Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
    }
}

using System.Buffers.Binary;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>
/// A client beside each node's replica, which asks no other: it writes, then reads (linearizable), all the time, and knows for how long it was not served.
/// </summary>
internal sealed class LocalClient(RoleContext context) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Think = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private long _session;
    private long _sequence;
    private bool _reads;
    private int _answers;
    private DateTimeOffset _servedAt;
    private TimeSpan _longest;

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => Context.System.Scheduler.Now;

    private IActorRef Replica => context.Peers.Replica(context.Self);

    /// <summary>To the client: how were you served since you were last asked? Answered with <see cref="Service"/>.</summary>
    internal sealed record HowWasIt
    {
        public static readonly HowWasIt Instance = new();
    }

    /// <summary>How a client was served.</summary>
    /// <param name="Answers">Writes and reads that were answered.</param>
    /// <param name="Longest">The longest time without an answer.</param>
    internal sealed record Service(int Answers, TimeSpan Longest);

    private sealed class Next
    {
        public static readonly Next Instance = new();
    }

    private sealed class Again
    {
        public static readonly Again Instance = new();
    }

    protected override void PreStart()
    {
        _servedAt = Now;
        Ask();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Response { Replies: [var reply] } when reply.Client == 0 && _session == 0:
                _session = BinaryPrimitives.ReadInt64BigEndian(reply.Result.Span);
                Served();
                break;
            case Response { Replies: [var reply] } when reply.Client == _session && reply.Sequence == _sequence && !_reads:
                _reads = true;
                Served();
                break;
            case QueryResponse { Results: [var result] } when result.Id == _sequence && _reads:
                _reads = false;
                Served();
                break;
            case Next: Ask(); break;
            case Again: Send(); break;
            case HowWasIt:
                Sender.Tell(new Service(_answers, Longest()), Self);
                (_answers, _longest, _servedAt) = (0, TimeSpan.Zero, Now);
                break;
        }
    }

    private TimeSpan Longest() => Now - _servedAt > _longest ? Now - _servedAt : _longest;

    private void Served()
    {
        _longest = Longest();
        _servedAt = Now;
        _answers++;
        Timers.CancelAll();
        Timers.StartSingleTimer(Next.Instance, Next.Instance, Think);
    }

    private void Ask()
    {
        if (_session != 0 && !_reads) _sequence++;
        Send();
    }

    private void Send()
    {
        Replica.Tell(
            _session == 0 ? new Request([new Command(0, 1000 + context.Self.Value, 1, default)])
            : _reads ? new QueryRequest([new Query(_sequence, false, default)])
            : new Request([new Command(_session, _sequence, _sequence, "."u8.ToArray())]),
            Self);
        Timers.StartSingleTimer(Again.Instance, Again.Instance, Patience);
    }
}

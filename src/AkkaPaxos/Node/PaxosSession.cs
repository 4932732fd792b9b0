using System.Collections.Concurrent;
using Akka.Actor;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>How a client session behaves.</summary>
public sealed record SessionSettings
{
    /// <summary>Commands numbered and not yet answered; more wait. At most a quarter of the answers that a replica remembers for a session.</summary>
    public int InFlight { get; init; } = 1024;

    /// <summary>
    /// After this long without an answer a command or question is sent again, to the next contact point. Doubles, up to <see cref="RetryAfterMax"/>,
    /// while none answers.
    /// </summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The longest time between two tries.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Bytes of commands numbered and not yet answered; more wait, and a single larger one does not.</summary>
    public long InFlightBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of commands that wait for their turn. A call beyond that is refused at once (<see cref="OverloadedException"/>).</summary>
    public long WaitingBytes { get; init; } = 32 << 20;

    /// <summary>Bytes of the largest operation or question: the nodes' <c>akkapaxos.max-request-bytes</c>. A larger one is refused at once.</summary>
    public int MaxRequestBytes { get; init; } = 2 << 20;

    /// <summary>Bytes of operations in one message; a single larger one travels alone.</summary>
    public long RequestBytes { get; init; } = 1 << 20;
}

/// <summary>
/// A command may have been executed or not, and it cannot be found out any more: the cluster has forgotten the session, or the session was closed.
/// </summary>
/// <param name="message">Which of these.</param>
public sealed class OutcomeUnknownException(string message) : Exception(message);

/// <summary>
/// Too much waits already: the call was refused at once, nothing was sent and nothing will happen. Try again when other calls have been answered.
/// </summary>
/// <param name="message">How much waits, and what the limit is.</param>
public sealed class OverloadedException(string message) : Exception(message);

/// <summary>A request is larger than nodes take (<c>akkapaxos.max-request-bytes</c>); it was not executed.</summary>
/// <param name="message">Its size and the limit.</param>
public sealed class RequestTooLargeException(string message) : Exception(message);

/// <summary>
/// A command was surely not executed, and will not be: the cluster forgot the client's sessions again and again before the command came, as more
/// clients are at work than it remembers sessions (<c>akkapaxos.sessions</c>).
/// </summary>
/// <param name="message">In one line.</param>
public sealed class SessionsForgottenException(string message) : Exception(message);

/// <summary>
/// A client's session with a Paxos group: numbers its commands, so that each takes effect at most once however often it has to be sent,
/// and batches what is asked at the same time into one message. For any number of concurrent callers.
/// </summary>
public sealed class PaxosSession
{
    private readonly ClientCalls _calls;
    private readonly IActorRef _actor;
    private readonly ActorSystem _system;

    private PaxosSession(ActorSystem system, IReadOnlyList<Func<IActorRef>> replicas, SessionSettings settings, string? name)
    {
        if (replicas.Count == 0) throw new ArgumentException("a session needs at least one contact point", nameof(replicas));
        _system = system;
        _calls = new ClientCalls(settings);
        _actor = system.ActorOf(Props.Create(typeof(ClientSession), replicas, settings, _calls), name);
        _calls.Signal = () => _actor.Tell(ClientSession.Flush.Instance, ActorRefs.NoSender);
    }

    /// <summary>
    /// A session from another actor system, whose provider is remote or cluster. Nothing of it is sent before the first call. With <c>akkapaxos.links = direct</c> in the
    /// system's configuration it goes by direct links where the nodes take them.
    /// </summary>
    /// <param name="system">The client's own actor system.</param>
    /// <param name="contactPoints">Addresses of nodes, as Akka writes them: <c>akka.tcp://akkapaxos@10.0.0.1:4053</c>. The first is asked
    /// first.</param>
    /// <param name="group">The log's name.</param>
    /// <param name="settings">How it behaves; the defaults where null.</param>
    /// <exception cref="FormatException">A contact point is not an address.</exception>
    /// <exception cref="Akka.Configuration.ConfigurationException">The system's configuration lacks <see
    /// cref="PaxosSettings.DefaultConfig"/>.</exception>
    public static PaxosSession Connect(
        ActorSystem system, IEnumerable<string> contactPoints, string group = "default", SessionSettings? settings = null)
    {
        PaxosSettings.RequireSerializer(system);
        var links = ClientLinks.Get(system);
        var replicas = contactPoints.Select(at =>
        {
            if (!Address.TryParse(at, out var address) || address.Host is null || address.Port is null)
                throw new FormatException($"contact point \"{at}\" is not an address like akka.tcp://akkapaxos@host:port");
            return links.Actor($"{address}", PeerDirectory.Path("", group, "introduction"), PeerDirectory.Path("", group, "replica"));
        }).ToList();
        return Open(system, replicas, settings);
    }

    /// <summary>A session with these replicas. Nothing is sent before the first call.</summary>
    /// <param name="system">Where the session's actor lives.</param>
    /// <param name="replicas">Contact points; the first is asked first, the next one where it does not answer in time.</param>
    /// <param name="settings">How it behaves; the defaults where null.</param>
    public static PaxosSession Open(ActorSystem system, IReadOnlyList<IActorRef> replicas, SessionSettings? settings = null) =>
        new(system, [.. replicas.Select(r => (Func<IActorRef>)(() => r))], settings ?? new SessionSettings(), null);

    internal static PaxosSession Open(ActorSystem system, Func<IActorRef> replica, SessionSettings settings, string name) =>
        new(system, [replica], settings, name);

    /// <summary>Executes an operation of the state machine, once.</summary>
    /// <param name="operation">The operation; it must not be changed before the task ends.</param>
    /// <param name="cancellation">Stops the waiting. The operation may still be executed later.</param>
    /// <returns>The state machine's answer. Tries until there is one: without a majority only <paramref name="cancellation"/> ends it.</returns>
    /// <exception cref="OverloadedException">Too much waits already; it was not sent.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been executed or not: the cluster forgot the session, or the session was
    /// closed.</exception>
    /// <exception cref="SessionsForgottenException">It was not executed: the cluster remembers too few sessions.</exception>
    public Task<ReadOnlyMemory<byte>> Submit(ReadOnlyMemory<byte> operation, CancellationToken cancellation = default) =>
        _calls.Add(new ClientCall(operation, CallKind.Command), cancellation);

    /// <summary>Asks the state machine without changing it.</summary>
    /// <param name="query">The question; it must not be changed before the task ends.</param>
    /// <param name="serializable">True: the asked node's present state, which may be old. False: linearizable, reflects every write acknowledged
    /// before.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="OperationCanceledException">The waiting was stopped, or the session closed.</exception>
    public Task<ReadOnlyMemory<byte>> Query(ReadOnlyMemory<byte> query, bool serializable = false, CancellationToken cancellation = default) =>
        _calls.Add(new ClientCall(query, serializable ? CallKind.SerializableQuery : CallKind.Query), cancellation);

    /// <summary>
    /// The highest round of a ballot that is known to have led from the answers that came; 0 before the first. Behind an answer it is never lower than it
    /// was, anywhere, behind another one that came before the call: of any session, unless the question was serializable.
    /// </summary>
    public long Round => _calls.Round;

    /// <summary>Ends the session here; calls under way end with an exception.</summary>
    public void Close() => _system.Stop(_actor);
}

internal enum CallKind
{
    Command,
    Query,
    SerializableQuery,
}

/// <summary>One call of <see cref="PaxosSession"/>: its task, and what the session's actor keeps of it.</summary>
internal sealed class ClientCall(ReadOnlyMemory<byte> operation, CallKind kind)
    : TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public ReadOnlyMemory<byte> Operation { get; } = operation;

    public CallKind Kind { get; } = kind;

    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>The actor's tick at which it was last sent.</summary>
    public long SentAt { get; set; }

    /// <summary>A question's number; 0 where it has none yet.</summary>
    public long QueryId { get; set; }

    /// <summary>Where a question was last sent to.</summary>
    public IActorRef? SentTo { get; set; }

    /// <summary>Bytes of an answer that comes in parts.</summary>
    public long Size { get; set; }

    /// <summary>What has come of it.</summary>
    public MemoryStream? Parts { get; set; }

    /// <summary>How often it was not executed as the session was forgotten.</summary>
    public int Refusals { get; set; }

    /// <summary>What was sent for it: the Command or Query.</summary>
    public object? Message { get; set; }

    public void Answer(ReadOnlyMemory<byte> result)
    {
        TrySetResult(result);
        Cancellation.Dispose();
    }

    public void Fail(Exception why)
    {
        TrySetException(why);
        Cancellation.Dispose();
    }
}

/// <summary>Hands calls over from the callers' threads to the session's actor: a queue, and one message for all that waits in it.</summary>
internal sealed class ClientCalls(SessionSettings settings)
{
    private readonly ConcurrentQueue<ClientCall> _queue = new();
    private readonly ConcurrentQueue<ClientCall> _canceled = new(); // questions
    private readonly ByteBudget _room = new(settings.WaitingBytes); // of the calls that wait, here and in the actor
    private int _signaled;
    private volatile bool _closed;
    private long _round;

    /// <summary>See <see cref="PaxosSession.Round"/>.</summary>
    public long Round => Volatile.Read(ref _round);

    /// <summary>To be called by the actor alone, before it answers the calls that came with it.</summary>
    public void SawRound(long round) => Volatile.Write(ref _round, Math.Max(_round, round));

    public Action Signal { get; set; } = () => { };

    public Task<ReadOnlyMemory<byte>> Add(ClientCall call, CancellationToken cancellation)
    {
        var length = call.Operation.Length;
        if (RequestSize.Problem(call.Operation, settings.MaxRequestBytes) is { } tooLarge)
        {
            call.Fail(new RequestTooLargeException(tooLarge));
            return call.Task;
        }
        if (!_room.TryTake(length))
        {
            call.Fail(new OverloadedException(
                $"{_room.Taken} bytes of calls wait already, and with {length} more they would be over the limit of {settings.WaitingBytes}"));
            return call.Task;
        }
        if (cancellation.CanBeCanceled) call.Cancellation = cancellation.UnsafeRegister((_, token) => Cancel(call, token), null);
        _queue.Enqueue(call);
        if (_closed) Close(); // a call that came while the actor stopped must not wait for ever
        else Wake();
        return call.Task;
    }

    // A command goes on, as it may have been sent; the answer to a question need not be made.
    private void Cancel(ClientCall call, CancellationToken token)
    {
        if (!call.TrySetCanceled(token) || call.Kind == CallKind.Command) return;
        _canceled.Enqueue(call);
        Wake();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _signaled, 1) == 0) Signal();
    }

    public bool TryTakeCanceled(out ClientCall call) => _canceled.TryDequeue(out call!);

    public bool TryTake(out ClientCall call) => _queue.TryDequeue(out call!);

    /// <summary>A call waits once more, as it was not executed.</summary>
    public void Back(ClientCall call) => _room.Take(call.Operation.Length);

    /// <summary>A call waits no more: it is sent, or nobody wants it any longer.</summary>
    public void Left(ClientCall call) => _room.Return(call.Operation.Length);

    /// <summary>To be called by the actor before it takes what waits, so that a call which comes later signals again.</summary>
    public void Taking() => Volatile.Write(ref _signaled, 0);

    public void Close()
    {
        _closed = true;
        while (TryTake(out var call)) call.Fail(new OperationCanceledException("the session is closed; this call was never sent"));
    }
}

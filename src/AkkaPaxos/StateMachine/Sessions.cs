using System.Buffers.Binary;
using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.StateMachine;

/// <summary>What became of a command.</summary>
public enum Outcome
{
    /// <summary>It was executed, now or by an earlier try.</summary>
    Executed,

    /// <summary>
    /// There is no such session, or it was forgotten as the least recently used; an earlier try of the command may have been executed before that.
    /// </summary>
    SessionUnknown,

    /// <summary>The client had said that it no longer waits for this command's answer.</summary>
    Stale,

    /// <summary>Its session was forgotten before it came: it was executed by no try, and none will be.</summary>
    NotExecuted,
}

/// <summary>A command's outcome with the state machine's answer, which is empty unless the command was executed.</summary>
/// <param name="Outcome">What became of the command.</param>
/// <param name="Result">The state machine's answer; for a command that asked for a session, the session's number, 8 bytes big-endian.</param>
public readonly record struct Answer(Outcome Outcome, ReadOnlyMemory<byte> Result);

/// <summary>
/// Makes a command take effect at most once per client and sequence (invariant R5; PMMC 2.1 asks for it, Paxos Made Live for the sessions):
/// the same command may be decided in several slots, as replicas and clients try again. The log assigns the sessions, every answer is
/// remembered until the client says that it has it, and the least recently used session is forgotten when there are too many. All of it
/// follows from the log alone, so that every replica's sessions are equal.
/// </summary>
/// <remarks>
/// A client whose session was forgotten wants to know of each command whether it may send it again under a new one. That it sent it only once proves
/// nothing: a replica may have had it decided in two slots, one before the session was forgotten and one after, and may have skipped the answer to the
/// first with a snapshot. But of a session that is forgotten its highest executed sequence stays, for longer than the session did. A number is never
/// given to a second session. So when a command of a forgotten session is decided, and its sequence is above that mark, then it was executed in
/// no slot below this one, as the mark would be as high; and it will be in none above, as its session never comes back.
/// </remarks>
public sealed class Sessions
{
    /// <summary>A client that never says what it has received costs no more than this many remembered answers.</summary>
    public const int AnswersPerSession = 8192;

    private readonly int _limit;
    private readonly Dictionary<long, Session> _byId = [];
    private readonly Dictionary<long, Session> _byToken = [];
    private readonly LinkedList<Session> _byUse = new(); // the least recently used first
    private readonly Dictionary<long, long> _forgotten = []; // the highest sequence that a forgotten session had executed
    private readonly Queue<long> _forgottenInOrder = new();

    /// <summary>Of how many forgotten sessions it is known what they had executed, at least.</summary>
    public const int ForgottenRemembered = 4096;

    /// <summary>No session yet.</summary>
    /// <param name="limit">Sessions remembered; the same on every replica, as what is forgotten is part of the state.</param>
    public Sessions(int limit) => _limit = limit > 0 ? limit : throw new ArgumentOutOfRangeException(nameof(limit), limit, "at least one session");

    /// <summary>Sessions remembered now.</summary>
    public int Count => _byId.Count;

    /// <summary>Sessions ever opened: the number of the latest one.</summary>
    public long Opened { get; private set; }

    /// <summary>Commands ever executed.</summary>
    public long Executed { get; private set; }

    /// <summary>Sessions ever forgotten.</summary>
    public long Evicted { get; private set; }

    /// <summary>The answer to a command, if it is known without executing anything; a replica that is behind may not know it yet.</summary>
    public bool TryAnswer(Command command, out Answer answer)
    {
        answer = default;
        if (command.Client == 0)
        {
            if (!_byToken.TryGetValue(command.Sequence, out var opened)) return false;
            answer = Number(opened);
            return true;
        }
        if (!_byId.TryGetValue(command.Client, out var session)) return false;
        if (command.Sequence < session.Oldest)
        {
            answer = new Answer(Outcome.Stale, default);
            return true;
        }
        if (!session.Answers.TryGetValue(command.Sequence, out var result)) return false;
        answer = new Answer(Outcome.Executed, result);
        return true;
    }

    /// <summary>
    /// Executes a decided command with <paramref name="apply"/>, unless it was executed before. Called in the order of the log, and only so.
    /// </summary>
    public Answer Execute(Command command, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> apply)
    {
        if (command.Client == 0) return Open(command.Sequence);
        if (!_byId.TryGetValue(command.Client, out var session)) return new Answer(Refusal(command), default);
        Use(session);
        if (!TryAnswer(command, out var answer))
        {
            answer = new Answer(Outcome.Executed, apply(command.Operation));
            Executed++;
            session.Answers.Add(command.Sequence, answer.Result);
            session.Highest = Math.Max(session.Highest, command.Sequence);
        }
        session.Forget(command.Oldest);
        if (session.Answers.Count > AnswersPerSession) session.Forget(session.Answers.GetKeyAtIndex(0) + 1);
        return answer;
    }

    private Outcome Refusal(Command command) =>
        _forgotten.TryGetValue(command.Client, out var highest) && command.Sequence > highest ? Outcome.NotExecuted : Outcome.SessionUnknown;

    private void Remember(long id, long highest)
    {
        _forgotten.Add(id, highest);
        _forgottenInOrder.Enqueue(id);
        if (_forgottenInOrder.Count > Math.Max(ForgottenRemembered, 4L * _limit)) _forgotten.Remove(_forgottenInOrder.Dequeue());
    }

    private Answer Open(long token)
    {
        if (_byToken.TryGetValue(token, out var session))
        {
            Use(session);
            return Number(session);
        }
        session = new Session(++Opened, token);
        Add(session);
        if (_byId.Count > _limit)
        {
            var least = _byUse.First!.Value;
            _byUse.RemoveFirst();
            _byId.Remove(least.Id);
            _byToken.Remove(least.Token);
            Remember(least.Id, least.Highest);
            Evicted++;
        }
        return Number(session);
    }

    private void Add(Session session)
    {
        _byId.Add(session.Id, session);
        _byToken.Add(session.Token, session);
        _byUse.AddLast(session.Position);
    }

    private void Use(Session session)
    {
        if (session.Position.Next is null) return;
        _byUse.Remove(session.Position);
        _byUse.AddLast(session.Position);
    }

    private static Answer Number(Session session)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, session.Id);
        return new Answer(Outcome.Executed, bytes);
    }

    internal void Save(Proto.State state)
    {
        (state.Opened, state.Executed, state.Evicted) = (Opened, Executed, Evicted);
        foreach (var session in _byUse)
        {
            var saved = new Proto.Session { Id = session.Id, Token = session.Token, Oldest = session.Oldest, Highest = session.Highest };
            foreach (var (sequence, result) in session.Answers)
                saved.Answers.Add(new Proto.Answer { Sequence = sequence, Result = UnsafeByteOperations.UnsafeWrap(result) });
            state.Sessions.Add(saved);
        }
        foreach (var id in _forgottenInOrder) state.Forgotten.Add(new Proto.ForgottenSession { Id = id, Highest = _forgotten[id] });
    }

    internal void Restore(Proto.State state)
    {
        _byId.Clear();
        _byToken.Clear();
        _byUse.Clear();
        _forgotten.Clear();
        _forgottenInOrder.Clear();
        (Opened, Executed, Evicted) = (state.Opened, state.Executed, state.Evicted);
        foreach (var saved in state.Sessions)
        {
            var session = new Session(saved.Id, saved.Token) { Oldest = saved.Oldest, Highest = saved.Highest };
            // Copied: an answer must not keep the whole snapshot's memory alive.
            foreach (var answer in saved.Answers) session.Answers.Add(answer.Sequence, answer.Result.ToByteArray());
            // A snapshot of a version that did not keep the mark: what was executed and forgotten since lies below `oldest`.
            session.Highest = Math.Max(session.Highest, Math.Max(saved.Oldest - 1, saved.Answers.Count == 0 ? 0 : saved.Answers[^1].Sequence));
            Add(session);
        }
        foreach (var forgotten in state.Forgotten) Remember(forgotten.Id, forgotten.Highest);
    }

    private sealed class Session
    {
        public Session(long id, long token)
        {
            (Id, Token) = (id, token);
            Position = new LinkedListNode<Session>(this);
        }

        public long Id { get; }

        public long Token { get; }

        public long Oldest { get; set; } = 1;

        /// <summary>The highest sequence executed; 0 where none was.</summary>
        public long Highest { get; set; }

        public AnswerList Answers { get; } = new();

        public LinkedListNode<Session> Position { get; }

        public void Forget(long below)
        {
            if (below <= Oldest) return;
            Oldest = below;
            Answers.RemoveBelow(below);
        }
    }
}

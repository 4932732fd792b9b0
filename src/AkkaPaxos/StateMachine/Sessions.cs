using System.Buffers.Binary;
using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.StateMachine;

/// <summary>What became of a command.</summary>
public enum Outcome
{
    /// <summary>It was executed, now or by an earlier try.</summary>
    Executed,

    /// <summary>There is no such session, or it was forgotten as the least recently used.</summary>
    SessionUnknown,

    /// <summary>The client had said that it no longer waits for this command's answer.</summary>
    Stale,
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
public sealed class Sessions
{
    /// <summary>A client that never says what it has received costs no more than this many remembered answers.</summary>
    public const int AnswersPerSession = 8192;

    private readonly int _limit;
    private readonly Dictionary<long, Session> _byId = [];
    private readonly Dictionary<long, Session> _byToken = [];
    private readonly LinkedList<Session> _byUse = new(); // the least recently used first

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
        if (!_byId.TryGetValue(command.Client, out var session)) return new Answer(Outcome.SessionUnknown, default);
        Use(session);
        if (!TryAnswer(command, out var answer))
        {
            answer = new Answer(Outcome.Executed, apply(command.Operation));
            Executed++;
            session.Answers.Add(command.Sequence, answer.Result);
        }
        session.Forget(command.Oldest);
        if (session.Answers.Count > AnswersPerSession) session.Forget(session.Answers.GetKeyAtIndex(0) + 1);
        return answer;
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
            var saved = new Proto.Session { Id = session.Id, Token = session.Token, Oldest = session.Oldest };
            foreach (var (sequence, result) in session.Answers)
                saved.Answers.Add(new Proto.Answer { Sequence = sequence, Result = UnsafeByteOperations.UnsafeWrap(result) });
            state.Sessions.Add(saved);
        }
    }

    internal void Restore(Proto.State state)
    {
        _byId.Clear();
        _byToken.Clear();
        _byUse.Clear();
        (Opened, Executed, Evicted) = (state.Opened, state.Executed, state.Evicted);
        foreach (var saved in state.Sessions)
        {
            var session = new Session(saved.Id, saved.Token) { Oldest = saved.Oldest };
            // Copied: an answer must not keep the whole snapshot's memory alive.
            foreach (var answer in saved.Answers) session.Answers.Add(answer.Sequence, answer.Result.ToByteArray());
            Add(session);
        }
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

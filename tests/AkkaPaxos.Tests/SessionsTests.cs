using System.Buffers.Binary;
using System.Text;
using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;
using FsCheck;
using FsCheck.Fluent;
using Outcome = AkkaPaxos.StateMachine.Outcome;

namespace AkkaPaxos.Tests;

/// <summary>Client sessions and the state they are part of: a command takes effect at most once (invariant R5), the same on every replica.</summary>
public sealed class SessionsTests
{
    private static readonly ConfigurationHistory Founding = new(new Configuration([new Member(new NodeId(1), "akka.tcp://akkapaxos@10.0.0.1:4053")]));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static Command Op(long client, long sequence, string text, long oldest = 1) => new(client, sequence, oldest, Bytes(text));

    private static Command OpenOp(long token) => new(0, token, 0, default);

    private static long Number(Answer answer) => BinaryPrimitives.ReadInt64BigEndian(answer.Result.Span);

    private static long Open(Sessions sessions, long token) =>
        Number(sessions.Execute(OpenOp(token), _ => throw new InvalidOperationException("no operation")));

    [Fact]
    public void The_log_numbers_the_sessions()
    {
        var sessions = new Sessions(10);
        Assert.Equal(1, Open(sessions, 77));
        Assert.Equal(2, Open(sessions, 78));
        Assert.Equal(2, sessions.Count);
    }

    [Fact]
    public void Asking_twice_with_one_token_opens_one_session()
    {
        var sessions = new Sessions(10);
        Assert.Equal(Open(sessions, 77), Open(sessions, 77));
        Assert.True(sessions.TryAnswer(OpenOp(77), out var answer));
        Assert.Equal(1, Number(answer));
        Assert.Equal(1, sessions.Opened);
    }

    [Fact]
    public void A_repeated_command_gets_the_first_answer_and_is_not_executed_again()
    {
        var sessions = new Sessions(10);
        var client = Open(sessions, 1);
        var executed = 0;
        ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> _) => Bytes($"run {++executed}");

        Assert.Equal("run 1", Text(sessions.Execute(Op(client, 1, "a"), Apply).Result));
        Assert.Equal("run 1", Text(sessions.Execute(Op(client, 1, "a"), Apply).Result));
        Assert.True(sessions.TryAnswer(Op(client, 1, "a"), out var known));
        Assert.Equal("run 1", Text(known.Result));
        Assert.Equal(1, executed);
        Assert.Equal(1, sessions.Executed);
    }

    [Fact]
    public void Commands_of_one_session_may_come_in_any_order()
    {
        var sessions = new Sessions(10);
        var client = Open(sessions, 1);
        foreach (var sequence in (long[])[3, 1, 5, 2, 4, 3, 1])
            Assert.Equal($"{sequence}", Text(sessions.Execute(Op(client, sequence, $"{sequence}"), op => op).Result));
        Assert.Equal(5, sessions.Executed);
    }

    [Fact]
    public void Answers_that_the_client_has_are_forgotten_and_their_commands_stale()
    {
        var sessions = new Sessions(10);
        var client = Open(sessions, 1);
        sessions.Execute(Op(client, 1, "a"), op => op);
        sessions.Execute(Op(client, 2, "b"), op => op);
        sessions.Execute(Op(client, 3, "c", oldest: 3), op => op);

        Assert.Equal(Outcome.Stale, sessions.Execute(Op(client, 1, "a"), _ => throw new InvalidOperationException("twice")).Outcome);
        Assert.True(sessions.TryAnswer(Op(client, 2, "b"), out var answer));
        Assert.Equal(Outcome.Stale, answer.Outcome);
        Assert.Equal(Outcome.Executed, sessions.Execute(Op(client, 3, "c"), _ => throw new InvalidOperationException("twice")).Outcome);
    }

    [Fact]
    public void A_command_of_a_session_that_nobody_opened_is_not_executed()
    {
        var sessions = new Sessions(10);
        Assert.Equal(Outcome.SessionUnknown, sessions.Execute(Op(5, 1, "a"), _ => throw new InvalidOperationException("executed")).Outcome);
        Assert.False(sessions.TryAnswer(Op(5, 1, "a"), out _)); // it may have been opened in a slot that this replica has not executed
    }

    [Fact]
    public void The_least_recently_used_session_is_forgotten_first()
    {
        var sessions = new Sessions(2);
        var first = Open(sessions, 1);
        var second = Open(sessions, 2);
        sessions.Execute(Op(first, 1, "a"), op => op); // now the second is the least recently used
        var third = Open(sessions, 3);

        Assert.Equal(Outcome.NotExecuted, sessions.Execute(Op(second, 1, "b"), op => op).Outcome);
        Assert.Equal(Outcome.Executed, sessions.Execute(Op(first, 2, "c"), op => op).Outcome);
        Assert.Equal(Outcome.Executed, sessions.Execute(Op(third, 1, "d"), op => op).Outcome);
        Assert.Equal(1, sessions.Evicted);
    }

    [Fact]
    public void Of_a_forgotten_session_it_is_known_which_commands_cannot_have_been_executed_also_after_a_snapshot()
    {
        var state = new ReplicatedState(new ListMachine(), 2, Founding);
        var answers = new List<(long Sequence, Outcome Outcome)>();
        void Execute(ReplicatedState on, params Command[] commands) =>
            on.Execute(Value.Batch(commands), (command, answer) => answers.Add((command.Sequence, answer.Outcome)));
        Execute(state, OpenOp(101));
        Execute(state, Op(1, 1, "a"), Op(1, 4, "d"));
        Execute(state, OpenOp(102), OpenOp(103)); // session 1 goes
        var restored = new ReplicatedState(new ListMachine(), 2, Founding);
        restored.Restore(state.Snapshot()());
        foreach (var one in (ReplicatedState[])[state, restored])
        {
            answers.Clear();
            Execute(one, Op(1, 5, "e"), Op(1, 4, "d"), Op(1, 3, "c"), Op(1, 1, "a"));
            // 3 was not executed; but what is kept is the highest only.
            Assert.Equal(
                [(5, Outcome.NotExecuted), (4, Outcome.SessionUnknown), (3, Outcome.SessionUnknown), (1, Outcome.SessionUnknown)], answers);
        }
    }

    [Fact]
    public void A_client_that_never_says_what_it_has_does_not_fill_the_memory()
    {
        var sessions = new Sessions(2);
        var client = Open(sessions, 1);
        for (var sequence = 1; sequence <= Sessions.AnswersPerSession + 10; sequence++) sessions.Execute(Op(client, sequence, "x"), op => op);
        Assert.Equal(Outcome.Stale, sessions.Execute(Op(client, 10, "x"), _ => throw new InvalidOperationException("twice")).Outcome);
        Assert.Equal(Outcome.Executed, sessions.Execute(Op(client, 11, "x"), _ => throw new InvalidOperationException("twice")).Outcome);
    }

    [Fact]
    public void A_snapshot_restores_application_sessions_and_slot()
    {
        var state = new ReplicatedState(new ListMachine(), 10, Founding);
        state.Execute(Value.Batch([OpenOp(9)]), (_, _) => { });
        state.Execute(Value.Batch([Op(1, 1, "a"), Op(1, 2, "b")]), (_, _) => { });

        var lines = new ListMachine();
        var copy = new ReplicatedState(lines, 10, Founding);
        copy.Restore(state.Snapshot()());

        Assert.Equal(3, copy.SlotOut);
        Assert.Equal(state.Checksum, copy.Checksum);
        Assert.Equal(state.Snapshot()(), copy.Snapshot()());
        copy.Execute(Value.Batch([Op(1, 2, "b"), Op(1, 3, "c")]), (_, _) => { });
        Assert.Equal(["a", "b", "c"], lines.Lines);
    }

    [Fact]
    public void Bytes_that_are_no_snapshot_are_refused()
    {
        var state = new ReplicatedState(new ListMachine(), 10, Founding);
        state.Execute(Value.Batch([OpenOp(9)]), (_, _) => { });
        var good = state.Snapshot()();

        Assert.Throws<FormatException>(() => new ReplicatedState(new ListMachine(), 10, Founding).Restore(Bytes("no snapshot")));
        Assert.Throws<FormatException>(() => new ReplicatedState(new ListMachine(), 10, Founding).Restore(default));
        good[^1] ^= 1; // the checksum's last byte
        Assert.Throws<FormatException>(() => new ReplicatedState(new ListMachine(), 10, Founding).Restore(good));
    }

    [Fact]
    public void The_checksum_tells_states_apart_that_differ_in_their_sessions_only()
    {
        var one = new ReplicatedState(new ListMachine(), 10, Founding);
        var two = new ReplicatedState(new ListMachine(), 10, Founding);
        one.Execute(Value.Batch([OpenOp(9)]), (_, _) => { });
        two.Execute(Value.NoOp, (_, _) => { });
        Assert.Equal(one.SlotOut, two.SlotOut);
        Assert.NotEqual(one.Checksum, two.Checksum);
    }

    // --- any log at all: few clients, few sequences, so that repeats, gaps, stale and evicted ones are all there ---

    private static readonly Gen<Command> AnyCommand = Gen.Frequency(
        (1, Gen.Choose(1, 4).Select(token => OpenOp(token))),
        (6, from client in Gen.Choose(1, 5)
            from sequence in Gen.Choose(1, 12)
            from behind in Gen.Choose(0, 8)
            select Op(client, sequence, $"{client}/{sequence}", Math.Max(1, sequence - behind))));

    private static readonly Arbitrary<IList<Command>> AnyLog = AnyCommand.ListOf().Select(l => (IList<Command>)[.. l]).ToArbitrary();

    [Fact]
    public void In_any_log_a_command_is_executed_at_most_once()
    {
        Prop.ForAll(AnyLog, log =>
        {
            var sessions = new Sessions(3);
            var executed = new List<CommandId>();
            foreach (var command in log)
                sessions.Execute(command, op =>
                {
                    executed.Add(command.Id);
                    return op;
                });
            return executed.Count == executed.Distinct().Count() && executed.Count == sessions.Executed && sessions.Count <= 3;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void In_any_log_an_answer_known_is_the_answer_given()
    {
        Prop.ForAll(AnyLog, log =>
        {
            var sessions = new Sessions(3);
            foreach (var command in log)
            {
                var known = sessions.TryAnswer(command, out var before);
                var given = sessions.Execute(command, op => op);
                if (known && (before.Outcome != given.Outcome || !before.Result.Span.SequenceEqual(given.Result.Span))) return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_log_gives_the_same_state_when_a_snapshot_is_taken_and_restored_under_way()
    {
        Prop.ForAll(AnyLog, Gen.Choose(0, 30).ToArbitrary(), (log, at) =>
        {
            var straight = new ReplicatedState(new ListMachine(), 3, Founding);
            var resumed = new ReplicatedState(new ListMachine(), 3, Founding);
            var answers = new List<string>();
            var same = new List<string>();
            for (var i = 0; i < log.Count; i++)
            {
                if (i == at)
                {
                    var snapshot = resumed.Snapshot()();
                    resumed = new ReplicatedState(new ListMachine(), 3, Founding);
                    resumed.Restore(snapshot);
                }
                straight.Execute(Value.Batch([log[i]]), (c, a) => answers.Add($"{c.Id} {a.Outcome} {Convert.ToHexString(a.Result.Span)}"));
                resumed.Execute(Value.Batch([log[i]]), (c, a) => same.Add($"{c.Id} {a.Outcome} {Convert.ToHexString(a.Result.Span)}"));
            }
            return answers.SequenceEqual(same) && straight.Checksum == resumed.Checksum && straight.Snapshot()().SequenceEqual(resumed.Snapshot()());
        }).QuickCheckThrowOnFailure();
    }
}

using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>Histories made by hand, of each model, with what is to be said of them.</summary>
public class HistoryTests
{
    private static readonly RegisterResult Done = new(true);

    // (client, call, answer, from, to); without an end it is open.
    private static Operation<RegisterCall, RegisterResult> Write(string client, string value, long from, long? to) =>
        new(client, new RegisterWrite(value), Done, from, to);

    private static Operation<RegisterCall, RegisterResult> Read(string client, string? value, long from, long? to) =>
        new(client, new RegisterRead(), new RegisterResult(true, value), from, to);

    private static Operation<RegisterCall, RegisterResult> Cas(string client, string expected, string value, bool done, long from, long? to) =>
        new(client, new RegisterCompareAndSet(expected, value), new RegisterResult(done), from, to);

    private static Operation<KvCall, KvResult> Kv(KvCall call, KvResult? result, long from, long? to) =>
        new($"c{from}", call, result, from, to);

    private static Operation<QueueCall, QueueResult> Queue(QueueCall call, string? value, long from, long? to) =>
        new($"c{from}", call, new QueueResult(value), from, to);

    private static Operation<LockCall, bool> Lock(LockCall call, bool result, long from, long? to) => new(call.Owner, call, result, from, to);

    private static Verdict Check(params Operation<RegisterCall, RegisterResult>[] history) =>
        LinearizabilityChecker.Check(new RegisterModel(), history).Verdict;

    private static Verdict Check(params Operation<KvCall, KvResult>[] history) => LinearizabilityChecker.Check(new KvModel(), history).Verdict;

    private static Verdict Check(params Operation<QueueCall, QueueResult>[] history) =>
        LinearizabilityChecker.Check(new QueueModel(), history).Verdict;

    private static Verdict Check(params Operation<LockCall, bool>[] history) => LinearizabilityChecker.Check(new LockModel(), history).Verdict;

    [Fact]
    public void Nothing_is_linearizable() => Assert.Equal(Verdict.Ok, Check(Array.Empty<Operation<KvCall, KvResult>>()));

    [Fact]
    public void Reads_during_a_write_may_see_either_but_not_new_then_old()
    {
        Assert.Equal(Verdict.Ok, Check(Write("a", "100", 0, 100), Read("b", "100", 25, 75), Read("c", null, 30, 60)));
        Assert.Equal(Verdict.Violation, Check(Write("a", "200", 0, 100), Read("b", "200", 10, 30), Read("c", null, 40, 90)));
    }

    [Fact]
    public void What_returns_when_another_is_invoked_overlaps_it()
    {
        Assert.Equal(Verdict.Ok, Check(Read("b", "1", 0, 5), Write("a", "1", 5, 6)));
        Assert.Equal(Verdict.Violation, Check(Read("b", "1", 0, 4), Write("a", "1", 5, 6)));
        Assert.Equal(Verdict.Ok, Check(Write("a", "1", 0, 9), Read("b", "1", 3, 3), Read("c", "1", 3, 3)));
    }

    [Fact]
    public void An_open_write_may_take_effect_late_or_never_but_not_before_it_is_asked_for()
    {
        Assert.Equal(Verdict.Ok, Check(Write("a", "1", 0, null), Read("b", null, 1, 2)));
        Assert.Equal(Verdict.Ok, Check(Write("a", "1", 0, null), Read("b", null, 1, 2), Read("b", "1", 3, 4)));
        Assert.Equal(Verdict.Violation, Check(Write("a", "1", 0, null), Read("b", "1", 1, 2), Read("b", null, 3, 4)));
        Assert.Equal(Verdict.Violation, Check(Read("b", "1", 1, 2), Write("a", "1", 3, null)));
    }

    [Fact]
    public void An_open_write_takes_effect_once()
    {
        var write = Write("a", "1", 0, null);
        Operation<RegisterCall, RegisterResult>[] others = [Read("b", "1", 1, 2), Write("b", "2", 3, 4), Read("b", "2", 5, 6), Read("b", "1", 7, 8)];

        Assert.Equal(Verdict.Violation, Check([write, .. others]));
        Assert.Equal(Verdict.Ok, Check([write, write with { Client = "c" }, .. others]));
    }

    [Fact]
    public void A_comparison_that_failed_has_seen_another_value()
    {
        Assert.Equal(Verdict.Ok, Check(Write("a", "1", 0, 1), Cas("b", "2", "3", false, 2, 3), Cas("b", "1", "3", true, 4, 5), Read("a", "3", 6, 7)));
        Assert.Equal(Verdict.Violation, Check(Write("a", "1", 0, 1), Cas("b", "1", "3", false, 2, 3)));
        Assert.Equal(Verdict.Ok, Check(Write("a", "1", 0, 1), Write("c", "7", 0, null), Cas("b", "1", "3", false, 2, 3))); // 7, which nobody read
    }

    [Fact]
    public void Registers_of_different_names_are_apart()
    {
        var write = new Operation<RegisterCall, RegisterResult>("a", new RegisterWrite("1", "x"), Done, 0, 1);
        var read = new Operation<RegisterCall, RegisterResult>("a", new RegisterRead("y"), Done, 2, 3);

        Assert.Equal(Verdict.Ok, Check(write, read));
        Assert.Equal(Verdict.Violation, Check(write, read with { Call = new RegisterRead("x") }));
    }

    [Fact]
    public void A_missing_key_is_no_empty_string_but_where_the_history_has_no_other_word()
    {
        Operation<KvCall, KvResult>[] history = [Kv(new KvGet("k"), new KvValue(""), 0, 1)];

        Assert.Equal(Verdict.Violation, Check(history));
        Assert.Equal(Verdict.Ok, LinearizabilityChecker.Check(new KvModel(missingIsEmpty: true), history).Verdict);
    }

    [Fact]
    public void An_append_to_a_missing_key_makes_it_and_a_deletion_removes_it()
    {
        Assert.Equal(Verdict.Ok, Check(
            Kv(new KvAppend("k", "a"), KvDone.Instance, 0, 1), Kv(new KvAppend("k", "b"), KvDone.Instance, 2, 3),
            Kv(new KvGet("k"), new KvValue("ab"), 4, 5), Kv(new KvDelete("k"), new KvDeleted(true), 6, 7),
            Kv(new KvDelete("k"), KvDone.Instance, 8, 9), Kv(new KvGet("k"), new KvValue(null), 10, 11)));
        Assert.Equal(Verdict.Violation, Check(Kv(new KvDelete("k"), new KvDeleted(true), 6, 7)));
    }

    [Fact]
    public void A_transaction_takes_effect_at_once_on_all_its_keys()
    {
        var both = new KvTransaction([new KvCompare("a", KvComparison.Equal, null)], [new KvPut("a", "1"), new KvPut("b", "1")], [new KvGet("b")]);
        var done = new KvTransacted(true, [KvDone.Instance, KvDone.Instance]);

        Operation<KvCall, KvResult> Get(string key, string? value, long from) => Kv(new KvGet(key), new KvValue(value), from, from + 1);

        Assert.Equal(Verdict.Ok, Check(Kv(both, done, 0, 9), Get("b", null, 1), Get("a", "1", 3)));
        Assert.Equal(Verdict.Violation, Check(Kv(both, done, 0, 9), Get("b", "1", 1), Get("a", null, 3)));
        Assert.Equal(Verdict.Ok, Check(Kv(both, done, 0, 1), Kv(both with { }, new KvTransacted(false, [new KvValue("1")]), 2, 3)));
        Assert.Equal(Verdict.Violation, Check(Kv(both, done, 0, 1), Kv(both with { }, done, 2, 3)));
    }

    [Fact]
    public void Keys_are_joined_by_the_transactions_that_touch_them()
    {
        var result = LinearizabilityChecker.Check(new KvModel(),
        [
            Kv(new KvPut("a", "1"), KvDone.Instance, 0, 1), Kv(new KvPut("b", "1"), KvDone.Instance, 2, 3),
            Kv(new KvPut("c", "1"), KvDone.Instance, 4, 5),
            Kv(new KvTransaction([], [new KvGet("a"), new KvGet("c")], []), new KvTransacted(true, [new KvValue("1"), new KvValue("2")]), 6, 7),
        ]);

        Assert.Equal(["a", "c"], result.Violation!.Keys);
        Assert.Equal(3, result.Violation.Operations.Count);
    }

    [Fact]
    public void Comparisons_by_order_hold_for_no_missing_key()
    {
        var model = new KvModel();
        var state = model.Step(model.Initial, new KvPut("k", "m")).Next;
        bool Holds(string key, KvComparison comparison, string? value) =>
            ((KvTransacted)model.Step(state, new KvTransaction([new KvCompare(key, comparison, value)], [], [])).Result).Succeeded;

        Assert.True(Holds("k", KvComparison.Less, "n") && Holds("k", KvComparison.Greater, "l") && Holds("k", KvComparison.NotEqual, "l"));
        Assert.False(Holds("k", KvComparison.Less, "m") || Holds("k", KvComparison.Greater, "m") || Holds("k", KvComparison.NotEqual, "m"));
        Assert.False(Holds("none", KvComparison.Less, "n") || Holds("none", KvComparison.Greater, "l") || Holds("none", KvComparison.NotEqual, "l"));
        Assert.True(Holds("none", KvComparison.Equal, null) && Holds("k", KvComparison.NotEqual, null));
    }

    [Fact]
    public void A_queue_gives_the_first_first()
    {
        Assert.Equal(Verdict.Ok, Check(
            Queue(new Enqueue("1"), null, 0, 9), Queue(new Enqueue("2"), null, 1, 2),
            Queue(new Dequeue(), "2", 3, 4), Queue(new Dequeue(), "1", 10, 11)));
        Assert.Equal(Verdict.Violation, Check(
            Queue(new Enqueue("1"), null, 0, 1), Queue(new Enqueue("2"), null, 2, 3), Queue(new Dequeue(), "2", 4, 5)));
        Assert.Equal(Verdict.Violation, Check(Queue(new Enqueue("1"), null, 0, 1), Queue(new Dequeue(), null, 2, 3)));
        Assert.Equal(Verdict.Ok, Check(Queue(new Enqueue("1"), null, 0, 1), Queue(new Dequeue(), "lost", 1, null), Queue(new Dequeue(), null, 2, 3)));
    }

    [Fact]
    public void A_lock_has_one_owner()
    {
        Assert.Equal(Verdict.Ok, Check(Lock(new Acquire("a"), true, 0, 1), Lock(new Acquire("b"), true, 2, 9), Lock(new Release("a"), true, 3, 4)));
        Assert.Equal(Verdict.Violation, Check(Lock(new Acquire("a"), true, 0, 1), Lock(new Acquire("b"), true, 2, 3)));
        Assert.Equal(Verdict.Violation, Check(Lock(new Acquire("a"), true, 0, 1), Lock(new Release("b"), true, 2, 3)));
        Assert.Equal(Verdict.Ok, Check(
            Lock(new Acquire("a"), true, 0, 1), Lock(new Acquire("b"), false, 2, 3),
            Lock(new Release("a"), true, 3, null), Lock(new Acquire("b"), true, 4, 5)));
    }

    [Fact]
    public void A_stale_read_is_explained_by_the_two_writes_before_it()
    {
        var result = LinearizabilityChecker.Check(new RegisterModel(),
        [
            Read("x", null, -9, -8), Write("a", "1", 0, 2), Read("b", "1", 1, 5), Write("c", "2", 3, 6), Write("d", "3", 6, null),
            Read("b", "1", 7, 9), Cas("a", "2", "5", true, 8, 10), Read("c", "5", 11, 12),
        ]);

        Assert.Equal([(0L, "a"), (3L, "c"), (7L, "b")], result.Violation!.Unexplainable.Select(o => (o.Invoked, o.Client)));
        Assert.Equal([-9, 0, 1, 3, 8], result.Violation.LongestPrefix.Select(o => o.Invoked));
        Assert.Equal([(7L, "5")], result.Violation.CannotFollow.Select(c => (c.Operation.Invoked, c.Expected.Value!)));
    }

    [Fact]
    public void A_value_that_nobody_wrote_is_a_violation_of_one_operation()
    {
        var result = LinearizabilityChecker.Check(new RegisterModel(), [Write("a", "1", 0, 1), Read("b", "7", 2, 3), Read("b", "1", 4, 5)]);

        Assert.Equal(2, Assert.Single(result.Violation!.Unexplainable).Invoked);
    }

    /// <summary>The model of docs/linearizability.md.</summary>
    private sealed class Counter : Model<int, int, int>
    {
        public override int Initial => 0;

        public override (int Next, int Result) Step(int state, int add) => (state + add, state + add);

        public override bool IsReadOnly(int add, int observed) => add == 0;
    }

    [Fact]
    public void A_model_of_ones_own()
    {
        var recorder = new HistoryRecorder<int, int>();
        recorder.Invoke("c1", 5);
        recorder.Invoke("c2", 7);
        recorder.Ok("c1", 12);
        recorder.Info("c2");
        recorder.Invoke("c2", 0);
        recorder.Ok("c2", 12);
        Assert.Equal(Verdict.Ok, LinearizabilityChecker.Check(new Counter(), recorder.Operations).Verdict);

        recorder.Invoke("c1", 0);
        recorder.Ok("c1", 5);
        var result = LinearizabilityChecker.Check(new Counter(), recorder.Operations);
        Assert.Equal([12, 5], result.Violation!.Unexplainable.Select(o => o.Result));
    }
}

using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>Small random histories, half of them with a wrong answer: the checker says what trying everything says.</summary>
public class BruteForceComparisonTests
{
    private const int Histories = 2_000;

    [Fact]
    public void Registers_with_compare_and_set() => Compare(new RegisterModel(), (random, _) => random.Next(3) switch
    {
        0 => new RegisterRead(),
        1 => new RegisterWrite($"{random.Next(3)}"),
        _ => new RegisterCompareAndSet($"{random.Next(3)}", $"{random.Next(3)}"),
    }, _ => true);

    [Fact]
    public void Registers_without_compare_and_set() =>
        Compare(new RegisterModel(), (random, _) => random.Next(2) == 0 ? new RegisterRead() : new RegisterWrite($"{random.Next(3)}"),
            o => o.Call is RegisterRead);

    [Fact]
    public void Key_value_without_comparisons() => Compare(new KvModel(missingIsEmpty: true), (random, _) => random.Next(7) switch
    {
        < 3 => new KvGet(Key(random)),
        3 => new KvPut(Key(random), $"{random.Next(2)}"),
        4 => new KvDelete(Key(random)),
        _ => new KvAppend(Key(random), $"{random.Next(2)}"),
    }, o => o.Call is KvGet);

    [Fact]
    public void Key_value_with_appends_only() => Compare(new KvModel(), (random, _) => random.Next(2) switch
    {
        0 => new KvGet("a"),
        _ => new KvAppend("a", $"{random.Next(4)}"),
    }, o => o.Call is KvGet);

    [Fact]
    public void Key_value_with_compare_and_set() => Compare(new KvModel(), (random, _) => random.Next(3) switch
    {
        0 => new KvGet(Key(random)),
        1 => new KvAppend(Key(random), $"{random.Next(2)}"),
        _ => new KvCompareAndSet(Key(random), random.Next(3) switch { 0 => null, 1 => "0", _ => "1" }, $"{random.Next(2)}"),
    }, o => o.Call is KvGet);

    [Fact]
    public void Key_value_with_transactions() => Compare(new KvModel(), (random, _) => random.Next(4) switch
    {
        0 => new KvGet(Key(random)),
        1 => new KvPut(Key(random), $"{random.Next(3)}"),
        _ => new KvTransaction([new KvCompare(Key(random), (KvComparison)random.Next(4), random.Next(4) == 0 ? null : $"{random.Next(3)}")],
            [new KvPut(Key(random), $"{random.Next(3)}"), new KvGet(Key(random))], [new KvDelete(Key(random)), new KvGet(Key(random))]),
    }, o => o.Call is KvTransaction or KvGet);

    [Fact]
    public void Queues() =>
        Compare(new QueueModel(), (random, _) => random.Next(2) == 0 ? new Dequeue() : new Enqueue($"{random.Next(5)}"), o => o.Call is Dequeue);

    [Fact]
    public void Locks() => Compare(new LockModel(), (random, client) => random.Next(2) == 0 ? new Acquire(client) : new Release(client), _ => true);

    private static string Key(Random random) => random.Next(2) == 0 ? "a" : "b";

    private static void Compare<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, Func<Random, string, TCall> call, Func<Operation<TCall, TResult>, bool> canBeWrong)
    {
        var (ok, violations) = (0, 0);
        for (var seed = 0; seed < Histories; seed++)
        {
            var random = new Random(seed);
            var (clients, count, open) = (2 + random.Next(3), 3 + random.Next(5), random.Next(3) * 0.2);
            var history = RandomHistory.Of(model, client => call(random, client), random, clients, count, open);
            if (seed % 2 == 1) history = RandomHistory.WithAWrongAnswer(history, canBeWrong, random);

            var expected = BruteForce.IsLinearizable(model, history);
            var result = LinearizabilityChecker.Check(model, history);

            Assert.True(seed % 2 == 1 || expected);
            Assert.True((expected ? Verdict.Ok : Verdict.Violation) == result.Verdict, $"seed {seed}: {result.Verdict}");
            AssertNoMoreIsExplainedThanWithRepeats(model, history, expected);
            if (expected)
            {
                ok++;
                foreach (var order in result.Linearizations) AssertExplains(model, order);
                var all = result.Linearizations.SelectMany(l => l).ToHashSet(ReferenceEqualityComparer.Instance);
                Assert.All(history, o => Assert.True(o.IsOpen || all.Contains(o)));
            }
            else
            {
                violations++;
                AssertExplains(model, result.Violation!.LongestPrefix);
                AssertIsShortest(model, result.Violation);
            }
        }
        Assert.True(ok > Histories / 2 && violations > Histories / 100, $"{ok} ok, {violations} violations");
    }

    // What a longer search looks at besides: there open operations may repeat.
    private static void AssertNoMoreIsExplainedThanWithRepeats<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> history, bool isLinearizable)
    {
        var search = new LinearizationSearch<TState, TCall, TResult>(model, history, mayRepeat: true);
        search.Run(2_000);
        if (isLinearizable) Assert.NotEqual(Verdict.Violation, search.Verdict);
        else if (history.All(o => !o.IsOpen)) Assert.Equal(Verdict.Violation, search.Verdict);
    }

    // An order in which each answer is the model's, and nothing comes after what was invoked after its return.
    private static void AssertExplains<TState, TCall, TResult>(Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> order)
    {
        var state = model.Initial;
        for (var i = 0; i < order.Count; i++)
        {
            (state, var result) = model.Step(state, order[i].Call);
            Assert.True(order[i].IsOpen || model.Matches(order[i].Call, result, order[i].Result!));
            Assert.DoesNotContain(order.Take(i), before => before.Invoked > order[i].Returned);
        }
    }

    // No order explains the part at one of its returns, whatever the operations did that were invoked before; and one does when one more of them may.
    private static void AssertIsShortest<TState, TCall, TResult>(Model<TState, TCall, TResult> model, Violation<TCall, TResult> violation)
    {
        var part = violation.Unexplainable;
        Assert.NotEmpty(violation.CannotFollow);
        Assert.False(BruteForce.IsLinearizable(model, part));
        var end = part.Select(o => o.Returned).Order().First(r => !BruteForce.IsLinearizable(model, Freed(part, r)));
        Assert.All(part, one => Assert.True(BruteForce.IsLinearizable(model, Freed([.. part.Where(o => !ReferenceEquals(o, one))], end))));

        IReadOnlyList<Operation<TCall, TResult>> Freed(IReadOnlyList<Operation<TCall, TResult>> kept, long? end) =>
        [
            .. violation.Operations.Where(o => o.Invoked <= end)
                .Select(o => !kept.Contains(o, ReferenceEqualityComparer.Instance) ? o.Relaxed() : o.Returned > end ? o.Opened() : o),
        ];
    }
}

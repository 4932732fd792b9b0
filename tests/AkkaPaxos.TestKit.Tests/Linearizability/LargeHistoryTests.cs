using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>Histories of the size of a test run.</summary>
public class LargeHistoryTests
{
    // Far more than any needs: one that is not known by then is a failure.
    private static readonly CheckLimit Enough = new() { Steps = 20_000_000 };

    private static IReadOnlyList<Operation<KvCall, KvResult>> History(int seed, int clients, int keys, int count, double open = 0)
    {
        var random = new Random(seed);
        var number = 0;
        return RandomHistory.Of<KvState, KvCall, KvResult>(new KvModel(), client => random.Next(6) switch
        {
            0 => new KvPut($"{random.Next(keys)}", $"{client} {number++};"),
            1 or 2 => new KvAppend($"{random.Next(keys)}", $"{client} {number++};"),
            _ => new KvGet($"{random.Next(keys)}"),
        }, random, clients, count, open);
    }

    [Theory]
    [InlineData(10, 10, 0)]
    [InlineData(10, 10, 0.05)]
    [InlineData(50, 10, 0)]
    [InlineData(10, 1, 0.01)]
    public void What_a_store_did_is_linearizable(int clients, int keys, double open)
    {
        var result = LinearizabilityChecker.Check(new KvModel(), History(1, clients, keys, 10_000, open), Enough);

        Assert.Equal(Verdict.Ok, result.Verdict);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0.02)]
    [InlineData(4, 0.02)]
    public void One_stale_read_among_ten_thousand_operations_is_found_and_cut_out(int seed, double open)
    {
        var history = History(seed, 10, 10, 10_000, open).ToList();
        var reads = history.Where(o => o is { IsOpen: false, Call: KvGet { Key: "3" } }).ToList();
        var late = reads[reads.Count * 3 / 4];
        // What was read long before, and then overwritten or added to, by then.
        var stale = reads.Last(o => o.Returned < late.Invoked - 1000 && !o.Result!.Equals(late.Result));
        history[history.IndexOf(late)] = late with { Result = stale.Result };

        var result = LinearizabilityChecker.Check(new KvModel(), history, Enough);

        Assert.Equal(Verdict.Violation, result.Verdict);
        Assert.Equal(["3"], result.Violation!.Keys);
        Assert.InRange(result.Violation.Unexplainable.Count, 2, 4);
        Assert.Contains(late with { Result = stale.Result }, result.Violation.Unexplainable);
    }

    [Fact]
    public void Many_open_writes_cost_little_where_they_are_not_read()
    {
        var recorder = new HistoryRecorder<RegisterCall, RegisterResult>();
        for (var i = 0; i < 2_000; i++)
        {
            recorder.Invoke("lost", new RegisterWrite($"{i}"));
            recorder.Info("lost");
            recorder.Invoke("a", new RegisterWrite($"a{i}"));
            recorder.Ok("a", new RegisterResult(true));
            recorder.Invoke("a", new RegisterRead());
            recorder.Ok("a", new RegisterResult(true, i % 100 == 99 ? $"{i - 50}" : $"a{i}"));
        }

        Assert.Equal(Verdict.Ok, LinearizabilityChecker.Check(new RegisterModel(), recorder.Operations, Enough).Verdict);
    }

    [Fact]
    public void Many_open_comparisons_do_not_hide_what_cannot_be()
    {
        var random = new Random(1);
        RegisterCall Call() => random.Next(3) switch
        {
            0 => new RegisterRead(),
            1 => new RegisterWrite($"{random.Next(5)}"),
            _ => new RegisterCompareAndSet($"{random.Next(5)}", $"{random.Next(5)}"),
        };
        var history = RandomHistory.Of(new RegisterModel(), _ => Call(), random, 5, 500, open: 0.2);
        var end = history.Max(o => o.Returned ?? o.Invoked);

        Assert.Equal(Verdict.Ok, LinearizabilityChecker.Check(new RegisterModel(), history, Enough).Verdict);
        var read = new Operation<RegisterCall, RegisterResult>("x", new RegisterRead(), new RegisterResult(true, "never written"), end + 1, end + 2);
        var result = LinearizabilityChecker.Check(new RegisterModel(), [.. history, read], Enough);
        Assert.Equal([read], result.Violation!.Unexplainable);
    }

    [Fact]
    public void With_time_enough_the_answer_is_the_same_as_without_a_limit()
    {
        var history = History(1, 12, 1, 5_000, open: 0.01);

        var unlimited = LinearizabilityChecker.Check(new KvModel(), history);
        var limited = LinearizabilityChecker.Check(new KvModel(), history, new CheckLimit { Time = TimeSpan.FromHours(1) });

        Assert.Equal((Verdict.Ok, Verdict.Ok), (unlimited.Verdict, limited.Verdict));
        Assert.InRange(limited.Steps, 20_000, 20_000_000);
    }

    [Fact]
    public void Out_of_steps_or_time_the_answer_is_unknown_be_it_linearizable_or_not()
    {
        var ok = History(1, 10, 10, 1_000);
        var neverWritten = new Operation<KvCall, KvResult>("late", new KvGet("0"), new KvValue("never written"), 1_500, 1_501);
        List<Operation<KvCall, KvResult>> wrong = [.. ok, neverWritten];
        Assert.Equal(Verdict.Violation, LinearizabilityChecker.Check(new KvModel(), wrong).Verdict);

        foreach (var history in new[] { ok, wrong })
        {
            Assert.Equal(Verdict.Unknown, LinearizabilityChecker.Check(new KvModel(), history, new CheckLimit { Steps = 50 }).Verdict);
            Assert.Equal(Verdict.Unknown, LinearizabilityChecker.Check(new KvModel(), history, new CheckLimit { Time = TimeSpan.Zero }).Verdict);
        }
    }

    [Fact]
    public void A_limit_of_steps_gives_the_same_each_time()
    {
        var history = History(5, 40, 1, 2_000);

        var first = LinearizabilityChecker.Check(new KvModel(), history, new CheckLimit { Steps = 3_000 });
        var second = LinearizabilityChecker.Check(new KvModel(), history, new CheckLimit { Steps = 3_000 });

        Assert.Equal((Verdict.Unknown, first.Steps), (second.Verdict, second.Steps));
        Assert.InRange(first.Steps, 3_000, 3_200);
    }

    [Fact]
    public void A_part_that_is_hard_does_not_keep_a_violation_in_another_from_being_found()
    {
        // Forty enqueues at once in some order, of which the last that was got cannot be.
        List<Operation<QueueCall, QueueResult>> history = [];
        for (var i = 0; i < 40; i++) history.Add(new($"c{i}", new Enqueue($"{i}", "hard"), default, i, 1000 + i));
        for (var i = 0; i < 40; i++)
            history.Add(new("d", new Dequeue("hard"), new QueueResult($"{(i < 39 ? 39 - i : 5)}"), 2000 + (2 * i), 2001 + (2 * i)));
        history.Add(new("e", new Dequeue("easy"), new QueueResult("1"), 5000, 5001));

        var result = LinearizabilityChecker.Check(new QueueModel(), history, new CheckLimit { Steps = 200_000 });

        Assert.Equal(["easy"], result.Violation!.Keys);
    }
}

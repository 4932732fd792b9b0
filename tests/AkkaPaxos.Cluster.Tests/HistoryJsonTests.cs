using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.Cluster.Tests;

public sealed class HistoryJsonTests
{
    [Theory]
    [InlineData("2", Verdict.Ok)]
    [InlineData("1", Verdict.Violation)]
    public void What_a_failing_test_saves_is_read_as_it_was_recorded(string lastlyRead, Verdict verdict)
    {
        var history = new HistoryRecorder<KvCall, KvResult>();
        Record(new KvPut("a", "1"), KvDone.Instance);
        Record(new KvGet("a"), new KvValue("1"));
        Record(new KvCompareAndSet("a", "1", "2"), new KvCompared(true));
        Record(new KvCompareAndSet("a", "1", "3"), new KvCompared(false));
        Record(new KvDelete("b"), new KvDeleted(false));
        Record(new KvCompareAndSet("b", null, "4"), new KvCompared(true));
        Record(new KvTransaction([new("b", KvComparison.Equal, "4")], [new KvPut("c", "5"), new KvDelete("b")], [new KvGet("c")]),
            new KvTransacted(true, [KvDone.Instance, new KvDeleted(true)]));
        Record(new KvTransaction([new("b", KvComparison.Equal, "4")], [], [new KvGet("b"), new KvGet("c")]),
            new KvTransacted(false, [new KvValue(null), new KvValue("5")]));
        // One that failed leaves no trace, one of unknown outcome an event.
        history.Invoke("c1", new KvPut("a", "6"));
        history.Fail("c1");
        history.Invoke("c1", new KvPut("c", "7"));
        history.Info("c1");
        Record(new KvGet("c"), new KvValue("7"));
        Record(new KvGet("a"), new KvValue(lastlyRead));

        var text = new StringWriter();
        HistoryJson.Write(history.Operations, text);
        var report = HistoryCheck.Check(new StringReader(text.ToString()), "kv");
        Assert.Equal((verdict, 11), (report.Verdict, report.Count));

        void Record(KvCall call, KvResult result)
        {
            history.Invoke("c0", call);
            history.Ok("c0", result);
        }
    }
}

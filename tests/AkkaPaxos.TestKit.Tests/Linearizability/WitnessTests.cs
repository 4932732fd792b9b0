using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

public sealed class WitnessTests
{
    private static readonly KvModel Model = new();

    private static Operation<KvCall, KvResult> Put(string value, long from, long? to) => new("w", new KvPut("k", value), KvDone.Instance, from, to);

    private static Operation<KvCall, KvResult> Get(string? value, long from, long to) => new("r", new KvGet("k"), new KvValue(value), from, to);

    [Fact]
    public void An_order_that_gives_every_answer_explains() =>
        Assert.True(Witness.Explains(Model, [Get(null, 1, 6), Put("1", 2, 3), Get("1", 4, 5)]));

    [Fact]
    public void An_answer_that_is_not_the_models_is_not_explained() =>
        Assert.False(Witness.Explains(Model, [Put("1", 1, 2), Get("2", 3, 4)]));

    [Fact]
    public void What_returned_before_another_was_invoked_cannot_come_after_it() =>
        Assert.False(Witness.Explains(Model, [Put("2", 3, 4), Put("1", 1, 2), Get("1", 5, 6)]));

    [Fact]
    public void An_open_operation_may_come_late() =>
        Assert.True(Witness.Explains(Model, [Put("1", 2, 3), Get("1", 4, 5), Put("2", 1, null), Get("2", 6, 7)]));

    [Fact]
    public void What_explains_is_what_the_search_finds_too()
    {
        List<Operation<KvCall, KvResult>> history = [Put("1", 1, 4), Put("2", 2, 3), Get("1", 5, 6)];
        var found = Assert.Single(LinearizabilityChecker.Check(Model, history).Linearizations);
        Assert.True(Witness.Explains(Model, found));
    }
}

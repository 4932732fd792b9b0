using AkkaPaxos.Gateway;

namespace AkkaPaxos.Cli.Tests;

public sealed class BenchProfileTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private static TraceEntry At(double ms, int from, string fromRole, int to, string toRole, string message) =>
        new(Start.AddMilliseconds(ms), from, fromRole, to, toRole, 7, message);

    [Fact]
    public void Each_leg_of_a_slot_lies_between_its_two_events_and_the_quorums_vote_is_the_last_before_the_decision()
    {
        var legs = BenchProfile.Legs(
        [
            [
                At(0, 0, "client", 1, "replica", "Request(1/1)"),
                At(1, 1, "replica", 1, "leader", "Propose(7, 1/1)"),
                At(3, 1, "commander", 1, "acceptor", "Accept(1.1, 7, 1/1)"),
                At(3, 1, "commander", 2, "acceptor", "Accept(1.1, 7, 1/1)"),
                At(7, 1, "acceptor", 1, "commander", "Accepted(1.1, 7)"),
                At(11, 2, "acceptor", 1, "commander", "Accepted(1.1, 7)"),
                At(16, 1, "commander", 1, "replica", "Decision(7, 1.1)"),
                At(17, 3, "acceptor", 1, "commander", "Accepted(1.1, 7)"), // too late to count
                At(22, 1, "replica", 0, "client", "Response(1/1)"),
            ],
            [At(0, 1, "replica", 1, "leader", "Propose(8, no-op)")], // of another time: not whole
        ]);
        Assert.Equal([1, 2, 4, 8, 5, 6, 22], legs.Select(leg => (int)Math.Round(leg.Took.Quantile(0.5).TotalMilliseconds)));
        Assert.All(legs, leg => Assert.Equal(1, leg.Took.Count));
    }
}

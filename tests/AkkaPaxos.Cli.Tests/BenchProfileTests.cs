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

    private static ResourceReport Report(int scale, long? commits) =>
        new(1, scale, 1000 * scale, 10 * scale, 2 * scale, 200 * scale, commits, [4 * scale, 2 * scale, scale], 0.01 * scale);

    private static BenchProfile.Used Used(int scale, long? commits) => new([Report(scale, commits), Report(2 * scale, commits)], Report(scale, null), TimeSpan.FromSeconds(scale));

    private static string Text(Spectre.Console.Table table)
    {
        var text = new StringWriter();
        var console = Spectre.Console.AnsiConsole.Create(new() { Ansi = Spectre.Console.AnsiSupport.No, Out = new Spectre.Console.AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        console.Write(table);
        return string.Join('\n', text.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public void What_a_command_costs_is_what_all_nodes_used_more_by_the_commands()
    {
        var costs = Text(BenchProfile.Costs(Used(1, 100), Used(3, 400), 100));
        Assert.Contains("| processor time, µs | 60000 | 20000 |", costs); // 9 s less 3 s
        Assert.Contains("| allocated, bytes | 60 | 20 |", costs);
        Assert.Contains("| journal commits | 6 | |", costs);
        Assert.Contains("| journal commits | not counted | |", Text(BenchProfile.Costs(Used(1, null), Used(3, null), 100)));
    }

    [Fact]
    public void Garbage_collections_are_counted_and_the_time_that_all_stood_still_is_a_share()
    {
        var collections = Text(BenchProfile.Collections(Used(1, null), Used(3, null)));
        Assert.Contains("| up to generation 0 | 24 | 8 |", collections);
        Assert.Contains("| up to generation 2 | 6 | 2 |", collections);
        Assert.Contains("| stood still, % of the time | 1.50 | 1.00 |", collections); // 60 ms of two nodes in 2 s, 20 ms of the client
    }
}

using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Scenarios;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("delver Prepare", 1, "\"delver\", expected one of protocol, ")]
    [InlineData("deliver", 8, "the line ends, expected a space")]
    [InlineData("deliver p1 => a2 Prepare", 12, "\"=>\", expected ")]
    [InlineData("deliver p1 -> 5 Prepare", 15, "\"5\", expected * or a name such as p1, a2 or n3")]
    [InlineData("deliver p1 -> a2 prepare", 18, "\"prepare\", expected a message such as Prepare or Accept(1.1, X)")]
    [InlineData("crash P1", 7, "\"P1\", expected a name such as p1, a2 or n3")]
    [InlineData("advance 5", 10, "the line ends, expected one of ms, s, m")]
    [InlineData("advance soon", 9, "\"soon\", expected a duration such as 500ms or 2s")]
    [InlineData("partition p1 a1", 16, "the line ends, expected ")]
    [InlineData("heal all", 6, "\"all\", expected the end of the line")]
    [InlineData("run until done", 5, "\"until\", expected until quiet")]
    [InlineData("expect chosen X ballot two", 24, "\"two\", expected a ballot such as 2.1")]
    [InlineData("expect a1 promised", 19, "the line ends, expected =")]
    [InlineData("  propose c1 -> p1", 19, "the line ends, expected a space")]
    public void An_error_names_file_line_column_and_what_was_expected(string line, int column, string problem)
    {
        var error = Assert.Throws<ScenarioException>(() => ScenarioFile.Parse("some.scenario", $"# a comment\n\n{line}\n"));

        Assert.StartsWith($"some.scenario:3:{column}: {problem}", error.Message);
    }

    [Fact]
    public void Output_without_a_command_is_an_error()
    {
        var error = Assert.Throws<ScenarioException>(() => ScenarioFile.Parse("f", "heal\n\n----\nok\n"));

        Assert.Equal("f:3:1: \"----\", expected a command above it", error.Message);
    }

    [Fact]
    public void Every_command_is_understood()
    {
        var file = ScenarioFile.Parse("f",
            """
            protocol synod
            acceptors a1 a2 a3
            set retry.min 100ms
            past p1 round 2
            propose c1 -> p1 X
            deliver all
            deliver Prepare
            deliver p1 -> a1 a2 Accept(1.1, X)
            drop * -> a3
            drop first p1 -> a3 Prepare
            deliver first all
            duplicate a1 -> * Promise
            delay p1 -> a3 by 100ms
            crash p1 p2
            restart p1
            lose-disk a1
            elect p2
            partition p1 a1 | a2 a3
            heal
            advance 1.5s
            note OLD LEADER tries 2, denied
            run until quiet
            waiting
            state a1 a2
            expect no decision
            expect chosen X and Y ballot 2.1
            expect slot 4 chosen no-op
            expect slot 5 no decision
            expect a1 promised=2.1 accepted=(1.1, X) answered=[1; 2]
            """);

        object[] expected =
        [
            new ProtocolDeclaration("synod"), "a1 a2 a3", new SetDeclaration("retry.min", "100ms"), new PastDeclaration("p1", 2),
            new Propose("c1", "p1", "X"),
            "Deliver all", "Deliver Prepare",
            "Deliver p1 -> a1 a2 Accept(1.1, X)", "Drop * -> a3", "Drop first p1 -> a3 Prepare", "Deliver first all",
             "Duplicate a1 -> * Promise", "p1 -> a3 100", "Crash p1 p2",
            "Restart p1", "LoseDisk a1",
            "Elect p2", "p1 a1|a2 a3", new Heal(), new Advance(TimeSpan.FromSeconds(1.5)), new Note("OLD LEADER tries 2, denied"),
            new RunUntilQuiet(),
            new ShowWaiting(), "state a1 a2", new ExpectNoDecision(0), "0 X Y 2.1", "4 no-op ", new ExpectNoDecision(5),
            "a1 promised:2.1 accepted:(1.1, X) answered:[1; 2]",
        ];
        Assert.Equal(expected, file.Lines.Select(l => Brief(l.Statement)));
    }

    [Fact]
    public void A_rewritten_text_differs_only_in_the_output()
    {
        var file = ScenarioFile.Parse("f", "# title\nprotocol synod\n\nheal\n----\nold\nlines\n\n# more\nwaiting\nheal\n----\nlast\n");

        Assert.Equal(
            "# title\nprotocol synod\n\nheal\n----\nnew\n\n# more\nwaiting\n----\nnothing\n\nheal\n",
            file.With([[], ["new"], ["nothing"], []]));
        Assert.Equal(["old", "lines"], file.Lines.ElementAt(1).Expected);
        Assert.Equal(["last"], file.Lines.ElementAt(3).Expected);
    }

    // Records compare lists by reference.
    private static object Brief(Statement statement) => statement switch
    {
        RolesDeclaration s => string.Join(' ', s.Names),
        Handle s => $"{s.Handling} {s.Selector}",
        Delay s => $"{s.Selector} {s.By.TotalMilliseconds}",
        ActOnNodes s => $"{s.Action} {string.Join(' ', s.Names)}",
        Partition s => string.Join('|', s.Sides.Select(n => string.Join(' ', n))),
        ShowState s => $"state {string.Join(' ', s.Names)}",
        ExpectChosen s => $"{s.Slot} {string.Join(' ', s.Values)} {s.Ballot}",
        ExpectState s => $"{s.Name} {string.Join(' ', s.Parts.Select(p => $"{p.Key}:{p.Value}"))}",
        _ => statement,
    };
}

using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Scenarios;

public sealed class ScenarioRunTests
{
    private const string Synod = "protocol synod\nclients c\nproposers p1\nacceptors a1 a2 a3\nlearners l1\n";

    [Fact]
    public void An_expectation_that_does_not_hold_is_a_problem_and_never_rewritten()
    {
        const string text = Synod
            + "propose c -> p1 V\n----\nsent: c -> p1 Request(V)\n\n"
            + "expect chosen V\n----\nV is chosen\n\nexpect a1 promised=1.1\nwaiting\n----\nold\n";

        var run = Run(text);

        Assert.Equal(
            [
                (10, "expect chosen V\n    expected V to be chosen, but there is no decision", false),
                (14, "expect a1 promised=1.1\n    expected promised=1.1, but a1: promised=0.0 accepted=none", false),
                (15, "waiting\n  - old\n  + c -> p1 Request(V)", true),
            ], run.Problems.Select(p => (p.Line, p.Text, p.IsOutput)));
        Assert.Equal(text.Replace("old", "c -> p1 Request(V)"), run.Rewritten);
    }

    [Fact]
    public void A_decision_that_was_not_expected_is_a_problem()
    {
        var run = Run(Synod
            + "propose c -> p1 V\nrun until quiet\nexpect no decision\nexpect chosen W\nexpect chosen V ballot 2.1\nexpect l1 chosen=1.1\n");

        Assert.Equal(
            [
                "expect no decision\n    expected no decision, but V is chosen under 1.1 by a1 a2 a3",
                "expect chosen W\n    expected W to be chosen, but V is chosen under 1.1 by a1 a2 a3",
                "expect chosen V ballot 2.1\n    expected ballot 2.1, but V is chosen under 1.1 by a1 a2 a3",
            ], run.Problems.Where(p => !p.IsOutput).Select(p => p.Text).Take(3));
        Assert.Contains("expected chosen=1.1, but l1: chosen=1.1:V", run.Problems.Last().Text); // the whole value, not its beginning
    }

    [Fact]
    public void After_a_command_that_cannot_be_obeyed_nothing_is_run_or_rewritten()
    {
        const string text = Synod
            + "propose c -> p1 V\n----\nsent: c -> p1 Request(V)\n\ndeliver p1 -> a1 Prepare\n----\nas it was\n\nexpect chosen V\n----\nas it was\n";

        var run = Run(text);

        var problem = Assert.Single(run.Problems);
        Assert.Equal((10, false), (problem.Line, problem.IsOutput));
        Assert.Equal("deliver p1 -> a1 Prepare\n    no message waits that is p1 -> a1 Prepare; there are c -> p1 Request(V)", problem.Text);
        Assert.Equal(text, run.Rewritten);
    }

    [Theory]
    [InlineData("restart a1", "a1 is up: crash it first")]
    [InlineData("lose-disk a1", "a1 is up: crash it first")]
    [InlineData("deliver all", "no message waits that is all; none waits at all")]
    public void What_cannot_be_done_is_a_problem(string command, string problem) =>
        Assert.Equal($"{command}\n    {problem}", Assert.Single(Run(Synod + command + "\n").Problems).Text);

    [Theory]
    [InlineData("heal", "f:1:1: {0}no protocol is declared: begin with one of protocol synod, protocol multipaxos, ")]
    [InlineData("protocol raft\nheal", "f:2:1: {0}there is no protocol \"raft\", expected one of synod, multipaxos, ")]
    [InlineData("protocol synod\nclients c\nheal", "f:3:1: {0}no proposers are declared")]
    [InlineData("protocol multipaxos\nnodes n1 n3\nheal", "f:3:1: {0}\"n1 n3\", expected n1 n2 and so on")]
    [InlineData(Synod + "acceptors a2", "f:6:11: \"a2\", is declared twice")]
    [InlineData(Synod + "past p2 round 1", "f:6:6: \"p2\", expected one of the proposers: p1")]
    [InlineData(Synod + "heal\nset retry.min 1s", "f:7:1: \"set\", expected no declaration after the first command")]
    [InlineData(Synod + "set retry.factor 1\nheal", "f:7:1: {0}akkapaxos.synod.retry.factor: expected more than 1, found \"1\"")]
    [InlineData(Synod + "set retry.mni 1s\nheal", "f:7:1: {0}there is no setting akkapaxos.synod.retry.mni")]
    [InlineData(Synod + "set retry.min {\nheal", "f:7:1: {0}akkapaxos.synod.retry.min: expected a duration above 0 (like 200 ms, 5s), found \"{\"")]
    [InlineData(Synod + "set retry.min 1s }\nheal", "f:7:1: {0}akkapaxos.synod.retry.min: expected a duration above 0 (like 200 ms, 5s), found \"1s }\"")]
    [InlineData(Synod + "learners l\nheal", "f:7:1: {0}l1 and l are one and the same of the learners")]
    [InlineData("protocol single-acceptor\nclients c\nproposers p1\nacceptors a1 a2\nlearners l1\nheal", "f:6:1: {0}a1 does not start: ")]
    [InlineData(Synod + "crash a01", "f:6:7: \"a01\", expected a name such as p1, a2 or n3")]
    [InlineData(Synod + "crash a99999999999", "f:6:7: \"a99999999999\", expected a name such as p1, a2 or n3")]
    [InlineData(Synod + "advance 99999999999999999999s", "f:6:9: \"99999999999999999999s\", expected a duration such as 500ms or 2s")]
    [InlineData(Synod + "crash p1 a4", "f:6:10: \"a4\", expected one of c, p1, a1, a2, a3, l1")]
    [InlineData(Synod + "elect a1", "f:6:7: \"a1\", expected a proposer or leader")]
    [InlineData("protocol multipaxos\nclients c\nnodes n1\ncrash a1", "f:4:7: \"a1\", expected its node, n1: all roles of a node crash together")]
    public void A_name_or_declaration_that_is_wrong_is_an_error_with_its_place(string text, string error) =>
        Assert.StartsWith(error.Replace("{0}", "the declarations above make no cluster: "),
            Assert.Throws<ScenarioException>(() => Run(text + "\n")).Message);

    [Theory]
    [MemberData(nameof(ScenarioTests.Files), MemberType = typeof(ScenarioTests))]
    public void Two_runs_are_drawn_alike_in_every_format(string file)
    {
        var scenario = ScenarioFile.Read(Path.Combine(ScenarioTests.Folder, file));
        var (first, second) = (ScenarioRun.Of(scenario).Diagram, ScenarioRun.Of(scenario).Diagram);

        Assert.All(Enum.GetValues<DiagramFormat>(), format => Assert.Equal(first.Draw(format), second.Draw(format)));
    }

    [Fact]
    public void A_cut_network_loses_what_crosses_it_until_it_is_healed()
    {
        var run = Run(Synod
            + "partition p1 a1 c | a2 a3\npropose c -> p1 V\nrun until quiet\nexpect no decision\n"
            + "expect a1 promised=1.1\nexpect a2 promised=0.0\nheal\nadvance 1s\nrun until quiet\nexpect chosen V\n");

        Assert.DoesNotContain(run.Problems, p => !p.IsOutput);
        Assert.Contains("lost", run.Rewritten);
    }

    private static ScenarioRun Run(string text) => ScenarioRun.Of(ScenarioFile.Parse("f", text));
}

using System.Xml.Linq;

namespace AkkaPaxos.Cli.Tests;

public sealed class ScenarioCommandTests : IDisposable
{
    private const string Declarations = "protocol synod\nclients c\nproposers p1\nacceptors a1 a2 a3\nlearners l1 l2\n";

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.scenario");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Run_exits_with_0_where_all_goes_as_the_file_says()
    {
        Write("propose c -> p1 V\n----\nsent: c -> p1 Request(V)\n\nexpect no decision\n----\nok\n");

        var outcome = await CommandLine.Run("scenario", "run", _file);

        Assert.Equal((0, $"{_file}: ok\n", ""), (outcome.Code, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task Run_exits_with_1_and_names_the_line_where_the_output_differs()
    {
        Write("propose c -> p1 V\n----\nsent: c -> p1 Request(W)\n");

        var outcome = await CommandLine.Run("scenario", "run", _file);

        Assert.Equal(1, outcome.Code);
        Assert.Equal(
            [
                $"{_file}:6: propose c -> p1 V", "  - sent: c -> p1 Request(W)", "  + sent: c -> p1 Request(V)",
                $"akkapaxos: {_file}: 1 of its commands did not go as it says",
            ], outcome.ErrorLines);
    }

    [Fact]
    public async Task Run_exits_with_1_where_an_expectation_does_not_hold()
    {
        Write("expect chosen V\n");

        var outcome = await CommandLine.Run("scenario", "run", _file);

        Assert.Equal(1, outcome.Code);
        Assert.Contains("expected V to be chosen, but there is no decision", outcome.Error);
    }

    [Fact]
    public async Task Run_rewrites_the_output_where_it_is_told_to_and_nothing_else()
    {
        Write("propose c -> p1 V\n----\nsomething else\n");

        var rewritten = await CommandLine.Run("scenario", "run", _file, "--rewrite");

        Assert.Equal((0, $"{_file}: ok\n"), (rewritten.Code, rewritten.Output));
        Assert.Equal(Declarations + "propose c -> p1 V\n----\nsent: c -> p1 Request(V)\n", File.ReadAllText(_file));
        Assert.Equal(0, (await CommandLine.Run("scenario", "run", _file)).Code);

        Write("expect chosen V\n");
        Assert.Equal(1, (await CommandLine.Run("scenario", "run", _file, "--rewrite")).Code);
    }

    [Fact]
    public async Task Trace_refuses_a_format_that_there_is_not_before_it_asks_anyone()
    {
        var outcome = await CommandLine.Run("trace", "--endpoints", "127.0.0.1:1", "--slots", "1", "--format", "png");

        Assert.Equal((2, "akkapaxos: --format: \"png\" is none of text, svg, mermaid\n"), (outcome.Code, outcome.Error));
    }

    [Theory]
    [InlineData("deliver p1 -> 5 Prepare\n", ":6:15: \"5\", expected * or a name such as p1, a2 or n3")]
    [InlineData("crash a4\n", ":6:7: \"a4\", expected one of c, p1, a1, a2, a3, l1, l2")]
    [InlineData("# nothing\n", ":1:1: the file ends, expected a command")]
    public async Task A_file_that_is_no_scenario_is_wrong_usage(string text, string error)
    {
        Write(text);

        var outcome = await CommandLine.Run("scenario", "run", _file);

        Assert.Equal((2, $"akkapaxos: {_file}{error}\n"), (outcome.Code, outcome.Error));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_wrong_usage()
    {
        var outcome = await CommandLine.Run("scenario", "draw", _file);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(_file, Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public async Task Draw_draws_the_normal_flow_line_by_line_as_the_second_seed_does()
    {
        Write("propose c -> p1 V\nrun until quiet\n");

        var outcome = await CommandLine.Run("scenario", "draw", _file);

        Assert.Equal(0, outcome.Code);
        Assert.Equal(
            """
             Client   Proposer   Acceptor   Learner
               c         p1      a1 a2 a3    l1 l2
               |         |       |  |  |     |  |
               X-------->|       |  |  |     |  |     Request(V)
               |         X------>|->|->|     |  |     Prepare(1.1)
               |         |<------X--X--X     |  |     Promise(1.1, {null,null,null})
               |         X------>|->|->|     |  |     Accept(1.1, V)
               |         |<------X--X--X---->|->|     Accepted(1.1, V)
               |<----------------------------X--X     Response(V)
               |         |       |  |  |     |  |

            """.ReplaceLineEndings("\n"), outcome.Output);
    }

    [Fact]
    public async Task Draw_knows_three_formats()
    {
        Write("propose c -> p1 V\nrun until quiet\n");

        var svg = await CommandLine.Run("scenario", "draw", _file, "--format", "svg");
        var mermaid = await CommandLine.Run("scenario", "draw", _file, "--format", "mermaid");
        var none = await CommandLine.Run("scenario", "draw", _file, "--format", "png");

        Assert.Equal("svg", XDocument.Parse(svg.Output).Root!.Name.LocalName);
        Assert.StartsWith("sequenceDiagram\n", mermaid.Output);
        Assert.Contains("    Client0->>Proposer1: Request(V)\n", mermaid.Output);
        Assert.Equal((2, "akkapaxos: --format: \"png\" is none of text, svg, mermaid\n"), (none.Code, none.Error));
    }

    private void Write(string commands) => File.WriteAllText(_file, Declarations + commands);
}

using AkkaPaxos.Gateway;

namespace AkkaPaxos.Cli.Tests;

public sealed class SequenceDiagramTests
{
    private readonly List<TraceEntry> _events = [];

    [Fact]
    public void One_slot_from_request_to_response()
    {
        Sent("client", 0, "replica", 2, "Request(9/1)");
        Sent("replica", 2, "replica", 1, "Forward(9/1)");
        Sent("replica", 1, "leader", 1, "Propose(4, 9/1)");
        foreach (var acceptor in (int[])[1, 2, 3]) Sent("commander", 1, "acceptor", acceptor, "Accept(1.1, 4, 9/1)");
        foreach (var node in (int[])[1, 2]) Sent("acceptor", node, "replica", node, "Learned(1.1, 4)");
        foreach (var node in (int[])[1, 2]) Sent("acceptor", node, "commander", 1, "Accepted(1.1, 4)");
        foreach (var node in (int[])[1, 2]) Sent("commander", 1, "replica", node, "Decision(4, 1.1)");
        Sent("commander", 1, "replica", 3, "Decision(4, 1.1, 9/1)");
        // The third acceptor is late: its message must not move before the decision that the commander has sent meanwhile.
        Sent("acceptor", 3, "commander", 1, "Accepted(1.1, 4)");
        Sent("replica", 2, "client", 0, "Response(9/1)");

        Assert.Equal(
            """
             Client   Replica   Leader   Commander   Acceptor   Replica
                       1  2        1         1        1  2  3   1  2  3
                |      |  |        |         |        |  |  |   |  |  |
            """.Split('\n')[..2],
            Drawing()[..2]);
        Assert.Equal(
        [
            "    X------|->|        |         |        |  |  |   |  |  |  +0.0 ms  Request(9/1)",
        ], Drawing()[2..3].Select(l => l.Replace("X---------->|", "X------|->|")));
        Assert.Equal(["Request(9/1)", "Forward(9/1)", "Propose(4, 9/1)", "Accept(1.1, 4, 9/1)", "Learned(1.1, 4)", "Accepted(1.1, 4)", "Decision(4, 1.1)", "Decision(4, 1.1, 9/1)",
            "Accepted(1.1, 4)", "Response(9/1)"], Drawing()[2..].Select(l => l[(l.IndexOf("ms  ", StringComparison.Ordinal) + 4)..]));
        Assert.Contains("X->|->|->|", Row("Accept(").Replace("-", "").Replace("X>", "X->").Replace("|>", "|->"));
    }

    private string[] Drawing() => SequenceDiagram.Draw(_events).ReplaceLineEndings("\n").Split('\n');

    private string Row(string message) => Drawing().First(l => l.Contains("  " + message));

    private void Sent(string fromRole, int from, string toRole, int to, string message) =>
        _events.Add(new TraceEntry(DateTimeOffset.UnixEpoch.AddMilliseconds(_events.Count), from, fromRole, to, toRole, 4, message));
}

using AkkaPaxos.Gateway;
using AkkaPaxos.TestKit.Diagrams;

namespace AkkaPaxos.Cli.Tests;

public sealed class TraceDiagramTests
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
               c       r1 r2      l1         k1      a1 a2 a3   r1 r2 r3
               |       |  |       |          |       |  |  |    |  |  |
               X--------->|       |          |       |  |  |    |  |  |    +0.0 ms  Request(9/1)
               |       |<-X       |          |       |  |  |    |  |  |    +1.0 ms  Forward(9/1)
               |       X--------->|          |       |  |  |    |  |  |    +2.0 ms  Propose(4, 9/1)
               |       |  |       |          X------>|->|->|    |  |  |    +3.0 ms  Accept(1.1, 4, 9/1)
               |       |  |       |          |       X--X------>|->|  |    +6.0 ms  Learned(1.1, 4)
               |       |  |       |          |<------X--X  |    |  |  |    +8.0 ms  Accepted(1.1, 4)
               |       |  |       |          X----------------->|->|  |   +10.0 ms  Decision(4, 1.1)
               |       |  |       |          X----------------------->|   +12.0 ms  Decision(4, 1.1, 9/1)
               |       |  |       |          |<------------X    |  |  |   +13.0 ms  Accepted(1.1, 4)
               |<---------X       |          |       |  |  |    |  |  |   +14.0 ms  Response(9/1)
               |       |  |       |          |       |  |  |    |  |  |
            """.ReplaceLineEndings("\n"), TraceCommand.Diagram(_events).Draw(DiagramFormat.Text).TrimEnd('\n'));
    }

    private void Sent(string fromRole, int from, string toRole, int to, string message) =>
        _events.Add(new TraceEntry(DateTimeOffset.UnixEpoch.AddMilliseconds(_events.Count), from, fromRole, to, toRole, 4, message));
}

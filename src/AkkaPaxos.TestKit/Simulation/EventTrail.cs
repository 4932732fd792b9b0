using Akka.Actor;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Diagrams;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>The latest events of a seeded run, so that its end can be drawn. What is said again and again is left out.</summary>
/// <param name="keep">How many; 0: none.</param>
internal sealed class EventTrail(int keep)
{
    private readonly Queue<SimulationEvent> _events = new();
    private readonly Dictionary<string, object> _led = []; // by node, who leads as its replica was last told
    private long _messages;

    /// <summary>Whether any is kept: what makes one need not be made otherwise.</summary>
    public bool IsKept => keep > 0;

    public void Add(SimulationEvent what)
    {
        if (!IsKept) return;
        _events.Enqueue(what);
        if (_events.Count > keep) _events.Dequeue();
    }

    public void Delivered(TimeSpan now, Frame frame)
    {
        if (IsKept && !IsChatter(frame.Message)) Add(new MessageDelivered(now, frame.InFlight(++_messages, now)));
    }

    public void Lost(TimeSpan now, Frame frame, string reason)
    {
        if (IsKept && !IsChatter(frame.Message)) Add(new MessageDropped(now, frame.InFlight(++_messages, now), reason));
    }

    public void ToldWithin(TimeSpan now, string node, ActorPath from, ActorPath to, object message)
    {
        if (message is not (IPaxosMessage or Learned or Adopted or Preempted or SlotChosen or LeaderChanged) || IsChatter(message)) return;
        if (message is LeaderChanged)
        {
            if (_led.TryGetValue(node, out var known) && known.Equals(message)) return; // told again
            _led[node] = message;
        }
        var (fromRole, toRole) = (SimulatedNode.RoleOf(from.ToStringWithoutAddress()), SimulatedNode.RoleOf(to.ToStringWithoutAddress()));
        if (fromRole != toRole) Add(new ToldWithinNode(now, node, fromRole, toRole, message));
    }

    /// <summary>A drawing of what is kept.</summary>
    public Diagram Diagram()
    {
        var drawing = new DiagramBuilder();
        foreach (var what in _events) Draw(drawing, what);
        return drawing.Build();
    }

    private static bool IsChatter(object message) =>
        message is Heartbeat or Progress or Executed or Confirm or Confirmed or ReadIndex or ReadIndexResult or Poll or PollResult
            or CatchUp { Waits: true };

    private static void Draw(DiagramBuilder drawing, SimulationEvent what)
    {
        switch (what)
        {
            case MessageDelivered e: Message(drawing, e.At, e.Message, false); break;
            case MessageDropped e: Message(drawing, e.At, e.Message, true); break;
            case ToldWithinNode e:
                Message(drawing, e.At, new MessageInFlight(0, e.Node, e.FromRole, e.Node, e.ToRole, e.Message, e.At, e.At), false);
                break;
            case NodeCrashed e: drawing.Note(NoteKind.Crash, $"{e.Node} crashes", LinesOf(e.Node), e.At); break;
            case NodeStarted e: drawing.Note(NoteKind.Restart, $"{e.Node} restarts", LinesOf(e.Node), e.At); break;
            case LinkCut e: drawing.Note(NoteKind.Remark, $"what {e.From} sends to {e.To} is lost from now on", [], e.At); break;
            case LinkHealed e: drawing.Note(NoteKind.Remark, $"what {e.From} sends to {e.To} arrives again", [], e.At); break;
            case TimerDue e:
                var line = Line(e.Node, e.Role, "");
                drawing.Note(NoteKind.Timeout, $"{line.Name} hears nobody lead", [line], e.At);
                break;
            case RoleFailed e: drawing.Note(NoteKind.Crash, $"{e.Role} of {e.Node} fails", [Line(e.Node, e.Role, "")], e.At); break;
        }
    }

    private static void Message(DiagramBuilder drawing, TimeSpan at, MessageInFlight message, bool isLost)
    {
        var label = MultiPaxosLabels.Of(message.Message);
        var fromRole = message.FromRole.Length > 0 ? message.FromRole : message.ToRole;
        var (from, to) = (Line(message.From, fromRole, label.Name), Line(message.To, message.ToRole, label.Name));
        if (from != to) drawing.Message(from, to, label, isLost, at); // else between a replica and what stands for it in a drawing
    }

    // Nodes are n1, n2, ...; the roles of the node of clients are c1, c2, ...
    private static Lifeline Line(string node, string role, string message) =>
        int.TryParse(node.AsSpan(1), out var number) ? RoleLifelines.Of(role.Split('/')[0], number, message)
        : new Lifeline(LifelineGroup.Client, int.TryParse(role.AsSpan(1), out var client) ? client : 0);

    private static Lifeline[] LinesOf(string node) =>
        [.. new[] { ("leader", ""), ("acceptor", ""), ("replica", "Request"), ("replica", "Decision") }.Select(r => Line(node, r.Item1, r.Item2))];
}

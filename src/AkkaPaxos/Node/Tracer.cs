using Akka.Actor;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>To the tracer: what was sent for these slots, both included? Answered with <see cref="Trace"/>.</summary>
internal sealed record GetTrace(long From, long To) : INodeMessage;

/// <summary>What a node's roles sent, by slot, and there by time: how a command came is told only once its slot is known.</summary>
internal sealed record Trace(IReadOnlyList<MessageSent> Messages) : INodeMessage;

/// <summary>Keeps what the roles of this node sent for the latest slots; what sequence diagrams are drawn from.</summary>
internal sealed class Tracer : UntypedActor
{
    // A slot that is fought over for long would otherwise fill the memory.
    private const int MessagesPerSlot = 1000;

    private readonly int _slots;
    private readonly SortedDictionary<long, List<MessageSent>> _bySlot = [];

    public Tracer(int slots) => _slots = slots;

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(MessageSent));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MessageSent { Slot: > 0 } sent:
                if (!_bySlot.TryGetValue(sent.Slot, out var list)) _bySlot.Add(sent.Slot, list = []);
                if (list.Count < MessagesPerSlot) list.Add(sent);
                if (_bySlot.Count > _slots) _bySlot.Remove(_bySlot.Keys.First());
                break;
            case GetTrace get:
                var wanted = _bySlot.Where(s => s.Key >= get.From && s.Key <= get.To);
                Sender.Tell(new Trace([.. wanted.SelectMany(s => s.Value.OrderBy(m => m.At))]), Self);
                break;
            case MessageSent: break; // about no slot: a heartbeat or the like
            default: Unhandled(message); break;
        }
    }
}

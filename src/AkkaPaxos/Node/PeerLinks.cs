using System.Collections.Concurrent;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// A role of another node as this node's roles see it: bounds how many bytes of values are on their way to that node. Akka's remoting queues without a bound
/// what a peer does not take: a stopped or slow peer would cost the others their memory, and what is repeated by timers would join the queue; and
/// votes and heartbeats stand in the same line.
/// </summary>
/// <remarks>
/// Behind values it sends Akka's <see cref="Identify"/>, which any actor answers when it gets to it, and so knows what has been taken. A value too many, and one
/// repeated that is still on its way, is not sent: the protocol lives with messages that get lost. What is small always goes.
/// </remarks>
internal sealed class PeerLink : ActorRefBase
{
    // Values of so many bytes share a question; a larger one has its own, and is known while it is on its way.
    private const int AskAfter = 64 << 10;

    private readonly IActorRef _peer;
    private readonly string _id;
    private readonly ByteBudget _node;
    private readonly PeerLinks _links;
    private readonly Lock _gate = new();
    private readonly Queue<(long Number, long Bytes, object? Value)> _underWay = new(); // up to each question, by its number
    private readonly HashSet<object> _large = new(ReferenceEqualityComparer.Instance);
    private long _unasked;  // behind the last question
    private long _asked;    // its number
    private long _answered;
    private bool _stalled;  // no answer since the last look

    public PeerLink(IActorRef peer, string id, ByteBudget node, PeerLinks links) => (_peer, _id, _node, _links) = (peer, id, node, links);

    public override ActorPath Path => _peer.Path;

    /// <summary>Whether nothing is known to be on its way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _underWay.Count == 0;
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var (value, bytes) = CarriedValue.Of(message);
        if (value is null || bytes == 0)
        {
            _peer.Tell(message, sender);
            return;
        }

        lock (_gate) // the question must come behind what it asks for
        {
            if (_large.Contains(value) || !_node.TryTake(bytes)) return;
            _unasked += bytes;
            _peer.Tell(message, sender);
            if (_unasked < AskAfter) return;
            if (bytes >= AskAfter) _large.Add(value);
            Close(value);
            Ask();
        }
    }

    /// <summary>The peer has taken all that was sent before a question, or never will: messages do not overtake each other.</summary>
    public void Answered(long number)
    {
        lock (_gate)
        {
            (_answered, _stalled) = (Math.Max(_answered, number), false);
            while (_underWay.TryPeek(out var first) && first.Number <= number)
            {
                _underWay.Dequeue();
                _node.Return(first.Bytes);
                if (first.Value is not null) _large.Remove(first.Value);
            }
        }
    }

    /// <summary>
    /// To be called at times: asks for what has no question yet, and again where a question or its answer may have been lost with a connection.
    /// </summary>
    public void Look()
    {
        lock (_gate)
        {
            var isNew = _unasked > 0;
            if (isNew) Close(null);
            if (_answered >= _asked) return;
            if (isNew || _stalled) Ask();
            _stalled = true;
        }
    }

    private void Close(object? value)
    {
        _underWay.Enqueue((++_asked, _unasked, value));
        _unasked = 0;
    }

    private void Ask() => _peer.Tell(new Identify($"{_asked} {_id}"), _links.Asker);
}

/// <summary>The links of a node, and who hears the answers to their questions.</summary>
/// <param name="limit">Bytes of values that may be on their way to one node.</param>
internal sealed class PeerLinks(long limit)
{
    private readonly ConcurrentDictionary<string, PeerLink> _links = new();
    private readonly ConcurrentDictionary<NodeId, ByteBudget> _nodes = new();

    /// <summary>The node's <see cref="PeerLinkAnswers"/>.</summary>
    public IActorRef Asker { get; set; } = ActorRefs.Nobody;

    /// <summary>A link to a role of another node.</summary>
    public PeerLink Add(NodeId node, string role, IActorRef peer) =>
        _links.GetOrAdd($"{role} {node}", id => new PeerLink(peer, id, _nodes.GetOrAdd(node, _ => new ByteBudget(limit)), this));

    /// <summary>An answer to a link's question.</summary>
    /// <param name="question">The number, a blank, the link's id.</param>
    public void Answered(string question)
    {
        var blank = question.IndexOf(' ');
        if (blank > 0 && long.TryParse(question.AsSpan(0, blank), out var number) && _links.TryGetValue(question[(blank + 1)..], out var link))
            link.Answered(number);
    }

    /// <summary>Has links ask again where they wait for an answer.</summary>
    public void Look()
    {
        foreach (var link in _links.Values) link.Look();
    }
}

/// <summary>Hears what peers answer to the questions of the node's links.</summary>
internal sealed class PeerLinkAnswers : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly PeerLinks _links;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    public PeerLinkAnswers(PeerLinks links) => _links = links;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, Interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ActorIdentity { MessageId: string question }: _links.Answered(question); break;
            case Tick: _links.Look(); break;
            default: Unhandled(message); break;
        }
    }
}

using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>To the other members, at the start and again and again: this is me, and whom I take for members.</summary>
/// <param name="From">The node's number.</param>
/// <param name="Address">Its address.</param>
/// <param name="Members">Its members, by id.</param>
/// <param name="Problem">What keeps it from its work, in one line; empty where nothing does.</param>
public sealed record Hello(NodeId From, string Address, IReadOnlyList<Member> Members, string Problem) : IPaxosMessage;

/// <summary>To a node that said hello: I know you as you say.</summary>
/// <param name="From">Who welcomes.</param>
public sealed record Welcome(NodeId From) : IPaxosMessage;

/// <summary>To a node that said hello: you are not whom my configuration has under that number.</summary>
/// <param name="From">Who refuses.</param>
/// <param name="Reason">One line.</param>
public sealed record Refused(NodeId From, string Reason) : IPaxosMessage;

/// <summary>Introduction to its node: a majority, this node among it, has welcomed it.</summary>
internal sealed record Introduced : INodeMessage;

/// <summary>Introduction to its node: it can not be welcomed by a majority.</summary>
internal sealed record TurnedAway(string Reason) : INodeMessage;

/// <summary>To the introduction: who answered lately? Answered with <see cref="Seen"/>.</summary>
internal sealed record GetSeen : INodeMessage;

/// <summary>The nodes that answered or said hello lately, this one among them.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="Problems">What keeps others of them from their work, as they say.</param>
internal sealed record Seen(IReadOnlyList<NodeId> Nodes, IReadOnlyDictionary<NodeId, string> Problems) : INodeMessage;

/// <summary>The node to its introduction: what keeps it from its work, to be told to the others; null where nothing does.</summary>
internal sealed record OwnProblem(string? Text) : INodeMessage;

/// <summary>
/// Keeps two nodes from acting under one number. A node says hello to the addresses in its own configuration; another one refuses it
/// where its configuration has another address under that number. An impostor is refused by all, so it never says anything but hello.
/// </summary>
internal sealed class Introduction : UntypedActor, IWithTimers
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    // A node that nobody has welcomed yet says hello more often: its roles wait for that.
    private static readonly TimeSpan UntilWelcomed = TimeSpan.FromMilliseconds(100);
    private const int SeenForTicks = 4;
    // A refusal decides at once where it leaves no majority; otherwise a misconfigured peer gets this long to be outvoted.
    private const int GraceTicks = 10;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Again
    {
        public static readonly Again Instance = new();
    }

    private readonly PaxosSettings _settings;
    private readonly PeerDirectory _peers;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<NodeId> _welcomedBy = [];
    private readonly SortedDictionary<NodeId, string> _refusedBy = [];
    private readonly SortedDictionary<NodeId, long> _seenAt = [];
    private readonly SortedDictionary<NodeId, string> _problems = [];
    private readonly HashSet<string> _strangers = [];
    private readonly PeerLog _peerLog;
    private long _tick;
    private long _firstRefusal;
    private bool _decided;
    private string _ownProblem = "";

    public Introduction(PaxosSettings settings, PeerDirectory peers)
    {
        (_settings, _peers) = (settings, peers);
        _welcomedBy.Add(settings.NodeId);
        _peerLog = new PeerLog(_log, settings.Membership.Members.Where(m => m.Id != settings.NodeId), Context.System.Scheduler.Now);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TimeSpan.Zero, Interval);
        Timers.StartPeriodicTimer(Again.Instance, Again.Instance, UntilWelcomed);
        Decide();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick:
                _tick++;
                SayHello();
                _peerLog.Reached(Lately().ToHashSet(), Context.System.Scheduler.Now);
                Decide();
                break;
            case Again:
                if (_decided) Timers.Cancel(Again.Instance);
                else SayHello();
                break;
            case AssociationErrorEvent e:
                if (e.RemoteAddress is not null) _peerLog.ConnectionFailed($"{e.RemoteAddress}", e.Cause.GetBaseException().Message);
                break;
            case Hello hello: Answer(hello); break;
            case Welcome welcome:
                if (_settings.Membership.Members.Any(m => m.Id == welcome.From)) Welcomed(welcome.From);
                break;
            case Refused refused:
                if (_refusedBy.TryAdd(refused.From, refused.Reason))
                {
                    _log.Error("refused by node {0}: {1}", refused.From, refused.Reason);
                    if (_firstRefusal == 0) _firstRefusal = _tick;
                }
                Decide();
                break;
            case FindLink:
                if (_peers.Direct is { } direct) Sender.Tell(new LinkAt(direct.Port), Self);
                break;
            case GetSeen:
                Sender.Tell(Seen(), Self);
                break;
            case OwnProblem own:
                _ownProblem = own.Text ?? "";
                break;
            default: Unhandled(message); break;
        }
    }

    private IEnumerable<NodeId> Lately() => _seenAt.Where(s => _tick - s.Value <= SeenForTicks).Select(s => s.Key);

    private Seen Seen()
    {
        var lately = Lately().ToList();
        return new Seen([_settings.NodeId, .. lately], lately.Where(_problems.ContainsKey).ToDictionary(node => node, node => _problems[node]));
    }

    private void SayHello()
    {
        var hello = new Hello(_settings.NodeId, _settings.Address, _settings.Membership.Members, _ownProblem);
        foreach (var member in _settings.Membership.Members.Where(m => m.Id != _settings.NodeId))
            _peers.Find(member.Id, "introduction").Tell(hello, Self);
    }

    private void Answer(Hello hello)
    {
        var known = _settings.Membership.Members.FirstOrDefault(m => m.Id == hello.From);
        var reason = known is null ? $"node id {hello.From} is not among the members that node {_settings.NodeId} knows"
            : known.Address != hello.Address
                ? $"node id {hello.From} belongs to {known.Address}, not to {hello.Address}; give each node its own akkapaxos.node-id"
            : !hello.Members.SequenceEqual(_settings.Membership.Members) ? $"akkapaxos.members differs from that of node {_settings.NodeId}"
            : null;
        if (reason is null)
        {
            if (hello.Problem.Length == 0) _problems.Remove(hello.From);
            else _problems[hello.From] = hello.Problem;
            Sender.Tell(new Welcome(_settings.NodeId), Self);
            Welcomed(hello.From); // it has the same members, so it knows this node as this node knows itself
            return;
        }
        if (_strangers.Count < 100 && _strangers.Add($"{hello.From} {hello.Address}"))
            _log.Warning("refused a node that calls itself {0} at {1}: {2}", hello.From, hello.Address, reason);
        Sender.Tell(new Refused(_settings.NodeId, reason), Self);
    }

    private void Welcomed(NodeId node)
    {
        _seenAt[node] = _tick;
        _refusedBy.Remove(node);
        if (_welcomedBy.Add(node)) Decide();
    }

    private void Decide()
    {
        if (_decided) return;
        var quorum = _settings.Membership.Phase1(1);
        if (quorum.IsMetBy(_welcomedBy))
        {
            _decided = true;
            Context.Parent.Tell(new Introduced(), Self);
            return;
        }
        if (_refusedBy.Count == 0) return;
        var possible = _settings.Membership.Members.Select(m => m.Id).Where(id => !_refusedBy.ContainsKey(id)).ToHashSet();
        if (quorum.IsMetBy(possible) && _tick - _firstRefusal < GraceTicks) return;
        _decided = true;
        var (node, reason) = _refusedBy.First();
        Context.Parent.Tell(new TurnedAway($"node {node} refused this node: {reason}"), Self);
    }
}

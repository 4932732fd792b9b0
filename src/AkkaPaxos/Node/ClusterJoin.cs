using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>To the other members, again and again: the Akka cluster that I am in.</summary>
/// <param name="From">The node's number.</param>
/// <param name="Incarnation">Its actor system's uid, another one after each start.</param>
/// <param name="Sees">The incarnations of members that its gossip has, its own among them; empty where it is in no cluster.</param>
/// <param name="Favours">Where it is in none: who is to found one, if it says so of anybody.</param>
public sealed record ClusterView(NodeId From, int Incarnation, IReadOnlyList<int> Sees, NodeId Favours) : IPaxosMessage;

/// <summary>To the node: only a new actor system gets this one out of where it is.</summary>
internal sealed record StartAgain(string Reason) : INodeMessage;

/// <summary>
/// Brings the members into one Akka cluster, in whatever order they start, and keeps them there. A node joins a member that is in a cluster. Where none
/// is that it hears of, it favours one of those it hears, and the one that a majority favours founds the cluster: so a node alone founds nothing, and no two
/// found one each. What a partition divides all the same (a majority that is started again while an old member is cut off) is found out when it ends: a node
/// that hears of another cluster with a larger side starts its actor system again, for Akka never merges clusters and lets no system leave one for another.
/// </summary>
/// <remarks>No role depends on any of this: roles find each other by the members' addresses.</remarks>
internal sealed class ClusterJoin : UntypedActor, IWithTimers
{
    internal const string Name = "cluster";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    // A view this old says nothing any more.
    private const int FreshTicks = 4;
    // Votes that were divided at first are given anew after this long; until then a node keeps to whom it favours, or two could have a majority.
    private const int VoteTicks = 20;
    // A join is asked for again: a member that started again is let in once its former incarnation has been taken out.
    private const int JoinTicks = 2;
    // Gossip gets around in less; only then are two views of two clusters.
    private const int ApartTicks = 20;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private readonly PaxosSettings _settings;
    private readonly PeerDirectory _peers;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SortedDictionary<NodeId, (ClusterView View, long At)> _views = [];
    private long _tick;
    private NodeId _favours;
    private int _favouredFor;
    private int _tries;
    private int _apart;
    private string _said = "";

    public ClusterJoin(PaxosSettings settings, PeerDirectory peers) => (_settings, _peers) = (settings, peers);

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TimeSpan.Zero, Interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick:
                _tick++;
                Look();
                break;
            case ClusterView view:
                if (view.From != _settings.NodeId && _settings.Membership.Members.Any(m => m.Id == view.From)) _views[view.From] = (view, _tick);
                break;
            default: Unhandled(message); break;
        }
    }

    private void Look()
    {
        if (_cluster.IsTerminated) return; // the actor system is on its way out
        var others = _views.Values.Where(v => _tick - v.At <= FreshTicks).Select(v => v.View).ToList();
        var own = Own();
        if (own.Sees.Count == 0) own = own with { Favours = Vote([_settings.NodeId, .. others.Select(o => o.From)]) };
        foreach (var member in _settings.Membership.Members.Where(m => m.Id != _settings.NodeId)) _peers.Find(member.Id, Name).Tell(own, Self);
        if (own.Sees.Count == 0) Join(others);
        else
        {
            Say(own, others);
            if (!others.Exists(o => AreApart(own, o))) _apart = 0;
            else if (++_apart >= ApartTicks && Larger(own, others) is { } side)
                Context.Parent.Tell(
                    new StartAgain($"this node was in an Akka cluster of its own; it joins that of node{(side.Count > 1 ? "s" : "")} {string.Join(", ", side)}"), Self);
        }
    }

    private ClusterView Own()
    {
        var members = _cluster.State.Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed)).ToList();
        var self = _cluster.SelfUniqueAddress;
        if (!members.Exists(m => m.UniqueAddress == self)) return new ClusterView(_settings.NodeId, self.Uid, [], NodeId.None);
        var addresses = _settings.Membership.Members.Select(m => m.Address).ToHashSet();
        return new ClusterView(_settings.NodeId, self.Uid, [.. members.Where(m => addresses.Contains($"{m.Address}")).Select(m => m.UniqueAddress.Uid)], NodeId.None);
    }

    /// <summary>Whom this node favours: the lowest of those that it hears once they are a majority, for as long as it hears that one.</summary>
    private NodeId Vote(HashSet<NodeId> heard)
    {
        if (heard.Contains(_favours) && ++_favouredFor < VoteTicks) return _favours;
        (_favours, _favouredFor) = (IsMajority(heard) ? heard.Min() : NodeId.None, 0);
        return _favours;
    }

    private void Join(List<ClusterView> others)
    {
        var joined = others.Where(o => o.Sees.Count > 0).OrderByDescending(o => o.Sees.Count).ToList();
        // The next one at each try: one that is about to leave lets nobody in.
        if (joined.Count == 0) Found(others);
        else if (_tick % JoinTicks == 0) Join(joined[_tries++ % joined.Count].From);
    }

    private void Found(List<ClusterView> others)
    {
        if (_favours == _settings.NodeId && IsMajority([_favours, .. others.Where(o => o.Favours == _favours).Select(o => o.From)])) Join(_favours);
    }

    private bool IsMajority(HashSet<NodeId> nodes) => _settings.Membership.Latest.Phase1.IsMetBy(nodes);

    private void Join(NodeId node) => _cluster.Join(Address.Parse(_settings.Membership.Members.Single(m => m.Id == node).Address));

    private void Say(ClusterView own, List<ClusterView> others)
    {
        var with = string.Join(", ", others.Where(o => AreTogether(own, o)).Select(o => o.From).Append(_settings.NodeId).Order());
        if (with == _said) return;
        _said = with;
        _log.Debug("in an Akka cluster with nodes {0}", with);
    }

    private static bool AreTogether(ClusterView one, ClusterView other) => one.Sees.Contains(other.Incarnation) && other.Sees.Contains(one.Incarnation);

    private static bool AreApart(ClusterView one, ClusterView other) => one.Sees.Count > 0 && other.Sees.Count > 0 && !AreTogether(one, other);

    /// <summary>The nodes of another cluster that this one is to yield to: of more members, or of as many and the lowest; null where it stays.</summary>
    private static List<NodeId>? Larger(ClusterView own, List<ClusterView> others)
    {
        var mine = Side(own, others);
        return others.Where(o => AreApart(own, o)).Select(o => Side(o, others))
            .FirstOrDefault(theirs => theirs.Count > mine.Count || (theirs.Count == mine.Count && theirs[0].CompareTo(mine[0]) < 0));
    }

    private static List<NodeId> Side(ClusterView one, List<ClusterView> others) =>
        [.. others.Where(o => o != one && AreTogether(one, o)).Append(one).Select(o => o.From).Order()];
}

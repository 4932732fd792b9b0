using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>From an acceptor to the leader beside it, as often as it is asked for something: its journal does not answer.</summary>
/// <param name="For">For how long so far.</param>
internal sealed record StoreStalls(TimeSpan For) : INodeMessage;

/// <summary>
/// A leader that votes no more, or whose own disk hangs, makes way for another one. One whose disk hangs could go on, as the others decide without it; but its node is no use to a quorum, and one more that is lost
/// would end all writes.
/// </summary>
/// <remarks>
/// A call that never comes back fails nowhere, so the acceptor looks at the clock when it is asked to write; where nobody writes nobody is kept waiting either. Only where slots are still
/// chosen is there anything to make way for: then a quorum of others can write, as this node's acceptor cannot. Whoever is told to lead writes its round first, so one whose disk
/// hangs too takes over nothing, and it is the next one's turn.
/// </remarks>
/// <param name="context">The node's.</param>
/// <param name="link">How the leader sends.</param>
/// <param name="log">The leader's.</param>
internal sealed class HandOver(RoleContext context, RoleLink link, ILoggingAdapter log)
{
    /// <summary>For so long a busy disk may keep it waiting.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly long _timeoutTicks = (long)Math.Ceiling(context.Settings.LeaderTimeout / context.Settings.HeartbeatInterval);
    private long _notBefore; // a tick
    private NodeId _toldLast = context.Self;

    /// <summary>The acceptor beside an active leader has said that its journal does not answer.</summary>
    /// <param name="stalls">What it said.</param>
    /// <param name="ballot">The leader's.</param>
    /// <param name="leaders">Who may lead.</param>
    /// <param name="tick">Now.</param>
    /// <param name="chosenAt">The tick at which it last had a slot chosen; null: none yet.</param>
    public void Consider(StoreStalls stalls, Ballot ballot, IEnumerable<NodeId> leaders, long tick, long? chosenAt)
    {
        if (stalls.For < Patience || tick < _notBefore || chosenAt is not { } chosen || tick - chosen > _timeoutTicks) return;
        if (TellNext(ballot, leaders) == NodeId.None) return;
        _notBefore = tick + 2 * _timeoutTicks; // for so long one that was told tries
        log.Warning("leader of node {0}: the journal here has not answered for {1:0.0} s; node {2} is told to lead", context.Self, stalls.For.TotalSeconds, _toldLast);
    }

    /// <summary>Tells another one to lead: the next of them, each time another one.</summary>
    /// <param name="ballot">The leader's own.</param>
    /// <param name="leaders">Who may lead, by id.</param>
    /// <returns>Whom; <see cref="NodeId.None"/> where there is nobody else.</returns>
    public NodeId TellNext(Ballot ballot, IEnumerable<NodeId> leaders)
    {
        List<NodeId> others = [.. leaders.Where(n => n != context.Self)];
        if (others.Count == 0) return NodeId.None;
        _toldLast = others.FirstOrDefault(n => n.CompareTo(_toldLast) > 0, others[0]);
        link.Tell(_toldLast, "leader", context.Peers.Leader(_toldLast), new Lead(ballot));
        return _toldLast;
    }
}

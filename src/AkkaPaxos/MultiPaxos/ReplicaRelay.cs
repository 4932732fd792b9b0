using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// A replica where a link between its node and the active leader's is cut: what is for that leader goes by way of a node that reaches it (OmniPaxos; DESIGN 8), and
/// the decisions come from there. Answers need no way back: each replica answers its own clients, when it executes.
/// </summary>
/// <param name="replica">The replica's own context.</param>
/// <param name="context">What the replica was given.</param>
/// <param name="link">How it sends.</param>
/// <param name="leadership">Who leads.</param>
/// <param name="history">What it knows of the log.</param>
internal sealed class ReplicaRelay(IActorContext replica, RoleContext context, RoleLink link, Leadership leadership, ReplicaHistory history)
{
    private readonly Dictionary<IActorRef, long> _followers = []; // what each waits for: a slot that is not executed here
    private long _tick = 1;
    private long _followedAt; // the tick of the last question
    private long _followedFrom; // the slot that it asked for
    private int _detours;

    // How often what goes by way of others may be passed on: no way is longer, and what has lost its way ends.
    private int Hops => context.Membership.Replicas(history.SlotOut).Count;

    // --- commands ---------------------------------------------------------------------------------------------------------------------------

    /// <summary>Passes the replica's own commands on to the leader's, or towards it.</summary>
    public void PassOn(IReadOnlyList<Command> commands) => PassOn(commands, Hops);

    /// <summary>Passes on what another replica sent, which sees it through.</summary>
    public void PassOn(Relay relay)
    {
        if (leadership.IsLed && relay.Hops > 0) PassOn(relay.Commands, relay.Hops - 1);
    }

    private void PassOn(IReadOnlyList<Command> commands, int hops) =>
        TellReplica(leadership.NextHop, leadership.IsRelayed ? new Relay(commands, hops) : new Forward(commands));

    private void TellReplica(NodeId node, object message, long slot = 0) => link.Tell(node, "replica", context.Peers.Replica(node), message, slot);

    // --- a leader that is heard, and does not hear ------------------------------------------------------------------------------------------

    /// <summary>Nothing came of what was passed to the leader, which is about to be proposed: it goes by way of another node too, each time another one.</summary>
    public void Detour(CommandQueue unheard)
    {
        if (unheard.Count > 0 && OtherThanLeader() is { } other) TellReplica(other, new Relay(unheard.First(), Hops));
    }

    private NodeId? OtherThanLeader()
    {
        if (!leadership.IsLed || leadership.IsHere || leadership.IsRelayed) return null;
        var others = context.Membership.Replicas(history.SlotOut).Where(n => n != context.Self && n != leadership.Leader).ToList();
        return others.Count == 0 ? null : others[_detours++ % others.Count];
    }

    // --- questions --------------------------------------------------------------------------------------------------------------------------

    /// <summary>Asks the leader, or by way of the node that reaches it.</summary>
    public void Ask(ReadIndex question) => Ask(question, leadership.NextHop);

    /// <summary>Asks what the leader has not answered: it may hear what comes by way of another node.</summary>
    public void AskAgain(ReadIndex question)
    {
        Ask(question);
        if (OtherThanLeader() is { } other) Ask(question, other);
    }

    private void Ask(ReadIndex question, NodeId whom) =>
        link.Tell(whom, "leader", context.Peers.Leader(whom), whom == leadership.Leader ? question : question with { Hops = Hops });

    // --- decisions, which that leader's commanders do not bring here: one question is always there, answered as soon as there is something new -

    /// <summary>Asks the node that reaches the leader for what comes next, where this one does not reach it.</summary>
    public void Follow()
    {
        if (!leadership.IsRelayed) return;
        (_followedAt, _followedFrom) = (_tick, history.SlotOut);
        TellReplica(leadership.Via, new CatchUp(history.SlotOut, Waits: true), history.SlotOut);
    }

    /// <summary>Decisions have come: asks for those behind them. Once, or each answer that the network repeats, or that helps nothing, would bring forth another one.</summary>
    public void FollowOn()
    {
        if (history.SlotOut > _followedFrom) Follow();
    }

    /// <summary>A resend interval has passed: the question or the answer may be lost, and the other one started again.</summary>
    /// <param name="patience">Of these, until it asks again.</param>
    public void Tick(long patience)
    {
        _tick++;
        if (_tick - _followedAt >= patience) Follow();
    }

    /// <summary>Another replica asks what this one may not have yet; where its decisions are no longer kept it fetches a snapshot, and is not answered.</summary>
    public void Help(IActorRef follower, long from)
    {
        if (from >= history.SlotOut) _followers[follower] = from;
        else if (history.From(from) is { } decisions) follower.Tell(decisions, replica.Self);
    }

    /// <summary>Answers those that wait for what is executed now.</summary>
    public void HelpFollowers()
    {
        if (_followers.Count == 0) return;
        foreach (var (follower, from) in _followers.Where(f => f.Value < history.SlotOut).OrderBy(f => f.Value).ToList())
        {
            _followers.Remove(follower);
            Help(follower, from);
        }
    }
}

using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The replica where a link between its node and the active leader's is cut: what is for that leader goes by way of a node that reaches it (OmniPaxos; DESIGN 8), and
/// the decisions come from there. Answers need no way back: each replica answers its own clients, when it executes.
/// </summary>
public partial class Replica
{
    private readonly Dictionary<IActorRef, long> _followers = []; // what each waits for: a slot that is not executed here
    private long _followedAt;                                     // the tick of the last question
    private int _detours;

    private bool IsRelayed => _isLed && _via != NodeId.None;

    private NodeId NextHop => _via == NodeId.None ? _ballot.Leader : _via;

    // How often what goes by way of others may be passed on: no way is longer, and what has lost its way ends.
    private int Hops => _context.Membership.Replicas(SlotOut).Count;

    private void PassOn(IReadOnlyList<Command> commands, int hops) => _link.Tell(NextHop, "replica", _context.Peers.Replica(NextHop),
        _via == NodeId.None ? new Forward(commands) : new Relay(commands, hops));

    // Another replica's, which sees them through.
    private void PassOn(Relay relay)
    {
        if (LeadsHere) Requested(relay.Commands, null);
        else if (_isLed && relay.Hops > 0) PassOn(relay.Commands, relay.Hops - 1);
    }

    // --- what was proposed: no leader that leads would get it -------------------------------------------------------------------------------

    private void TakeBackProposals()
    {
        foreach (var slot in _proposals.Keys.ToList()) TakeBackProposal(slot);
        _slotIn = SlotOut;
    }

    // The slot may be decided with it all the same; then it is executed there, and nowhere else.
    private void TakeBackProposal(long slot)
    {
        foreach (var pending in RemoveProposal(slot)!.Commands.Where(p => p.Stage == CommandStage.Proposed)) Enqueue(pending, _requests.AddFirst);
    }

    // --- a leader that is heard, and does not hear --------------------------------------------------------------------------------------------

    // Nothing came of what was passed to it, which is about to be proposed: it goes by way of another node too, each time another one.
    private void Detour()
    {
        if (_unheard.Count > 0 && OtherThanLeader() is { } other)
            _link.Tell(other, "replica", _context.Peers.Replica(other), new Relay(_unheard.First(), Hops));
    }

    private void AskAgain(ReadIndex question)
    {
        Ask(question, NextHop);
        if (OtherThanLeader() is { } other) Ask(question, other);
    }

    private NodeId? OtherThanLeader()
    {
        if (!_isLed || LeadsHere || IsRelayed) return null;
        var others = _context.Membership.Replicas(SlotOut).Where(n => n != _context.Self && n != _ballot.Leader).ToList();
        return others.Count == 0 ? null : others[_detours++ % others.Count];
    }

    // --- decisions, which that leader's commanders do not bring here: one question is always there, answered as soon as there is something new -

    private void Follow()
    {
        if (!IsRelayed) return;
        _followedAt = _tick;
        _link.Tell(_via, "replica", _context.Peers.Replica(_via), new CatchUp(SlotOut, Waits: true), SlotOut);
    }

    // The question or the answer may be lost, and the other one started again.
    private void FollowAgain()
    {
        if (_tick - _followedAt >= Patience) Follow();
    }

    private void HelpFollowers()
    {
        if (_followers.Count == 0) return;
        foreach (var (follower, from) in _followers.Where(f => f.Value < SlotOut).OrderBy(f => f.Value).ToList())
        {
            _followers.Remove(follower);
            follower.Tell(new Decisions(_log.Page(from, _settings.PageBytes)), Self);
        }
    }
}

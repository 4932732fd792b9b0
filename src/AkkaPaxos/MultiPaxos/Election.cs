using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The part of a leader that knows who leads: whom it hears, when to try itself, and by way of whom to reach a leader that it cannot hear. Nothing here is needed
/// for safety: acceptors judge ballots.
/// </summary>
/// <remarks>
/// One's own silence is not the leader's death: a link may be cut. So who hears nobody asks (Raft's PreVote; OmniPaxos' quorum-connectedness), and tries only when
/// a quorum of phase 1, itself among them, hears no leader either. A leader that can do its work is heard by a quorum, which has a node in common with that one:
/// it is not challenged, whatever link is cut and whoever comes back. A leader that no quorum answers any more steps down by itself (<see cref="StartPolling"/>), or
/// those who still hear it would keep the others from trying.
/// <para>
/// That somebody else reaches the leader is good for passing things on, and keeps nobody from trying: only what one hears oneself does. Each answer says how
/// long ago somebody heard the leader; passed on, that only grows. So a leader that is gone is soon known of nowhere, whatever ways the answers take.
/// </para>
/// <para>
/// An answer may be lost: the question is repeated at every tick. Leaders of an earlier release do not answer, nor do those whose journal cannot be read; where for
/// long nobody says that he hears a leader, it is enough that a quorum of acceptors answers.
/// </para>
/// </remarks>
/// <param name="context">The node's.</param>
/// <param name="link">How the leader sends.</param>
/// <param name="actor">The leader.</param>
/// <param name="slot">The slot from which on the leader would lead.</param>
/// <param name="tryToLead">Starts a round; false where the leader cannot.</param>
/// <param name="end">Ends what the leader has under way under its own ballot.</param>
/// <param name="handOver">What it does when its disk hangs.</param>
internal sealed class Election(RoleContext context, RoleLink link, IWithTimers actor, Func<long> slot, Func<bool> tryToLead, Action end, HandOver handOver)
{
    private readonly FailureDetector _detector = new(context, actor);
    private readonly PollAnswers _answers = new(context);
    private readonly long _patienceTicks = (long)Math.Ceiling(context.Settings.LeaderTimeout / context.Settings.HeartbeatInterval);

    private long? _succeededAt; // a tick, since it leads
    private long _pollsSince; // a tick
    private long _scoutsSince; // a tick
    private long _insistsUntil; // a tick
    private bool _comesForward; // its scout, since the last tick
    private LeaderChanged? _announced;

    /// <summary>To the leader, at each heartbeat interval while it does not just watch.</summary>
    internal sealed record Tick : INodeMessage
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>What the leader does about leading.</summary>
    public LeaderPhase Phase { get; private set; }

    /// <summary>Whether it has a ballot of its own under way.</summary>
    public bool IsRunning => Phase is LeaderPhase.Scouting or LeaderPhase.Active;

    /// <summary>The highest ballot seen, its own among them.</summary>
    public Ballot Known { get; private set; }

    /// <summary>The highest round that anyone has told of.</summary>
    public long HighestRound => Math.Max(Known.Round, _answers.HighestRound);

    /// <summary>The node to tell what is for the leader that leads, and whether it is that one's, or one that reaches it; null where none is known.</summary>
    public (NodeId Node, bool Leads)? NextHop => Phase switch
    {
        LeaderPhase.Watching when _detector.HearsLeader => (_detector.Heard.Leader, true),
        LeaderPhase.Polling when _answers.Route(Ticks) is { } route => (route.Via, false),
        _ => null,
    };

    /// <summary>Whether it has been polling for three time-outs, and too few answer, none of whom knows of a leader.</summary>
    public bool IsStuck => Phase == LeaderPhase.Polling && Ticks - _pollsSince >= 3 * _patienceTicks && _answers.IsNobodyKnown(Ticks);

    /// <summary>Heartbeat intervals so far, while it does not just watch.</summary>
    public long Ticks { get; private set; }

    /// <summary>Handles what is about who leads; false where the message is something else.</summary>
    public bool Command(object message)
    {
        switch (message)
        {
            case Heartbeat { IsScouting: true } m: OnScouting(m.Ballot); return true;
            case Heartbeat m: OnHeartbeat(m.Ballot); return true;
            case Preempted m: OnPreempted(m.Ballot); return true;
            case Poll m: OnPoll(m); return true;
            case PollResult m: OnPollResult(m); return true;
            case Lead m: OnLead(m); return true;
            case StoreStalls m when Phase == LeaderPhase.Active: handOver.Consider(m, Known, context.Membership.Leaders(slot()), Ticks, _succeededAt); return true;
            case StoreStalls: return true; // of a leader that has just ended
            case Silence when Phase == LeaderPhase.Watching && IsMember: StartPolling(); return true;
            case Silence when Phase == LeaderPhase.Watching: Watch(); return true; // nobody tells it anything
            case Silence: return true; // it has begun already
            default: return _detector.Command(message);
        }
    }

    private bool IsMember => context.Membership.Latest.Find(context.Self) is not null;

    // ---- watching ----

    /// <summary>It watches from now on, and hears nobody yet.</summary>
    public void Watch() => Watch(_detector.Timeout.Next());

    private void Watch(TimeSpan patience)
    {
        StopRunning();
        _detector.Wait(patience);
    }

    private void Watch(Ballot heard, bool leads)
    {
        StopRunning();
        Known = heard;
        _detector.Hear(heard, leads);
    }

    private void StopRunning()
    {
        Phase = LeaderPhase.Watching;
        actor.Timers.Cancel(Tick.Instance);
    }

    private void OnHeartbeat(Ballot ballot)
    {
        if (ballot < Known || ballot.Leader == context.Self) return; // a leader that was preempted and is about to learn it
        if (IsRunning) GiveUp(ballot);
        Watch(ballot, leads: true);
        Announce(ballot, true);
    }

    // Another leader, which does not lead yet but comes forward: it is given the time that it needs. Whether it may, the acceptors decide.
    private void OnScouting(Ballot ballot)
    {
        if (!IsRunning && ballot >= Known) Watch(ballot, leads: false);
    }

    // The one that leads wants it to, or an operator: nobody is asked, also not while acceptors are bound to that one by its lease, which is shorter than a time-out.
    private void OnLead(Lead lead)
    {
        if (IsRunning || (lead.Instead < Known && Known.Leader != context.Self)) return; // of its own higher one nothing has come
        if (tryToLead()) _insistsUntil = Ticks + 2 * _patienceTicks;
    }

    // ---- polling ----

    /// <summary>It asks the others whom they hear; an active leader that does tells those who hear it that it leads no more.</summary>
    public void StartPolling()
    {
        if (Phase == LeaderPhase.Active) Announce(Known, false);
        (Phase, _pollsSince) = (LeaderPhase.Polling, Ticks);
        _detector.Stop();
        _answers.Begin();
        actor.Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, context.Settings.HeartbeatInterval);
        Ask();
        Consider();
    }

    private void Ask() => TellOthers(new Poll(context.Self, _answers.Poll));

    private void Consider()
    {
        if (_answers.IsNobodyHeard(slot(), Ticks) && tryToLead()) return;
        if (_answers.Route(Ticks) is { } route) Announce(route.Ballot, true, route.Via);
    }

    /// <summary>A quorum of acceptors has answered.</summary>
    public void AcceptorsAnswer()
    {
        if (IsStuck) tryToLead();
    }

    private void OnPoll(Poll poll)
    {
        // The very leader that it hears: no quorum answers that one any more. Not all who heard it are to try at the same moment.
        if (_detector.HearsLeader && _detector.Heard.Leader == poll.From)
        {
            Watch(_detector.Timeout.NextPart());
            Announce(Known, false);
        }

        link.Tell(poll.From, "leader", context.Peers.Leader(poll.From), AnswerTo(poll));
    }

    private PollResult AnswerTo(Poll poll)
    {
        return Phase switch
        {
            LeaderPhase.Active => Heard(Known, TimeSpan.Zero),
            LeaderPhase.Scouting when _comesForward || Ticks - _scoutsSince <= _patienceTicks => Heard(Known, null),
            LeaderPhase.Watching when _detector.IsHearing => Heard(_detector.Heard, _detector.HearsLeader ? TimeSpan.Zero : null),
            LeaderPhase.Polling when _answers.Route(Ticks) is { } route && route.Via != poll.From => Silent(route.Ballot, route.Age),
            _ => Silent(Known, null),
        };

        PollResult Heard(Ballot ballot, TimeSpan? age) => new(context.Self, poll.Id, ballot, true, age);
        PollResult Silent(Ballot ballot, TimeSpan? age) => new(context.Self, poll.Id, ballot, false, age);
    }

    private void OnPollResult(PollResult result)
    {
        if (Phase is not (LeaderPhase.Polling or LeaderPhase.Scouting) || !_answers.Take(result, Ticks)) return;
        if (Phase == LeaderPhase.Scouting)
        {
            if (!_answers.IsSomebodyHeard(Ticks)) return;
            end(); // it did not get through to a quorum, and there is a leader that does
            (Phase, _pollsSince) = (LeaderPhase.Polling, Ticks);
        }

        Consider();
    }

    // ---- running ----

    /// <summary>It tries to have a ballot of its own adopted; <see cref="Tries"/> says which, once it is in the journal.</summary>
    public void Begins()
    {
        (Phase, _scoutsSince, _insistsUntil, _comesForward) = (LeaderPhase.Scouting, Ticks, Ticks, false);
        _detector.Stop();
        _answers.Begin();
    }

    /// <summary>Its ballot is in the journal.</summary>
    public void Tries(Ballot ballot)
    {
        Known = ballot;
        Announce(ballot, false);
        actor.Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, context.Settings.HeartbeatInterval);
    }

    /// <summary>Its scout has come forward.</summary>
    public void ComesForward(Ballot ballot) => _comesForward |= ballot == Known;

    /// <summary>Its ballot is adopted.</summary>
    public void Leads()
    {
        (Phase, _succeededAt) = (LeaderPhase.Active, null);
        _detector.Timeout.Shrink();
        Announce(Known, true);
        Beat();
    }

    /// <summary>It leads, and something has come of it.</summary>
    public void Succeeded()
    {
        _succeededAt = Ticks;
        _detector.Timeout.Shrink();
    }

    // From the leader's scout, commanders and confirmers; one that was stopped may have sent its last word before.
    private void OnPreempted(Ballot ballot)
    {
        if (ballot <= Known) return;
        if (!IsRunning)
        {
            Known = ballot;
            return;
        }

        GiveUp(ballot);
        Watch();
        Announce(ballot, false);
    }

    private void GiveUp(Ballot higher)
    {
        Known = higher;
        _detector.Timeout.Grow();
        end();
    }

    /// <summary>A heartbeat interval has passed.</summary>
    public void OnTick()
    {
        Ticks++;
        switch (Phase)
        {
            case LeaderPhase.Active: Beat(); break;
            case LeaderPhase.Scouting when _comesForward: Beat(); break; // one that cannot come forward does not keep others from trying, ...
            case LeaderPhase.Scouting when Ticks < _insistsUntil: break;
            case LeaderPhase.Scouting: Ask(); break; // ... and others may have a leader by now
            case LeaderPhase.Polling:
                if (_answers.Route(Ticks) is null && _announced is { IsActive: true }) Announce(Known, false);
                Ask();
                Consider();
                break;
        }

        _comesForward = false;
    }

    private void Beat() => TellOthers(new Heartbeat(Known, IsScouting: Phase == LeaderPhase.Scouting));

    private void TellOthers(object message)
    {
        foreach (var node in context.Membership.Replicas(slot())) // learners, too, are to know who leads
            if (node != context.Self)
                link.Tell(node, "leader", context.Peers.Leader(node), message);
    }

    /// <summary>The replica was started again: it is told anew who leads.</summary>
    public void AnnounceAgain()
    {
        if (_announced is not null) link.Tell(context.Self, "replica", context.Peers.Replica(context.Self), _announced);
    }

    private void Announce(Ballot ballot, bool active, NodeId via = default)
    {
        var change = new LeaderChanged(ballot, active, via);
        if (change == _announced) return;
        _announced = change;
        AnnounceAgain();
    }
}

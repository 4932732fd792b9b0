using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>What the others say of whom they hear, to the poll under way: whether to try to lead, and by way of whom a leader is reached that cannot be heard.</summary>
/// <param name="context">The node's.</param>
internal sealed class PollAnswers(RoleContext context)
{
    private readonly record struct Answer(PollResult Result, long Tick);

    private readonly SortedDictionary<NodeId, Answer> _answers = [];
    private readonly TimeSpan _tickTime = context.Settings.HeartbeatInterval;
    private readonly long _freshTicks = 1 + (long)Math.Ceiling(context.Settings.LeaderTimeout / context.Settings.HeartbeatInterval);

    /// <summary>The number of the poll.</summary>
    public long Poll { get; private set; }

    /// <summary>The highest round that others have told of.</summary>
    public long HighestRound { get; private set; }

    /// <summary>A new poll: answers to earlier ones count no more.</summary>
    public void Begin()
    {
        Poll++;
        _answers.Clear();
    }

    /// <summary>Takes an answer; false where it is none to this poll.</summary>
    public bool Take(PollResult result, long tick)
    {
        HighestRound = Math.Max(HighestRound, result.Ballot.Round);
        if (result.Id != Poll || result.From == context.Self) return false;
        _answers[result.From] = new Answer(result, tick);
        return true;
    }

    /// <summary>Whether a quorum, itself among them, hears no leader.</summary>
    /// <param name="slot">The slot from which on it would lead.</param>
    /// <param name="tick">Now.</param>
    public bool IsNobodyHeard(long slot, long tick)
    {
        var silent = new HashSet<NodeId> { context.Self };
        foreach (var (node, answer) in _answers)
            if (IsFresh(answer, tick) && !answer.Result.IsHeard) silent.Add(node);
        return context.Membership.History.From(slot).All(c => c.Phase1.IsMetBy(silent));
    }

    /// <summary>Whether somebody hears a leader that leads.</summary>
    public bool IsSomebodyHeard(long tick) => _answers.Values.Any(a => IsFresh(a, tick) && a.Result is { IsHeard: true, Age: not null });

    /// <summary>Whether nobody who answers hears anybody, or knows of one that leads.</summary>
    public bool IsNobodyKnown(long tick) => Route(tick) is null && !_answers.Values.Any(a => IsFresh(a, tick) && a.Result.IsHeard);

    /// <summary>The leader of the highest ballot that others reach, who of them heard it last, and how long ago; null where nobody reaches one.</summary>
    public (Ballot Ballot, NodeId Via, TimeSpan Age)? Route(long tick)
    {
        (Ballot Ballot, NodeId Via, TimeSpan Age)? best = null;
        foreach (var (node, answer) in _answers)
        {
            if (answer.Result is not { Age: { } age, Ballot: var ballot } || ballot.Leader == context.Self) continue;
            age += (tick - answer.Tick) * _tickTime;
            if (age > 2 * context.Settings.LeaderTimeout) continue;
            if (best is not { } other || ballot > other.Ballot || (ballot == other.Ballot && age < other.Age)) best = (ballot, node, age);
        }

        return best;
    }

    private bool IsFresh(Answer answer, long tick) => tick - answer.Tick <= _freshTicks;
}

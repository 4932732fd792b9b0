using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>Finds out whether a value can still be chosen from a state in which no message waits.</summary>
internal sealed class StuckCheck(
    RoleTable[] roles, int proposers, IReadOnlyDictionary<string, int> role, MessageNumbers messages, VoteCounts votes, IReadOnlyList<(string Client, string Value)> proposed)
{
    private const ushort Down = ushort.MaxValue;

    // More than a duel could take: here one begins after the other has ended.
    private const int Rounds = 8;

    private readonly Dictionary<string, bool> _known = [];
    private readonly Dictionary<int, List<IReadOnlyList<int>>> _subsets = [];

    /// <summary>Which roles may go down for good, so that a majority of acceptors and a proposer stay; none of them is the first choice.</summary>
    public IEnumerable<IReadOnlyList<int>> Crashes(ushort[] state, int budget)
    {
        if (proposed.Count == 0) yield break;
        foreach (var down in Subsets(0, budget))
        {
            var (someone, acceptors) = (false, 0);
            for (var i = 0; i < roles.Length; i++)
            {
                if (state[i] == Down || down.Contains(i)) continue;
                if (i < proposers) someone = true;
                else acceptors++;
            }
            if (someone && acceptors > (roles.Length - proposers) / 2 && down.All(i => state[i] != Down)) yield return down;
        }
    }

    private List<IReadOnlyList<int>> Subsets(int from, int most)
    {
        if (from == 0 && _subsets.TryGetValue(most, out var known)) return known;
        List<IReadOnlyList<int>> all = [[]];
        if (most > 0)
            for (var i = from; i < roles.Length; i++)
                foreach (var rest in Subsets(i + 1, most - 1)) all.Add([i, .. rest]);
        if (from == 0) _subsets.Add(most, all);
        return all;
    }

    /// <summary>
    /// Whether no value is chosen when from here on nothing is lost, and each proposer in turn does what its timers bid it and is asked again by the
    /// clients.
    /// </summary>
    public bool IsStuck(ReadOnlySpan<ushort> state, ulong cast)
    {
        var key = string.Create(state.Length, state, (text, numbers) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)numbers[i];
        }) + cast;
        if (!_known.TryGetValue(key, out var isStuck)) _known.Add(key, isStuck = !Decides(state.ToArray(), votes.Of(cast)));
        return isStuck;
    }

    private bool Decides(ushort[] states, HashSet<(string, Proposal)> cast)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = (ushort[])states.Clone();
            for (var i = 0; i < proposers; i++)
            {
                if (states[i] == Down) continue;
                var who = roles[i].Who.Name;
                if (roles[i][states[i]].HasTimer && Run(states, cast, new TravelingMessage("", who, TimersFire.Instance))) return true;
                foreach (var (client, value) in proposed)
                    if (Run(states, cast, new TravelingMessage(client, who, new Request(value)))) return true;
            }
            if (states.AsSpan().SequenceEqual(before)) return false;
        }
        return false;
    }

    // Until no message waits, or a value is chosen.
    private bool Run(ushort[] states, HashSet<(string, Proposal)> cast, TravelingMessage first)
    {
        var waiting = new Queue<ushort>([messages.Of(first)]);
        for (var steps = 0; steps < 10_000 && waiting.TryDequeue(out var message); steps++)
        {
            if (!role.TryGetValue(messages[message].To, out var to) || states[to] == Down) continue;
            var step = roles[to].Deliver(states[to], message);
            states[to] = step.Next;
            foreach (var sent in step.Sent)
            {
                waiting.Enqueue(sent);
                if (VoteCounts.VoteIn(messages[sent]) is { } vote && cast.Add(vote) && cast.Count(v => v.Item2 == vote.Item2) > (roles.Length - proposers) / 2)
                    return true;
            }
        }
        return false;
    }
}

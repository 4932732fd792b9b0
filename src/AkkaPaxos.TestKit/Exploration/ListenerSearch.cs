using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>Something that learners may come to.</summary>
/// <param name="Who">The learner.</param>
/// <param name="Learned">What it has learned; null where <paramref name="Failure"/> is what happens.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Path">The messages that bring it there, in order.</param>
internal sealed record Outcome(string Who, Proposal? Learned, string? Failure, IReadOnlyList<ushort> Path);

/// <summary>
/// What learners may come to, given the messages that are on their way to them, in every order, and with any of them lost. No proposer or acceptor
/// hears from a learner, so this is a search of its own, and its states are not multiplied with those of proposers and acceptors.
/// </summary>
/// <param name="learners">The learners, with the states that they start in.</param>
/// <param name="messages">The messages' numbers.</param>
internal sealed class ListenerSearch(IReadOnlyList<(RoleTable Table, ushort State)> learners, MessageNumbers messages)
{
    private readonly Dictionary<string, IReadOnlyList<Outcome>> _known = [];

    /// <summary>The different outcomes, each with a shortest path.</summary>
    /// <param name="waiting">The messages on their way to learners, by number.</param>
    public IReadOnlyList<Outcome> Of(ReadOnlySpan<ushort> waiting)
    {
        var key = string.Create(waiting.Length, waiting, (text, numbers) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)numbers[i];
        });
        if (!_known.TryGetValue(key, out var outcomes)) _known.Add(key, outcomes = All([.. waiting]));
        return outcomes;
    }

    private List<Outcome> All(List<ushort> waiting)
    {
        List<Outcome> outcomes = [];
        Dictionary<ushort, IReadOnlyList<ushort>> told = []; // by a learner to another one, and how it comes to that
        foreach (var (table, state) in learners) One(table, state, waiting, outcomes, told);
        if (told.Count == 0) return outcomes;
        outcomes.Clear();
        foreach (var (table, state) in learners) One(table, state, [.. waiting, .. told.Keys], outcomes, told);
        return outcomes;
    }

    private void One(RoleTable table, ushort initial, List<ushort> waiting, List<Outcome> outcomes, Dictionary<ushort, IReadOnlyList<ushort>> told)
    {
        var mine = waiting.Where(m => messages[m].To == table.Who.Name).Order().ToList();
        var queue = new Queue<(ushort State, List<ushort> Left, List<ushort> Path)>();
        var seen = new HashSet<(ushort, string)>();
        var found = new HashSet<string>();
        queue.Enqueue((initial, mine, []));
        while (queue.TryDequeue(out var at))
        {
            if (table[at.State].State is LearnerState { Chosen: { } learned } && found.Add($"{learned}"))
                outcomes.Add(new Outcome(table.Who.Name, learned, null, at.Path));
            for (var i = 0; i < at.Left.Count; i++)
            {
                var message = at.Left[i];
                if (i > 0 && at.Left[i - 1] == message) continue;
                var step = table.Deliver(at.State, message);
                List<ushort> path = told.TryGetValue(message, out var before) ? [.. at.Path, .. before, message] : [.. at.Path, message];
                if (step.Violation is { } failure)
                {
                    if (found.Add(failure)) outcomes.Add(new Outcome(table.Who.Name, null, failure, path));
                    continue;
                }
                foreach (var sent in step.Sent)
                    if (learners.Any(l => l.Table.Who.Name == messages[sent].To)) told.TryAdd(sent, path);
                if (step.Next == at.State) continue;
                List<ushort> left = [.. at.Left];
                left.RemoveAt(i);
                if (seen.Add((step.Next, string.Join(',', left)))) queue.Enqueue((step.Next, left, path));
            }
        }
    }
}

using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Scenarios;

// What a scenario expects: decisions, which are counted from what acceptors say, and states of roles.
public sealed partial class ScenarioRun
{
    private readonly SortedDictionary<(long Slot, string Value, string Ballot), SortedSet<string>> _votes = [];

    private IReadOnlyList<string> Expect(ExpectChosen expected)
    {
        var chosen = Chosen(expected.Slot);
        var values = chosen.Select(c => c.Value).Distinct().Order(StringComparer.Ordinal);
        var happened = chosen.Count == 0 ? "there is no decision" : string.Join(", ", chosen);
        if (!values.SequenceEqual(expected.Values.Order(StringComparer.Ordinal)))
            throw new ScenarioFailure($"expected {string.Join(" and ", expected.Values)} to be chosen, but {happened}", false);
        if (expected.Ballot is { } ballot && chosen.All(c => c.Ballot != ballot))
            throw new ScenarioFailure($"expected ballot {ballot}, but {happened}", false);
        return [.. chosen.Select(c => $"{c}")];
    }

    private sealed record Choice(string Value, string Ballot, IReadOnlyList<string> By)
    {
        public override string ToString() => $"{Value} is chosen under {Ballot} by {string.Join(' ', By)}";
    }

    /// <summary>What a majority of acceptors has accepted under one ballot.</summary>
    private List<Choice> Chosen(long slot) =>
        [.. _votes.Where(v => v.Key.Slot == slot && v.Value.Count > _protocol.Acceptors / 2)
            .Select(v => new Choice(v.Key.Value, v.Key.Ballot, [.. v.Value]))];

    private IReadOnlyList<string> Expect(ScenarioLine line, ExpectState expected)
    {
        var state = State(line, expected.Name);
        foreach (var (key, value) in expected.Parts)
        {
            var at = $" {state}".IndexOf($" {key}={value}", StringComparison.Ordinal);
            var end = at + key.Length + value.Length + 1;
            if (at < 0 || (end < state.Length && state[end] != ' '))
                throw new ScenarioFailure($"expected {key}={value}, but {expected.Name}: {state}", false);
        }
        return ["ok"];
    }

    private string State(ScenarioLine line, string name)
    {
        var who = Who(line, name);
        return _network!.IsUp(who.Node) ? _protocol.State(_network, who) : "status=down";
    }

    private void Count(MessageInFlight message)
    {
        if (_protocol.VoteIn(message) is not { } vote) return;
        var key = (vote.Slot, vote.Value, vote.Ballot);
        if (!_votes.TryGetValue(key, out var by)) _votes.Add(key, by = new SortedSet<string>(StringComparer.Ordinal));
        by.Add(vote.Acceptor);
    }
}

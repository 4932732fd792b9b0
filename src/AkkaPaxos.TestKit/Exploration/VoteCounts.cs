using System.Numerics;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>What a set of votes means.</summary>
/// <param name="Chosen">What a majority of acceptors has accepted under one number, by number.</param>
/// <param name="Violation">What is wrong with that; null: nothing.</param>
internal sealed record Count(IReadOnlyList<Proposal> Chosen, string? Violation)
{
    public IEnumerable<string> Values => Chosen.Select(c => c.Value).Distinct();
}

/// <summary>Who has ever said that it accepted what, as bits, and what was chosen by that.</summary>
/// <param name="acceptors">The number of acceptors.</param>
/// <param name="isOrdered">Whether proposal numbers have an order (A5).</param>
/// <param name="proposed">The values that clients ask for.</param>
internal sealed class VoteCounts(int acceptors, bool isOrdered, IReadOnlySet<string> proposed)
{
    private readonly List<(string Acceptor, Proposal Proposal)> _votes = [];
    private readonly Dictionary<ulong, Count> _counts = [];

    /// <summary>The votes with those that these messages tell of.</summary>
    public ulong With(ulong votes, IEnumerable<TravelingMessage> sent)
    {
        foreach (var message in sent)
            if (VoteIn(message) is { } vote) votes |= 1UL << Bit(vote);
        return votes;
    }

    /// <summary>What a message says about acceptance; null where it says nothing.</summary>
    public static (string Acceptor, Proposal Proposal)? VoteIn(TravelingMessage message) =>
        message.Message is Accepted m && message.From[0] == 'a' ? (message.From, new Proposal(m.Ballot, m.Value)) : null;

    /// <summary>The votes themselves.</summary>
    public HashSet<(string, Proposal)> Of(ulong votes) => [.. _votes.Where((_, i) => (votes & (1UL << i)) != 0)];

    public Count Count(ulong votes)
    {
        if (!_counts.TryGetValue(votes, out var count)) _counts.Add(votes, count = Make(votes));
        return count;
    }

    private int Bit((string, Proposal) vote)
    {
        var bit = _votes.IndexOf(vote);
        if (bit >= 0) return bit;
        if (_votes.Count == 64) throw new InvalidOperationException("more than 64 different votes of acceptors: allow fewer retries, or declare fewer acceptors");
        _votes.Add(vote);
        return _votes.Count - 1;
    }

    private Count Make(ulong votes)
    {
        var cast = new List<(string Acceptor, Proposal Proposal)>(BitOperations.PopCount(votes));
        for (var i = 0; i < _votes.Count; i++)
            if ((votes & (1UL << i)) != 0) cast.Add(_votes[i]);
        var chosen = cast.GroupBy(v => v.Proposal).Where(g => g.Count() > acceptors / 2).Select(g => g.Key).OrderBy(p => p.Ballot).ToList();
        return new Count(chosen, Wrong(chosen, [.. cast.Select(v => v.Proposal).Distinct()]));
    }

    private string? Wrong(List<Proposal> chosen, List<Proposal> accepted)
    {
        foreach (var c in chosen)
        {
            if (c.Value != chosen[0].Value) return $"two values are chosen: {chosen[0].Value} under {chosen[0].Ballot} and {c.Value} under {c.Ballot}";
            if (!proposed.Contains(c.Value)) return $"{c.Value} is chosen under {c.Ballot}, and no client asked for it";
        }
        foreach (var a in accepted)
        {
            if (accepted.FirstOrDefault(b => b.Ballot == a.Ballot && b.Value != a.Value) is { } other)
                return $"A4: two values were accepted under {a.Ballot}: {a.Value} and {other.Value}";
            if (isOrdered && chosen.FirstOrDefault(c => c.Ballot < a.Ballot && c.Value != a.Value) is { } before)
                return $"A5: {before.Value} is chosen under {before.Ballot}, and {a.Value} was accepted under {a.Ballot}";
        }
        return null;
    }
}

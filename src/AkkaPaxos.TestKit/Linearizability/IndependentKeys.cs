namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// The keys of <c>jepsen.independent</c>, which tests many objects in one history by a pair in the place of each value: <c>:write [1 5]</c> writes 5
/// to the object 1, <c>:read [1 nil]</c> asks for it. Whether a pair is that or just a value is seen in the whole file: in what takes no value of
/// its own.
/// </summary>
internal static class IndependentKeys
{
    /// <summary>The events with the keys of their pairs, where they have such; the same events where they have none.</summary>
    /// <exception cref="HistoryFormatException">Some calls name a key in that way and others do not, so that it cannot be told what is asked for.</exception>
    public static IReadOnlyList<HistoryEvent> Apart(IReadOnlyList<HistoryEvent> events)
    {
        var calls = events.Where(e => e is { Type: HistoryEventType.Invoke, Key: null }).ToList();
        if (calls.FirstOrDefault(NamesKey) is not { } keyed)
        {
            RefuseHalfPairs(events, calls);
            return events;
        }
        if (calls.FirstOrDefault(e => PairOf(e) is null || (e.Function == "cas" && !NamesKey(e))) is { } other)
            throw new HistoryFormatException(other.Line,
                $":{other.Function} has the value {HistoryValue.Text(other.Value)}, which is no pair of a key and a value, as :{keyed.Function} of line "
                + $"{keyed.Line} has: give each line a :key, or each a pair");
        var asked = new Dictionary<string, string>(); // by process
        return [.. events.Select(e => Apart(e, asked))];
    }

    // [key nil], and for :cas [key [expected new]].
    private static bool NamesKey(HistoryEvent call) => PairOf(call) is { } pair
        && call.Function switch { "cas" => pair.Second is HistoryList { Items.Count: 2 }, "read" or "dequeue" or "acquire" or "release" => pair.Second is null, _ => false };

    private static (HistoryValue First, HistoryValue? Second)? PairOf(HistoryEvent e) =>
        e.Value is HistoryList { Items: [{ } first, var second] } ? (first, second) : null;

    private static HistoryEvent Apart(HistoryEvent e, Dictionary<string, string> asked)
    {
        if (e.Key is not null) return e;
        if (e.Type == HistoryEventType.Invoke)
        {
            var (first, second) = PairOf(e)!.Value;
            asked[e.Process] = HistoryValue.Content(first)!;
            return e with { Key = asked[e.Process], Value = second };
        }
        // An answer may be the pair, or the value alone.
        return PairOf(e) is { } pair && asked.TryGetValue(e.Process, out var key) && HistoryValue.Content(pair.First) == key
            ? e with { Value = pair.Second }
            : e;
    }

    // All that is written are pairs, and what is read are none: there is a key in them, but not in what is asked for.
    private static void RefuseHalfPairs(IReadOnlyList<HistoryEvent> events, List<HistoryEvent> calls)
    {
        var writes = calls.Where(e => e.Value is not null && e.Function is "write" or "enqueue").ToList();
        var read = events.FirstOrDefault(e => e is { Type: HistoryEventType.Ok, Function: "read" or "dequeue", Key: null, Value: not null and not HistoryList });
        if (read is null || writes.Count == 0 || writes.Any(w => PairOf(w) is null)) return;
        throw new HistoryFormatException(writes[0].Line,
            $"{HistoryValue.Text(writes[0].Value)} looks like a pair of a key and a value, but the answer to :{read.Function} in line {read.Line} is no pair: "
            + "give each line a :key, or each a pair, as [key nil] for what takes no value");
    }
}

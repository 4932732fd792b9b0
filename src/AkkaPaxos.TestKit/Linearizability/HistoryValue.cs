namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>A value as a history file has it, whether it is written as EDN or as JSON. Nil and null are null.</summary>
internal abstract record HistoryValue
{
    /// <summary>A value as a name: what is in a string, a keyword without its colon; null of nil.</summary>
    public static string? Name(HistoryValue? value) => value is HistoryAtom atom ? atom.Value.TrimStart(':') : Content(value);

    /// <summary>What is in a string, and all else as it is written; null of nil.</summary>
    public static string? Content(HistoryValue? value) => value switch { null => null, HistoryText text => text.Value, _ => Text(value) };

    /// <summary>A value as EDN, for people to read.</summary>
    public static string Text(HistoryValue? value) => value switch
    {
        HistoryText text => $"\"{text.Value}\"",
        HistoryAtom atom => atom.Value,
        HistoryList list => $"[{string.Join(' ', list.Items.Select(Text))}]",
        HistoryMap map => $"{{{string.Join(", ", map.Entries.Select(e => $":{e.Key} {Text(e.Value)}"))}}}",
        _ => "nil",
    };
}

/// <summary>A string.</summary>
internal sealed record HistoryText(string Value) : HistoryValue;

/// <summary>A number, true, false, a symbol, or a keyword with its colon.</summary>
internal sealed record HistoryAtom(string Value) : HistoryValue;

/// <summary>A vector, list, set or array.</summary>
internal sealed record HistoryList(IReadOnlyList<HistoryValue?> Items) : HistoryValue;

/// <summary>A map or object; keys that are keywords without their colon.</summary>
internal sealed record HistoryMap(IReadOnlyList<KeyValuePair<string, HistoryValue?>> Entries) : HistoryValue
{
    /// <summary>The value of a key; null: nil, or there is no such key.</summary>
    public HistoryValue? this[string key] => Entries.FirstOrDefault(e => e.Key == key).Value;
}

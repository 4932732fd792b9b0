using static AkkaPaxos.TestKit.Linearizability.HistoryValue;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What happens to an operation.</summary>
internal enum HistoryEventType
{
    /// <summary>A process asks.</summary>
    Invoke,

    /// <summary>It is done.</summary>
    Ok,

    /// <summary>It is not done, and never will be.</summary>
    Fail,

    /// <summary>Whether it is or will be done is not known.</summary>
    Info,
}

/// <summary>A line of a history file.</summary>
/// <param name="Line">Its number.</param>
/// <param name="Process">Whose operation it is about.</param>
/// <param name="Type">What happens to that.</param>
/// <param name="Function">What was asked for.</param>
/// <param name="Key">Of which key; null: the line has none.</param>
/// <param name="Value">The call's arguments or the answer.</param>
/// <param name="HasError">Whether the line names an error.</param>
internal sealed record HistoryEvent(
    int Line, string Process, HistoryEventType Type, string Function, string? Key, HistoryValue? Value, bool HasError)
{
    /// <summary>The event that a map describes; null: it is of no client, as those of Jepsen's nemesis.</summary>
    /// <exception cref="HistoryFormatException">It describes none.</exception>
    public static HistoryEvent? Of(HistoryMap map, int line)
    {
        var process = Name(map["process"]) ?? throw new HistoryFormatException(line, "no :process");
        if (process is "nemesis") return null;
        var (type, value) = (TypeOf(Name(map["type"]), line), map["value"]);
        var isError = type is HistoryEventType.Fail or HistoryEventType.Info && (value is HistoryAtom or HistoryText); // :timed-out
        return new HistoryEvent(line, process, type, Name(map["f"]) ?? throw new HistoryFormatException(line, "no :f"), Name(map["key"]), value,
            isError || map["error"] is not null);
    }

    /// <summary>The event of a tuple of process, type, function, value and maybe an error; null: it is of no client.</summary>
    /// <exception cref="HistoryFormatException">It is none.</exception>
    public static HistoryEvent? Of(HistoryList tuple, int line)
    {
        string[] names = ["process", "type", "f", "value", "error"];
        return Of(new HistoryMap([.. names.Zip(tuple.Items, KeyValuePair.Create)]), line);
    }

    /// <summary>The type of a name without its colon.</summary>
    /// <exception cref="HistoryFormatException">There is none.</exception>
    public static HistoryEventType TypeOf(string? name, int line) => name switch
    {
        "invoke" => HistoryEventType.Invoke,
        "ok" => HistoryEventType.Ok,
        "fail" => HistoryEventType.Fail,
        "info" => HistoryEventType.Info,
        null => throw new HistoryFormatException(line, "no :type"),
        _ => throw new HistoryFormatException(line, $"there is no type {name}: invoke, ok, fail or info"),
    };
}

/// <summary>A history file that is not one.</summary>
/// <param name="line">The line's number.</param>
/// <param name="reason">What is wrong there.</param>
public sealed class HistoryFormatException(int line, string reason) : FormatException(reason)
{
    /// <summary>The line's number, from 1.</summary>
    public int Line => line;
}

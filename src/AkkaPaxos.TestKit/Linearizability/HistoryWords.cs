using System.Globalization;
using System.Text;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What a report says, as text.</summary>
public static class HistoryWords
{
    /// <summary>
    /// A report in words: the verdict in the first line, and on a violation the shortest part that cannot be explained, an operation a line.
    /// </summary>
    public static string Of(HistoryReport report)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{report.Count:N0} operations, {report.Steps:N0} steps");
        switch (report.Verdict)
        {
            case Verdict.Ok: return $"ok: {size}\n";
            case Verdict.Unknown: return $"unknown: {size}, and neither an order nor that there is none was found in the time\n";
        }
        var text = new StringBuilder($"violation: {Reason(report)}\n");
        List<string[]> rows = [["client", "from", "to", "call", "answer"]];
        foreach (var o in report.Unexplainable.Select(i => report.Operations[i]))
            rows.Add([o.Client, $"{o.Invoked}", o.Returned is { } returned ? $"{returned}" : "-", o.Call, o.Result ?? "none"]);
        var widths = Enumerable.Range(0, rows[0].Length - 1).Select(c => rows.Max(r => r[c].Length)).ToList();
        foreach (var row in rows)
            text.Append("  ").AppendJoin("  ", row.Select((cell, c) => c < widths.Count ? cell.PadRight(widths[c]) : cell)).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"{size}; {report.LongestPrefix.Count:N0} of {report.Operations.Count:N0} operations")
            .Append(report.Keys.Count > 0 ? $" on {KeysOf(report)}" : "").Append(" can be put in an order\n").ToString();
    }

    /// <summary>In a line why a history is not linearizable.</summary>
    public static string Reason(HistoryReport report) => report.Unexplainable.Count == 1
        ? "nothing explains the answer to this operation"
        : $"no order of these {report.Unexplainable.Count} operations explains them";

    /// <summary>The keys that a violation is about.</summary>
    public static string KeysOf(HistoryReport report) => report.Keys.Count switch
    {
        1 => $"key {report.Keys[0]}",
        > 10 => $"keys {string.Join(", ", report.Keys.Take(10))} and {report.Keys.Count - 10} more",
        _ => $"keys {string.Join(", ", report.Keys)}",
    };
}

using System.Diagnostics;
using AkkaPaxos.Cli;
using AkkaPaxos.TestKit.Linearizability;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A base for tests that break a cluster under <see cref="RecordingClients"/>, and check what these recorded.</summary>
public abstract class LinearizableRun(ITestOutputHelper output) : RealProcesses
{
    /// <summary>Short enough that a client whose node is cut off soon goes elsewhere.</summary>
    protected const string RequestTimeout = "akkapaxos.gateway.request-timeout=1s";

    // What a check of some thousand calls takes is well below a second.
    private static readonly CheckLimit Limit = new() { Time = TimeSpan.FromSeconds(60) };

    /// <summary>The file with the history that was found not to be linearizable; null: none was.</summary>
    protected string? SavedHistory { get; private set; }

    /// <summary>
    /// After everything is repaired: each node answers again, all agree, every key is read once more, and the history must be linearizable.
    /// </summary>
    private protected async Task EndsWell(LocalCluster cluster, RecordingClients clients)
    {
        foreach (var node in cluster.Nodes) await clients.WaitForMore(20, Patience, node);
        await clients.Stop();
        await cluster.WaitForAgreement(Patience);
        await clients.ReadAll(Patience);
        AssertLinearizable(clients);
    }

    /// <summary>
    /// Checks what was recorded. A failure shows the shortest part that cannot be explained, and names a file with the whole history, which stays.
    /// </summary>
    private protected void AssertLinearizable(RecordingClients clients)
    {
        var (model, history, clock) = (new KvModel(), clients.History, Stopwatch.StartNew());
        var result = LinearizabilityChecker.Check(model, history, Limit);
        var count = $"{history.Count} calls recorded, {clients.Open} of unknown outcome";
        output.WriteLine($"{count}; checked in {clock.ElapsedMilliseconds} ms, {result.Steps} steps");
        if (result.Verdict == Verdict.Ok) return;
        var what = result.Violation is { } violation
            ? $"The history is not linearizable. No order explains these:\n{string.Join('\n', violation.Unexplainable.Select(Line))}"
            : $"Whether the history is linearizable could not be found out within {Limit.Time}.";
        SavedHistory = Path.Combine(Directory.CreateTempSubdirectory("akkapaxos-history-").FullName, "history.jsonl");
        using (var file = File.CreateText(SavedHistory)) HistoryJson.Write(history, file);
        Assert.Fail($"{what}\nThe whole of it: akkapaxos check-history {SavedHistory} --model kv");

        string Line(Operation<KvCall, KvResult> o)
        {
            var answer = o.IsOpen ? "" : $" -> {model.Describe(o.Call, o.Result!)}";
            return $"  {o.Invoked}..{o.Returned?.ToString() ?? "?"} {o.Client}: {model.Describe(o.Call)}{answer}";
        }
    }
}

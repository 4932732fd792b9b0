using System.Diagnostics;
using System.Globalization;
using AkkaPaxos.Gateway;
using AkkaPaxos.TestKit.Diagrams;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos bench --profile</c>: where the time of a write goes, from what the nodes' roles sent, and what it costs, from what their processes used.</summary>
internal static class BenchProfile
{
    // As many as nodes are asked for; they keep no more than akkapaxos.trace-slots.
    private const int Slots = 2000;

    /// <summary>One way of a write between two events of a slot.</summary>
    internal sealed record Leg(string Name, Latencies Took);

    /// <summary>What was used at one moment: by each node, and by the bench itself.</summary>
    /// <param name="Nodes">Of each node.</param>
    /// <param name="Own">Of the bench.</param>
    /// <param name="At">The moment, on a clock of its own.</param>
    internal sealed record Used(IReadOnlyList<ResourceReport> Nodes, ResourceReport Own, TimeSpan At);

    /// <summary>Takes stock.</summary>
    /// <exception cref="CliException">A node does not answer.</exception>
    public static async Task<Used> Now(Endpoints endpoints, CancellationToken cancel)
    {
        var answers = await endpoints.GetAll<ResourceReport>("/resources", cancel);
        if (answers.FirstOrDefault(a => a.Answer is null) is { Failure: { } why } silent) throw new CliException($"--profile: {silent.Endpoint}: {why}");
        return new Used([.. answers.Select(a => a.Answer!)], ResourceReport.OfThisProcess(0, 0, 0, null), Stopwatch.GetElapsedTime(0));
    }

    /// <summary>The tables, for operations between two stocktakings.</summary>
    /// <param name="endpoints">The nodes.</param>
    /// <param name="before">What was used before.</param>
    /// <param name="after">What was used after.</param>
    /// <param name="operations">How many operations lay between.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="CliException">The nodes keep no trace.</exception>
    public static async Task<IReadOnlyList<Table>> Tables(Endpoints endpoints, Used before, Used after, long operations, CancellationToken cancel)
    {
        var nodes = (await endpoints.Status(cancel)).Select(a => a.Answer).OfType<NodeReport>().ToList();
        var last = nodes.Max(n => n.SlotOut) - 1;
        var answers = await endpoints.GetAll<TraceReport>($"/trace?from={Math.Max(1, last - Slots)}&to={last}", cancel);
        var slots = answers.SelectMany(a => a.Answer?.Events ?? []).GroupBy(e => e.Slot).Where(g => g.Key > 0).Select(g => g.OrderBy(e => e.At).ToList()).ToList();
        if (slots.Count == 0) throw new CliException("--profile: no node remembers what its roles sent: start them with --set akkapaxos.trace-slots=4096", 2);
        var legs = new Table().Border(TableBorder.Ascii).AddColumns("leg of a write", "p50", "p99").AddColumn("slots");
        foreach (var leg in Legs(slots)) legs.AddRow(leg.Name, Ms(leg.Took.Quantile(0.5)), Ms(leg.Took.Quantile(0.99)), $"{leg.Took.Count}");
        return [legs, Costs(before, after, operations), Collections(before, after)];
    }

    /// <summary>What a command cost.</summary>
    internal static Table Costs(Used before, Used after, long operations)
    {
        var costs = new Table().Border(TableBorder.Ascii).AddColumns("per command", "nodes together", "client");
        AddCost(costs, "processor time, µs", r => r.CpuSeconds * 1e6, before, after, operations);
        AddCost(costs, "allocated, bytes", r => r.AllocatedBytes, before, after, operations);
        AddCost(costs, "context switches", r => r.ContextSwitches, before, after, operations);
        AddCost(costs, "messages between nodes and to clients, by direct links", r => r.LinkMessages, before, after, operations, isNodesOnly: true);
        AddCost(costs, "their bytes", r => r.LinkBytes, before, after, operations, isNodesOnly: true);
        if (after.Nodes.All(n => n.JournalCommits is not null))
            AddCost(costs, "journal commits", r => r.JournalCommits ?? 0, before, after, operations, isNodesOnly: true);
        else
            costs.AddRow("journal commits", "not counted", "");
        return costs;
    }

    /// <summary>How often garbage was collected, and which share of the time all stood still for it.</summary>
    internal static Table Collections(Used before, Used after)
    {
        var collections = new Table().Border(TableBorder.Ascii).AddColumns("garbage collections", "nodes together", "client");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var g = generation;
            collections.AddRow($"up to generation {g}", $"{Nodes(r => r.Collections[g])}", $"{Own(r => r.Collections[g])}");
        }
        var seconds = (after.At - before.At).TotalSeconds;
        return collections.AddRow("stood still, % of the time", Percent(Nodes(r => r.PausedSeconds) / after.Nodes.Count), Percent(Own(r => r.PausedSeconds)));

        double Nodes(Func<ResourceReport, double> of) => after.Nodes.Sum(of) - before.Nodes.Sum(of);
        double Own(Func<ResourceReport, double> of) => of(after.Own) - of(before.Own);
        string Percent(double paused) => (100 * paused / Math.Max(1e-3, seconds)).ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static void AddCost(Table table, string name, Func<ResourceReport, double> of, Used before, Used after, long operations, bool isNodesOnly = false)
    {
        var nodes = after.Nodes.Sum(of) - before.Nodes.Sum(of);
        table.AddRow(name, PerOperation(nodes), isNodesOnly ? "" : PerOperation(of(after.Own) - of(before.Own)));

        string PerOperation(double used) => (used / Math.Max(1, operations)).ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>The legs, in the order of the protocol; each slot gives one time to each.</summary>
    internal static List<Leg> Legs(IReadOnlyList<List<TraceEntry>> slots)
    {
        Leg gathered = new("request → proposed: gathers at the replica, is passed on", new()), proposed = new("proposed → accept: waits at the leader", new()),
            ownVote = new("accept → accepted, on the leader's node: mailboxes, journal", new()), quorum = new("accept → accepted, by a quorum: links, mailboxes, journal", new()),
            decided = new("accepted by a quorum → decision", new()), answered = new("decision → response: executed, answered", new()), all = new("request → response", new());
        foreach (var events in slots)
        {
            var byName = events.ToLookup(e => MessageLabel.Parse(e.Message).Name);
            DateTimeOffset? First(string name) => byName[name].FirstOrDefault()?.At;
            if (First("Request") is not { } request || First("Propose") is not { } propose || First("Accept") is not { } accept || First("Decision") is not { } decision) continue;
            gathered.Took.Add(Positive(propose - request));
            proposed.Took.Add(Positive(accept - propose));
            var accepted = byName["Accepted"].DistinctBy(e => e.From).ToList();
            if (accepted.FirstOrDefault(e => e.From == e.To) is { } own) ownVote.Took.Add(Positive(own.At - accept));
            // The last one of those that came before the decision.
            if (accepted.LastOrDefault(e => e.At <= decision) is { } vote)
            {
                quorum.Took.Add(Positive(vote.At - accept));
                decided.Took.Add(Positive(decision - vote.At));
            }
            if (First("Response") is not { } response) continue;
            answered.Took.Add(Positive(response - decision));
            all.Took.Add(Positive(response - request));
        }
        return [gathered, proposed, ownVote, quorum, decided, answered, all];
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero; // clocks of different machines

    private static string Ms(TimeSpan time) => $"{time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture)} ms";
}

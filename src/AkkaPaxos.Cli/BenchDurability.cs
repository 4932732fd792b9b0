using AkkaPaxos.Gateway;

namespace AkkaPaxos.Cli;

/// <summary>Whether figures are those of durable writes, in a line to stand beside them.</summary>
/// <param name="IsDurable">Whether every member of the cluster has verified that its stores are synced at each write.</param>
/// <param name="Text">The line.</param>
public sealed record BenchDurability(bool IsDurable, string Text)
{
    private const string NotDurable = "NOT KNOWN TO BE DURABLE";

    /// <summary>Nobody was asked.</summary>
    public static BenchDurability Unknown { get; } = new(false, $"{NotDurable}: the nodes were not asked; name all of them by --endpoints");

    /// <summary>What nodes say of themselves, and of which members none of them is.</summary>
    /// <param name="nodes">Their answers to <c>GET /status</c>.</param>
    public static BenchDurability Of(IReadOnlyCollection<NodeReport> nodes)
    {
        var weak = nodes.Where(n => n.Durability?.Level != "full").OrderBy(n => n.Node)
            .Select(n => n.Durability is { } d ? $"node {n.Node} is {d.Level}, {d.Detail}" : $"node {n.Node} does not say").ToList();
        if (weak.Count > 0) return new(false, $"{(nodes.Any(n => n.Durability?.Level is "relaxed" or "in memory") ? "NOT DURABLE" : NotDurable)}: {string.Join("; ", weak)}");
        var missing = nodes.SelectMany(n => n.Peers).Select(p => p.Node).Except(nodes.Select(n => n.Node)).Distinct().Order().ToList();
        return missing.Count > 0
            ? new(false, $"{NotDurable}: node {string.Join(", ", missing)} was not asked; name all of them by --endpoints")
            : new(nodes.Count > 0, nodes.Count > 0 ? "durable: every node has verified that it syncs each write" : Unknown.Text);
    }
}

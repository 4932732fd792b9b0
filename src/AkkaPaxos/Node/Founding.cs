using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// How nodes with empty disks found a cluster: all of them, or none. A node that hears an empty disk of every other member records all members with their
/// disks; the cluster is founded once every one of them has recorded the same.
/// </summary>
/// <remarks>
/// A disk records one configuration, ever. So no two are in force that have a disk in common: with a disk that is lost between the steps the founding stands still,
/// and an operator has to say whether anything was lost with it. Two empty disks of three found nothing, whatever the third has seen: a new cluster is told from
/// one whose majority has lost its disks.
/// </remarks>
/// <param name="self">This node.</param>
/// <param name="members">All members, as the configuration file has them.</param>
/// <param name="window">The number of slots in flight, as it has it.</param>
internal sealed class Founding(NodeId self, IReadOnlyList<Member> members, int window)
{
    /// <summary>The number of slots in flight that it would found a cluster with.</summary>
    public int Window => window;

    /// <summary>What is to be done next.</summary>
    /// <param name="memory">What this node's disk says.</param>
    /// <param name="claims">What the others last said of theirs.</param>
    /// <returns>A message to the disk; null where there is nothing to do, or it is to wait.</returns>
    public INodeMessage? Next(DiskMemory memory, IReadOnlyDictionary<NodeId, DiskClaim> claims)
    {
        if (memory is { Own: null } or { Unfit: not null } or { IsMember: true }) return null;
        if (memory.Founding is { } recorded)
            return claims.Values.Any(c => c.Stage == DiskStage.Member && recorded.Equals(c.Founding)) || Others.All(m => HasRecorded(m.Id, recorded, claims)) ? new Found() : null;

        // Another one may have heard the last of them sooner.
        if (claims.Values.FirstOrDefault(c => c.Stage == DiskStage.Recorded && Fits(c.Founding, memory.Own.Disk)) is { Founding: { } offered }) return new RecordFounding(offered);
        if (!Others.All(m => claims.TryGetValue(m.Id, out var claim) && claim.Stage == DiskStage.Empty && claim.Window == window)) return null;
        return new RecordFounding(new Configuration(
            members.Select(m => m with { Disk = m.Id == self ? memory.Own.Disk : claims[m.Id].Start.Disk }), window: window));
    }

    /// <summary>What it waits for, and what can be done: in one line; null where it waits for nothing.</summary>
    /// <param name="memory">What this node's disk says.</param>
    /// <param name="claims">What the others last said of theirs.</param>
    /// <param name="heard">Who was heard of lately.</param>
    public string? Waits(DiskMemory memory, IReadOnlyDictionary<NodeId, DiskClaim> claims, IReadOnlySet<NodeId> heard)
    {
        if (memory.IsMember || memory.Own is null) return null;
        var own = memory.Own.Disk;
        if (claims.Where(c => c.Value.Stage == DiskStage.Member && !IsSame(c.Value.Founding, memory.Founding)).OrderBy(c => c.Key).FirstOrDefault() is { Value: { } member } found)
        {
            var known = member.Known.FirstOrDefault(k => k.Node == self)?.Start.Disk ?? member.Founding?.Find(self)?.Disk ?? DiskId.None;
            return $"its disk {own} is empty, and node {found.Key} belongs to a cluster"
                + (known == DiskId.None ? "" : $" that knows this node by disk {known}")
                + ": it does not vote or answer, as it would have forgotten what it promised; put back what was in its folder, as it was last";
        }
        if (memory.Founding is { } recorded && claims.Where(c => c.Value.Stage != DiskStage.Unknown && !IsPartOf(recorded, c.Key, c.Value)).OrderBy(c => c.Key).FirstOrDefault() is { Value: { } other } swapped)
            return $"the cluster began to be founded with disk {recorded.Find(swapped.Key)?.Disk} of node {swapped.Key}, which has disk {other.Start.Disk} now: put that one back; "
                + "or, if no node of the cluster has ever answered, empty the folders of all";
        if (claims.Where(c => c.Value.Stage is DiskStage.Empty or DiskStage.Recorded && c.Value.Window != window).OrderBy(c => c.Key).FirstOrDefault() is { Value: { } wide } differs)
            return $"akkapaxos.window is {window}, and {wide.Window} on node {differs.Key}: a cluster is founded with one";
        if (Others.FirstOrDefault(m => heard.Contains(m.Id) && !claims.ContainsKey(m.Id)) is { } earlier)
            return $"its disk {own} is empty, and node {earlier.Id} runs a release that knows no disks, with which no cluster is founded: it does not vote or answer";
        var missing = Others.Where(m => !heard.Contains(m.Id) || claims[m.Id].Stage == DiskStage.Unknown).Select(m => m.Id).ToList();
        return "the cluster is not founded yet, for which all members have to be there once"
            + (missing.Count == 0 ? "" : $": waits for node{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}; start {(missing.Count > 1 ? "them" : "it")}, or take "
                + $"{(missing.Count > 1 ? "them" : "it")} out of akkapaxos.members on every node");
    }

    private IEnumerable<Member> Others => members.Where(m => m.Id != self);

    private bool Fits(Configuration? founding, DiskId own) => founding is { Version: 0 } && founding.Window == window && founding.Find(self)?.Disk == own
        && founding.Members.Select(m => (m.Id, m.Address)).SequenceEqual(members.Select(m => (m.Id, m.Address)));

    private static bool IsSame(Configuration? one, Configuration? other) => one is not null && one.Equals(other);

    private static bool HasRecorded(NodeId node, Configuration recorded, IReadOnlyDictionary<NodeId, DiskClaim> claims) =>
        claims.TryGetValue(node, out var claim) && claim.Stage == DiskStage.Recorded && IsPartOf(recorded, node, claim) && recorded.Equals(claim.Founding);

    private static bool IsPartOf(Configuration recorded, NodeId node, DiskClaim claim) =>
        recorded.Find(node)?.Disk == claim.Start.Disk && (claim.Founding is null || recorded.Equals(claim.Founding));
}

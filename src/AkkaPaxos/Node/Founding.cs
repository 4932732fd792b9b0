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
internal sealed class Founding(NodeId self, IReadOnlyList<Member> members, long window)
{
    /// <summary>The number of slots in flight that it would found a cluster with.</summary>
    public long Window => window;

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

    /// <summary>What stands in the way and does not go by itself, and what is to be done: in one line; null where nothing does.</summary>
    /// <param name="memory">What this node's disk says.</param>
    /// <param name="claims">What the others last said of theirs.</param>
    /// <param name="heard">Who was heard of lately.</param>
    public string? Conflict(DiskMemory memory, IReadOnlyDictionary<NodeId, DiskClaim> claims, IReadOnlySet<NodeId> heard)
    {
        if (memory.IsMember || memory.Own is not { } own) return null;
        if (First(claims, (_, claim) => claim.Stage == DiskStage.Member && !IsSame(claim.Founding, memory.Founding)) is var (cluster, member))
        {
            var known = member.Known.FirstOrDefault(k => k.Node == self)?.Start.Disk ?? member.Founding?.Find(self)?.Disk ?? DiskId.None;
            return $"its disk {own.Disk} is empty, and node {cluster} belongs to a cluster{(known == DiskId.None ? "" : $" that knows this node by disk {known}")}"
                + ": it does not vote or answer, as it would have forgotten what it promised; put back what was in its folder, as it was last";
        }
        if (memory.Founding is { } recorded && First(claims, (node, claim) => claim.Stage != DiskStage.Unknown && !IsPartOf(recorded, node, claim)) is var (swapped, other))
            return $"the cluster began to be founded with disk {recorded.Find(swapped)?.Disk} of node {swapped}, which has disk {other.Start.Disk} now: put that one back; "
                + "or, if no node of the cluster has ever answered, empty the folders of all";
        if (First(claims, (_, claim) => claim.Stage is DiskStage.Empty or DiskStage.Recorded && claim.Window != window) is var (differs, wide))
            return $"akkapaxos.window is {window}, and {wide.Window} on node {differs}: a cluster is founded with one";
        return Others.FirstOrDefault(m => heard.Contains(m.Id) && !claims.ContainsKey(m.Id)) is { } earlier
            ? $"its disk {own.Disk} is empty, and node {earlier.Id} runs a release that knows no disks, with which no cluster is founded: it does not vote or answer"
            : null;
    }

    /// <summary>Whom it waits for, in one line that says what to do.</summary>
    /// <param name="claims">What the others last said of their disks.</param>
    /// <param name="heard">Who was heard of lately.</param>
    public string Waits(IReadOnlyDictionary<NodeId, DiskClaim> claims, IReadOnlySet<NodeId> heard)
    {
        const string why = "the cluster is not founded yet, for which all members have to be there once";
        var missing = Others.Select(m => m.Id).Where(id => !heard.Contains(id) || !claims.TryGetValue(id, out var claim) || claim.Stage == DiskStage.Unknown).ToList();
        var (s, them) = missing.Count > 1 ? ("s", "them") : ("", "it");
        return missing.Count == 0 ? why : $"{why}: waits for node{s} {string.Join(", ", missing)}; start {them}, or take {them} out of akkapaxos.members on every node";
    }

    private IEnumerable<Member> Others => members.Where(m => m.Id != self);

    private static (NodeId Node, DiskClaim Claim)? First(IReadOnlyDictionary<NodeId, DiskClaim> claims, Func<NodeId, DiskClaim, bool> isIt) =>
        claims.OrderBy(c => c.Key).Where(c => isIt(c.Key, c.Value)).Select(c => ((NodeId, DiskClaim)?)(c.Key, c.Value)).FirstOrDefault();

    private bool Fits(Configuration? founding, DiskId own) => founding is { Version: 0 } && founding.Window == window && founding.Find(self)?.Disk == own
        && founding.Members.Select(m => (m.Id, m.Address)).SequenceEqual(members.Select(m => (m.Id, m.Address)));

    private static bool IsSame(Configuration? one, Configuration? other) => one is not null && one.Equals(other);

    private static bool HasRecorded(NodeId node, Configuration recorded, IReadOnlyDictionary<NodeId, DiskClaim> claims) =>
        claims.TryGetValue(node, out var claim) && claim.Stage == DiskStage.Recorded && IsPartOf(recorded, node, claim) && recorded.Equals(claim.Founding);

    private static bool IsPartOf(Configuration recorded, NodeId node, DiskClaim claim) =>
        recorded.Find(node)?.Disk == claim.Start.Disk && (claim.Founding is null || recorded.Equals(claim.Founding));
}

using System.Globalization;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

// Who takes part, by what is chosen, and with which disks.
internal sealed partial class ClusterObserver
{
    /// <summary>The latest configuration that is chosen.</summary>
    public Configuration Members => _members.Latest;

    /// <summary>Whether a node is a member of that.</summary>
    public bool IsMember(string node) => Members.Find(Id(node)) is not null;

    /// <summary>
    /// Whether a node was a member, and is one no more: what governs from now on is chosen without it, and a quorum has on disk all that was chosen before.
    /// </summary>
    public bool IsGone(string node) =>
        !IsMember(node) && _acceptors.ContainsKey(node) && _chosenBelow >= _members.History.LatestFrom && Members.Phase1.IsMetBy(HaveBelow(_snapshots, _members.History.QuorumsFrom));

    /// <summary>
    /// Whether a cluster can bear that a node loses its disk: all others that vote have theirs, and what was decided before they voted is on those of a majority.
    /// </summary>
    public bool MayLoseDisk(string node) =>
        IsMember(node) && Members.Voters.Count > 2 && Members.Members.Where(m => m.Votes || m.Id == Id(node)).All(m => m.Disk == disk($"n{m.Id}"))
        && _chosenBelow >= _members.History.LatestFrom && Members.Phase1.IsMetBy(HaveBelow(_snapshots, _members.History.QuorumsFrom));

    /// <summary>
    /// Whether enough of those that vote have the disks that the log knows. Where not, a member was removed while another one's disk was lost, and nothing can be done about it (M2).
    /// </summary>
    public bool CanDecide => Members.Phase1.IsMetBy(Counted(Members, Members.Voters.Select(v => (v, disk($"n{v}")))));

    /// <summary>Whether every member's disk is the one that the log knows, and who had lost one votes again.</summary>
    public bool IsWhole => Members.Members.All(m => !m.Returns && m.Disk == disk($"n{m.Id}"));

    /// <summary>All that a node had on disk is gone.</summary>
    public void DiskLost(string node)
    {
        _acceptors.Remove(node);
        _snapshots.Remove(node);
        _slotOut.Remove(node);
    }

    private static HashSet<NodeId> HaveBelow(SortedDictionary<string, long> snapshots, long slot) => [.. snapshots.Where(s => s.Value >= slot).Select(s => Id(s.Key))];

    private void CheckQuorums(PValue pvalue, string to)
    {
        var governing = _members.At(pvalue.Slot);
        Check("M1", governing.HasVoter(Id(to)), () => $"{to} is asked to accept {pvalue.Ballot} in slot {pvalue.Slot}, which {governing} governs");
        Check("M1", _adopted.TryGetValue(pvalue.Ballot, out var by) && governing.Phase1.IsMetBy(Counted(governing, by)),
            () => $"slot {pvalue.Slot}, which {governing} governs, has a commander under {pvalue.Ballot}, which only {string.Join(", ", by ?? [])} adopted");
    }

    // Only what comes from the disk that the configuration knows (M2).
    private static HashSet<NodeId> Counted(Configuration governing, IEnumerable<(NodeId Node, DiskId Disk)> by) =>
        [.. by.Where(v => governing.Counts(v.Node, v.Disk)).Select(v => v.Node)];

    private static NodeId Id(string node) => new(int.Parse(node.AsSpan(1), CultureInfo.InvariantCulture));
}

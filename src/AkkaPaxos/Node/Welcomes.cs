using AkkaPaxos.Consensus;

namespace AkkaPaxos.Node;

/// <summary>
/// Who has the latest start of which member on disk, as members say of themselves and of each other. A node takes part once a majority, itself among it, has its own
/// start on disk: should an older copy of its disk come back, one of any majority knows better. So a node that hears only one other is welcomed by way of that one.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="membership">Who takes part.</param>
internal sealed class Welcomes(NodeId self, Membership membership)
{
    private readonly SortedDictionary<NodeId, (DiskStart Start, SortedSet<NodeId> By)> _known = [];
    private DiskMemory _memory = DiskMemory.Empty;

    /// <summary>Why this disk is none to take part with, by what others remember of it; null where they remember nothing that refutes it.</summary>
    public string? Refuted { get; private set; }

    /// <summary>The latest starts that this node has on disk.</summary>
    public IReadOnlyList<KnownStart> Known => [.. _known.Select(k => new KnownStart(k.Key, k.Value.Start, [.. k.Value.By]))];

    /// <summary>Who has this node's start on disk.</summary>
    public IReadOnlySet<NodeId> OfSelf => _known.TryGetValue(self, out var own) ? own.By : new SortedSet<NodeId>();

    /// <summary>What this node has on disk now.</summary>
    public void Remember(DiskMemory memory)
    {
        _memory = memory;
        if (memory.Own is { } own) Keep(self, own);
        foreach (var (node, start) in memory.Peers) Keep(node, start);
    }

    /// <summary>What a member of the same cluster says.</summary>
    /// <returns>What is news, to be recorded.</returns>
    public IReadOnlyList<RecordPeer> Heard(NodeId from, DiskClaim claim)
    {
        var news = new List<RecordPeer>();
        if (_memory.IsNews(from, claim.Start)) news.Add(new RecordPeer(from, claim.Start));
        foreach (var known in claim.Known)
        {
            if (known.Node == self && _memory.Own is { } own && own.IsRefutedBy(known.Start) && !IsLostOne(known.Start))
                Refuted ??= known.Start.Disk != own.Disk
                    ? $"its disk is {own.Disk}, and node {from} knows it by disk {known.Start.Disk}: it does not vote or answer; put back what was in its folder, as it was last"
                    : $"its disk is at start {own.Number}, and node {from} has seen start {known.Start.Number} before this one: its folder is an older copy, that has forgotten what it "
                        + "promised since; it does not vote or answer; put back what was in its folder, as it was last";
            if (_known.TryGetValue(known.Node, out var same) && same.Start == known.Start) same.By.UnionWith(known.By);
            else if (known.Node != self && known.Node != from && membership.Latest.Find(known.Node) is not null && _memory.IsNews(known.Node, known.Start)) news.Add(new RecordPeer(known.Node, known.Start));
        }
        return news;
    }

    // The node had that disk before: what this one says counts once the log knows it.
    private bool IsLostOne(DiskStart start) => _memory is { IsJoined: true, Own: { } own } && own.Disk != start.Disk;

    private void Keep(NodeId node, DiskStart start)
    {
        if (!_known.TryGetValue(node, out var known) || known.Start != start) _known[node] = (start, [self]);
    }
}

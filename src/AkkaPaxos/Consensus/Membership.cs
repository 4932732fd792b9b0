namespace AkkaPaxos.Consensus;

/// <summary>A node that takes part.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Address">Where its actor system is, as Akka writes addresses: <c>akka.tcp://akkapaxos@10.0.0.1:4053</c>.</param>
public sealed record Member(NodeId Id, string Address);

/// <summary>
/// Which nodes hold the acceptors, leaders and replicas of a slot, and what their quorums are. Roles ask here, slot by slot, so that a
/// reconfiguration decided in slot s can govern from s + WINDOW on (PMMC 2.4) without any role knowing of it. So far one configuration
/// governs every slot.
/// </summary>
public sealed class Membership
{
    private readonly NodeId[] _ids;
    private readonly Quorum _majority;

    /// <summary>The configuration with these members in every role.</summary>
    /// <exception cref="ArgumentException">There is no member, an id is not positive, or two members share an id or an address.</exception>
    public Membership(IEnumerable<Member> members)
    {
        Members = [.. members.OrderBy(m => m.Id)];
        if (Members.Count == 0) throw new ArgumentException("a membership has at least one member", nameof(members));
        if (Members[0].Id.Value <= 0) throw new ArgumentException($"a node id is a positive number, not {Members[0].Id}", nameof(members));
        foreach (var same in Members.GroupBy(m => m.Id).Where(g => g.Count() > 1))
            throw new ArgumentException($"node id {same.Key} is given to {string.Join(" and ", same.Select(m => m.Address))}", nameof(members));
        foreach (var same in Members.GroupBy(m => m.Address).Where(g => g.Count() > 1))
            throw new ArgumentException($"address {same.Key} is given to nodes {string.Join(" and ", same.Select(m => m.Id))}", nameof(members));
        _ids = [.. Members.Select(m => m.Id)];
        _majority = Quorum.Majority(_ids);
    }

    /// <summary>All members, by id.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>The nodes whose acceptors vote on <paramref name="slot"/>, by id.</summary>
    public IReadOnlyList<NodeId> Acceptors(long slot) => _ids;

    /// <summary>The nodes whose leaders may propose for <paramref name="slot"/>, by id.</summary>
    public IReadOnlyList<NodeId> Leaders(long slot) => _ids;

    /// <summary>The nodes whose replicas learn <paramref name="slot"/>, by id.</summary>
    public IReadOnlyList<NodeId> Replicas(long slot) => _ids;

    /// <summary>Whose promises make a leader for the slots from <paramref name="slot"/> on.</summary>
    public Quorum Phase1(long slot) => _majority;

    /// <summary>Whose acceptance chooses a value in <paramref name="slot"/>.</summary>
    public Quorum Phase2(long slot) => _majority;
}

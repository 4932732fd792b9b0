namespace AkkaPaxos.Consensus;

/// <summary>What to do about a member.</summary>
public enum MemberChangeKind
{
    /// <summary>It takes part, as a learner.</summary>
    Add,

    /// <summary>The learner votes.</summary>
    Promote,

    /// <summary>It takes part no more.</summary>
    Remove,

    /// <summary>It is at another address.</summary>
    Update,

    /// <summary>
    /// It has come back with another disk: it is a learner again, and votes with that one once it is promoted. Where no disk of it was known, it is this one from now on.
    /// </summary>
    Readmit,
}

/// <summary>A part of a change of the members.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Node">About which node.</param>
/// <param name="Address">Where it is, for <see cref="MemberChangeKind.Add"/> and <see cref="MemberChangeKind.Update"/>.</param>
/// <param name="Disk">The disk that it will vote with, for <see cref="MemberChangeKind.Add"/> and <see cref="MemberChangeKind.Readmit"/>; none: any.</param>
public sealed record MemberChange(MemberChangeKind Kind, NodeId Node, string Address = "", DiskId Disk = default)
{
    /// <summary>The configuration that comes of another one by these changes, in their order.</summary>
    /// <param name="from">The other one.</param>
    /// <param name="changes">At least one.</param>
    /// <param name="refusal">Why there is none, in one line.</param>
    /// <returns>Null where the changes cannot be made.</returns>
    public static Configuration? Apply(Configuration from, IReadOnlyList<MemberChange> changes, out string refusal)
    {
        refusal = changes.Count == 0 ? "nothing is to be changed" : "";
        var members = from.Members.ToList();
        foreach (var change in changes)
        {
            if (refusal.Length > 0) return null;
            refusal = change.Apply(members);
        }
        if (refusal.Length == 0 && !members.Exists(m => m.Votes)) refusal = "no voter would be left";
        return refusal.Length > 0 ? null : from.Next(members);
    }

    private string Apply(List<Member> members)
    {
        var at = members.FindIndex(m => m.Id == Node);
        if (Kind is MemberChangeKind.Add or MemberChangeKind.Update && members.Find(m => m.Address == Address && m.Id != Node) is { } same)
            return $"address {Address} is that of node {same.Id}";
        if (Kind == MemberChangeKind.Add)
        {
            if (at >= 0) return $"node {Node} is a member already, at {members[at].Address}";
            if (Node.Value <= 0) return $"a node's number is positive, not {Node}";
            members.Add(new Member(Node, Address, Votes: false, Disk));
            return "";
        }
        if (at < 0) return $"node {Node} is no member; members are {string.Join(", ", members.Select(m => m.Id).Order())}";
        var member = members[at];
        switch (Kind)
        {
            case MemberChangeKind.Promote when member.Votes: return $"node {Node} votes already";
            case MemberChangeKind.Promote: members[at] = member with { Votes = true, Returns = false }; break;
            case MemberChangeKind.Update when member.Address == Address: return $"node {Node} is at {Address} already";
            case MemberChangeKind.Update: members[at] = member with { Address = Address }; break;
            case MemberChangeKind.Readmit when member.Disk == Disk: return $"node {Node} has disk {Disk} already";
            case MemberChangeKind.Readmit when member.Disk == DiskId.None: members[at] = member with { Disk = Disk }; break;
            case MemberChangeKind.Readmit: members[at] = member with { Disk = Disk, Votes = false, Returns = member.Votes || member.Returns }; break;
            default: members.RemoveAt(at); break;
        }
        return "";
    }

    /// <summary><c>add 4 at akka.tcp://…</c>, <c>promote 4</c> and so on.</summary>
    public override string ToString() => Kind switch
    {
        MemberChangeKind.Add or MemberChangeKind.Update => $"{Kind.ToString().ToLowerInvariant()} {Node} at {Address}",
        MemberChangeKind.Readmit => $"readmit {Node} with disk {Disk}",
        _ => $"{Kind.ToString().ToLowerInvariant()} {Node}",
    };
}

namespace AkkaPaxos.Consensus;

/// <summary>
/// Which nodes take part and which of their sets are quorums: what governs a slot. A slot's value like any other; decided in slot s it governs from
/// s + <see cref="Window"/> on (PMMC 2.4, 4.4; Lamport, Malkhi and Zhou's α). Immutable.
/// </summary>
public sealed class Configuration : IEquatable<Configuration>
{
    /// <summary>How many slots lie between a change and its effect where the founding file does not say.</summary>
    public const long DefaultWindow = 64;

    private readonly NodeId[] _ids; // in the order of the members
    private readonly NodeId[] _voters;

    /// <summary>A configuration with these members.</summary>
    /// <param name="members">In whatever order.</param>
    /// <param name="version">How many changes led to it: 0 for the one that founds a cluster.</param>
    /// <param name="window">Slots between a change and its effect; the same for as long as the cluster lives.</param>
    /// <exception cref="ArgumentException">No member votes, an id is not positive, two members share an id or an address, or the window is not positive.</exception>
    public Configuration(IEnumerable<Member> members, long version = 0, long window = DefaultWindow)
    {
        Members = [.. members.OrderBy(m => m.Id)];
        (Version, Window) = (version, window);
        if (Members.Count == 0) throw new ArgumentException("a membership has at least one member", nameof(members));
        if (Members[0].Id.Value <= 0) throw new ArgumentException($"a node id is a positive number, not {Members[0].Id}", nameof(members));
        foreach (var same in Members.GroupBy(m => m.Id).Where(g => g.Count() > 1))
            throw new ArgumentException($"node id {same.Key} is given to {string.Join(" and ", same.Select(m => m.Address))}", nameof(members));
        foreach (var same in Members.GroupBy(m => m.Address).Where(g => g.Count() > 1))
            throw new ArgumentException($"address {same.Key} is given to nodes {string.Join(" and ", same.Select(m => m.Id))}", nameof(members));
        if (window <= 0) throw new ArgumentException($"a window is a positive number of slots, not {window}", nameof(window));
        _ids = [.. Members.Select(m => m.Id)];
        _voters = [.. Members.Where(m => m.Votes).Select(m => m.Id)];
        if (_voters.Length == 0) throw new ArgumentException("no member votes", nameof(members));
        Phase1 = Phase2 = Quorum.Majority(_voters);
    }

    /// <summary>All members, by id.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>How many changes led to it.</summary>
    public long Version { get; }

    /// <summary>Slots between the one that decides a change and the first that it governs; also how far beyond what it has executed a leader may propose.</summary>
    public long Window { get; }

    /// <summary>The nodes of all members, by id.</summary>
    public IReadOnlyList<NodeId> Ids => _ids;

    /// <summary>The nodes that vote and may lead, by id.</summary>
    public IReadOnlyList<NodeId> Voters => _voters;

    /// <summary>Whose promises make a leader.</summary>
    public Quorum Phase1 { get; }

    /// <summary>Whose acceptance chooses a value.</summary>
    public Quorum Phase2 { get; }

    /// <summary>The member of that number; null where there is none.</summary>
    public Member? Find(NodeId node) => Array.BinarySearch(_ids, node) is >= 0 and var at ? Members[at] : null; // asked with each vote, and each message to another node

    /// <summary>Whether this node votes.</summary>
    public bool HasVoter(NodeId node) => Find(node) is { Votes: true };

    /// <summary>Whether a vote of this node from this disk counts (M2).</summary>
    public bool Counts(NodeId node, DiskId disk) => Find(node) is { Votes: true } voter && (voter.Disk == DiskId.None || voter.Disk == disk);

    /// <summary>Whether the same votes count in the other one, and the same sets of them are quorums.</summary>
    public bool HasQuorumsOf(Configuration other) => ReferenceEquals(this, other) ||
        Members.Where(m => m.Votes).Select(m => (m.Id, m.Disk)).SequenceEqual(other.Members.Where(m => m.Votes).Select(m => (m.Id, m.Disk)));

    /// <summary>The configuration after this one, with these members.</summary>
    /// <exception cref="ArgumentException">As the constructor's.</exception>
    public Configuration Next(IEnumerable<Member> members) => new(members, Version + 1, Window);

    /// <summary>The encoding of consensus.proto.</summary>
    internal Proto.Configuration ToProto() => new()
    {
        Version = Version,
        Window = Window,
        Members = { Members.Select(m => new Proto.Member { Id = m.Id.Value, Address = m.Address, Learner = !m.Votes, Disk = m.Disk.Value, Returns = m.Returns }) },
    };

    /// <summary>What <see cref="ToProto"/> made.</summary>
    /// <exception cref="FormatException">It is no configuration.</exception>
    internal static Configuration FromProto(Proto.Configuration? encoded)
    {
        if (encoded is null) throw new FormatException("the configuration is missing");
        try
        {
            return new Configuration(
                encoded.Members.Select(m => new Member(new NodeId(m.Id), m.Address, !m.Learner, new DiskId(m.Disk), m.Returns)), encoded.Version, encoded.Window);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"a configuration that cannot be: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public bool Equals(Configuration? other) =>
        other is not null && Version == other.Version && Window == other.Window && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode() => Version.GetHashCode();

    /// <summary><c>configuration 3 of 1, 2, 4, 5 (learner)</c>.</summary>
    public override string ToString() => $"configuration {Version} of {string.Join(", ", Members.Select(m => m.Votes ? $"{m.Id}" : $"{m.Id} (learner)"))}";
}

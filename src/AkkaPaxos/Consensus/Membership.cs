namespace AkkaPaxos.Consensus;

/// <summary>
/// Which nodes hold the acceptors, leaders and replicas of a slot, and what their quorums are, as far as a node knows. Its roles ask here, slot by slot (invariant M1);
/// its replica tells it what the log says. A configuration that was decided stays so: what is known here only grows, also where a replica starts over.
/// </summary>
/// <remarks>
/// Safe for any thread. What a slot's configuration is can be known once the slots up to <see cref="Configuration.Window"/> before it are executed; a leader proposes nothing
/// before that (R4).
/// </remarks>
public sealed class Membership
{
    private readonly Lock _changing = new();
    private volatile ConfigurationHistory _founding;
    private volatile ConfigurationHistory _history;

    /// <summary>The membership of a cluster that these found.</summary>
    /// <exception cref="ArgumentException">As <see cref="Configuration"/>'s.</exception>
    public Membership(IEnumerable<Member> members) : this(new Configuration(members))
    {
    }

    /// <summary>The membership of a cluster that <paramref name="founding"/> founds.</summary>
    public Membership(Configuration founding) : this(new ConfigurationHistory(founding))
    {
    }

    /// <summary>The membership that a log has led to.</summary>
    public Membership(ConfigurationHistory history) => (_founding, _history) = (history, history);

    /// <summary>What a state before the first slot begins with.</summary>
    public ConfigurationHistory Founding => _founding;

    /// <summary>All that is known.</summary>
    public ConfigurationHistory History => _history;

    /// <summary>The members of the latest configuration that is known, by id.</summary>
    public IReadOnlyList<Member> Members => Latest.Members;

    /// <summary>The latest configuration that is known; it may govern later slots only.</summary>
    public Configuration Latest => _history.Latest;

    /// <summary>The configuration that governs a slot.</summary>
    public Configuration At(long slot) => _history.At(slot);

    /// <summary>The nodes whose acceptors vote on <paramref name="slot"/>, by id.</summary>
    public IReadOnlyList<NodeId> Acceptors(long slot) => At(slot).Voters;

    /// <summary>The nodes whose leaders may propose for <paramref name="slot"/>, by id.</summary>
    public IReadOnlyList<NodeId> Leaders(long slot) => At(slot).Voters;

    /// <summary>The nodes whose replicas learn <paramref name="slot"/>, by id: also those that take part only in later ones, which need it to get there.</summary>
    public IReadOnlyList<NodeId> Replicas(long slot)
    {
        var history = _history;
        return history.LatestFrom <= slot ? history.Latest.Ids : [.. history.From(slot).SelectMany(c => c.Ids).Distinct().Order()];
    }

    /// <summary>From the node, before its roles start: what its cluster was founded with, which its own file does not know.</summary>
    public void Found(Configuration founding)
    {
        lock (_changing)
        {
            _founding = new ConfigurationHistory(founding);
            if (Latest.Version == 0) _history = _founding;
        }
    }

    /// <summary>From the replica: what the log says now.</summary>
    /// <returns>Whether it says anything new.</returns>
    public bool Learn(ConfigurationHistory history)
    {
        lock (_changing)
        {
            if (history.Latest.Version <= Latest.Version) return false;
            _history = history.With(_history);
            return true;
        }
    }
}

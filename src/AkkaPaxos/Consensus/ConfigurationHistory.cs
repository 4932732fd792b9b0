using System.Collections.Immutable;

namespace AkkaPaxos.Consensus;

/// <summary>A configuration and the slots that it governs.</summary>
/// <param name="From">The first of them; the next one's is their end.</param>
/// <param name="Configuration">The configuration.</param>
/// <param name="QuorumsFrom">The first slot from which on votes are counted as in it: lower where earlier configurations counted them alike.</param>
public sealed record Governing(long From, Configuration Configuration, long QuorumsFrom)
{
    /// <summary>The encoding of consensus.proto.</summary>
    internal Proto.Governing ToProto() => new() { From = From, Configuration = Configuration.ToProto(), QuorumsFrom = QuorumsFrom };

    /// <summary>What <see cref="ToProto"/> made.</summary>
    /// <exception cref="FormatException">It governs nothing.</exception>
    internal static Governing FromProto(Proto.Governing encoded) => new(encoded.From, Configuration.FromProto(encoded.Configuration), encoded.QuorumsFrom);
}

/// <summary>
/// Which configuration governs which slot, as far as the log up to some slot says. Immutable; a part of the replicated state, so that equal logs give equal
/// histories.
/// </summary>
public sealed class ConfigurationHistory
{
    private readonly ImmutableArray<Governing> _entries;

    private ConfigurationHistory(ImmutableArray<Governing> entries) => _entries = entries;

    /// <summary>The history of a cluster that <paramref name="founding"/> founded: it governs from slot 1 on.</summary>
    public ConfigurationHistory(Configuration founding) : this([new Governing(1, founding, 1)])
    {
    }

    /// <summary>The history with these entries.</summary>
    /// <exception cref="FormatException">There is none, or they are in no order.</exception>
    public static ConfigurationHistory Of(IEnumerable<Governing> entries)
    {
        ImmutableArray<Governing> all = [.. entries];
        if (all.IsEmpty) throw new FormatException("no configuration governs");
        for (var i = 1; i < all.Length; i++)
            if (all[i].From <= all[i - 1].From || all[i].Configuration.Version <= all[i - 1].Configuration.Version)
                throw new FormatException($"{all[i].Configuration} from slot {all[i].From} on stands behind {all[i - 1].Configuration} from slot {all[i - 1].From} on");
        return new ConfigurationHistory(all);
    }

    /// <summary>All, by the slots that they govern.</summary>
    public IReadOnlyList<Governing> Entries => _entries;

    /// <summary>The one that was decided last; it may govern later slots only.</summary>
    public Configuration Latest => _entries[^1].Configuration;

    /// <summary>The first slot that <see cref="Latest"/> governs.</summary>
    public long LatestFrom => _entries[^1].From;

    /// <summary>The first slot from which on votes are counted as in <see cref="Latest"/>.</summary>
    public long QuorumsFrom => _entries[^1].QuorumsFrom;

    /// <summary>The one that governs a slot; for slots before what is remembered, the first one that is.</summary>
    public Configuration At(long slot) => _entries[IndexAt(slot)].Configuration;

    /// <summary>Those that govern a slot or a later one.</summary>
    public IEnumerable<Configuration> From(long slot) => _entries.Skip(IndexAt(slot)).Select(e => e.Configuration);

    /// <summary>Those that govern slots from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public IEnumerable<Configuration> Between(long from, long to) => From(from).Take(1 + IndexAt(to) - IndexAt(from));

    /// <summary>
    /// With a configuration that was decided in a slot: it takes its turn only if it is the next of the latest, so that of two that were made from the same one the
    /// later has no effect. Earlier entries that govern no slot from that one on are dropped.
    /// </summary>
    public ConfigurationHistory Decided(long slot, Configuration configuration) =>
        configuration.Version != Latest.Version + 1 || configuration.Window != Latest.Window
            ? this
            : new ConfigurationHistory([.. _entries.Skip(IndexAt(slot)), After(_entries[^1], slot + configuration.Window, configuration)]);

    private static Governing After(Governing before, long from, Configuration configuration) =>
        new(from, configuration, configuration.HasQuorumsOf(before.Configuration) ? before.QuorumsFrom : from);

    /// <summary>With what <paramref name="other"/> remembers from before.</summary>
    internal ConfigurationHistory With(ConfigurationHistory other) =>
        new([.. other._entries.TakeWhile(e => e.From < _entries[0].From && e.Configuration.Version < _entries[0].Configuration.Version), .. _entries]);

    private int IndexAt(long slot)
    {
        var index = _entries.Length - 1;
        while (index > 0 && _entries[index].From > slot) index--;
        return index;
    }
}

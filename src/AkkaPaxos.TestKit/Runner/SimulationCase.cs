using System.Globalization;
using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Runner;

/// <summary>What a run's settings follow from, with its seed.</summary>
public enum SimulationProfile
{
    /// <summary>A random subset of all faults (<see cref="SimulationSettings.Swarm"/>), then quiet.</summary>
    Swarm,

    /// <summary>Nothing goes wrong.</summary>
    Calm,

    /// <summary>
    /// Every fault (<see cref="SimulationSettings.Chaos"/>), then quiet: the cluster must decide again within a bounded virtual time.
    /// </summary>
    Liveness,
}

/// <summary>
/// One run of a simulated cluster, made of a few words: it is replayed by the same words, on a command line or from a file. Everything that is
/// not said follows from the seed and the profile.
/// </summary>
/// <param name="Seed">The seed.</param>
public sealed record SimulationCase(int Seed)
{
    /// <summary>The name of the option with the seed.</summary>
    public const string SeedOption = "--seed";

    /// <summary>The kinds of faults that can be left out.</summary>
    public static IReadOnlyList<string> FaultKinds { get; } =
    [
        "clock-drift", "clock-jump", "corrupt-record", "crash", "delay", "drop", "duplicate", "failing-disk", "lost-disk", "partition", "reconfiguration", "reconnect", "reorder",
        "role-crash", "slow-disk", "torn-write",
    ];

    /// <summary>Whether a text names a fault that can be left out: a kind, or one of it as <c>crash.2</c>.</summary>
    public static bool IsFault(string text) =>
        text.Split('.') is [var kind, .. var rest] && FaultKinds.Contains(kind)
        && (rest is [] || (rest is [var digits] && int.TryParse(digits, CultureInfo.InvariantCulture, out var number) && number > 0));

    /// <summary>How the settings are drawn.</summary>
    public SimulationProfile Profile { get; init; }

    /// <summary>What the nodes' journals are kept in; a mutant of the log has the log in any case.</summary>
    public JournalModel Journal { get; init; }

    /// <summary>The number of nodes; by default 3 or 5.</summary>
    public int Nodes { get; init; } = Seed % 2 == 0 ? 3 : 5;

    /// <summary>The virtual time until the faults end.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Faults that are left out: <see cref="SimulationSettings.Without"/>.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>The number of clients; null: as the profile has it.</summary>
    public int? Clients { get; init; }

    /// <summary>Operations of all clients together, at most; null: as many as there is time for.</summary>
    public long? Operations { get; init; }

    /// <summary>The virtual time from which messages are lost, repeated, late or reordered; null: the start.</summary>
    public TimeSpan? MessageFaultsFrom { get; init; }

    /// <summary>The virtual time until which they are; null: the end.</summary>
    public TimeSpan? MessageFaultsUntil { get; init; }

    /// <summary>Whose wrong roles run in place of the product's: a <see cref="Mutants.Mutant.Name"/>; null: none.</summary>
    public string? Mutant { get; init; }

    /// <summary>The settings of the run.</summary>
    /// <exception cref="KeyNotFoundException">There is no such mutant.</exception>
    public SimulationSettings Settings()
    {
        var drawn = Profile switch
        {
            SimulationProfile.Swarm => SimulationSettings.Swarm(Seed),
            SimulationProfile.Liveness => SimulationSettings.Chaos(Seed),
            _ => SimulationSettings.Calm,
        };
        var mutant = Mutant is null ? null : Mutants.Mutant.Named(Mutant);
        drawn = mutant?.Under?.Invoke(drawn) ?? drawn;
        return drawn with
        {
            Journal = mutant is { IsOfLog: true } ? JournalModel.Log : Journal,
            LogFlaw = mutant?.LogFlaw,
            Clients = Clients ?? drawn.Clients,
            Operations = Operations ?? drawn.Operations,
            Without = Without.ToHashSet(),
            MessageFaultsFrom = MessageFaultsFrom ?? drawn.MessageFaultsFrom,
            MessageFaultsUntil = MessageFaultsUntil ?? drawn.MessageFaultsUntil,
            Roles = mutant?.Roles ?? drawn.Roles,
        };
    }

    /// <summary>Runs it.</summary>
    /// <param name="keepEvents">How many of the last events can be drawn then.</param>
    /// <exception cref="KeyNotFoundException">There is no such mutant.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no node.</exception>
    public SimulationOutcome Run(int keepEvents = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Nodes, 1);
        var settings = Settings() with { KeepEvents = keepEvents };
        SimulatedCluster? cluster = null;
        try
        {
            cluster = SimulatedCluster.Start(Seed, Nodes, settings, true);
            cluster.Run(Time);
            cluster.End();
            return new SimulationOutcome(this, cluster, cluster.Violations.Count > 0 ? cluster.Violations[0] : null);
        }
        catch (Exception e)
        {
            // The simulation cannot go on: a role that leaves its thread, or never comes to rest, or a mistake of the simulation's own.
            return new SimulationOutcome(this, cluster, new Violation(cluster?.Now ?? TimeSpan.Zero, "failure", e.ToString()));
        }
    }

    /// <summary>The options of <c>akkapaxos simulate</c> that replay it.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            List<string> words =
            [
                SeedOption, Number(Seed), "--profile", $"{Profile}".ToLowerInvariant(), "--nodes", Number(Nodes), "--time", Duration(Time),
            ];
            if (Journal != default) words.AddRange(["--journal", $"{Journal}".ToLowerInvariant()]);
            if (Without.Count > 0) words.AddRange(["--without", string.Join(',', Without)]);
            if (Clients is { } clients) words.AddRange(["--clients", Number(clients)]);
            if (Operations is { } operations) words.AddRange(["--operations", Number(operations)]);
            if (MessageFaultsFrom is { } from) words.AddRange(["--message-faults-from", Duration(from)]);
            if (MessageFaultsUntil is { } until) words.AddRange(["--message-faults-until", Duration(until)]);
            if (Mutant is not null) words.AddRange(["--mutant", Mutant]);
            return words;
        }
    }

    /// <summary>The command that replays it.</summary>
    public override string ToString() => $"akkapaxos simulate {string.Join(' ', Arguments)}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // To the tick, so that what is replayed is the same.
    private static string Duration(TimeSpan time) => time.TotalSeconds.ToString("0.#######", CultureInfo.InvariantCulture) + "s";
}

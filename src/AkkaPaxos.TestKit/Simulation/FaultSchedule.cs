namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// When what goes wrong with a cluster's nodes and clients: the n-th fault of a kind follows from the seed alone, not from what happened before. A
/// fault that is left out (<see cref="SimulationSettings.Without"/>) leaves all others where they were.
/// </summary>
internal sealed class FaultSchedule(int seed, SimulationDriver driver, Func<SimulationSettings> settings)
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>The faults that happened, each by its kind and number, in that order: <c>crash.2</c>.</summary>
    public List<string> Happened { get; } = [];

    /// <summary>A fault happened.</summary>
    public void Count(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;

    /// <summary>Whether faults of a kind are not left out.</summary>
    public bool Has(string kind) => !settings().Without.Contains(kind);

    /// <summary>Makes a fault happen again and again, for as long as the settings have a mean time for it.</summary>
    /// <param name="kind">Its name.</param>
    /// <param name="mean">The mean time between two.</param>
    /// <param name="fault">Makes it happen, with chance of its own; false where there was nothing that it could happen to.</param>
    public void Every(string kind, Func<SimulationSettings, TimeSpan?> mean, Func<SeededChance, bool> fault)
    {
        if (!Has(kind)) return;
        Next(1);

        void Next(int number)
        {
            if (mean(settings()) is not { } m) return;
            var chance = new SeededChance(seed, kind, number);
            // Exponential: as likely just after the last one as any time later.
            After(m * -Math.Log(1 - chance.NextDouble()), () =>
            {
                if (mean(settings()) is null) return;
                var name = $"{kind}.{number}";
                if (Has(name) && fault(chance))
                {
                    Count(kind);
                    Happened.Add(name);
                    driver.Trace.Add(kind);
                }
                Next(number + 1);
            });
        }
    }

    /// <summary>Does something after that much virtual time.</summary>
    public void After(TimeSpan delay, Action action) => driver.Schedule(null, delay, null, null, null, action, null);
}

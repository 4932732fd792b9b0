namespace AkkaPaxos.Synod;

/// <summary>
/// How long a refused proposer rests before it begins again (the first seed: a randomized delay before restarting). Two that duel refuse
/// each other for as long as each begins within the other's two phases; with a bound that grows, one of them soon rests long enough.
/// </summary>
/// <param name="settings">The bounds and the factor.</param>
/// <param name="random">Seeded, so that a run can be repeated.</param>
internal sealed class RetryDelay(SynodSettings settings, Random random)
{
    /// <summary>How often it grew.</summary>
    public int Refusals { get; private set; }

    /// <summary>What the next rest stays below, unless it has reached the maximum.</summary>
    public TimeSpan Bound { get; private set; } = settings.RetryMin;

    /// <summary>The rest after one more refusal.</summary>
    public TimeSpan Next()
    {
        Refusals++;
        var grown = Bound * settings.RetryFactor;
        Bound = grown < settings.RetryMax ? grown : settings.RetryMax;
        return settings.RetryMin + (Bound - settings.RetryMin) * random.NextDouble();
    }

    /// <summary>A proposal was chosen: the duel is over.</summary>
    public void Reset() => (Refusals, Bound) = (0, settings.RetryMin);
}

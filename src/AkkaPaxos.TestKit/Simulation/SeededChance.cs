namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// Chance that follows from a seed and from what it is drawn for, and from nothing else: so that what happens to one message or in one crash stays
/// the same when another one is taken out of a run. splitmix64.
/// </summary>
internal struct SeededChance
{
    private ulong _state;

    /// <param name="seed">The run's.</param>
    /// <param name="what">What it is for.</param>
    /// <param name="number">Which one of these.</param>
    public SeededChance(int seed, string what, long number = 0) : this(Key(seed, what), number)
    {
    }

    /// <param name="key">A <see cref="Key"/>, computed once for many.</param>
    /// <param name="number">Which one.</param>
    public SeededChance(ulong key, long number) => _state = Mix(key + (ulong)number * 0xD1B54A32D192ED03);

    /// <summary>What all draws of one kind have in common.</summary>
    public static ulong Key(int seed, string what)
    {
        var key = Mix((ulong)(uint)seed + 1);
        foreach (var c in what) key = Mix(key ^ c);
        return key;
    }

    /// <summary>A seed for <see cref="Random"/>, where many draws are needed.</summary>
    public static int Seed(int seed, string what, long number = 0) => (int)new SeededChance(seed, what, number).NextBits();

    /// <summary>From 0 to below 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From <paramref name="low"/> to below <paramref name="high"/>.</summary>
    public int Next(int low, int high) => low + (int)(NextDouble() * (high - low));

    /// <summary>From 0 to below <paramref name="high"/>.</summary>
    public int Next(int high) => Next(0, high);

    private ulong NextBits() => Mix(_state += 0x9E3779B97F4A7C15);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// How a simulated cluster is set up, and what goes wrong in it. Rates are probabilities from 0 to 1; everything is drawn from the seed.
/// </summary>
public sealed record SimulationSettings
{
    /// <summary>Nothing goes wrong: messages take a few milliseconds and stay in order.</summary>
    public static readonly SimulationSettings Calm = new();

    /// <summary>The protocol's settings; null: the defaults.</summary>
    public ProtocolSettings? Protocol { get; init; }

    /// <summary>
    /// Makes an empty application, where a test brings its own and gives it operations by <see cref="SimulatedCluster.Submit"/>. Null: the
    /// simulation's own, a list, with <see cref="Clients"/> that work on it.
    /// </summary>
    public Func<IStateMachine>? StateMachine { get; init; }

    /// <summary>Roles of one's own by name, in place of the product's acceptor, replica or leader, or beside them; see <see cref="MultiPaxosNode.Roles"/>.</summary>
    public IReadOnlyDictionary<string, Type> Roles { get; init; } = new Dictionary<string, Type>();

    /// <summary>Clients that write and read all the time.</summary>
    public int Clients { get; init; } = 3;

    /// <summary>Writes that a client has under way at once.</summary>
    public int Outstanding { get; init; } = 2;

    /// <summary>The share of questions among what clients do.</summary>
    public double Questions { get; init; } = 0.25;

    /// <summary>What a client waits between two operations, at most.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A message is lost.</summary>
    public double Drop { get; init; }

    /// <summary>A message comes twice.</summary>
    public double Duplicate { get; init; }

    /// <summary>A message takes up to <see cref="LongDelay"/>.</summary>
    public double Delay { get; init; }

    /// <summary>What a delayed message takes, at most.</summary>
    public TimeSpan LongDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether messages between two nodes overtake each other.</summary>
    public bool Reorder { get; init; }

    /// <summary>The mean time between two crashes; null: none.</summary>
    public TimeSpan? Crashes { get; init; }

    /// <summary>What a crashed node stays down, at most.</summary>
    public TimeSpan Downtime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The mean time between two partitions; null: none.</summary>
    public TimeSpan? Partitions { get; init; }

    /// <summary>What a partition lasts, at most.</summary>
    public TimeSpan PartitionTime { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The mean time between two spells of a slow disk; null: none.</summary>
    public TimeSpan? SlowDisks { get; init; }

    /// <summary>
    /// The mean time between two spells in which a disk refuses some writes, whether or not it writes them; the roles of that node stop, and are
    /// started again. Null: none.
    /// </summary>
    public TimeSpan? FailingDisks { get; init; }

    /// <summary>The mean time between two jumps of some node's wall clock, by up to an hour ahead or back; null: none.</summary>
    public TimeSpan? ClockJumps { get; init; }

    /// <summary>How much faster or slower a node's timers run than virtual time, at most: 0.2 is from 0.8 to 1.2.</summary>
    public double ClockDrift { get; init; }

    /// <summary>
    /// Swarm testing: a random subset of all faults at random rates, and random settings of the protocol, small ones among them, so that windows
    /// fill, promises take pages, and replicas need snapshots.
    /// </summary>
    public static SimulationSettings Swarm(int seed)
    {
        var random = new Random(seed);
        return new SimulationSettings
        {
            Protocol = RandomProtocol(random),
            Clients = random.Next(1, 5),
            Outstanding = random.Next(1, 5),
            Questions = random.Next(3) * 0.2,
            Think = TimeSpan.FromMilliseconds(random.Next(1, 60)),
            Drop = Rate(0.15),
            Duplicate = Rate(0.15),
            Delay = Rate(0.1),
            LongDelay = TimeSpan.FromMilliseconds(random.Next(20, 2000)),
            Reorder = random.Next(2) == 0,
            Crashes = Mean(),
            Downtime = TimeSpan.FromMilliseconds(random.Next(10, 5000)),
            Partitions = Mean(),
            PartitionTime = TimeSpan.FromMilliseconds(random.Next(100, 6000)),
            SlowDisks = Mean(),
            ClockDrift = Rate(0.3),
            FailingDisks = Mean(),
            ClockJumps = Mean(),
        };

        double Rate(double most) => random.Next(2) == 0 ? 0 : random.NextDouble() * most;
        TimeSpan? Mean() => random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(random.Next(300, 6000));
    }

    /// <summary>The same without any fault: what a cluster is given after chaos, to see that it decides again.</summary>
    public SimulationSettings WithoutFaults() =>
        this with { Drop = 0, Duplicate = 0, Delay = 0, Crashes = null, Partitions = null, SlowDisks = null, FailingDisks = null, ClockJumps = null };

    private static ProtocolSettings RandomProtocol(Random random)
    {
        return MultiPaxosNode.Settings() with
        {
            Window = Pick(1, 2, 8, 64),
            BatchCommands = (int)Pick(1, 4, 1024),
            PageBytes = Pick(40, 200, 524288),
            SnapshotSlots = Pick(5, 20, 100, 20000),
            SnapshotKeepSlots = Pick(1, 10, 1000),
            Sessions = (int)Pick(2, 10000, 10000),
            LeaderJitter = random.Next(2) == 0 ? 0.5 : 2,
        };

        long Pick(params long[] choices) => choices[random.Next(choices.Length)];
    }
}

using AkkaPaxos.Journal;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>What the journals of a simulated cluster are kept in.</summary>
public enum JournalModel
{
    /// <summary>A table, as a database has it: each event is there or not, and those of one write may be torn apart.</summary>
    Sql,

    /// <summary>The log that real nodes have with <c>akkapaxos.journal = log</c>, on a disk that loses what was not synced, sector by sector.</summary>
    Log,
}

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
    /// simulation's own, a key-value store, with <see cref="Clients"/> that work on it.
    /// </summary>
    public Func<IStateMachine>? StateMachine { get; init; }

    /// <summary>
    /// Roles of one's own by name, in place of the product's or beside them; see <see cref="MultiPaxosNode.Roles"/>.
    /// </summary>
    public IReadOnlyDictionary<string, Type> Roles { get; init; } = new Dictionary<string, Type>();

    /// <summary>What the nodes' journals are kept in.</summary>
    public JournalModel Journal { get; init; }

    /// <summary>Makes a faulty folder of a good one, for a mutant of the log; null: it stays good.</summary>
    internal Func<ILogFolder, ILogFolder>? LogFlaw { get; init; }

    /// <summary>Clients that write and read all the time.</summary>
    public int Clients { get; init; } = 3;

    /// <summary>Writes that a client has under way at once.</summary>
    public int Outstanding { get; init; } = 2;

    /// <summary>The share of questions among what clients do.</summary>
    public double Questions { get; init; } = 0.25;

    /// <summary>Whether a client stays with one replica for as long as that answers, or goes to another one each time.</summary>
    public bool Sticky { get; init; }

    /// <summary>The share of transactions over two keys among the writes.</summary>
    public double Transactions { get; init; } = 0.05;

    /// <summary>What a client waits between two operations, at most.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Operations that all clients together begin, at most.</summary>
    public long Operations { get; init; } = long.MaxValue;

    /// <summary>
    /// Faults that do not happen although a rate below says so: a kind, as <see cref="SimulatedCluster.Faults"/> counts it, or one of them by its
    /// number, <c>crash.2</c>. All others stay when and where they were: this is how a failing run is made smaller.
    /// </summary>
    public IReadOnlySet<string> Without { get; init; } = new HashSet<string>();

    /// <summary>The virtual time from which messages are lost, repeated, late or reordered.</summary>
    public TimeSpan MessageFaultsFrom { get; init; } = TimeSpan.Zero;

    /// <summary>The virtual time until which they are.</summary>
    public TimeSpan MessageFaultsUntil { get; init; } = TimeSpan.MaxValue;

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

    /// <summary>The mean time between two crashes; null: none. A crash loses the writes that are not synced, or the last ones of them.</summary>
    public TimeSpan? Crashes { get; init; }

    /// <summary>What a crashed node stays down, at most.</summary>
    public TimeSpan Downtime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The mean time between two times that one role of a node ends and is started again, while its node's others go on; null: none.</summary>
    public TimeSpan? RoleCrashes { get; init; }

    /// <summary>Of the last write that a crash leaves on a disk, made of several records, only some are there.</summary>
    public double TornWrites { get; init; }

    /// <summary>The mean time between two partitions: two sides, one node that is deaf or mute, one link, a chain, one node alone; null: none.</summary>
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

    /// <summary>
    /// The mean time between two times that a node crashes and finds one bit of a record on its disk flipped; after a while the bit is as it was.
    /// Null: none.
    /// </summary>
    public TimeSpan? CorruptRecords { get; init; }

    /// <summary>The mean time between two jumps of some node's wall clock, by up to an hour ahead or back; null: none.</summary>
    public TimeSpan? ClockJumps { get; init; }

    /// <summary>How much faster or slower a node's timers run than virtual time, at most: 0.2 is from 0.8 to 1.2.</summary>
    public double ClockDrift { get; init; }

    /// <summary>
    /// The mean time between two changes of the members that are asked for: two spare nodes are there, which may be added, promoted and take the place of others. Who is a member no more
    /// loses its disk, once a quorum of the others has on its disks what it had. Null: none.
    /// </summary>
    public TimeSpan? Reconfigurations { get; init; }

    /// <summary>
    /// The mean time between two times that a node crashes and comes back with an empty disk; only where that is no more than a cluster can bear: a majority has, on disks that the log
    /// knows, all that was chosen. Null: none.
    /// </summary>
    public TimeSpan? LostDisks { get; init; }

    /// <summary>
    /// The mean time between two times that a client forgets its session, with what it has under way, and opens a new one; null: never.
    /// </summary>
    public TimeSpan? Reconnects { get; init; }

    /// <summary>
    /// The virtual time that the cluster has, after the last fault, to answer every client and to bring all replicas to one slot.
    /// </summary>
    public TimeSpan TimeToDecide { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many of the latest events are kept, for <see cref="SimulatedCluster.Draw"/>.</summary>
    public int KeepEvents { get; init; }

    /// <summary>Whether nothing goes wrong but by the test's own calls.</summary>
    public bool IsCalm =>
        this is
        {
            Drop: 0, Duplicate: 0, Delay: 0, Reorder: false, Crashes: null, Partitions: null, SlowDisks: null, FailingDisks: null,
            CorruptRecords: null, ClockJumps: null, ClockDrift: 0, Reconnects: null, RoleCrashes: null, Reconfigurations: null, LostDisks: null,
        };

    /// <summary>
    /// Swarm testing: a random subset of all faults at random rates, and random settings of the protocol, small ones among them, so that windows
    /// fill, promises take pages, and replicas need snapshots.
    /// </summary>
    public static SimulationSettings Swarm(int seed)
    {
        var random = new Random(seed);
        return WithReconfigurations(seed, WithReadLease(seed, new SimulationSettings
        {
            Protocol = RandomProtocol(random),
            Clients = random.Next(1, 5),
            Outstanding = random.Next(1, 5),
            Questions = new[] { 0, 0.2, 0.4, 0.8 }[random.Next(4)],
            Sticky = random.Next(2) == 0,
            Transactions = random.Next(2) * 0.1,
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
            TornWrites = Rate(1),
            CorruptRecords = Mean(),
            Reconnects = Mean(),
            RoleCrashes = Mean(),
        }));

        double Rate(double most) => random.Next(2) == 0 ? 0 : random.NextDouble() * most;
        TimeSpan? Mean() => random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(random.Next(300, 6000));
    }

    /// <summary>
    /// Every fault at once, and settings of the protocol as <see cref="Swarm"/> draws them: chaos after which a cluster must decide again.
    /// </summary>
    public static SimulationSettings Chaos(int seed) => WithReadLease(seed, Swarm(seed) with
    {
        Drop = 0.1, Duplicate = 0.1, Delay = 0.05, Reorder = true, TornWrites = 0.5, ClockDrift = 0.2,
        Crashes = TimeSpan.FromSeconds(2), Partitions = TimeSpan.FromSeconds(2), SlowDisks = TimeSpan.FromSeconds(4),
        FailingDisks = TimeSpan.FromSeconds(4), CorruptRecords = TimeSpan.FromSeconds(6), ClockJumps = TimeSpan.FromSeconds(4),
        Reconnects = TimeSpan.FromSeconds(5), RoleCrashes = TimeSpan.FromSeconds(2), Reconfigurations = TimeSpan.FromSeconds(2), LostDisks = TimeSpan.FromSeconds(5),
        TimeToDecide = TimeSpan.FromSeconds(20), // twice the longest that a leader waits in silence, with its random part
    });

    // For half of the seeds, and also longer than others wait before they try to lead, which settings do not allow: safety must not rest on that.
    private static SimulationSettings WithReadLease(int seed, SimulationSettings settings)
    {
        var random = new SeededChance(seed, "read-lease");
        return settings.WithReadLease(random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(random.Next(20, 2500)));
    }

    // Each for half of the seeds.
    private static SimulationSettings WithReconfigurations(int seed, SimulationSettings settings)
    {
        var random = new SeededChance(seed, "reconfigurations");
        return settings with { Reconfigurations = Mean(), LostDisks = Mean() };

        TimeSpan? Mean() => random.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(random.Next(200, 4000));
    }

    /// <summary>The same with a read lease, whose leader knows how far clocks drift: a timer that takes 1.2 times as long belongs to a clock that is 1/1.2 times as fast.</summary>
    internal SimulationSettings WithReadLease(TimeSpan lease) =>
        this with { Protocol = (Protocol ?? MultiPaxosNode.Settings()) with { ReadLease = lease, ClockDrift = ClockDrift / (1 - ClockDrift) } };

    /// <summary>
    /// The same without any fault but clocks that drift: what a cluster is given after chaos, to see that it decides again.
    /// </summary>
    public SimulationSettings WithoutFaults() => this with
    {
        Drop = 0, Duplicate = 0, Delay = 0, Reorder = false, TornWrites = 0, Crashes = null, Partitions = null, SlowDisks = null, FailingDisks = null, CorruptRecords = null,
        ClockJumps = null, Reconnects = null, RoleCrashes = null, Reconfigurations = null, LostDisks = null,
    };

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

using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>Each fault by itself: it happens, a cluster stands it, and it can be left out without moving any other.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(700);

    public static TheoryData<string, JournalModel> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, JournalModel>();
            foreach (var kind in Settings.Keys)
            foreach (var journal in Enum.GetValues<JournalModel>())
                kinds.Add(kind, journal);
            return kinds;
        }
    }

    private static readonly Dictionary<string, SimulationSettings> Settings = new()
    {
        ["drop"] = new() { Drop = 0.1 },
        ["duplicate"] = new() { Duplicate = 0.1 },
        ["delay"] = new() { Delay = 0.1 },
        ["reorder"] = new() { Reorder = true },
        ["crash"] = new() { Crashes = Often },
        ["role-crash"] = new() { RoleCrashes = Often },
        ["partition"] = new() { Partitions = Often },
        ["slow-disk"] = new() { SlowDisks = Often },
        ["failed-write"] = new() { FailingDisks = Often },
        ["corrupt-record"] = new() { CorruptRecords = Often },
        ["clock-jump"] = new() { ClockJumps = Often },
        ["reconnect"] = new() { Reconnects = Often },
        // Slow disks and many slots: writes of many records that are not on the disk yet when a node crashes.
        ["torn-write"] = new()
        {
            TornWrites = 1, Crashes = Often, SlowDisks = TimeSpan.FromMilliseconds(300), Clients = 4, Outstanding = 4,
            Protocol = MultiPaxosNode.Settings("batch.commands = 1"),
        },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cluster_stands_it(string kind, JournalModel journal)
    {
        var happened = 0L;
        for (var seed = 1; seed <= 10 && happened == 0; seed++)
        {
            var cluster = SimulatedCluster.Start(seed, 3, Settings[kind] with { Journal = journal }).Run(TimeSpan.FromSeconds(8));
            Assert.Empty(cluster.Violations);
            Assert.True(cluster.Written > 0);
            happened += cluster.Faults.GetValueOrDefault(kind);
        }
        Assert.True(happened > 0, $"no {kind} in 10 runs");
    }

    [Fact]
    public void A_clock_that_drifts_is_stood_as_well()
    {
        var cluster = SimulatedCluster.Start(2, 3, new SimulationSettings { ClockDrift = 0.3 }).Run(TimeSpan.FromSeconds(8));
        Assert.Empty(cluster.Violations);
        Assert.NotEqual(SimulatedCluster.Start(2).Run(TimeSpan.FromSeconds(8)).TraceHash, cluster.TraceHash);
    }

    [Fact]
    public void What_is_left_out_leaves_the_others_where_they_were()
    {
        var settings = new SimulationSettings { Crashes = Often, Partitions = Often, SlowDisks = Often, Drop = 0.05, KeepEvents = 100_000 };
        var whole = Run(settings);
        var less = Run(settings with { Without = new HashSet<string> { "crash", "slow-disk.2" } });

        Assert.Contains("slow-disk.2", whole.NumberedFaults);
        Assert.Contains("crash.1", whole.NumberedFaults);
        Assert.Equal(whole.NumberedFaults.Where(f => !f.StartsWith("crash") && f != "slow-disk.2"), less.NumberedFaults);
        Assert.NotEmpty(Cuts(whole));
        Assert.Equal(Cuts(whole), Cuts(less)); // which links, and when

        static SimulatedCluster Run(SimulationSettings settings)
        {
            var cluster = SimulatedCluster.Start(4, 3, settings);
            cluster.RunFor(TimeSpan.FromSeconds(8));
            return cluster;
        }

        static List<string> Cuts(SimulatedCluster cluster) =>
            [.. cluster.Draw().Split('\n').Where(l => l.Contains("is lost from now on")).Select(l => l[l.IndexOf('+')..])];
    }

    [Fact]
    public void Messages_are_lost_only_in_the_time_that_is_set()
    {
        var settings = new SimulationSettings
        {
            Drop = 0.5, MessageFaultsFrom = TimeSpan.FromSeconds(2), MessageFaultsUntil = TimeSpan.FromSeconds(3),
            StateMachine = () => new AppendMachine(),
        };
        var cluster = SimulatedCluster.Start(9, 3, settings);
        cluster.RunFor(TimeSpan.FromSeconds(1.9));
        Assert.Empty(cluster.Faults);
        cluster.RunFor(TimeSpan.FromSeconds(1.2));
        var lost = cluster.Faults["drop"];
        cluster.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal(lost, cluster.Faults["drop"]);
    }

    [Fact]
    public void Without_a_majority_nothing_is_decided_and_liveness_is_missed_only_where_it_is_asked_for()
    {
        var cluster = SimulatedCluster.Start(6, 3, new SimulationSettings { Roles = new Dictionary<string, Type> { ["acceptor"] = typeof(Silent) } });
        cluster.RunFor(TimeSpan.FromSeconds(5));
        Assert.Empty(cluster.Violations);
        cluster.Quiet();
        Assert.Equal("liveness", Assert.Single(cluster.Violations).Invariant);
    }

    [Fact]
    public void What_a_role_throws_when_it_reads_its_disk_is_a_failure_also_where_disks_are_corrupt()
    {
        var cluster = SimulatedCluster.Start(8, 3, new SimulationSettings
        {
            CorruptRecords = TimeSpan.FromHours(1), Roles = new Dictionary<string, Type> { ["acceptor"] = typeof(Forgetful) },
        });
        cluster.RunFor(TimeSpan.FromSeconds(2));
        Assert.Empty(cluster.Violations);
        cluster.Crash("n1");
        cluster.Restart("n1");
        cluster.RunFor(TimeSpan.FromSeconds(1));
        Assert.Contains("cannot remember", Assert.Single(cluster.Violations, v => v.Invariant == "failure" && v.What.StartsWith("n1/")).What);
    }

    /// <summary>An acceptor that cannot make sense of its own promises.</summary>
    private sealed class Forgetful(RoleContext context) : Acceptor(context)
    {
        protected override void OnRecover(object message)
        {
            if (message is AcceptorPromised) throw new InvalidOperationException("cannot remember");
            base.OnRecover(message);
        }
    }

    /// <summary>An acceptor that never answers.</summary>
    private sealed class Silent(RoleContext context) : Akka.Actor.UntypedActor
    {
        protected override void OnReceive(object message) => _ = context;
    }
}

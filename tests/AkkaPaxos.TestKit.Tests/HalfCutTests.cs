using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Simulation;
using Xunit.Abstractions;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>
/// Links are cut between some of the nodes only (design, section 8): who reaches a majority leads, leadership does not go to and fro, and the clients of every node are
/// served, by way of a node that reaches the leader where theirs does not.
/// </summary>
public sealed class HalfCutTests(ITestOutputHelper output)
{
    private static readonly TimeSpan ToSettle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(1);

    public static TheoryData<int> Seeds => [1, 2, 3];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void With_one_of_three_links_cut_the_leader_stays_and_clients_of_all_are_served(int seed)
    {
        for (var leader = 1; leader <= 3; leader++)
        {
            var run = new Run(seed, 3, leader);
            run.CutBothWays(1, 3);
            run.Pass(Cut);
            run.Ends(output, $"1-3 cut, {leader} leads", mostChanges: 0, settles: LongestGap);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void In_a_chain_of_five_one_with_a_majority_in_reach_leads_and_clients_of_all_are_served(int seed)
    {
        for (var leader = 1; leader <= 5; leader++)
        {
            var run = new Run(seed, 5, leader);
            for (var one = 1; one <= 5; one++)
                for (var other = one + 2; other <= 5; other++) run.CutBothWays(one, other);
            run.Pass(Cut);
            Assert.Contains(run.Cluster.Leader, (string[])["n2", "n3", "n4"]);
            run.Ends(output, $"chain, {leader} leads", mostChanges: leader is 1 or 5 ? 2 : 0, settles: ToSettle);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void With_one_way_of_a_link_cut_the_leader_stays_and_clients_of_all_are_served(int seed)
    {
        foreach (var (from, to) in ((int, int)[])[(1, 2), (2, 1)])
        {
            var run = new Run(seed, 3, leader: 1);
            run.CutOneWay(from, to);
            run.Pass(Cut);
            run.Ends(output, $"{from} to {to} cut, 1 leads", mostChanges: 0, settles: LongestGap);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_leader_that_is_heard_and_hears_nobody_or_the_other_way_round_is_replaced_once(int seed)
    {
        foreach (var isDeaf in (bool[])[true, false])
        {
            var run = new Run(seed, 3, leader: 1);
            foreach (var other in (int[])[2, 3])
            {
                if (isDeaf) run.CutOneWay(other, 1);
                else run.CutOneWay(1, other);
            }
            run.Pass(Cut);
            Assert.NotEqual("n1", run.Cluster.Leader);
            run.Ends(output, isDeaf ? "a deaf leader" : "a mute leader", mostChanges: 2, settles: ToSettle, unserved: 1);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Neither_a_node_that_comes_back_from_a_long_cut_nor_one_that_restarts_takes_the_lead(int seed)
    {
        var run = new Run(seed, 3, leader: 2);
        foreach (var other in (int[])[1, 2]) run.CutBothWays(3, other);
        run.Pass(TimeSpan.FromSeconds(30));
        run.Cluster.Heal();
        run.Pass(TimeSpan.FromSeconds(5));
        for (var restart = 0; restart < 5; restart++)
        {
            run.Cluster.Crash("n1");
            run.Pass(TimeSpan.FromSeconds(1));
            run.Cluster.Restart("n1");
            run.Pass(TimeSpan.FromSeconds(3));
        }
        run.Ends(output, "heal and restarts", mostChanges: 0, settles: TimeSpan.FromSeconds(35));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Two_of_three_find_a_leader_as_soon_as_before_and_again_when_it_dies(int seed)
    {
        var run = new Run(seed, 3, leader: 2);
        run.Cluster.Crash("n3");
        run.Pass(TimeSpan.FromSeconds(2));
        run.Cluster.Restart("n3");
        run.Pass(TimeSpan.FromSeconds(2));
        run.Cluster.Crash("n2");
        Assert.True(run.Cluster.RunUntil(() => run.Cluster.Leader is "n1" or "n3", LongestGap));
        run.Pass(TimeSpan.FromSeconds(2));
        run.Cluster.Restart("n2");
        run.Pass(TimeSpan.FromSeconds(5));
        run.Ends(output, "two of three", mostChanges: 1, settles: TimeSpan.FromSeconds(10));
    }

    private sealed class Run
    {
        private readonly int _size;
        private readonly HashSet<Ballot> _led = [];

        public Run(int seed, int size, int leader)
        {
            _size = size;
            Cluster = SimulatedCluster.Start(seed, size, new SimulationSettings
            {
                StateMachine = () => new AppendMachine(), Roles = new Dictionary<string, Type> { ["local"] = typeof(LocalClient) },
            });
            Assert.True(Cluster.RunUntil(() => Cluster.Leader is not null, TimeSpan.FromSeconds(2)));
            if (Cluster.Leader != $"n{leader}") Cluster.Tell($"n{leader}", "leader", Lead.InsteadOfAnybody);
            Assert.True(Cluster.RunUntil(() => Cluster.Leader == $"n{leader}", TimeSpan.FromSeconds(2)));
            Cluster.RunFor(TimeSpan.FromSeconds(3));
            Assert.Equal($"n{leader}", Cluster.Leader);
            Look();
            Assert.Single(_led);
            Served();
        }

        public SimulatedCluster Cluster { get; }

        public void CutOneWay(int from, int to) => Cluster.Cut($"n{from}", $"n{to}");

        public void CutBothWays(int one, int other)
        {
            CutOneWay(one, other);
            CutOneWay(other, one);
        }

        /// <summary>Lets time pass, and looks who leads all the while.</summary>
        public void Pass(TimeSpan time)
        {
            for (var end = Cluster.Now + time; Cluster.Now < end; Look())
            {
                Cluster.RunFor(TimeSpan.FromMilliseconds(20));
                Assert.Empty(Cluster.Violations);
            }
        }

        /// <summary>The leader has changed so often at most, the clients of each node were not served for that long at most, and from now on for a second at most.</summary>
        public void Ends(ITestOutputHelper output, string what, int mostChanges, TimeSpan settles, int unserved = 0)
        {
            var before = Served();
            Pass(TimeSpan.FromSeconds(5));
            var after = Served();
            output.WriteLine($"{what}: led {string.Join(' ', _led)}; longest {string.Join(' ', before.Select(s => $"{s.Longest.TotalMilliseconds:0}"))} ms, then "
                + $"{string.Join(' ', after.Select(s => $"{s.Longest.TotalMilliseconds:0}"))} ms, {string.Join(' ', after.Select(s => s.Answers))} answers");
            Assert.InRange(_led.Count - 1, 0, mostChanges);
            for (var node = 1; node <= _size; node++)
            {
                if (node == unserved) continue;
                Assert.InRange(before[node - 1].Longest, TimeSpan.Zero, settles);
                Assert.InRange(after[node - 1].Longest, TimeSpan.Zero, LongestGap);
                Assert.True(after[node - 1].Answers >= 5, $"{after[node - 1].Answers} answers in 5 s at node {node}");
            }
            Cluster.Heal();
            Pass(TimeSpan.FromSeconds(3));
            Assert.InRange(_led.Count - 1, 0, mostChanges);
            Cluster.Quiet();
            Assert.Empty(Cluster.Violations);
        }

        private List<LocalClient.Service> Served() =>
            [.. Enumerable.Range(1, _size).Select(n => (LocalClient.Service)Cluster.Ask($"n{n}", "local", LocalClient.HowWasIt.Instance).Single())];

        private void Look()
        {
            for (var node = 1; node <= _size; node++)
            {
                try
                {
                    if (Cluster.Ask($"n{node}", "replica", GetReplicaStatus.Instance) is [ReplicaStatus { IsLed: true } status]) _led.Add(status.Ballot);
                }
                catch (InvalidOperationException)
                {
                    // It is down.
                }
            }
        }
    }
}

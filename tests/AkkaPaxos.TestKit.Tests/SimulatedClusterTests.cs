using System.Diagnostics;
using System.Text;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Runner;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

public sealed class SimulatedClusterTests
{
    [Fact]
    public void A_calm_cluster_decides_and_nothing_is_violated()
    {
        var cluster = SimulatedCluster.Start(1).Run(TimeSpan.FromSeconds(10));
        Assert.Empty(cluster.Violations);
        Assert.True(cluster.Written > 100, $"{cluster.Written} written");
        Assert.True(cluster.Read > 50, $"{cluster.Read} read");
        Assert.Empty(cluster.Faults);
        Assert.Equal(0, cluster.DeadLetters);
        foreach (var invariant in new[] { "A1", "A2", "A4", "R1", "R2", "R3", "R4", "R5", "S1", "linearizability", "history", "dead letters" })
            Assert.True(cluster.Checks.GetValueOrDefault(invariant) > 0, $"{invariant} was never checked");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_invariant_is_violated_whatever_goes_wrong(int seed)
    {
        foreach (var profile in new[] { SimulationProfile.Swarm, SimulationProfile.Liveness })
        foreach (var journal in Enum.GetValues<JournalModel>())
        {
            var run = new SimulationCase(seed) { Profile = profile, Journal = journal }.Run();
            Assert.True(run.Violation is null, $"{run.Case}: {run.Violation}");
        }
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 10)];

    [Theory]
    [InlineData(JournalModel.Sql)]
    [InlineData(JournalModel.Log)]
    public void Every_invariant_of_the_design_is_checked_and_every_fault_happens(JournalModel journal)
    {
        var cases = Enumerable.Range(1, 20).Select(seed => new SimulationCase(seed) { Profile = SimulationProfile.Liveness, Journal = journal });
        var campaign = Campaign.Run(cases, Environment.ProcessorCount);
        Assert.Null(campaign.Failed);
        string[] invariants = ["A1", "A2", "A3", "A4", "A5", "C1", "C2", "R1", "R2", "R3", "R4", "R5", "S1", "S2", "linearizability", "history"];
        Assert.All(invariants, i => Assert.True(campaign.Checks.GetValueOrDefault(i) > 0, $"{i} was never checked"));
        // A torn write needs a crash in the middle of a large one: FaultTests has one.
        Assert.All(
            SimulationCase.FaultKinds.Except(["clock-drift", "torn-write"]).Append("failed-write"),
            f => Assert.True(campaign.Faults.GetValueOrDefault(f) > 0, $"{f} never happened"));
    }

    [Fact]
    public void The_log_begins_segments_and_is_rid_of_them()
    {
        var (begun, gone) = (0L, 0L);
        for (var seed = 1; seed <= 5; seed++)
        {
            var settings = SimulationSettings.Calm with { Journal = JournalModel.Log, Clients = 4, Think = TimeSpan.FromMilliseconds(5), Protocol = Truncating };
            var world = new ClusterWorld(seed, 3, settings, true);
            world.Start();
            using var _ = world.Driver.Enter();
            world.RunTo(TimeSpan.FromSeconds(10));
            Assert.Empty(world.Observer.Violations);
            foreach (var node in world.Nodes.Values.Where(n => n.Disk.Log is not null))
            {
                begun += node.Disk.Log!.Segments.Begun;
                gone += node.Disk.Log.Segments.Gone;
            }
        }
        Assert.True(begun > 100, $"{begun} segments");
        Assert.True(gone > 50, $"{gone} of {begun} segments are gone");
    }

    private static readonly ProtocolSettings Truncating = MultiPaxosNode.Settings("snapshot.slots = 20, snapshot.keep-slots = 10");

    [Fact]
    public void A_users_state_machine_survives_a_partition()
    {
        var cluster = SimulatedCluster.Start(7, 5, new SimulationSettings { StateMachine = () => new AppendMachine() });
        cluster.RunFor(TimeSpan.FromSeconds(2));
        cluster.Partition("n1", "n2");
        var writes = Enumerable.Range(1, 10).Select(i => cluster.Submit(Encoding.UTF8.GetBytes($"line {i}"))).ToList();
        cluster.RunFor(TimeSpan.FromSeconds(5));
        Assert.All(writes, w => Assert.True(w.IsDone)); // three of five are a majority
        cluster.Partition("n3");
        var stuck = cluster.Submit(Encoding.UTF8.GetBytes("late"));
        cluster.RunFor(TimeSpan.FromSeconds(5));
        Assert.False(stuck.IsDone);
        cluster.Heal();
        Assert.True(cluster.RunUntil(() => stuck.IsDone, TimeSpan.FromSeconds(5)));
        var all = cluster.Ask(default);
        Assert.True(cluster.RunUntil(() => all.IsDone, TimeSpan.FromSeconds(5)));
        Assert.Equal(
            Enumerable.Range(1, 10).Select(i => $"line {i}").Append("late").Order(),
            Encoding.UTF8.GetString(all.Answer.Span).Split(',').Order());
        Assert.Empty(cluster.Violations);
    }

    [Fact]
    public void A_users_role_runs_beside_the_products_and_in_place_of_one()
    {
        var roles = new Dictionary<string, Type> { ["echo"] = typeof(Echo), ["acceptor"] = typeof(OwnAcceptor) };
        var cluster = SimulatedCluster.Start(3, 3, new SimulationSettings { StateMachine = () => new AppendMachine(), Roles = roles });
        var write = cluster.Submit("line"u8.ToArray());

        Assert.True(cluster.RunUntil(() => write.IsDone, TimeSpan.FromSeconds(5)), string.Join('\n', cluster.Violations));
        Assert.Equal(["n2 heard hello"], cluster.Ask("n2", "echo", "hello"));
        Assert.Equal([typeof(OwnAcceptor)], cluster.Ask("n1", "acceptor", typeof(object)));
        Assert.Empty(cluster.Violations);
    }

    private sealed class Echo(RoleContext context) : Akka.Actor.UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell($"n{context.Self} heard {message}", Self);
    }

    private sealed class OwnAcceptor(RoleContext context) : Acceptor(context)
    {
        protected override void OnCommand(object message)
        {
            if (message is Type) Sender.Tell(GetType(), Self);
            else base.OnCommand(message);
        }
    }

    [Fact]
    public void A_one_way_cut_of_the_leader_makes_another_one_lead()
    {
        var cluster = SimulatedCluster.Start(11, 3, new SimulationSettings { StateMachine = () => new AppendMachine(), KeepEvents = 400 });
        Assert.True(cluster.RunUntil(() => cluster.Leader is not null, TimeSpan.FromSeconds(10)));
        var old = cluster.Leader!;
        foreach (var other in new[] { "n1", "n2", "n3" }.Where(n => n != old)) cluster.Cut(old, other);

        Assert.True(cluster.RunUntil(() => cluster.Leader is { } leader && leader != old, TimeSpan.FromSeconds(10)));
        Assert.Contains($"!! what {old} sends to", cluster.Draw());
        Assert.Contains("Promise(", cluster.Draw());
        Assert.Empty(cluster.Violations);
    }

    [Fact]
    public void An_hour_of_a_clusters_life_is_over_soon()
    {
        var cluster = SimulatedCluster.Start(5, 3, new SimulationSettings { Clients = 1, Think = TimeSpan.FromSeconds(10) });
        cluster.RunFor(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(1), cluster.Now);
        Assert.Empty(cluster.Violations);
        Assert.True(cluster.Written > 300, $"{cluster.Written} written");
    }

    [Fact]
    public void A_run_is_the_same_in_actor_systems_that_served_other_runs_and_in_new_ones()
    {
        for (var seed = 300; seed < 306; seed++)
        {
            var run = new SimulationCase(seed) { Time = TimeSpan.FromSeconds(6), Journal = seed % 2 == 0 ? JournalModel.Sql : JournalModel.Log };
            var (first, again) = (run.Run().TraceHash, run.Run().TraceHash);
            Assert.Equal(first, again);
            Assert.Equal(first, SimulatedCluster.Start(seed, run.Nodes, run.Settings()).Run(run.Time).TraceHash);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_restarts_is_in_the_system_of_its_last_life_only_where_that_is_kept(bool isKept)
    {
        const string Node = "n9"; // a name that no other test uses: their runs would take its system
        var world = new ClusterWorld(1, 9, SimulationSettings.Calm, isKept);
        world.Start();
        using var _ = world.Driver.Enter();
        world.RunTo(TimeSpan.FromSeconds(2));
        var before = world.Nodes[Node].Current!.System;
        world.Crash(Node);
        world.Restart(Node);
        Assert.Equal(isKept, ReferenceEquals(before, world.Nodes[Node].Current!.System));
        world.RunTo(TimeSpan.FromSeconds(4));
        Assert.Empty(world.Observer.Violations);
        Assert.Equal(2, world.Nodes[Node].Starts);
    }

    [Theory]
    [InlineData(JournalModel.Sql, 50)]
    [InlineData(JournalModel.Log, 20)]
    public async Task Seeds_replay_to_the_bit_in_separate_processes(JournalModel journal, int count)
    {
        const int From = 1000;
        var lines = await Task.WhenAll(Run(), Run());
        Assert.Equal(count, lines[0].Count);
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(count, lines[0].Select(line => line.Split(' ')[1]).Distinct().Count());
        var here = new SimulationCase(From) { Journal = journal }.Run(keepEvents: 100); // drawing it changes nothing
        Assert.StartsWith($"{From} {here.TraceHash:x16} ", lines[0][0]);

        async Task<List<string>> Run()
        {
            var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, $"{From}", $"{count}", $"{journal}"]) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            return [.. lines];
        }
    }
}

using System.Diagnostics;
using System.Text;
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
        foreach (var invariant in new[] { "A1", "A2", "A4", "R1", "R2", "R3", "R4", "R5", "S1", "linearizability" })
            Assert.True(cluster.Checks.GetValueOrDefault(invariant) > 0, $"{invariant} was never checked");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_invariant_is_violated_whatever_goes_wrong(int seed)
    {
        var cluster = SimulatedCluster.Start(seed, Program.NodesOf(seed), SimulationSettings.Swarm(seed)).Run(Program.Chaos);
        Assert.True(cluster.Violations.Count == 0,
            $"seed {seed} (replay: dotnet AkkaPaxos.TestKit.Tests.dll {seed} 1): {string.Join("; ", cluster.Violations)}");
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

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
        cluster.RunFor(TimeSpan.FromSeconds(5));
        var all = cluster.Ask(default);
        cluster.RunFor(TimeSpan.FromSeconds(1));
        Assert.True(stuck.IsDone);
        Assert.Equal(
            Enumerable.Range(1, 10).Select(i => $"line {i}").Append("late").Order(),
            Encoding.UTF8.GetString(all.Answer.Span).Split(',').Order());
        Assert.Empty(cluster.Violations);
    }

    [Fact]
    public async Task Equal_seeds_replay_in_this_process_and_in_others()
    {
        const int From = 1000, Count = 10;
        var here = Program.Lines(From, Count).ToList();
        Assert.Equal(here, Program.Lines(From, Count));
        Assert.Equal(Count, here.Select(line => line.Split(' ')[1]).Distinct().Count());
        Assert.Equal(here, await Elsewhere());
        Assert.Equal(here, await Elsewhere());

        static async Task<List<string>> Elsewhere()
        {
            var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, $"{From}", $"{Count}"]) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            return [.. lines.Take(Count)];
        }
    }
}

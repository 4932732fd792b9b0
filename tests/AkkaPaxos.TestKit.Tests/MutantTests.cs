using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>Whether the net is tight: a simulation that finds nothing in the product finds what is wrong with each mutant.</summary>
public sealed class MutantTests
{
    private const int Seeds = 1000;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutant_is_caught(string name)
    {
        var mutant = Mutant.All.Single(m => m.Name == name);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var settings = SimulationSettings.Swarm(seed) with { Roles = mutant.Roles };
            if (SimulatedCluster.Start(seed, Program.NodesOf(seed), settings).Run(Program.Chaos).Violations.Count > 0) return;
        }

        Assert.Fail($"{mutant.Name}, which {mutant.Flaw}, was not caught in {Seeds} seeds");
    }

    public static TheoryData<string> Names() => [.. Mutant.All.Select(m => m.Name)];

    [Fact]
    public void Mutants_are_told_apart_by_name_and_class()
    {
        Assert.Equal(Mutant.All.Count, Mutant.All.Select(m => m.Name).Distinct().Count());
        Assert.Equal(Mutant.All.Count, Mutant.All.Select(m => m.Roles.Single()).Distinct().Count());
    }
}

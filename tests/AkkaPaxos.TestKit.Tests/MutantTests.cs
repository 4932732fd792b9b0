using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Runner;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>
/// Is the net tight? Roles with one rule broken must not go unnoticed; <c>akkapaxos simulate --mutants</c> prints how soon each is.
/// </summary>
public sealed class MutantTests
{
    private const int MostSeeds = 1000;

    public static TheoryData<string> Names => [.. Mutant.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void One_of_a_thousand_seeds_catches_it(string name) =>
        Assert.Contains(
            Enumerable.Range(1, MostSeeds), seed => Mutant.Named(name).IsCaughtBy(new SimulationCase(seed) { Mutant = name }.Run().Violation));

    public static TheoryData<string> OfS1 => [.. Mutant.All.Where(m => m is { Rule: "S1", IsOfLog: false }).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(OfS1))]
    public void One_of_a_thousand_seeds_catches_what_is_acknowledged_too_early_on_the_log_as_well(string name) =>
        Assert.Contains(
            Enumerable.Range(1, MostSeeds),
            seed => new SimulationCase(seed) { Mutant = name, Journal = JournalModel.Log }.Run().Violation?.Invariant == "S1");

    private static readonly string[] Rules =
    [
        "A1", "A2", "A3", "A4", "A5", "C1", "C2", "R1", "R2", "R3", "R4", "R5", "S1", "S2", "M1", "linearizability", "liveness", "failure",
    ];

    [Fact]
    public void There_are_many_of_them_and_each_tells_what_it_breaks()
    {
        Assert.True(Mutant.All.Count >= 20);
        Assert.Equal(Mutant.All.Count, Mutant.All.Select(m => m.Name).Distinct().Count());
        Assert.All(Mutant.All, m => Assert.Contains(m.Rule, Rules));
    }
}

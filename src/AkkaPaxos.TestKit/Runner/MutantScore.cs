using System.Collections.Concurrent;
using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Runner;

/// <summary>How well the checks catch one mutant.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Runs">Runs with it, one a seed.</param>
/// <param name="Caught">Runs that ended in a violation.</param>
/// <param name="First">The number of the first of these, from 1; 0 where there is none.</param>
/// <param name="By">The invariants that were violated first, with how often.</param>
public sealed record MutantScore(Mutant Mutant, int Runs, int Caught, int First, IReadOnlyList<(string Invariant, int Times)> By)
{
    /// <summary>How many seeds it takes on average until one catches it; infinite where none did.</summary>
    public double SeedsUntilCaught => Runs / (double)Caught;

    /// <summary>Runs a mutant on seeds one after the other from <paramref name="from"/> on.</summary>
    /// <param name="mutant">The mutant.</param>
    /// <param name="from">The first seed.</param>
    /// <param name="runs">How many seeds.</param>
    /// <param name="threads">How many runs at a time.</param>
    /// <param name="journal">What the nodes' journals are kept in.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static MutantScore Of(Mutant mutant, int from, int runs, int threads, JournalModel journal = default, CancellationToken cancel = default)
    {
        var caught = new ConcurrentBag<(int Number, string Invariant)>();
        var cases = Enumerable.Range(0, runs).Select(number => new SimulationCase(unchecked(from + number)) { Mutant = mutant.Name, Journal = journal });
        ParallelRuns.Of(cases, threads, outcome =>
        {
            if (mutant.IsCaughtBy(outcome.Violation)) caught.Add((unchecked(outcome.Case.Seed - from) + 1, outcome.Violation!.Invariant));
            return true;
        }, cancel);
        var by = caught.GroupBy(c => c.Invariant).Select(g => (g.Key, Times: g.Count())).OrderByDescending(g => g.Times).ThenBy(g => g.Key).ToList();
        return new MutantScore(mutant, runs, caught.Count, caught.Select(c => c.Number).DefaultIfEmpty().Min(), by);
    }
}

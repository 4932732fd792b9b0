using System.Collections.Concurrent;

namespace AkkaPaxos.TestKit.Runner;

/// <summary>Runs cases on several threads; each is one thread's from its start to its end.</summary>
internal static class ParallelRuns
{
    /// <param name="cases">The runs, in this order.</param>
    /// <param name="threads">How many at a time.</param>
    /// <param name="ended">Given what became of a run, from any thread; false: no more are begun.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static void Of(IEnumerable<SimulationCase> cases, int threads, Func<SimulationOutcome, bool> ended, CancellationToken cancel) =>
        // One at a time: runs take from milliseconds to seconds, so chunks would leave threads idle at the end.
        Parallel.ForEach(
            Partitioner.Create(cases, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel },
            (one, state) =>
            {
                if (!state.IsStopped && !ended(one.Run())) state.Stop();
            });
}
